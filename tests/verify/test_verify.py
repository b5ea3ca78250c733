"""Whoever alters, removes or slips in anything that the ledger has stored is found out, and it is named."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.issuing import Issue
from loyalty.domain.movement import AccountId
from loyalty.domain.redemption import RedemptionRequest
from loyalty.domain.requests import cause_of_request
from loyalty.ports import World
from loyalty.usecases.cancel_order import cancel_order
from loyalty.usecases.carry_out import Sender
from loyalty.usecases.close_days import close_days
from loyalty.usecases.complete_order import complete_order
from loyalty.usecases.create_cards import create_cards
from loyalty.usecases.issue_points import issue_points
from loyalty.usecases.redeem_points import redeem_points
from loyalty.usecases.use_card import assign_card
from loyalty.usecases.verify import verify_account, verify_program
from tests.given import DAY, NOW, member, order, program
from tests.worlds import Clock, purge, world_in_dynamodb

type Tamper = Callable[["Store"], None]


class Store:
    """The items of a table, to be tampered with."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def change(self, pk: str, sk: str, **attributes: Any) -> None:
        """Sets attributes, in DynamoDB's JSON."""
        names = {f"#{number}": name for number, name in enumerate(attributes)}
        self._client.update_item(
            TableName=self._table,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            UpdateExpression="SET " + ", ".join(f"{place} = :{place[1:]}" for place in names),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={f":{place[1:]}": attributes[name] for place, name in names.items()},
        )

    def get(self, pk: str, sk: str) -> dict[str, Any]:
        item: dict[str, Any] = self._client.get_item(TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}})[
            "Item"
        ]
        return item

    def put(self, item: dict[str, Any]) -> None:
        self._client.put_item(TableName=self._table, Item=item)

    def remove(self, pk: str, sk: str) -> None:
        self._client.delete_item(TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}})

    def find(self, prefix: str) -> list[tuple[str, str]]:
        """The keys of items whose pk starts so."""
        items = self._client.scan(TableName=self._table)["Items"]
        return [(item["pk"]["S"], item["sk"]["S"]) for item in items if item["pk"]["S"].startswith(prefix)]


@pytest.fixture
def traded(dynamodb: Any, ledger_table: Callable[[], str]) -> tuple[World, Store]:
    """Two customers; ann earned, redeemed, cancelled, was issued points, and some expired. Days are closed."""
    table, clock = ledger_table(), Clock()
    world = world_in_dynamodb(dynamodb, table, program(), clock=clock)
    complete_order(world, "shop", order("#1"), "test", "API")
    use = RedemptionRequest(account_id=member(), order_total=Decimal(50), currency="EUR", points=30)
    redeem_points(world, "shop", "#2", use, "test", "API")
    gift = Issue(account_id=member(), points=7, expires_at=NOW + timedelta(hours=1), reason="a gift")
    issue_points(world, "shop", "key", gift, "test", "API")
    complete_order(world, "shop", order("#3", "bob"), "test", "API")
    clock.let_pass(timedelta(hours=2))
    assert purge(world, "shop").points == 7
    cancel_order(world, "shop", "#2", "ann", None, "test", "API")
    clock.let_pass(3 * DAY)
    [closed] = close_days(world, "shop")
    assert closed.behind == 0
    return world, Store(dynamodb, table)


def test_a_ledger_that_nobody_touched_agrees(traded: tuple[World, Store]) -> None:
    world, _ = traded
    result = verify_program(world, "shop")
    assert result.found == []
    assert (result.accounts, result.movements, result.complete) == (2, 6, True)
    assert result.outstanding == result.liability == 200


ANN = ("shop#member#ann", "account")
EARNED = ("shop#order##1", "00000001")


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def take_from_journal(store: Store) -> None:
    """The movement is no longer found by its day."""
    item = store.get(*EARNED)
    del item["day"]
    store.put(item)


def double(store: Store) -> None:
    """A second movement with the sequence of another."""
    item = store.get(*EARNED)
    store.put({**item, "pk": {"S": "shop#order##99"}})


def without_write_off(store: Store) -> None:
    [key] = store.find("shop#write-off#")
    store.remove(*key)


def altered_write_off(store: Store) -> None:
    [key] = store.find("shop#write-off#")
    store.change(*key, points=number(8))


def altered_closed_day(store: Store) -> None:
    """One more point was earned on it."""
    for key in store.find("shop#closed"):
        sums = json.loads(store.get(*key)["sums"]["S"])
        for kind, _, _, _, by_expiry in sums:
            if kind == "earn":
                by_expiry["never"][0] += 1
                store.change(*key, sums={"S": json.dumps(sums)})
                return


