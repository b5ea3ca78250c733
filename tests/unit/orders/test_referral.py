"""Signing up and referring earn once per customer; a referral is lost with the order that it was for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.ledger.kinds import Event
from loyalty.domain.ledger.movement import AccountId
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.complete import OrderCompleted, complete_order
from loyalty.usecases.orders.quote import quote_order
from loyalty.usecases.points.sign_up import sign_customer_up
from tests.support.builders import SENDER, member, order, program
from tests.support.replay import audit
from tests.support.worlds import World, save, world_in_memory

PAYS = {"referral": {"points": 50, "referee_points": 20}, "sign_up": {"points": 30}}


def shop(**settings: Any) -> World:
    return world_in_memory(program(**{"ways_to_earn": PAYS, **settings}))


def completed(world: World, order_id: str, customer_id: str, referrer_id: str | None, **facts: Any) -> OrderCompleted:
    """The answer to a completion, which is what was quoted before."""
    one = order(order_id, customer_id, referrer_id=referrer_id, **facts)
    quoted, _ = quote_order(world, "shop", one, None)
    done = complete_order(world, "shop", one, SENDER)
    assert (quoted.earnable, quoted.breakdown) == (done.points_earned, done.breakdown)
    return done


def cancelled(world: World, order_id: str) -> int:
    return cancel_order(world, "shop", order_id, None, None, SENDER).points_reversed


def balances(world: World, *customers: str) -> list[int]:
    assert verify_program(world, "shop").found == []
    return [audit(world.ledger, member(name)).balance(world.clock()) for name in customers]


def test_a_first_order_earns_for_who_referred_and_who_was_referred() -> None:
    world = shop()
    assert completed(world, "#1", "ben", "ann").points_earned == 120
    assert completed(world, "#2", "ben", "ann").points_earned == 100
    assert balances(world, "ann", "ben") == [50, 220]


def test_who_referred_loses_it_with_the_order_and_the_customer_is_not_referred_again() -> None:
    world = shop()
    completed(world, "#1", "ben", "ann")
    assert cancelled(world, "#1") == 120
    assert balances(world, "ann", "ben") == [0, 0]
    assert cancelled(world, "#1") == 120
    assert balances(world, "ann", "ben") == [0, 0]
    assert completed(world, "#2", "ben", "ann").points_earned == 100
    assert completed(world, "#3", "ben", "cid").points_earned == 100
    assert balances(world, "ann", "ben", "cid") == [0, 200, 0]
    events = [movement.event for movement in world.ledger.statement(member("ann"), 9, None)]
    assert events == [Event.REFERRAL_CANCELLED, Event.CUSTOMER_REFERRED]


def test_another_order_that_is_cancelled_takes_nothing_from_who_referred() -> None:
    world = shop()
    completed(world, "#1", "ben", "ann")
    completed(world, "#2", "ben", "ann")
    cancelled(world, "#2")
    assert balances(world, "ann", "ben") == [50, 120]


def test_what_was_paid_is_taken_back_whatever_the_settings_say_by_then() -> None:
    world = shop()
    completed(world, "#1", "ben", "ann")
    save(world.programs, program(version=2, enabled=False))
    cancelled(world, "#1")
    assert balances(world, "ann", "ben") == [0, 0]


@pytest.mark.parametrize(
    "facts", [{"referrer_id": "ben"}, {"referrer_id": None}, {"referrer_id": "ann", "guest": True}]
)
def test_nobody_refers_themselves_and_a_guest_is_not_referred(facts: dict[str, Any]) -> None:
    world = shop()
    assert completed(world, "#1", "ben", **facts).points_earned == 100
    assert balances(world, "ann") == [0]


def test_two_accounts_do_not_pay_each_other() -> None:
    world = shop()
    completed(world, "#1", "ben", "ann")
    assert completed(world, "#2", "ann", "ben").points_earned == 100
    assert balances(world, "ann", "ben") == [150, 120]


@pytest.mark.parametrize(
    ("settings", "facts", "paid", "earned"),
    [
        ({"ways_to_earn": {"referral": {"points": 50, "enabled": False}}}, {}, 0, 100),
        ({"ways_to_earn": {"referral": {"points": 0, "referee_points": 9}}}, {}, 0, 109),
        ({"ways_to_earn": {"referral": {"points": 50}}, "earn": {"points_per_unit": "0"}}, {}, 50, 0),
        ({"earn": {"min_order_total": "100.01"}}, {}, 0, 0),
        ({"enabled": False}, {}, 0, 0),
    ],
)
def test_what_is_paid_follows_the_settings(
    settings: dict[str, Any], facts: dict[str, Any], paid: int, earned: int
) -> None:
    world = shop(**settings)
    assert completed(world, "#1", "ben", "ann", **facts).points_earned == earned
    assert balances(world, "ann", "ben") == [paid, earned]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.booleans()), max_size=12))
def test_each_customer_is_paid_for_once_whoever_refers_whom(orders: list[tuple[str, str, bool]]) -> None:
    world = shop(earn={"points_per_unit": "0"}, ways_to_earn={"referral": {"points": 50}})
    for number, (customer, referrer, cancel) in enumerate(orders):
        completed(world, f"#{number}", customer, referrer)
        if cancel:
            cancelled(world, f"#{number}")
    movements = [m for name in "abc" for m in world.ledger.statement(member(name), 99, None)]
    paid = [m.cause for m in movements if m.event is Event.CUSTOMER_REFERRED]
    assert len(set(paid)) == len(paid)
    pairs = {(m.cause.reference, m.account.customer_id) for m in movements if m.cause in paid and m.account}
    assert all(one != other and (other, one) not in pairs for one, other in pairs)
    assert sum(balances(world, *"abc")) <= 50 * 3


def test_signing_up_earns_once() -> None:
    world = shop(expiry={"policy": "after_days", "days": 3})
    first, second = (sign_customer_up(world, member(), SENDER) for _ in range(2))
    assert (first.points_earned, first.balance, first.outcome) == (30, 30, Outcome.RECORDED)
    assert (second.points_earned, second.balance, second.outcome) == (30, 30, Outcome.REPEATED)
    assert second.expires_at == first.expires_at is not None
    assert balances(world, "ann") == [30]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"enabled": False}, "program_disabled"),
        ({"ways_to_earn": {"sign_up": {"enabled": False, "points": 5}}}, "sign_up_earning_disabled"),
        ({"ways_to_earn": {}}, "no_points"),
    ],
)
def test_a_sign_up_that_earns_nothing_is_not_recorded(settings: dict[str, Any], reason: str) -> None:
    world = shop(**settings)
    assert sign_customer_up(world, AccountId("shop", "ann"), SENDER).reason == reason
    save(world.programs, program(version=2, ways_to_earn=PAYS))
    assert sign_customer_up(world, AccountId("shop", "ann"), SENDER).points_earned == 30
