"""What finance books, and the movements behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from loyalty.domain.books.closing import last_day
from loyalty.domain.books.journal import JournalEntry, sum_up
from loyalty.domain.books.sums import Booked, DaySums
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.program.settings import AccountNames
from loyalty.ports.books import DayPlace
from loyalty.ports.world import HasLedger
from loyalty.usecases.books.close_days import BooksPorts
from loyalty.usecases.books.days import all_days, closed_days, earliest_day
from loyalty.usecases.commands.time_limit import NEVER_OUT_OF_TIME, TimeLimit

MAX_PAGE = 500
"""Movements. A page is far under the most that a function may answer."""


class JournalPorts(BooksPorts, HasLedger, Protocol):
    """What the journal is read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedEntry:
    """An entry, the store's names of its accounts, and whether its day is closed: then the entry never changes."""

    entry: JournalEntry
    accounts: AccountNames
    closed: bool


def view_journal(
    ports: JournalPorts,
    program_id: str,
    first: date,
    last: date,
    *,
    write_offs_only: bool,
    out_of_time: TimeLimit = NEVER_OUT_OF_TIME,
) -> Iterator[BookedEntry]:
    """The journal of the business days from `first` to `last`, both included: an entry a day and kind.

    Write-offs of days that are not closed are those that purges recorded. Raises UnknownProgram, and Refused when
    there is no time to sum the days that are not closed.
    """
    program = ports.programs.get(program_id)
    if not write_offs_only:
        for day in all_days(ports, program_id, first, last, out_of_time):
            yield from _entries(day)
        return
    first = max(first, earliest_day(ports, program_id))
    for day in closed_days(ports, program_id, first, last):
        yield from (booked for booked in _entries(day) if booked.entry.kind is Kind.EXPIRE)
        first = day.day + timedelta(days=1)
    last = min(last, last_day(ports.clock()))
    while first <= last:
        for entry in sum_up(ports.ledger.write_offs(program_id, first)):
            yield BookedEntry(entry=entry, accounts=program.books, closed=False)
        first += timedelta(days=1)


def view_movements(
    ports: JournalPorts, program_id: str, day: date, kind: Kind, limit: int, after: DayPlace | None
) -> tuple[list[Booked], DayPlace | None]:
    """Up to `limit` movements that the entry of a day and kind sums: (movements, next place or None)."""
    ports.programs.get(program_id)
    return ports.books.movements_of(program_id, day, kind, limit, after)


def _entries(day: DaySums) -> Iterator[BookedEntry]:
    for entry in day.entries:
        if not entry.points:
            continue  # points only moved from lot to lot: nothing to post
        yield BookedEntry(entry=entry, accounts=day.accounts, closed=day.closed)
