"""Cards over HTTP: from a box of new ones to a till, a lost one and its replacement; and the list of all."""

import csv
from io import StringIO

import pytest

from tests.function.api.cases import (
    ACCOUNT,
    ASSIGN,
    BLOCK,
    CREATE,
    ISSUE,
    LIST,
    LOOK_UP,
    REDEEM,
    REPLACE,
    STATEMENT,
    gift,
)
from tests.function.api.cloud import BLOCKED_CARD, CARD, FREE_CARD, NOW, Answer, Cloud


def assign(shop: Cloud, number: str, customer_id: str, key: str = "a") -> Answer:
    return shop.call(ASSIGN, "shop", number, body={"customer_id": customer_id, "source": "POS"}, idempotency_key=key)


def test_a_till_sees_whose_card_it_is_what_they_have_and_what_happened(shop: Cloud) -> None:
    assert assign(shop, FREE_CARD, "ben").body == {
        "number": FREE_CARD,
        "status": "active",
        "customer_id": "ben",
        "replaces": None,
    }
    shop.call(ISSUE, "shop", "ben", body=gift(points=5, source="POS"), idempotency_key="g")
    shop.now = NOW.replace(hour=13)
    use = {"customer_id": "ben", "order_total": "20.00", "currency": "EUR", "points": 3}
    assert shop.call(REDEEM, "shop", "#9", body=use).status == 200
    card = shop.call(LOOK_UP, "shop", FREE_CARD).body
    transactions = card.pop("transactions")
    assert card == {
        "number": FREE_CARD,
        "status": "active",
        "customer_id": "ben",
        "replaced_by": None,
        "balance": 42,
        "value": {"amount": "0.42", "currency": "EUR"},
        "tier": None,
    }
    assert [(line["type"], line["source"], line["points"], line["balance"]) for line in transactions] == [
        ("REDEMPTION", "API", -3, 42),
        ("RELOAD", "POS", 5, 45),
        ("ASSIGN", "POS", 0, 40),
        ("REDEMPTION", "API", -10, 40),
        ("RELOAD", "API", 50, 50),
        ("CREATION", "API", 0, None),
    ]
    statement = shop.call(STATEMENT, "shop", "ben").body["movements"]
    assert [line["type"] for line in statement] == ["REDEMPTION", "RELOAD", "ASSIGN", "REDEMPTION", "RELOAD"]
    assert shop.call(ACCOUNT, "shop", "ben").body["card_number"] == FREE_CARD


@pytest.mark.parametrize("typed", ["9976 0726 8230 9141", "9976-0726-8230-9141"])
def test_a_number_may_be_typed_as_it_is_printed(shop: Cloud, typed: str) -> None:
    assert shop.call(LOOK_UP, "shop", typed).body["number"] == CARD
    replaced = shop.call(REPLACE, "shop", typed, body={"number": "9995-7176 7367 7073"}, idempotency_key="r")
    assert (replaced.body["number"], replaced.body["replaces"]) == (FREE_CARD, CARD)


def test_a_number_with_white_space_around_it_is_refused(shop: Cloud) -> None:
    answer = shop.call(LOOK_UP, "shop", f" {CARD} ")
    assert (answer.status, answer.faults) == (422, [("/number", "invalid_card_number")])


def test_a_reassigned_card_says_nothing_of_the_points_of_whoever_had_it(shop: Cloud) -> None:
    assert assign(shop, CARD, "eve").status == 200
    card = shop.call(LOOK_UP, "shop", CARD).body
    assert (card["customer_id"], card["balance"]) == ("eve", 0)
    assert [(line["type"], line["balance"]) for line in card["transactions"]] == [
        ("ASSIGN", 0),
        ("RELEASE", None),
        ("ASSIGN", None),
        ("CREATION", None),
    ]
    ann = shop.call(ACCOUNT, "shop", "ann").body
    assert (ann["card_number"], ann["balance"]) == (None, 1020)


def test_a_lost_card_is_blocked_and_replaced_and_the_points_stay(shop: Cloud) -> None:
    lost = shop.call(BLOCK, "shop", CARD, body={"reason": "left on a bus"}, idempotency_key="b")
    assert (lost.status, lost.body["status"], lost.body["customer_id"]) == (200, "blocked", "ann")
    card = shop.call(LOOK_UP, "shop", CARD).body
    assert (card["status"], card["customer_id"], card["balance"], card["value"]) == ("blocked", "ann", None, None)
    assert card["transactions"][0]["type"] == "BLOCK"
    assert card["transactions"][0]["reason"] == "left on a bus"
    assert shop.call(ACCOUNT, "shop", "ann").body["card_number"] is None
    new = shop.call(REPLACE, "shop", CARD, idempotency_key="r")
    assert (new.status, new.body["replaces"], new.body["status"]) == (200, CARD, "active")
    assert shop.call(REPLACE, "shop", CARD, idempotency_key="r").headers["idempotent-replayed"] == "true"
    ann = shop.call(ACCOUNT, "shop", "ann").body
    assert (ann["card_number"], ann["balance"]) == (new.body["number"], 1020)
    assert shop.call(LOOK_UP, "shop", CARD).body["replaced_by"] == new.body["number"]
    assert shop.call(LOOK_UP, "shop", new.body["number"]).body["balance"] == 1020


def test_a_customer_with_a_card_is_told_which(shop: Cloud) -> None:
    refusal = assign(shop, FREE_CARD, "ann")
    assert (refusal.status, refusal.body["code"], refusal.body["card_number"]) == (409, "customer_has_card", CARD)


def test_a_repeat_gives_the_same_cards(shop: Cloud) -> None:
    first = shop.call(CREATE, "shop", body={"count": 50}, idempotency_key="box")
    again = shop.call(CREATE, "shop", body={"count": 50}, idempotency_key="box")
    assert (first.status, again.status, first.body) == (201, 201, again.body)
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert len({card["number"] for card in first.body["cards"]}) == 50
    assert len(shop.call(CREATE, "shop", idempotency_key="one").body["cards"]) == 1


def test_all_cards_are_listed_page_by_page_as_json_and_as_csv(shop: Cloud) -> None:
    made = shop.call(CREATE, "shop", body={"count": 20}, idempotency_key="box").body["cards"]
    wanted = {CARD, FREE_CARD, BLOCKED_CARD, *(card["number"] for card in made)}
    shop.call(CREATE, "jpy", idempotency_key="elsewhere")
    found: dict[str, list[str]] = {}
    for accept in ("application/json", "text/csv"):
        found[accept] = []
        query = {"limit": "7"}
        while True:
            page = shop.call(LIST, "shop", query=query, accept=accept)
            if accept == "text/csv":
                header, *rows = csv.reader(StringIO(page.body))
                assert header == ["number", "printed"]
                assert [row[1].replace(" ", "") for row in rows] == [row[0] for row in rows]
                found[accept] += [row[0] for row in rows]
            else:
                found[accept] += [card["number"] for card in page.body["cards"]]
            link = page.headers.get("link")
            if accept == "application/json":
                assert (page.body["cursor"] is None) == (link is None)
            if link is None:
                break
            assert link.startswith("<?limit=7&cursor=")
            assert link.endswith('>; rel="next"')
            query["cursor"] = link.removeprefix("<?limit=7&cursor=").removesuffix('>; rel="next"')
    assert found["application/json"] == found["text/csv"]
    assert len(found["text/csv"]) == len(wanted)
    assert set(found["text/csv"]) == wanted
    stolen = shop.call(LIST, "jpy", query={"cursor": query["cursor"]})
    assert (stolen.status, stolen.body["code"]) == (422, "invalid_cursor")
