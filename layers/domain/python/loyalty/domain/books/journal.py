"""Double entry: what every movement debits and credits, in points and in money."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loyalty.domain.ledger.kinds import BookAccount, Kind
from loyalty.domain.ledger.movement import Movement
from loyalty.domain.values.calendar import business_day


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """A balanced entry: `points`, worth `amount`, debited to one account and credited to another.

    Sums `movements` movements of one program, business day (the program's) and kind. The amount is
    each movement's points at the point value it was made under, unrounded.
    """

    program_id: str
    day: date
    kind: Kind
    currency: str
    movements: int
    points: int
    amount: Decimal

    @property
    def debit(self) -> BookAccount:
        """The account that the entry debits."""
        return self.kind.booked.debit

    @property
    def credit(self) -> BookAccount:
        """The account that the entry credits."""
        return self.kind.booked.credit

    def plus(self, other: "JournalEntry") -> "JournalEntry":
        """Both entries in one; they must be of one day, kind and currency."""
        return JournalEntry(
            program_id=self.program_id,
            day=self.day,
            kind=self.kind,
            currency=self.currency,
            movements=self.movements + other.movements,
            points=self.points + other.points,
            amount=self.amount + other.amount,
        )


def journal_entry(movement: Movement, timezone: str) -> JournalEntry:
    """What finance books for `movement`, on the day on which it was recorded."""
    return JournalEntry(
        program_id=movement.cause.program_id,
        day=business_day(movement.recorded_at, timezone),
        kind=movement.kind,
        currency=movement.currency,
        movements=1,
        points=movement.points,
        amount=movement.value,
    )


def sum_up(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    """One entry a day, kind and currency, in that order."""
    sums: dict[tuple[date, Kind, str], JournalEntry] = {}
    for entry in entries:
        key = (entry.day, entry.kind, entry.currency)
        sums[key] = sums[key].plus(entry) if key in sums else entry
    return [sums[key] for key in sorted(sums)]
