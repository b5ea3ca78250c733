"""Lots: points of one account grouped by the instant at which they expire."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

FOREVER = datetime.max.replace(tzinfo=UTC)
"""Sorts lots that never expire behind all others."""


@dataclass(frozen=True, slots=True)
class Lot:
    """Points that share one expiry instant; `expires_at` None is never.

    In a movement's allocation the points are signed: what the movement put in or took out.
    """

    expires_at: datetime | None
    points: int

    def expired(self, at: datetime) -> bool:
        """Spendable strictly before `expires_at`, gone at it."""
        return self.expires_at is not None and self.expires_at <= at


class Lots:
    """An account's lots, soonest-expiring first and never-expiring last; all points positive."""

    __slots__ = ("_lots",)

    def __init__(self, lots: Iterable[Lot] = ()) -> None:
        merged: dict[datetime | None, int] = {}
        for lot in lots:
            merged[lot.expires_at] = merged.get(lot.expires_at, 0) + lot.points
        if any(points < 0 for points in merged.values()):
            raise ValueError("a lot cannot hold less than nothing")
        self._lots = tuple(
            Lot(expires_at, points)
            for expires_at, points in sorted(merged.items(), key=lambda lot: lot[0] or FOREVER)
            if points
        )

    @classmethod
    def single(cls, expires_at: datetime | None, points: int) -> "Lots":
        """`points` that share one expiry instant; None is never."""
        return cls([Lot(expires_at, points)])

    @classmethod
    def taken_by(cls, allocation: Iterable[Lot]) -> "Lots":
        """The lots that a movement with this allocation took out of the account."""
        return cls(_negated(lot for lot in allocation if lot.points < 0))

    def __iter__(self) -> Iterator[Lot]:
        return iter(self._lots)

    def __len__(self) -> int:
        return len(self._lots)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lots) and self._lots == other._lots

    def __hash__(self) -> int:
        return hash(self._lots)

    def __repr__(self) -> str:
        return f"Lots({list(self._lots)!r})"

    @property
    def total(self) -> int:
        """All points, also those that have expired and await the purge."""
        return sum(lot.points for lot in self._lots)

    @property
    def next_expiry(self) -> datetime | None:
        """The earliest expiry instant, past or future; None when nothing ever expires."""
        return self._lots[0].expires_at if self._lots else None

    def spendable(self, at: datetime) -> "Lots":
        """The lots that have not expired at `at`."""
        return Lots(lot for lot in self._lots if not lot.expired(at))

    def expired(self, at: datetime) -> "Lots":
        """The lots that are gone at `at` and await the purge."""
        return Lots(lot for lot in self._lots if lot.expired(at))

    def soonest(self, points: int) -> "Lots":
        """Up to `points` points from the front: soonest-expiring first, never-expiring last."""
        taken = []
        for lot in self._lots:
            take = min(lot.points, points)
            taken.append(Lot(lot.expires_at, take))
            points -= take
        return Lots(taken)

    def plus(self, changes: Iterable[Lot]) -> "Lots":
        """These lots after `changes`, whose points are signed."""
        return Lots((*self._lots, *changes))

    def minus(self, other: Iterable[Lot]) -> "Lots":
        """These lots without `other`, which must be among them."""
        return self.plus(_negated(other))

    @property
    def as_taken(self) -> tuple[Lot, ...]:
        """The allocation of a movement that takes these lots out of the account."""
        return tuple(_negated(self._lots))


def _negated(lots: Iterable[Lot]) -> Iterator[Lot]:
    return (Lot(lot.expires_at, -lot.points) for lot in lots)
