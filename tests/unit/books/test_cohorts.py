"""Cohorts: every point in one, and what was taken from the oldest first."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.books.cohorts import Breakage, Cohort, breakage, cohorts, tally
from loyalty.domain.books.liability import roll_forward
from loyalty.domain.books.sums import DEBT, NEVER, DaySums
from loyalty.domain.ledger.kinds import Flow, Kind
from loyalty.domain.ledger.lots import Lot
from tests.support.days import DAYS, FIRST, day_of
from tests.unit.books.test_sums import moved

JUNE = datetime(2026, 7, 1, tzinfo=UTC)
"""The end of it."""
DECEMBER = datetime(2027, 1, 1, tzinfo=UTC)


def on(day: date, *movements: tuple[Kind, datetime | None, int]) -> DaySums:
    booked = [moved(kind, Lot(at, kind.sign * points)) for kind, at, points in movements]
    return day_of((day - FIRST).days, booked)


def shown(days: list[DaySums], at: date) -> list[tuple[object, ...]]:
    """Issue month, expiry month, issued, restored, redeemed, reversed, expired, outstanding, expected to lapse."""
    return [
        (c.issue_month, c.expiry_month, c.issued, c.restored, c.redeemed, c.reversed, c.expired, c.outstanding,
         c.expected_to_lapse)
        for c in cohorts(tally(days), at)
    ]  # fmt: skip


def test_what_was_taken_is_of_the_oldest_issue_month() -> None:
    days = [
        on(date(2026, 1, 5), (Kind.EARN, JUNE, 100), (Kind.ISSUE, DECEMBER, 7)),
        on(date(2026, 2, 5), (Kind.EARN, JUNE, 50), (Kind.REDEEM, JUNE, 90)),
        on(date(2026, 3, 5), (Kind.EARN, JUNE, 30), (Kind.REVERSE, JUNE, 20), (Kind.ISSUE, None, 3)),
        on(date(2026, 7, 1), (Kind.EXPIRE, JUNE, 60)),
    ]
    assert shown(days, date(2026, 7, 1)) == [
        ("2026-01", "2026-06", 100, 0, 90, 10, 0, 0, 0),
        ("2026-02", "2026-06", 50, 0, 0, 10, 40, 0, 0),
        ("2026-03", "2026-06", 30, 0, 0, 0, 20, 10, 10),
        ("2026-01", "2026-12", 7, 0, 0, 0, 0, 7, 7 * 60 // 150),
        ("2026-03", NEVER, 3, 0, 0, 0, 0, 3, None),
    ]
    assert breakage(tally(days), date(2026, 7, 1)) == Breakage(expired=60, redeemed=90)


def test_while_no_expiry_month_is_over_nothing_is_expected() -> None:
    days = [on(date(2026, 1, 5), (Kind.EARN, JUNE, 100)), on(date(2026, 6, 5), (Kind.REDEEM, JUNE, 40))]
    assert shown(days, date(2026, 6, 30)) == [("2026-01", "2026-06", 100, 0, 40, 0, 0, 60, None)]
    assert breakage(tally(days), date(2026, 6, 30)).lapsing(100) is None


def test_what_was_given_back_is_not_redeemed_and_what_is_beyond_is_a_credit_of_its_month() -> None:
    days = [
        on(date(2026, 1, 5), (Kind.EARN, JUNE, 100)),
        on(date(2026, 2, 5), (Kind.REDEEM, JUNE, 80)),
        on(date(2026, 3, 5), (Kind.RESTORE, JUNE, 30)),
        on(date(2026, 4, 5), (Kind.RESTORE, DECEMBER, 20)),
    ]
    assert shown(days, date(2026, 4, 30)) == [
        ("2026-01", "2026-06", 100, 0, 50, 0, 0, 50, None),
        ("2026-04", "2026-12", 0, 20, 0, 0, 0, 20, None),
    ]


def test_a_debt_is_a_cohort_of_no_month() -> None:
    days = [
        day_of(0, [moved(Kind.REVERSE, Lot(JUNE, -5), debt=9)]),
        day_of(1, [moved(Kind.ISSUE, Lot(JUNE, 2), debt=-4)]),
    ]
    assert Cohort(issue_month=None, expiry_month=DEBT, issued=4, reversed=9) in cohorts(tally(days), FIRST)


@given(DAYS, st.integers(0, 600))
def test_every_point_is_in_one_cohort(days: list[DaySums], offset: int) -> None:
    at = FIRST + timedelta(days=offset)
    found, rolled = cohorts(tally(days), at), roll_forward(days, FIRST)
    assert sum(cohort.outstanding for cohort in found) == rolled.closing.points
    assert sum(cohort.issued for cohort in found) == rolled.flows[Flow.ISSUED].points
    assert sum(cohort.reversed for cohort in found) == rolled.flows[Flow.REVERSED].points
    assert sum(cohort.expired for cohort in found) == rolled.flows[Flow.EXPIRED].points
    net = rolled.flows[Flow.REDEEMED].points - rolled.flows[Flow.RESTORED].points
    assert sum(cohort.redeemed - cohort.restored for cohort in found) == net
    assert all(cohort.outstanding >= 0 for cohort in found if cohort.issue_month)
    assert len({(c.issue_month, c.expiry_month) for c in found}) == len(found)


def test_points_given_back_beyond_what_was_redeemed_belong_to_the_latest_month() -> None:
    days = [
        on(date(2026, 1, 5), (Kind.EARN, DECEMBER, 50)),
        on(date(2026, 2, 5), (Kind.REDEEM, DECEMBER, 50)),
        on(date(2026, 3, 5), (Kind.RESTORE, DECEMBER, 50)),
        on(date(2026, 4, 5), (Kind.RESTORE, DECEMBER, 20)),
    ]
    assert shown(days, date(2026, 4, 30)) == [
        ("2026-01", "2026-12", 50, 0, 0, 0, 0, 50, None),
        ("2026-04", "2026-12", 0, 20, 0, 0, 0, 20, None),
    ]
