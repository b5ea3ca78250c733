"""The books port in memory, over a ledger in memory."""

from collections.abc import Iterator
from datetime import date, datetime
from threading import Lock
from zlib import crc32

from loyalty.domain.books.sums import Booked, ShardSums
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.movement import Cause
from loyalty.ports.books import DayPlace
from loyalty.ports.faults import LostRace
from tests.support.fakes.memory import MemoryLedger

PAGE = 3
"""Movements to a page: few, so that small tests turn pages too."""


class MemoryBooks:
    """The `Books` port in memory. What several instances share is `store`."""

    shards = 4

    def __init__(self, ledger: MemoryLedger, store: dict[tuple[str, date, int], ShardSums] | None = None) -> None:
        self._ledger = ledger
        self._store = {} if store is None else store
        self._lock = Lock()

    def movements(self, program_id: str, day: date, shard: int) -> Iterator[list[Booked]]:
        mine = [movement for movement in self._of_day(program_id, day) if self._shard(movement.cause) == shard]
        for start in range(0, len(mine), PAGE):
            yield mine[start : start + PAGE]

    def movements_of(
        self, program_id: str, day: date, kind: Kind, limit: int, after: DayPlace | None
    ) -> tuple[list[Booked], DayPlace | None]:
        behind = self._order(after.recorded_at, after.cause, after.position) if after else None
        found = [
            movement
            for movement in self._of_day(program_id, day)
            if movement.kind is kind
            if behind is None or self._order(movement.recorded_at, movement.cause, movement.position) > behind
        ]
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], DayPlace(self._shard(last.cause), last.recorded_at, last.cause, last.position)

    def close(self, sums: ShardSums, at: datetime) -> None:
        with self._lock:
            key = (sums.program_id, sums.day, sums.shard)
            if key in self._store:
                raise LostRace
            self._store[key] = sums

    def latest_closed(self, program_id: str) -> tuple[date, int] | None:
        with self._lock:
            return max(((day, shard) for name, day, shard in self._store if name == program_id), default=None)

    def closed(self, program_id: str, first: date, last: date) -> Iterator[ShardSums]:
        with self._lock:
            wanted = sorted(key for key in self._store if key[0] == program_id and first <= key[1] <= last)
            return iter([self._store[key] for key in wanted])

    def _of_day(self, program_id: str, day: date) -> list[Booked]:
        mine = [m for m in list(self._ledger.booked) if (m.cause.program_id, m.day) == (program_id, day)]
        return sorted(mine, key=lambda m: self._order(m.recorded_at, m.cause, m.position))

    def _order(self, at: datetime, cause: Cause, position: int) -> tuple[int, datetime, str]:
        return self._shard(cause), at, cause.movement_id(position)

    def _shard(self, cause: Cause) -> int:
        return crc32(cause.movement_id(0).encode()) % self.shards
