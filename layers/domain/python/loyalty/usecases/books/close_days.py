"""Closing business days: once a day is over everywhere, its sums are written, and never change.

A run finds out from the closed shards what is left to do. So a run that was killed anywhere is continued by the next
one, and two runs at once write nothing twice. Days are closed in their order, shard by shard: everything before the
latest closed shard is closed too. Programs take turns, a day each, so that a program with years to close does not hold
up the others.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from loyalty.domain.books.closing import first_day, last_to_close
from loyalty.domain.books.sums import Booked, ShardSums, sum_up_movements
from loyalty.domain.program.settings import AccountNames
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.world import HasBooks, HasClock, HasPrograms
from loyalty.usecases.commands.time_limit import NEVER_OUT_OF_TIME, OutOfTime, TimeLimit

_DAY = timedelta(days=1)


class BooksPorts(HasPrograms, HasBooks, HasClock, Protocol):
    """What business days are read from, and closed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What a run did to a program: it closed `days` days, and is closed through `closed_through`.

    `behind` is how many more days can be closed by now.
    """

    program_id: str
    days: int
    closed_through: date | None
    behind: int


def close_days(
    ports: BooksPorts, program_id: str | None = None, out_of_time: TimeLimit = NEVER_OUT_OF_TIME
) -> list[Closed]:
    """Close all days that are over, of all programs or of one. Stops early when the time is over."""
    programs = [program_id] if program_id else ports.programs.ids()
    runs = [_Run.start(ports, name) for name in programs]
    while True:
        # One day of each program that has one, then the next of each.
        going = [number for number, run in enumerate(runs) if run.behind and not run.stopped]
        if not going or out_of_time():
            break
        for number in going:
            runs[number] = _close_next(ports, runs[number], out_of_time)
    return [
        Closed(program_id=run.program_id, days=run.days, closed_through=run.through, behind=run.behind) for run in runs
    ]


def shard_sums(
    ports: BooksPorts,
    program_id: str,
    day: date,
    shard: int,
    accounts: AccountNames,
    out_of_time: TimeLimit = NEVER_OUT_OF_TIME,
) -> ShardSums:
    """The sums of a shard of a day as its movements are now, read page by page. Raises OutOfTime."""

    def movements() -> Iterator[Booked]:
        for page in ports.books.movements(program_id, day, shard):
            if out_of_time():
                raise OutOfTime
            yield from page

    sums = sum_up_movements(movements())
    return ShardSums(program_id=program_id, day=day, shard=shard, accounts=accounts, sums=sums)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """How far closing has come with a program: the next shard to close, and how many days it did."""

    program_id: str
    day: date
    shard: int
    last: date
    first: date
    days: int = 0
    stopped: bool = False

    @classmethod
    def start(cls, ports: BooksPorts, program_id: str) -> "_Run":
        first, latest = first_day(ports.programs.made_at(program_id)), ports.books.latest_closed(program_id)
        day, shard = latest or (first - _DAY, ports.books.shards - 1)
        run = cls(program_id=program_id, day=day, shard=shard, last=last_to_close(ports.clock()), first=first)
        return run.next(ports.books.shards)

    def next(self, shards: int) -> "_Run":
        """Behind the shard that is closed now."""
        if self.shard + 1 < shards:
            return replace(self, shard=self.shard + 1)
        return replace(self, day=self.day + _DAY, shard=0)

    @property
    def through(self) -> date | None:
        before = self.day - _DAY
        return before if before >= self.first else None

    @property
    def behind(self) -> int:
        return max(0, (self.last - self.day).days + 1)


def _close_next(ports: BooksPorts, run: _Run, out_of_time: TimeLimit) -> _Run:
    """Close what is left of the next day."""
    try:
        accounts = ports.programs.get(run.program_id).books
        day = run.day
        while run.day == day:
            sums = shard_sums(ports, run.program_id, run.day, run.shard, accounts, out_of_time)
            with suppress(LostRace):  # Another run has closed it, with the same sums: the day was over for both.
                ports.books.close(sums, ports.clock())
            run = run.next(ports.books.shards)
    except (OutOfTime, Unavailable):
        return replace(run, stopped=True)
    return replace(run, days=run.days + 1)
