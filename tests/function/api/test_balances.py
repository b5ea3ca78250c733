"""Outstanding balances over HTTP: JSON and CSV, page by page, and cursors that belong to one list alone."""

import csv
import io
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

import pytest

from loyalty.domain.customers.balances import Place
from loyalty.domain.ledger.movement import AccountId
from loyalty.entry.contracts.customers.balances import BalancesQuery
from loyalty.usecases.customers import balances as list_balances
from tests.function.api import cloud as clouds
from tests.function.api.cases import BALANCES, COMPLETE, ISSUE, LIABILITY, PUT_PROGRAM, gift, settings
from tests.function.api.cloud import CARD, NOW, Answer, Cloud, order
from tests.function.api.conftest import open_shop, running

ODD = ("=1+1", "+a", "@sum", "-", "a,b", 'say "hi"', "ø/ü", "\\", "%2F", "'", "x" * 128, "ø" * 64)
TIERS = [{"name": "=gold", "min_orders": 1}]


SOON, LATER = NOW + timedelta(hours=1), NOW + timedelta(hours=30, milliseconds=500)


@pytest.fixture(scope="module")
def crowd() -> Iterator[Cloud]:
    """The shop in use, with customers of odd names who ordered, one of them as a guest too, and one who is in debt.

    One of ann's points expires soon, one of ben's later. No test changes anything.
    """
    with running() as shop:
        open_shop(shop)
        assert shop.call(PUT_PROGRAM, "shop", body=settings(tiers=TIERS)).status == 200
        shop.now += timedelta(seconds=2)
        for number, customer_id in enumerate(ODD):
            body = order(customer_id=customer_id)
            assert shop.call(COMPLETE, "shop", f"of {number}", body=body).status == 201
        assert shop.call(COMPLETE, "shop", "of a guest", body=order(customer_id="ann", guest=True)).status == 201
        use = {"customer_id": "'", "order_total": "20.00", "currency": "EUR", "points": 15}
        assert shop.call("PUT p/orders/{order_id}/redemption", "shop", "#used", body=use).status == 200
        owing = f"of {ODD.index(chr(39))}"
        assert shop.call("POST p/orders/{order_id}/cancelled", "shop", owing, body={}).body["debt"] == 15
        for customer_id, at in (("ann", SOON), ("ben", LATER)):
            one = gift(points=1, expires_at=at.isoformat())
            assert shop.call(ISSUE, "shop", customer_id, body=one, idempotency_key=customer_id).status == 201
        yield shop


def answers(cloud: Cloud, query: dict[str, str] | None = None, accept: str | None = None) -> Iterator[Answer]:
    """All pages, by their Links: each is another query on the same path."""
    query = query or {}
    while True:
        answer = cloud.call(BALANCES, "shop", query=query, accept=accept)
        assert answer.status == 200, answer.body
        yield answer
        link = answer.headers.get("link")
        if link is None:
            return
        assert link.startswith("<?")
        assert link.endswith('>; rel="next"')
        query = dict(parse_qsl(link[2:].partition(">")[0], strict_parsing=True))


def customers(cloud: Cloud, **query: str) -> list[dict[str, Any]]:
    return [one for answer in answers(cloud, query) for one in answer.body["customers"]]


def test_every_customer_is_listed_once_as_their_account_says(crowd: Cloud) -> None:
    found = customers(crowd, limit="4")
    assert [(one["guest"], one["customer_id"]) for one in found] == [
        (True, "ann"),
        *((False, one) for one in sorted(["ann", "ben", *ODD])),
    ]
    for one in found:
        query = {"guest": "true"} if one["guest"] else {}
        account = crowd.call("GET p/customers/{customer_id}", "shop", one["customer_id"], query=query).body
        assert one == {name: account[name] for name in one}
    assert customers(crowd) == found


