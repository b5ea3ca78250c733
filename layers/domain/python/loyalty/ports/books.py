"""What finance reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from loyalty.domain.books.sums import Booked, ShardSums
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.movement import Cause


@dataclass(frozen=True, slots=True)
class DayPlace:
    """A movement in a shard of the movements of a day, behind which the next page starts.

    The shard is that of the cause under which the movement was booked. An erasure may have renamed the cause since.
    """

    shard: int
    recorded_at: datetime
    cause: Cause
    position: int


class Books(Protocol):
    """What finance reads: the movements of business days, and the sums of closed days, which never change.

    A day's movements are spread over shards by their cause.
    """

    shards: int
    """How many shards the movements of a day are spread over, numbered from 0."""

    def movements(self, program_id: str, day: date, shard: int) -> Iterator[list[Booked]]:
        """Pages of all movements that were recorded on a business day, of one shard."""
        ...

    def movements_of(
        self, program_id: str, day: date, kind: Kind, limit: int, after: DayPlace | None
    ) -> tuple[list[Booked], DayPlace | None]:
        """Up to `limit` movements of one kind, in a stable order: (movements, next place or None).

        A page may be short, or empty, although more follow.
        """
        ...

    def close(self, sums: ShardSums, at: datetime) -> None:
        """Write the sums of a shard of a day. Raises LostRace when it is closed already."""
        ...

    def latest_closed(self, program_id: str) -> tuple[date, int] | None:
        """The day and shard closed last, read consistently. All days and shards before it are closed too."""
        ...

    def closed(self, program_id: str, first: date, last: date) -> Iterator[ShardSums]:
        """The sums of closed shards of the days from `first` to `last`, by day and shard. The latest may be missing."""
        ...
