"""What finance books."""

from collections.abc import Iterator
from datetime import date, timedelta

from loyalty.domain.books import JournalEntry, sum_up
from loyalty.ports import World


def view_journal(
    world: World, program_id: str, first: date, last: date, *, write_offs_only: bool
) -> list[JournalEntry]:
    """The journal of the business days from `first` to `last`, both included: an entry a day and kind."""
    world.programs.get(program_id)
    read = world.ledger.write_offs if write_offs_only else world.ledger.journal
    return [entry for day in _days(first, last) for entry in sum_up(read(program_id, day))]


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