TAMPERED: dict[str, tuple[Tamper, list[str]]] = {
    "points of a movement": (
        lambda store: store.change(*EARNED, points=number(99)),
        ["customer ann: movement 1 is not what was sealed", "customer ann: movement 1 moves 99 points"],
    ),
    "reason of a movement": (
        lambda store: store.change(*EARNED, reason={"S": "because"}),
        ["customer ann: movement 1 is not what was sealed"],
    ),
    "actor of a movement": (
        lambda store: store.change(*EARNED, actor={"S": "nobody"}),
        ["customer ann: movement 1 is not what was sealed"],
    ),
    "balance that a movement states": (
        lambda store: store.change(*EARNED, balance=number(5)),
        ["customer ann: movement 1 is not what was sealed", "customer ann: movement 1 states the balance 5"],
    ),
    "a movement is removed": (
        lambda store: store.remove(*EARNED),
        ["customer ann: movement 1 is missing"],
    ),
    "the latest movement is removed": (
        lambda store: store.remove("shop#order##2", "00000002"),
        ["customer ann: movement 5 is missing"],
    ),
    "a movement is slipped in": (double, ["customer ann: movement 2 is missing"]),
    "debt of an account": (lambda store: store.change(*ANN, debt=number(1)), ["customer ann: debt is stored as 1"]),
    "a total of an account": (
        lambda store: store.change(*ANN, earned=number(1)),
        ["customer ann: earned_total is stored as 1"],
    ),
    "lots of an account": (
        lambda store: store.change(*ANN, lots={"B": b"\x00\x0a"}),
        ["customer ann: lots is stored as"],
    ),
    "seal of an account": (
        lambda store: store.change(*ANN, seal={"B": b"0" * 32}),
        ["customer ann: seal is stored as"],
    ),
    "version of an account": (
        lambda store: store.change(*ANN, version=number(9)),
        ["customer ann: movement 6 is missing"],
    ),
    "an account that cannot be read": (
        lambda store: store.change(*ANN, lots={"S": "?"}),
        ["customer ann: cannot be read"],
    ),
    "a movement is not in its day's journal": (
        take_from_journal,
        ["journal of 2026-01-31, earn"],
    ),
    "a write-off is removed": (without_write_off, ["write-offs of 2026-01-31"]),
    "a write-off is altered": (altered_write_off, ["write-offs of 2026-01-31"]),
    "a closed day is altered": (altered_closed_day, ["closed journal of 2026-01-31, earn"]),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_tampered_with_is_named(name: str, traded: tuple[World, Store]) -> None:
    world, store = traded
    tamper, expected = TAMPERED[name]
    tamper(store)
    found = [f"{difference.where}: {difference.what}" for difference in verify_program(world, "shop").found]
    for text in expected:
        assert any(line.startswith(text) for line in found), found
    assert not any("bob" in line for line in found)


def test_one_account_can_be_verified_alone(traded: tuple[World, Store]) -> None:
    world, store = traded
    store.change(*ANN, debt=number(1))
    assert [d.where for d in verify_account(world, member()).found] == ["customer ann"]
    assert verify_account(world, member("bob")).found == []
    assert verify_account(world, AccountId("shop", "ann", guest=True)).accounts == 1


def test_out_of_time_is_said(traded: tuple[World, Store]) -> None:
    world, _ = traded
    result = verify_program(world, "shop", out_of_time=lambda: True)
    assert (result.complete, result.accounts, result.found) == (False, 0, [])


CARD = "0" * 13
NUMBER = f"99{CARD}2"
ASSIGNED = (f"shop#card#{NUMBER}", "00000002")


def slip_in(store: Store, **attributes: Any) -> None:
    """A third movement of the card."""
    store.put({**store.get(f"shop#card#{NUMBER}", "00000001"), "sk": {"S": "00000003"}, **attributes})


TAMPERED_CARDS: dict[str, tuple[Tamper, str]] = {
    "card of an account": (
        lambda store: store.change(*ANN, card={"S": "9900000000000010"}),
        "card is stored as 9900000000000010, movements say",
    ),
    "card of a movement": (
        lambda store: store.change(*ASSIGNED, card={"S": "9900000000000010"}),
        "movement 6 is not what was sealed",
    ),
    "that it is blocked is slipped in": (
        lambda store: slip_in(store, event={"S": "card_blocked"}),
        "card 9900000000000002 is stored as theirs, its own story says that it is not",
    ),
    "that it is somebody else's is slipped in": (
        lambda store: slip_in(store, event={"S": "card_assigned"}, owner={"S": "shop#member#bob"}),
        "card 9900000000000002 is stored as theirs, its own story says that it is not",
    ),
}


@pytest.mark.parametrize("name", TAMPERED_CARDS)
def test_a_card_that_was_tampered_with_is_named(name: str, traded: tuple[World, Store]) -> None:
    world, store = traded
    world = replace(world, digits=lambda count: CARD)
    sender = Sender(actor="test", source="API")
    assert create_cards(world, cause_of_request("shop", "cards"), 1, sender).numbers == (NUMBER,)
    assign_card(world, "shop", "assign", NUMBER, "ann", sender)
    assert verify_program(world, "shop").found == []
    tamper, expected = TAMPERED_CARDS[name]
    tamper(store)
    found = [f"{difference.where}: {difference.what}" for difference in verify_program(world, "shop").found]
    assert any(line.startswith(f"customer ann: {expected}") for line in found), found
