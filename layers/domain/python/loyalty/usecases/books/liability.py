"""What the store owes in points: over time, by cohort, and as deferred revenue."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import batched
from typing import Protocol

from loyalty.domain.books.cohorts import Breakage, Cohort, CohortSums, breakage, cohorts, tally
from loyalty.domain.books.deferred_revenue import Position, Sales, position
from loyalty.domain.books.liability import RollForward, roll_forward
from loyalty.domain.books.sums import DaySums
from loyalty.domain.program.settings import Program
from loyalty.domain.values.money import ratio
from loyalty.ports.world import HasLedger
from loyalty.usecases.books.close_days import BooksPorts
from loyalty.usecases.books.days import all_days, earliest_day
from loyalty.usecases.commands.time_limit import NEVER_OUT_OF_TIME, OutOfTime, TimeLimit

BATCH = 100
"""Accounts that are read between two looks at the time."""


class LiabilityPorts(BooksPorts, HasLedger, Protocol):
    """What the liability is read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiabilityView:
    """The roll-forward of a range of days, and the points that the accounts hold now.

    `outstanding` is None when there was no time to read all accounts. Where the range reaches to now
    and nothing moves meanwhile, it equals the closing points.
    """

    program: Program
    rolled: RollForward
    outstanding: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortsView:
    """The cohorts at the end of a day, and the history that expectations rest on."""

    program: Program
    cohorts: list[Cohort]
    breakage: Breakage


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredRevenueView:
    """Revenue from points before a range of days and at its end.

    `allocation_share` and `share` are the shares of points expected to be redeemed, at the orders and
    by now. `history` is what `share` comes from where the caller gave none; with nothing in it,
    all points are expected to be redeemed.
    """

    program: Program
    share: Decimal
    allocation_share: Decimal
    history: Breakage | None
    opening: Position
    closing: Position


def view_liability(
    ports: LiabilityPorts, program_id: str, first: date, last: date, out_of_time: TimeLimit = NEVER_OUT_OF_TIME
) -> LiabilityView:
    """The roll-forward from `first` to `last`, and the sum over all accounts, as far as time allows."""
    program = ports.programs.get(program_id)
    rolled = roll_forward(_until(ports, program_id, last, out_of_time), first)
    return LiabilityView(program=program, rolled=rolled, outstanding=_outstanding(ports, program_id, out_of_time))


def view_cohorts(
    ports: LiabilityPorts, program_id: str, last: date, out_of_time: TimeLimit = NEVER_OUT_OF_TIME
) -> CohortsView:
    """The cohorts at the end of the day `last`."""
    program = ports.programs.get(program_id)
    tallied = tally(_until(ports, program_id, last, out_of_time))
    return CohortsView(program=program, cohorts=cohorts(tallied, last), breakage=breakage(tallied, last))


def view_deferred_revenue(
    ports: LiabilityPorts,
    program_id: str,
    first: date,
    last: date,
    share: Decimal | None,
    allocation_share: Decimal | None,
    out_of_time: TimeLimit = NEVER_OUT_OF_TIME,
) -> DeferredRevenueView:
    """Deferred revenue before `first` and at the end of `last`.

    Without a `share`, the program's own history says it: redeemed / (expired + redeemed) of the expiry
    months that are over. While nothing in it was redeemed, all points are expected to be (IFRS 15.B46:
    who does not expect breakage recognises none). Without an `allocation_share` it is the `share`.
    What was recognised before `first` was by the `allocation_share`.
    """
    program = ports.programs.get(program_id)
    before = sales = Sales()
    tallied = CohortSums()
    for day in _until(ports, program_id, last, out_of_time):
        tallied.add(day)
        sales = sales.then(day)
        if day.day < first:
            before = sales
    history = None
    if share is None:
        history = breakage(tallied, last)
        known = Decimal(history.expired + history.redeemed)
        share = ratio(Decimal(history.redeemed), known) if history.redeemed else Decimal(1)
    if allocation_share is None:
        allocation_share = share
    return DeferredRevenueView(
        program=program,
        share=share,
        allocation_share=allocation_share,
        history=history,
        opening=position(before, program.currency, allocation_share=allocation_share, share=allocation_share),
        closing=position(sales, program.currency, allocation_share=allocation_share, share=share),
    )


def _until(ports: LiabilityPorts, program_id: str, last: date, out_of_time: TimeLimit) -> Iterator[DaySums]:
    """All days of the program so far, up to `last`."""
    return all_days(ports, program_id, earliest_day(ports, program_id), last, out_of_time)


def _outstanding(ports: LiabilityPorts, program_id: str, out_of_time: TimeLimit) -> int | None:
    """The points of all accounts, all shards side by side; None when time runs out."""

    def of(shard: int) -> int:
        total = 0
        for page in ports.ledger.accounts_of(program_id, shard):
            for some in batched(page, BATCH, strict=False):
                if out_of_time():
                    raise OutOfTime
                total += sum(account.outstanding for account in ports.ledger.accounts(some))
        return total

    with ThreadPoolExecutor(ports.ledger.shards) as beside:
        try:
            return sum(beside.map(of, range(ports.ledger.shards)))
        except OutOfTime:
            return None