def test_the_sum_is_the_liability(crowd: Cloud) -> None:
    liability = crowd.call(LIABILITY, "shop", query={"from": "2026-01-01", "to": "2026-12-31"}).body
    assert sum(one["outstanding"] for one in customers(crowd, limit="5")) == liability["outstanding"]
    assert liability["outstanding"] == liability["closing"]["points"] == 1020 + 40 + 20 * len(ODD) - 35 + 20 + 2


def test_filters_and_orders(crowd: Cloud) -> None:
    def listed(**query: str) -> list[str]:
        return [one["customer_id"] for one in customers(crowd, **query)]

    assert listed(min_balance="40") == ["ann", "ben"]
    assert listed(min_balance="42") == ["ann"]
    assert listed(tier="=gold", limit="3") == ["ann", *sorted(ODD)]
    assert listed(sort="-balance", limit="2")[:2] == ["ann", "ben"]
    assert listed(sort="balance", limit="2")[0] == "'"
    assert sorted(listed(sort="balance", limit="5")) == sorted(listed(limit="2"))
    assert listed(expiring_before="2026-02-02") == ["ann", "ben"]
    assert listed(expiring_before="2026-02-02", sort="-balance", min_balance="1") == ["ann", "ben"]
    assert listed(expiring_before=SOON.isoformat()) == ["ann"]
    assert listed(expiring_before=NOW.isoformat()) == []
    assert listed(sort="next_expiry", limit="1")[:2] == ["ann", "ben"]
    assert len(listed(sort="next_expiry", limit="1")) == len(listed())


def test_as_csv_it_is_the_same_and_nothing_in_it_runs(crowd: Cloud) -> None:
    rows: list[dict[str, str]] = []
    for answer in answers(crowd, {"limit": "4"}, "text/csv"):
        assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        assert "\n" not in answer.body.replace("\r\n", "")
        rows += csv.DictReader(io.StringIO(answer.body, newline=""))
    found = customers(crowd)
    assert len(rows) == len(found)
    for row, one in zip(rows, found, strict=True):
        assert row["customer_id"].removeprefix("'") == one["customer_id"].removeprefix("'")
        assert row["guest"] == ("true" if one["guest"] else "false")
        assert row["card_number"] == (one["card_number"] or "")
        assert [int(row[name]) for name in ("balance", "outstanding", "debt")] == [
            one[name] for name in ("balance", "outstanding", "debt")
        ]
        assert (row["value"], row["currency"]) == (one["value"]["amount"], one["value"]["currency"])
        assert (row["tier"] or None) == ("'=gold" if one["tier"] else None)
        texts = [row[name] for name in ("customer_id", "tier", "next_expiry", "currency")]
        assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in texts)
    assert CARD in {row["card_number"] for row in rows}
    assert {"'=1+1", "'+a", "'@sum", "'-"} <= {row["customer_id"] for row in rows}


def test_csv_says_when_points_expire_as_json_does(crowd: Cloud) -> None:
    query = {"expiring_before": "2026-02-02", "sort": "-balance"}
    _, ben = customers(crowd, **query)
    [answer] = answers(crowd, query, "text/csv")
    _, row = csv.DictReader(io.StringIO(answer.body, newline=""))
    assert ben["next_expiry"] == {"points": 1, "expires_at": "2026-02-01T18:00:00.500000Z"}
    assert (row["next_expiry"], row["next_expiry_points"]) == (ben["next_expiry"]["expires_at"], "1")


LISTS: list[dict[str, str]] = [
    {},
    {"min_balance": "1"},
    {"tier": "=gold"},
    {"expiring_before": "2026-02-02", "sort": "customer_id"},
    {"sort": "balance"},
    {"sort": "-balance"},
    {"sort": "next_expiry"},
]


