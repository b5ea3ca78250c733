"""Where purges hand over work, and where their runs are recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from loyalty.domain.books.journal import JournalEntry
from loyalty.domain.ledger.movement import AccountId
from loyalty.ports.ledger import Due


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeTask:
    """A part of a purge that is done on its own: a shard, behind `after`, or a single account."""

    program_id: str
    run_id: str
    as_of: datetime
    shard: int | None = None
    after: Due | None = None
    left: int = 0
    """How many accounts the part of the shard before `after` could not write."""
    account_id: AccountId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeRun:
    """A purge of a program that found something due.

    `parts` is how many parts of the purge were handed over. `left` is how many accounts could not be written by the
    parts that are done, and were handed over one by one. The purge is finished when all its parts are.
    """

    program_id: str
    run_id: str
    as_of: datetime
    started_at: datetime
    parts: int
    left: int = 0
    finished_at: datetime | None = None
    written_off: tuple[JournalEntry, ...] = ()


class Purges(Protocol):
    """Where purges hand over what they do not do at once, and where their runs are recorded."""

    def hand_over(self, tasks: Sequence[PurgeTask]) -> None:
        """Queue the tasks. Each is done on its own, at least once."""
        ...

    def begin(self, run: PurgeRun) -> None:
        """Record that a run began."""
        ...

    def finish(self, program_id: str, run_id: str, part: str, at: datetime, left: int) -> bool:
        """Record, once, that a part of a run is done. True if all parts are done now."""
        ...

    def announce(self, program_id: str, run_id: str) -> None:
        """Publish that a run is finished. It may be published more than once."""
        ...

    def runs(self, program_id: str, limit: int) -> list[PurgeRun]:
        """The latest runs, newest first, each with what it wrote off so far."""
        ...
