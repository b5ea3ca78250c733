"""Cohorts: what became of points by the month they were issued in and the month they expire in.

A movement that takes points knows the expiry they had, not when they were issued: points of one
account and expiry are one lot. So within an expiry month what was taken is attributed to the oldest
issue month first. What was redeemed and given back into the same expiry month is not redeemed; what
was given back into a month that had nothing redeemed (the old expiry had passed) is a credit of the
month in which it was given back.

Breakage is the share of points that nobody redeems: of the expiry months that are over,
expired / (expired + redeemed).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from loyalty.domain.books.sums import DEBT, LATER, NEVER, DaySums, month_of
from loyalty.domain.ledger.kinds import Flow

type Months = dict[str, int]
"""Points by issue month, or, for what was taken, by expiry month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """From the program's own history: points of expiry months that are over."""

    expired: int
    redeemed: int

    def lapsing(self, points: int) -> int | None:
        """How many of `points` are expected to expire, rounded down; None while there is no history."""
        known = self.expired + self.redeemed
        return points * self.expired // known if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Points issued in one month that expire in one month; `issue_month` None where it cannot be told.

    outstanding = issued + restored - redeemed - reversed - expired. `expected_to_lapse` is all of it
    where the expiry month is over, the breakage share of it before, and None where nothing can be
    expected: without a history, and of points that never expire.
    """

    issue_month: str | None
    expiry_month: str
    issued: int = 0
    restored: int = 0
    redeemed: int = 0
    reversed: int = 0
    expired: int = 0
    expected_to_lapse: int | None = None

    @property
    def outstanding(self) -> int:
        return self.issued + self.restored - self.redeemed - self.reversed - self.expired


@dataclass(slots=True)
class CohortSums:
    """All that cohorts need of a program's days; it grows with months, not with days."""

    issued: dict[str, Months] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    """Expiry month -> issue month -> points."""
    restored: dict[str, Months] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    """Expiry month -> month in which they were given back -> points."""
    taken: dict[Flow, Months] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    """Redeemed, reversed, expired: expiry month -> points."""

    def add(self, day: DaySums) -> None:
        month = month_of(day.day)
        for one in day.sums:
            flow = one.kind.booked.flow
            for expiry, worth in one.by_expiry.items():
                match flow:
                    case Flow.ISSUED if worth.points < 0:
                        # Points that were made to expire in another month: taken here, issued anew there.
                        self.taken[Flow.REVERSED][expiry] -= worth.points
                    case Flow.ISSUED:
                        self.issued[expiry][month] += worth.points
                    case Flow.RESTORED:
                        self.restored[expiry][month] += worth.points
                    case _:
                        self.taken[flow][expiry] += worth.points

    @property
    def expiries(self) -> list[str]:
        """Every expiry month, in order; DEBT, LATER and NEVER behind all."""
        return sorted({*self.issued, *self.restored, *(e for months in self.taken.values() for e in months)})

    def redeemed(self, expiry: str) -> int:
        """Points redeemed and not given back into the same month."""
        return max(0, self.taken[Flow.REDEEMED][expiry] - sum(self.restored[expiry].values()))

    def restored_anew(self, expiry: str) -> Months:
        """Points given back beyond what was redeemed in the month: by month, the latest first."""
        left = sum(self.restored[expiry].values()) - self.taken[Flow.REDEEMED][expiry]
        anew: Months = {}
        for month in sorted(self.restored[expiry], reverse=True):
            points = min(self.restored[expiry][month], max(left, 0))
            if points:
                anew[month] = points
            left -= points
        return anew


def tally(days: Iterable[DaySums]) -> CohortSums:
    """What cohorts need of `days`, which are all days of the program so far."""
    tallied = CohortSums()
    for day in days:
        tallied.add(day)
    return tallied


def breakage(tallied: CohortSums, at: date) -> Breakage:
    """The history at the end of the day `at`: what expired and what was redeemed of months that are over."""
    over = [expiry for expiry in tallied.expiries if _is_over(expiry, at)]
    return Breakage(
        expired=sum(tallied.taken[Flow.EXPIRED][expiry] for expiry in over),
        redeemed=sum(tallied.redeemed(expiry) for expiry in over),
    )


def cohorts(tallied: CohortSums, at: date) -> list[Cohort]:
    """Every cohort at the end of the day `at`, by expiry month and then by issue month.

    Their outstanding points sum to the liability of that day.
    """
    history = breakage(tallied, at)
    return [cohort for expiry in tallied.expiries for cohort in _of_expiry(tallied, expiry, history, at)]


def _of_expiry(tallied: CohortSums, expiry: str, history: Breakage, at: date) -> Iterator[Cohort]:
    redeemed = tallied.redeemed(expiry)
    reversed_ = tallied.taken[Flow.REVERSED][expiry]
    expired = tallied.taken[Flow.EXPIRED][expiry]
    if expiry == DEBT:
        # No lots, so no months: what was issued here repaid what was reversed here.
        issued = sum(tallied.issued[expiry].values())
        restored = sum(tallied.restored[expiry].values())
        yield Cohort(issue_month=None, expiry_month=expiry, issued=issued, restored=restored, reversed=reversed_)
        return
    anew = tallied.restored_anew(expiry)
    for month in sorted({*tallied.issued[expiry], *anew}):
        issued, restored = tallied.issued[expiry].get(month, 0), anew.get(month, 0)
        room = issued + restored
        from_redeemed = min(redeemed, room)
        from_reversed = min(reversed_, room - from_redeemed)
        from_expired = min(expired, room - from_redeemed - from_reversed)
        redeemed, reversed_, expired = redeemed - from_redeemed, reversed_ - from_reversed, expired - from_expired
        left = room - from_redeemed - from_reversed - from_expired
        yield Cohort(
            issue_month=month,
            expiry_month=expiry,
            issued=issued,
            restored=restored,
            redeemed=from_redeemed,
            reversed=from_reversed,
            expired=from_expired,
            expected_to_lapse=_expected(left, expiry, history, at),
        )
    if redeemed or reversed_ or expired:
        # More taken than was ever put in: a fault of the ledger, shown and not hidden.
        yield Cohort(issue_month=None, expiry_month=expiry, redeemed=redeemed, reversed=reversed_, expired=expired)


def _expected(outstanding: int, expiry: str, history: Breakage, at: date) -> int | None:
    if expiry == NEVER:
        return None
    return outstanding if _is_over(expiry, at) else history.lapsing(outstanding)


def _is_over(expiry: str, at: date) -> bool:
    return expiry not in (DEBT, LATER, NEVER) and expiry < month_of(at)
