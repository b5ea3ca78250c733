"""Adjustments by hand."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import AdjustmentNoted
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.transaction import Sender, Transaction
from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.domain.points.adjustment import Adjustment, adjust, adjustments_of
from loyalty.domain.values.refusal import Refused
from loyalty.usecases.books.journal import view_journal
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.orders.redeem import redeem_points, void_redemption
from loyalty.usecases.orders.view import view_order
from loyalty.usecases.points.adjust import PointsAdjusted, adjust_points
from tests.support.builders import DAY, NOW, SENDER, again, begin, holding, member, order, program
from tests.support.replay import compare
from tests.support.strategies import held
from tests.support.worlds import World, world_in_memory

MOVE = Adjustment(account_id=member(), points=0, expires_at=NOW + 9 * DAY, reason="a moved shop")


def begun(account: Account | None = None, **settings: Any) -> Transaction:
    return begin(
        program(**settings), account or Account(account_id=member()), history=History(cause_of_request("shop", "k"))
    )


def by(points: int, **facts: Any) -> Adjustment:
    return Adjustment(account_id=member(), points=points, reason="a mistake", **facts)


@given(lots=held, points=st.integers(-2_000, 2_000).filter(bool), clamps=st.booleans())
def test_an_adjustment_changes_the_balance_by_its_number_and_never_below_what_the_policy_allows(
    lots: Lots, points: int, clamps: bool
) -> None:
    account = holding(*lots)
    done = adjust(begun(account, cancel={"on_shortfall": "clamp" if clamps else "allow_negative"}), by(points))
    [movement] = done.movements
    before, after = account.balance(NOW), done.holder.balance(NOW)
    short = movement.shortfall
    assert after == before + points + short
    assert short == 0 or (clamps and account.available(NOW) + points < 0)
    assert done.holder.debt <= account.debt or (not clamps and after < 0)
    assert done.holder.outstanding == done.holder.earned_total - done.holder.redeemed_total - done.holder.expired_total


@given(lots=held)
def test_no_points_with_a_date_move_only_when_what_can_be_spent_expires(lots: Lots) -> None:
    account = holding(*lots)
    done = adjust(begun(account), MOVE)
    there = account.lots.spendable(NOW).total
    assert done.holder.lots.spendable(NOW) == Lots([Lot(NOW + 9 * DAY, there)])
    assert done.holder.lots.expired(NOW) == account.lots.expired(NOW)
    assert replace(done.holder, lots=account.lots, version=0, seal=b"", purge_at=None) == replace(
        account, version=0, seal=b"", purge_at=None
    )
    assert done.holder.purge_at is None or (account.purge_at or done.holder.purge_at) >= done.holder.purge_at
    assert all(movement.points == 0 for movement in done.movements)


def test_an_account_without_points_has_nothing_to_move() -> None:
    done = adjust(begun(), MOVE)
    assert done.account == done.read
    assert [movement.sequence for movement in done.movements] == [None]


@pytest.mark.parametrize("points", [-5, 5, 0])
def test_the_same_request_again_changes_nothing(points: int) -> None:
    request = replace(by(points), expires_at=None if points else NOW + 9 * DAY)
    done = adjust(begun(holding(Lot(None, 100))), request)
    assert not adjust(again(done, NOW + 20 * DAY), request).decided


@pytest.mark.parametrize(
    "changed",
    [
        {"points": 51},
        {"points": -50},
        {"reason": "another"},
        {"expires_at": NOW + DAY},
        {"order_id": "#1"},
        {"account_id": member("bob")},
    ],
)
def test_a_key_used_for_another_request_is_refused(changed: dict[str, Any]) -> None:
    done = adjust(begun(), by(50))
    with pytest.raises(Refused, match="idempotency_key_reused"):
        adjust(again(done), replace(by(50), **changed))


@pytest.mark.parametrize("points", [0, 5])
def test_points_can_expire_only_in_the_future(points: int) -> None:
    with pytest.raises(Refused, match="expires_in_the_past"):
        adjust(begun(), by(points, expires_at=NOW))


def adjusted(world: World, key: str, points: int, **facts: Any) -> PointsAdjusted:
    return adjust_points(world, "shop", key, by(points, **facts), Sender("boss", "API"))


def test_the_view_of_an_order_shows_what_was_adjusted_on_account_of_it() -> None:
    world = world_in_memory(program())
    complete_order(world, "shop", order(), SENDER)
    first = adjusted(world, "return", -40, order_id="#1001")
    assert adjusted(world, "return", -40, order_id="#1001") == replace(first, outcome=Outcome.REPEATED)
    adjusted(world, "another", 3)
    history = view_order(world, "shop", "#1001").history
    assert [note.facts_as(AdjustmentNoted).points for note in adjustments_of(history)] == [-40]
    assert cancel_order(world, "shop", "#1001", None, None, SENDER).points_reversed == 100
    assert verify_program(world, "shop").found == []


def test_an_adjustment_names_only_orders_of_its_customer() -> None:
    world = world_in_memory(program())
    complete_order(world, "shop", order(customer_id="bob"), SENDER)
    with pytest.raises(Refused, match="order_customer_mismatch"):
        adjusted(world, "return", -40, order_id="#1001")
    assert world.ledger.account(member(), consistent=True).version == 0


def test_an_adjustment_for_an_order_that_is_yet_to_come_does_not_claim_it() -> None:
    world = world_in_memory(program())
    adjusted(world, "early", 5, order_id="#1001")
    assert complete_order(world, "shop", order(customer_id="bob"), SENDER).status == "earned"


def test_the_books_hold_adjustments_and_none_where_only_the_expiry_moved() -> None:
    world = world_in_memory(program())
    adjusted(world, "up", 50)
    adjusted(world, "down", -70)
    adjusted(world, "move", 0, expires_at=NOW + DAY)
    adjusted(world, "up again", 25)
    adjusted(world, "move again", 0, expires_at=NOW + DAY)
    entries = list(view_journal(world, "shop", NOW.date(), NOW.date(), write_offs_only=False))
    assert {booked.entry.kind: booked.entry.points for booked in entries} == {Kind.ADJUST_UP: 75, Kind.ADJUST_DOWN: 70}
    account = world.ledger.account(member(), consistent=True)
    compare(account, world.ledger.statement(member(), 9, None)[::-1])
    assert account.lots == Lots([Lot(NOW + timedelta(days=1), 5)])
    assert verify_program(world, "shop").found == []


def test_a_repeated_void_is_answered_as_before_whatever_was_noted_about_the_order_since() -> None:
    world = world_in_memory(program())
    adjusted(world, "first", 100)
    spend = RedemptionRequest(account_id=member(), order_total=Decimal("9.00"), currency="EUR", points=60)
    redeem_points(world, "shop", "#1001", spend, SENDER)
    first = void_redemption(world, "shop", "#1001", SENDER)
    assert (first.points_restored, first.balance) == (60, 100)
    adjusted(world, "return", -40, order_id="#1001")
    assert void_redemption(world, "shop", "#1001", SENDER) == replace(first, outcome=Outcome.REPEATED)
