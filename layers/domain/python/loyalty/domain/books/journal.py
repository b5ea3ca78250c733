"""Double entry: what every movement debits and credits, in points and in money."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from loyalty.domain.ledger.movement import Kind, Movement
from loyalty.domain.program.settings import AccountNames
from loyalty.domain.values.calendar import business_day


class BookAccount(StrEnum):
    """The accounts of the books."""

    LIABILITY = "points_liability"
    DISTRIBUTED_EXPENSE = "points_distributed_expense"
    REDEEMED = "points_redeemed"

    def named(self, names: AccountNames) -> str:
        """What the store calls it."""
        match self:
            case BookAccount.LIABILITY:
                return names.liability
            case BookAccount.DISTRIBUTED_EXPENSE:
                return names.expense
            case BookAccount.REDEEMED:
                return names.redeemed


@dataclass(frozen=True, slots=True)
class Sides:
    """The account that a kind of movement debits, and the one that it credits."""

    debit: BookAccount
    credit: BookAccount


SIDES = {
    Kind.EARN: Sides(debit=BookAccount.DISTRIBUTED_EXPENSE, credit=BookAccount.LIABILITY),
    Kind.ISSUE: Sides(debit=BookAccount.DISTRIBUTED_EXPENSE, credit=BookAccount.LIABILITY),
    Kind.SIGN_UP: Sides(debit=BookAccount.DISTRIBUTED_EXPENSE, credit=BookAccount.LIABILITY),
    Kind.REFERRAL: Sides(debit=BookAccount.DISTRIBUTED_EXPENSE, credit=BookAccount.LIABILITY),
    Kind.REVERSE: Sides(debit=BookAccount.LIABILITY, credit=BookAccount.DISTRIBUTED_EXPENSE),
    Kind.REDEEM: Sides(debit=BookAccount.LIABILITY, credit=BookAccount.REDEEMED),
    Kind.RESTORE: Sides(debit=BookAccount.REDEEMED, credit=BookAccount.LIABILITY),
    Kind.EXPIRE: Sides(debit=BookAccount.LIABILITY, credit=BookAccount.DISTRIBUTED_EXPENSE),
    Kind.ADJUST_UP: Sides(debit=BookAccount.DISTRIBUTED_EXPENSE, credit=BookAccount.LIABILITY),
    Kind.ADJUST_DOWN: Sides(debit=BookAccount.LIABILITY, credit=BookAccount.DISTRIBUTED_EXPENSE),
    Kind.BACKFILL: Sides(debit=BookAccount.DISTRIBUTED_EXPENSE, credit=BookAccount.LIABILITY),
}


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
    def sides(self) -> Sides:
        """What the entry debits and what it credits."""
        return SIDES[self.kind]

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
