"""What the movements of a business day sum up to: all that the journal and the liability need of them.

Sums are per kind and currency, and within those per month in which the points that moved expire.
Adding is exact and in any order, so parts of a day, days and ranges of days can be summed alike.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from loyalty.domain.books.journal import JournalEntry
from loyalty.domain.ledger.facts import Completed
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.domain.program.settings import AccountNames
from loyalty.domain.values.calendar import business_day

NEVER = "never"
"""In place of an expiry month: points that do not expire."""
DEBT = "debt"
"""In place of an expiry month: points that repay a debt or make one, and so are in no lot."""
LATER = "later"
"""In place of an expiry month: 2100 and after. It bounds how many months a day's sums can name."""
_LAST_YEAR = 2099
_LATEST_MIDNIGHT = timedelta(hours=11)


def expiry_month(expires_at: datetime | None) -> str:
    """The month (YYYY-MM) of the last day on which points can be spent that expire at `expires_at`.

    It must not depend on a setting that can change: what a movement put into a month another one
    must be able to take out of it. So it is reckoned from the instant alone: 11 hours before any
    midnight of a zone from UTC-10 to UTC+13, UTC is on the day that ends there. (In the few zones
    farther out a day may count for the month beside its own.)
    """
    if expires_at is None:
        return NEVER
    day = (expires_at - _LATEST_MIDNIGHT).date()
    return LATER if day.year > _LAST_YEAR else month_of(day)


def month_of(day: date) -> str:
    """The month of `day`, as YYYY-MM."""
    return day.isoformat()[:7]


@dataclass(frozen=True, slots=True)
class Worth:
    """Points, and the money that they stood for when they moved: unrounded."""

    points: int = 0
    amount: Decimal = Decimal(0)

    def plus(self, other: "Worth") -> "Worth":
        return Worth(self.points + other.points, self.amount + other.amount)

    def minus(self, other: "Worth") -> "Worth":
        return Worth(self.points - other.points, self.amount - other.amount)


NOTHING = Worth()


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What the books know of a movement of points: as `Movement` has it.

    `day` is the business day that it was recorded on; `basis` the money that an order earned on, 0
    for all else.
    """

    cause: Cause
    position: int
    day: date
    kind: Kind
    account: AccountId
    points: int
    point_value: Decimal
    currency: str
    allocation: tuple[Lot, ...]
    debt: int
    basis: Decimal
    recorded_at: datetime

    @property
    def movement_id(self) -> str:
        return self.cause.movement_id(self.position)

    @property
    def amount(self) -> Decimal:
        """The points in money at the point value of that moment, unrounded."""
        return self.points * self.point_value


def booked(movement: Movement, timezone: str) -> Booked:
    """What the books know of `movement`, which moves points, of a program in `timezone`."""
    if movement.account is None:
        raise ValueError("points move only in somebody's account")
    return Booked(
        cause=movement.cause,
        position=movement.position,
        day=business_day(movement.recorded_at, timezone),
        kind=movement.kind,
        account=movement.account,
        points=movement.points,
        point_value=movement.point_value,
        currency=movement.currency,
        allocation=movement.allocation,
        debt=movement.debt,
        basis=movement.facts.basis if isinstance(movement.facts, Completed) else Decimal(0),
        recorded_at=movement.recorded_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSum:
    """The movements of one kind and currency: how many, what by expiry month, and on what basis.

    `by_expiry` has a `Worth` for each expiry month, NEVER, LATER and DEBT that points were moved in;
    together they are all points that moved. `basis` is money, summed over the orders that earned.
    """

    kind: Kind
    currency: str
    movements: int
    basis: Decimal
    by_expiry: Mapping[str, Worth]

    @property
    def worth(self) -> Worth:
        """All points moved."""
        return sum_of(self.by_expiry.values())

    def plus(self, other: "KindSum") -> "KindSum":
        """Both in one; they must be of one kind and currency."""
        by_expiry = dict(self.by_expiry)
        for month, worth in other.by_expiry.items():
            by_expiry[month] = by_expiry.get(month, NOTHING).plus(worth)
        return KindSum(
            kind=self.kind,
            currency=self.currency,
            movements=self.movements + other.movements,
            basis=self.basis + other.basis,
            by_expiry=by_expiry,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardSums:
    """One shard of one business day of a program: what closing writes, once.

    `accounts` are the names that the books had when the day was closed.
    """

    program_id: str
    day: date
    shard: int
    accounts: AccountNames
    sums: tuple[KindSum, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySums:
    """One business day of a program, closed for good or as far as it is known."""

    program_id: str
    day: date
    closed: bool
    accounts: AccountNames
    sums: tuple[KindSum, ...]

    @property
    def entries(self) -> list[JournalEntry]:
        """A journal entry for each kind and currency."""
        return [
            JournalEntry(
                program_id=self.program_id,
                day=self.day,
                kind=one.kind,
                currency=one.currency,
                movements=one.movements,
                points=one.worth.points,
                amount=one.worth.amount,
            )
            for one in self.sums
        ]


def sum_of(worths: Iterable[Worth]) -> Worth:
    """All of `worths` together."""
    total = NOTHING
    for worth in worths:
        total = total.plus(worth)
    return total


@dataclass(slots=True)
class _Sum:
    """A `KindSum` that grows."""

    movements: int = 0
    basis: Decimal = Decimal(0)
    by_expiry: dict[str, tuple[int, Decimal]] = field(default_factory=dict)

    def add(self, movement: Booked) -> None:
        self.movements += 1
        self.basis += movement.basis
        sign, value = movement.kind.sign, movement.point_value
        for lot in movement.allocation:
            self._add(expiry_month(lot.expires_at), sign * lot.points, value)
        if movement.debt:
            self._add(DEBT, -sign * movement.debt, value)

    def _add(self, month: str, points: int, value: Decimal) -> None:
        before, amount = self.by_expiry.get(month, (0, Decimal(0)))
        self.by_expiry[month] = (before + points, amount + points * value)


def sum_up_movements(movements: Iterable[Booked]) -> tuple[KindSum, ...]:
    """The sums of `movements`, which are looked at one by one: memory grows with expiry months only."""
    sums: dict[tuple[Kind, str], _Sum] = {}
    for movement in movements:
        sums.setdefault((movement.kind, movement.currency), _Sum()).add(movement)
    return tuple(
        KindSum(
            kind=kind,
            currency=currency,
            movements=one.movements,
            basis=one.basis,
            by_expiry={month: Worth(*one.by_expiry[month]) for month in sorted(one.by_expiry)},
        )
        for (kind, currency), one in sorted(sums.items())
    )


def merge(shards: Iterable[Iterable[KindSum]]) -> tuple[KindSum, ...]:
    """The sums of several shards or days in one: in the order of kind and currency."""
    sums: dict[tuple[Kind, str], KindSum] = {}
    for shard in shards:
        for one in shard:
            key = (one.kind, one.currency)
            sums[key] = sums[key].plus(one) if key in sums else one
    return tuple(sums[key] for key in sorted(sums))
