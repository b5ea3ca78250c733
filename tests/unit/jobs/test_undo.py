"""Undoing a row of a job: what it did comes back, as far as it is there; nobody owes anything by it."""

from datetime import datetime

from loyalty.domain.jobs.undo import undo
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.movement import Cause
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.points.adjustment import Adjustment, adjust
from tests.support.builders import DAY, NOW, begin, holding, issued, member, program

SOON, LATE = NOW + 10 * DAY, NOW + 20 * DAY
ROW = History(Cause("shop", CauseKind.JOB, "job/1"))


def moved(account: Account, to: datetime) -> Transaction:
    """A row of a job has moved the expiry of all that is in the account."""
    request = Adjustment(account_id=member(), points=0, expires_at=to, reason="for a moment")
    return adjust(begin(program(), account, history=ROW), request)


def undone(row: Transaction, account: Account, at: datetime = NOW) -> Transaction:
    begun = begin(program(), account, at=at, history=row.history)
    return undo(begun)


def spent(account: Account, at: datetime | None, points: int) -> Account:
    lots = Lots([Lot(at, points)])
    return begin(program(), account).debit(Kind.REDEEM, Event.REDEMPTION_SET, lots).holder


def test_a_moved_expiry_of_which_some_was_spent_goes_back_as_far_as_it_is_there() -> None:
    row = moved(holding(Lot(SOON, 200)), LATE)
    after = undone(row, spent(row.holder, LATE, 70))
    [movement] = after.movements
    assert list(after.holder.lots) == [Lot(SOON, 130)]
    assert movement.shortfall == 70


def test_points_that_came_to_a_moved_expiry_stay_there_when_it_is_undone() -> None:
    row = moved(holding(Lot(SOON, 100)), LATE)
    after = undone(row, issued(row.holder, [Lot(LATE, 50)]))
    [movement] = after.movements
    assert list(after.holder.lots) == [Lot(SOON, 100), Lot(LATE, 50)]
    assert movement.shortfall == 0


def test_nothing_comes_back_to_life_at_the_very_instant_of_the_moved_expiry() -> None:
    row = moved(holding(Lot(LATE, 100)), SOON)
    assert row.holder.available(SOON) == 0
    after = undone(row, row.holder, at=SOON)
    assert after.holder.available(SOON) == 0
    assert after.movements[-1].shortfall == 0
