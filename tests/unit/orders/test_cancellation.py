"""A cancelled order takes back what it earned and gives back what it used, from recorded facts, once."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.cancellation import cancel
from loyalty.domain.orders.completion import complete
from loyalty.domain.orders.redemption import RedemptionRequest, redeem
from loyalty.domain.values.calendar import end_of_day_after
from tests.support.builders import DAY, NOW, again, begin, issued, member, order, program
from tests.support.strategies import held

LIVES: dict[str, Any] = {"expiry": {"policy": "after_days", "days": 10}}
OWN = end_of_day_after(NOW, 10, "UTC")
"""When the points that the order earns at NOW are gone."""


def completed(amount: str = "100.00", *, account: Account | None = None, **settings: Any) -> Transaction:
    begun = begin(program(**settings), account or Account(account_id=member()))
    return complete(begun, order(amount=amount))


def spend(account: Account, points: int, at: datetime = NOW) -> Account:
    """The account after another order used `points`."""
    request = RedemptionRequest(
        account_id=account.account_id, order_total=Decimal(10**6), currency="EUR", points=points
    )
    return redeem(begin(program(), account, at=at), request).holder if points else account


def on(done: Transaction, account: Account, at: datetime = NOW) -> Transaction:
    """The next command on the order, its customer's account having changed meanwhile."""
    following = again(done, at)
    return Transaction.begin(done.program, following.origin, done.history, account)


@given(lots=held, amount=st.integers(1, 500))
def test_what_was_not_spent_is_taken_out_of_the_lot_that_the_order_made(lots: Lots, amount: int) -> None:
    before = issued(Account(account_id=member()), lots)
    done = completed(f"{amount}.00", account=before, **LIVES)
    cancelled = cancel(again(done), "unpaid")
    assert cancelled.holder.lots == before.lots
    assert cancelled.holder.debt == 0
    assert [(m.kind, m.points, m.reason) for m in cancelled.movements] == [(Kind.REVERSE, amount, "unpaid")]


def test_the_rest_is_taken_soonest_expiring_first() -> None:
    done = completed(**LIVES)
    other = [Lot(NOW + DAY, 30), Lot(OWN + DAY, 50), Lot(None, 20)]
    account = issued(spend(done.holder, 60), other)
    cancelled = cancel(on(done, account), None)
    assert cancelled.holder.lots == Lots([Lot(OWN + DAY, 20), Lot(None, 20)])


@given(spent=st.integers(0, 100), kept=st.integers(0, 50))
def test_what_was_spent_becomes_a_debt(spent: int, kept: int) -> None:
    done = completed(**LIVES)
    account = issued(spend(done.holder, spent), [Lot(None, kept)] if kept else [])
    cancelled = cancel(on(done, account), None)
    assert cancelled.holder.balance(NOW) == account.balance(NOW) - 100
    assert cancelled.holder.debt == max(0, spent - kept)
    assert sum(m.points for m in cancelled.movements) == 100


@given(spent=st.integers(0, 100), kept=st.integers(0, 50))
def test_clamp_takes_what_is_there_and_reports_the_shortfall(spent: int, kept: int) -> None:
    done = completed(**LIVES, cancel={"on_shortfall": "clamp"})
    account = issued(spend(done.holder, spent), [Lot(None, kept)] if kept else [])
    [movement] = cancel(on(done, account), None).movements
    short = max(0, spent - kept)
    assert (movement.points, movement.shortfall) == (100 - short, short)
    assert cancel(on(done, account), None).holder.debt == 0


def test_a_debt_is_repaid_by_the_next_credits_first() -> None:
    done = completed(**LIVES)
    cancelled = cancel(on(done, spend(done.holder, 80)), None)
    assert cancelled.holder.balance(NOW) == -80
    assert issued(cancelled.holder, [Lot(None, 50)]).balance(NOW) == -30
    assert issued(cancelled.holder, [Lot(None, 100)]).lots == Lots([Lot(None, 20)])


@given(lots=held)
def test_of_an_order_whose_lot_has_expired_nothing_is_taken(lots: Lots) -> None:
    before = issued(Account(account_id=member()), lots)
    done = completed(account=before, **LIVES)
    cancelled = cancel(again(done, OWN), None)
    assert cancelled.account == done.account
    assert [(m.kind, m.points, m.sequence) for m in cancelled.movements] == [(Kind.REVERSE, 0, None)]


def using(points: int, at: datetime = NOW, **settings: Any) -> Transaction:
    """A completed order that used `points` of a lot that ends tomorrow and one that never does."""
    account = issued(Account(account_id=member()), [Lot(NOW + DAY, 30), Lot(None, 30)])
    request = RedemptionRequest(account_id=member(), order_total=Decimal(100), currency="EUR", points=points)
    redeemed = redeem(begin(program(**settings), account, at=at), request)
    return complete(again(redeemed), order())


@given(points=st.integers(1, 60))
def test_used_points_go_back_into_the_lots_they_came_from(points: int) -> None:
    cancelled = cancel(again(using(points)), None)
    assert cancelled.holder.lots == Lots([Lot(NOW + DAY, 30), Lot(None, 30)])


def test_used_points_whose_lot_has_expired_get_days_of_grace() -> None:
    cancelled = cancel(again(using(40, cancel={"restore_grace_days": 3}), NOW + DAY), None)
    grace = end_of_day_after(NOW + DAY, 3, "UTC")
    assert cancelled.holder.lots == Lots([Lot(grace, 30), Lot(None, 30)])


@given(points=st.integers(1, 60), full=st.booleans())
def test_restoring_and_reversing_are_one_transaction(points: int, full: bool) -> None:
    done = using(points, earn={"on_redeemed_order": "full" if full else "none"})
    cancelled = cancel(again(done), None)
    kinds = [(m.kind, m.points) for m in cancelled.movements]
    assert kinds == [(Kind.RESTORE, points), *([(Kind.REVERSE, 100)] if full else [])]
    assert cancelled.holder.outstanding == 60
    assert {m.event for m in cancelled.movements} == {Event.ORDER_CANCELLED}


@given(points=st.integers(1, 60))
def test_cancelling_again_changes_nothing(points: int) -> None:
    done = using(points, earn={"on_redeemed_order": "full"})
    cancelled = cancel(again(done), "first")
    repeat = cancel(again(cancelled, NOW + 400 * DAY), "second")
    assert not repeat.decided
    assert repeat.history == cancelled.history


def test_todays_settings_do_not_change_what_is_taken_back() -> None:
    done = completed(**LIVES)
    changed = program(
        version=2, earn={"points_per_unit": "7", "rounding": "ceil"}, redeem={"point_value": "9"}, enabled=False
    )
    begun = Transaction.begin(changed, done.origin, done.history, done.account)
    assert cancel(begun, None).holder.lots == Lots()


@pytest.mark.parametrize("account", [None, Account(account_id=member())])
def test_cancelled_before_completed_the_order_earns_nothing(account: Account | None) -> None:
    cancelled = cancel(begin(program(), account), "unpaid")
    assert [(m.points, m.sequence, m.reason) for m in cancelled.movements] == [(0, None, "unpaid")]
    begun = Transaction.begin(program(), cancelled.origin, cancelled.history, Account(account_id=member()))
    assert not complete(begun, order()).decided
