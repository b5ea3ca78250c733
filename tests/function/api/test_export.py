"""All that is held about a customer is handed out, and nothing about anybody else."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from loyalty.usecases.customers import export as export_customer
from tests.function.api.cases import COMPLETE, EXPORT, ISSUE, REDEEM, gift, redemption
from tests.function.api.cloud import Answer, Cloud, order


def pages(cloud: Cloud, customer_id: str, **query: str) -> list[Answer]:
    found = [cloud.call(EXPORT, "shop", customer_id, query=query)]
    while found[-1].body["cursor"]:
        found.append(cloud.call(EXPORT, "shop", customer_id, query={**query, "cursor": found[-1].body["cursor"]}))
    return found


def held(cloud: Cloud, customer_id: str) -> list[Mapping[str, Any]]:
    """The movements and records in the table that are of a member."""
    items = cloud.items()
    names = (f"shop#member#{customer_id}", f"shop#member-aside#{customer_id}")
    return [item for item in items if item.get("account", {}).get("S") in names]


@pytest.fixture
def traded(shop: Cloud) -> Cloud:
    """Ann has 10 movements (her card is one), and records of 4 orders that earned nothing and of her card."""
    for number in range(7):
        body = gift(points=number + 1, reason=f"reason {number}")
        assert shop.call(ISSUE, "shop", "ann", body=body, idempotency_key=f"n{number}").status == 201
    for number in range(4):
        small = order(total="0.40", items=[{"sku": "A", "quantity": 1, "amount": "0.40"}])
        assert shop.call(COMPLETE, "shop", f"#small{number}", body=small).body["status"] == "not_earned"
    assert shop.call(REDEEM, "shop", "#9", body=redemption()).status == 200
    return shop


@pytest.mark.parametrize("size", [1, 3, 4, 10, 13, 1000])
def test_an_export_is_complete_whatever_the_size_of_its_pages(
    traded: Cloud, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(export_customer.export_customer, "__defaults__", (None, size))
    expected = held(traded, "ann")
    answers = pages(traded, "ann")
    assert all(answer.status == 200 for answer in answers)
    movements = [one for answer in answers for one in answer.body["movements"]]
    records = [one for answer in answers for one in answer.body["records"]]
    assert [one["sequence"] for one in movements] == list(range(10, 0, -1))
    assert [one["event"] for one in records].count("order_completed") == 4
    assert sorted({one["event"] for one in records}) == ["card_assigned", "customer_exported", "order_completed"]
    everything = {one["movement_id"] for one in (*movements, *records)}
    names = {item["pk"]["S"].removeprefix("shop#").replace("#", "/", 1) for item in expected}
    assert {name.rpartition("/")[0] for name in everything} >= names
    text = json.dumps([answer.body for answer in answers])
    assert "reason 6" in text
    assert "ben" not in text


def test_it_says_what_the_account_is_and_where_each_point_went(traded: Cloud) -> None:
    [answer] = pages(traded, "ann")
    body = answer.body
    assert body["account"] == traded.call("GET p/customers/{customer_id}", "shop", "ann").body
    assert body["standing"]["orders"] == 1
    assert body["referred_by"] is None
    [earned] = [one for one in body["movements"] if one["event"] == "order_completed"]
    assert (earned["lots"], earned["details"]["basis"]) == ([{"points": 20, "expires_at": None}], "20.00")
    assert {one["event"] for one in body["records"]} <= {"order_completed", "customer_exported", "card_assigned"}


def test_of_somebody_unknown_nothing_is_held_but_that_it_was_asked(traded: Cloud) -> None:
    [answer] = pages(traded, "nobody")
    assert (answer.body["movements"], answer.body["account"]["balance"]) == ([], 0)
    assert [one["event"] for one in answer.body["records"]] in ([], ["customer_exported"])


def test_a_cursor_is_of_its_customer_only(traded: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_customer.export_customer, "__defaults__", (None, 2))
    cursor = traded.call(EXPORT, "shop", "ann").body["cursor"]
    for customer_id, query in (("ben", {}), ("ann", {"guest": "true"})):
        refused = traded.call(EXPORT, "shop", customer_id, query={**query, "cursor": cursor})
        assert refused.faults == [("/cursor", "invalid_cursor")]
