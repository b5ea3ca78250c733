"""Writing points off: never early, whatever the purge is told; exactly at the instant; once."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import TierReviewed
from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.standing import Standing
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.points.expiry import expire, expiry_history
from tests.support.builders import DAY, NOW, begin, holding, program
from tests.support.strategies import held, instants

MICROSECOND = timedelta(microseconds=1)


def expired(account: Account, at: datetime, as_of: datetime) -> Transaction:
    return expire(begin(program(), account, at=at, history=expiry_history(account)), as_of)


@given(lots=held, at=instants, as_of=instants)
def test_nothing_expires_early_whatever_it_is_told(lots: Lots, at: datetime, as_of: datetime) -> None:
    account = holding(*lots)
    after = expired(account, at, as_of)
    gone = account.lots.expired(min(at, as_of))
    assert after.holder.lots == account.lots.minus(gone)
    assert sum(m.points for m in after.movements) == gone.total
    assert after.holder.available(at) == account.available(at)


@given(lots=held, at=instants)
def test_all_that_is_gone_is_written_off_once(lots: Lots, at: datetime) -> None:
    account = holding(*lots)
    after = expired(account, at, at)
    assert not after.holder.lots.expired(at)
    assert after.holder.expired_total == account.lots.expired(at).total
    again = expired(after.holder, at, at)
    assert not again.movements
    assert not again.decided


@given(lots=held, at=instants)
def test_the_next_purge_looks_at_the_next_expiry(lots: Lots, at: datetime) -> None:
    after = expired(holding(*lots), at, at).holder
    assert after.purge_at == after.lots.next_expiry


def test_points_are_written_off_exactly_at_their_instant() -> None:
    account = holding(Lot(NOW + DAY, 5), Lot(NOW + DAY + MICROSECOND, 7), Lot(None, 9))
    assert not expired(account, NOW + DAY - MICROSECOND, NOW + 99 * DAY).movements
    [movement] = expired(account, NOW + DAY, NOW + 99 * DAY).movements
    assert (movement.kind, movement.points, movement.allocation) == (Kind.EXPIRE, 5, (Lot(NOW + DAY, -5),))


def test_putting_an_account_off_is_no_movement() -> None:
    early = holding(Lot(NOW + DAY, 5), Lot(None, 9))
    spent = begin(program(), early).debit(Kind.REDEEM, Event.REDEMPTION_SET, Lots([Lot(NOW + DAY, 5)])).holder
    after = expired(spent, NOW + DAY, NOW + DAY)
    assert after.decided
    assert not after.movements
    assert (after.holder.version, after.holder.purge_at) == (spent.version, None)


def test_each_expiry_is_a_history_of_its_own() -> None:
    account = holding(Lot(NOW + DAY, 5), Lot(NOW + 2 * DAY, 7))
    first = expired(account, NOW + DAY, NOW + DAY)
    second = expired(first.holder, NOW + 2 * DAY, NOW + 2 * DAY)
    assert first.history.cause != second.history.cause
    assert second.holder.lots == Lots()


TIERS = [{"name": "Silver", "min_orders": 1, "multiplier": "1.5"}, {"name": "Gold", "min_orders": 2, "multiplier": "2"}]
"""Neither looks at a window."""


def in_gold(*lots: Lot) -> Account:
    """Somebody in Gold who has one order left, whose tier is due for review at NOW."""
    account = replace(holding(*lots), standing=Standing(orders=1, tier="Gold"))
    return account.reviewed_at(NOW)


def reviewed(account: Account, as_of: datetime) -> Transaction:
    return expire(begin(program(tiers=TIERS), account, history=expiry_history(account)), as_of)


def test_a_tier_is_left_at_night_although_no_tier_looks_at_a_window() -> None:
    assert reviewed(in_gold(), NOW).holder.standing.tier == "Silver"


def test_a_purge_as_of_the_past_reviews_no_tier_that_is_due_later() -> None:
    account = in_gold()
    assert reviewed(account, NOW - MICROSECOND).holder.standing.tier == "Gold"


def test_points_that_expire_and_a_tier_that_is_lost_are_one_movement_that_says_both() -> None:
    account = in_gold(Lot(NOW, 5))
    [movement] = reviewed(account, NOW).movements
    assert (movement.kind, movement.points) == (Kind.EXPIRE, 5)
    assert movement.facts == TierReviewed(tier="Silver")