@pytest.mark.parametrize("query", LISTS, ids=str)
def test_a_cursor_is_of_its_program_filters_and_order_only(crowd: Cloud, query: dict[str, str]) -> None:
    cursor = crowd.call(BALANCES, "shop", query={**query, "limit": "1"}).body["cursor"]
    assert crowd.call(BALANCES, "shop", query={**query, "cursor": cursor}).status == 200

    def refused(program_id: str, query: dict[str, str], cursor: str) -> bool:
        answer = crowd.call(BALANCES, program_id, query={**query, "cursor": cursor})
        return (answer.status, answer.body["code"]) == (422, "invalid_cursor")

    assert refused("jpy", {name: value for name, value in query.items() if name != "tier"}, cursor)
    for other in LISTS:
        assert other == query or refused("shop", other, cursor)
    for place in range(0, len(cursor), 5):
        letter = "A" if cursor[place] != "A" else "B"
        assert refused("shop", query, cursor[:place] + letter + cursor[place + 1 :]), place
    parts = json.loads(urlsafe_b64decode(cursor))
    changes: list[tuple[int, list[Any]]] = [
        (1, [None, 1, "true"]),
        (2, [None, 5, "", "x" * 129, "a\n", "\ud800", ["ann"]]),
        (3, ["x", 1.5, True, 10**400, [], "2026-01-31", "2026-01-31T00:00:00+01:00"]),
    ]
    for number, values in changes:
        for value in values:
            changed = json.dumps([*parts[:number], value, *parts[number + 1 :]]).encode()
            assert refused("shop", query, urlsafe_b64encode(changed).decode()), value


@pytest.mark.parametrize(
    ("sort", "customer_id", "rank"),
    [
        ("customer_id", "ann", 1),
        ("customer_id", "", None),
        ("customer_id", "x" * 129, None),
        ("customer_id", "a\n", None),
        ("balance", "ann", None),
        ("-balance", "ann", 10**16),
        ("balance", "ann", True),
        ("next_expiry", "ann", datetime(2026, 1, 1)),  # noqa: DTZ001
        ("next_expiry", "ann", datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))),
    ],
)
def test_a_cursor_whose_check_is_right_still_has_to_be_a_place_in_the_list(
    crowd: Cloud, sort: Any, customer_id: str, rank: Any
) -> None:
    cursor = BalancesQuery(sort=sort).cursor_at(Place(AccountId("shop", customer_id), rank))
    answer = crowd.call(BALANCES, "shop", query={"sort": sort, "cursor": cursor})
    assert (answer.status, answer.body["code"]) == (422, "invalid_cursor")


def test_more_accounts_than_can_be_sorted_are_refused(crowd: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_balances, "MOST_SORTED", 5)
    answer = crowd.call(BALANCES, "shop", query={"sort": "-balance"})
    assert (answer.status, answer.faults) == (422, [("/sort", "too_many_to_sort")])
    assert "as CSV" in answer.body["detail"]
    assert crowd.call(BALANCES, "shop", query={"sort": "customer_id"}).status == 200


def test_accounts_that_take_too_long_to_sort_are_refused(crowd: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clouds.Context, "get_remaining_time_in_millis", lambda self: 0)
    assert crowd.call(BALANCES, "shop", query={"sort": "balance"}).faults == [("/sort", "too_many_to_sort")]
    assert crowd.call(BALANCES, "shop").status == 200


def test_a_full_page_of_the_longest_ids_fits_what_a_function_may_answer() -> None:
    """6 MB, of which a page of 500 customers has a small part."""
    longest = {"customer_id": "\\" * 128, "tier": "ø" * 40}
    instant = "2026-02-28T23:00:00.500000Z"
    numbers = dict.fromkeys(("balance", "outstanding", "debt"), -(10**15))
    value = {"amount": "-" + "9" * 30, "currency": "EUR"}
    expiry = {"points": 10**15, "expires_at": instant}
    row = {**longest, **numbers, "guest": False, "card_number": None, "value": value, "next_expiry": expiry}
    assert list_balances.MAX_PAGE * len(json.dumps(row)) < 1_000_000
