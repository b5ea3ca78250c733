"""Whoever alters, removes or slips in anything that the ledger has stored is found out, and it is named."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender
from loyalty.usecases.books.verify import verify_account, verify_program
from loyalty.usecases.customers.change_card import assign_card
from loyalty.usecases.customers.create_cards import create_cards
from tests.function.verify.conftest import Store
from tests.support.builders import member
from tests.support.worlds import World

type Tamper = Callable[[Store], None]


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
    "a movement that cannot be read": (
        lambda store: store.change(*EARNED, lots={"S": "?"}),
        ["customer ann: movements cannot be read: TypeError"],
    ),
    "a movement of an unknown kind": (
        lambda store: store.change(*EARNED, kind={"S": "gift"}),
        ["customer ann: movements cannot be read: ValueError"],
    ),
    "a movement's key": (
        lambda store: store.change(*EARNED, account={"S": "shop#member#carl"}),
        ["customer ann: movement 1 is missing"],
    ),
    "a movement is not in its day's journal": (
        take_from_journal,
        ["journal of 2026-01-31, earn"],
    ),
    "a write-off is removed": (without_write_off, ["write-offs of 2026-01-31"]),
    "a write-off is altered": (altered_write_off, ["write-offs of 2026-01-31"]),
    "a closed day that cannot be read": (
        lambda store: store.change("shop#closed", "2026-01-31#0", sums={"S": "?"}),
        ["closed days: cannot be read: JSONDecodeError"],
    ),
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
        "card 9900000000000002 is stored as theirs, its own history says that it is not",
    ),
    "that it is somebody else's is slipped in": (
        lambda store: slip_in(store, event={"S": "card_assigned"}, owner={"S": "shop#member#bob"}),
        "card 9900000000000002 is stored as theirs, its own history says that it is not",
    ),
}


@pytest.mark.parametrize("name", TAMPERED_CARDS)
def test_a_card_that_was_tampered_with_is_named(name: str, traded: tuple[World, Store]) -> None:
    world, store = traded
    world = replace(world, digits=lambda count: CARD)
    sender = Sender("test", "API")
    assert create_cards(world, cause_of_request("shop", "cards"), 1, sender).numbers == (NUMBER,)
    assign_card(world, "shop", "assign", NUMBER, "ann", sender)
    assert verify_program(world, "shop").found == []
    tamper, expected = TAMPERED_CARDS[name]
    tamper(store)
    found = [f"{difference.where}: {difference.what}" for difference in verify_program(world, "shop").found]
    assert any(line.startswith(f"customer ann: {expected}") for line in found), found
