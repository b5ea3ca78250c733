"""A customer's standing: how much they ordered, ever and lately, and the tier that this makes.

It is kept in the account, so that an order is judged without looking at those before it, and changed by movements
alone, so that it can be replayed. It is bounded: of somebody who orders on many days, neighbouring days become one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

MAX_DAYS = 16
"""So many days (or groups of neighbouring days) on which somebody ordered are kept."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was ordered on a day: how many orders, and for how much, in minor units of the currency."""

    day: date
    orders: int
    spend: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a movement changes about a customer's standing, and what tier they are in after it.

    `orders` and `spend` (minor units) are signed and were counted on `day`. `window` is how many days are
    kept. `points` (signed) count towards the cap of the period that starts at `period`.
    """

    day: date
    orders: int = 0
    spend: int = 0
    window: int = 0
    period: date | None = None
    points: int = 0
    tier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Orders and spend (minor units) ever, by day as far back as a window looks, and points earned in a period."""

    orders: int = 0
    spend: int = 0
    days: tuple[Ordered, ...] = ()
    period: date | None = None
    points: int = 0
    tier: str | None = None

    def since(self, first: date) -> tuple[int, int]:
        """Orders and spend from `first` on."""
        late = [day for day in self.days if day.day >= first]
        return sum(day.orders for day in late), sum(day.spend for day in late)

    def points_in(self, period: date) -> int:
        """Points earned in the period that starts at `period`, as far as a cap counted them."""
        return self.points if self.period == period else 0

    def plus(self, counted: Counted) -> "Standing":
        """The standing after a movement. Nothing falls below zero."""
        period, points = self.period, self.points
        if counted.period and counted.period == period:
            points = max(points + counted.points, 0)
        elif counted.period and counted.points > 0 and (period is None or counted.period > period):
            period, points = counted.period, counted.points
        return Standing(
            orders=max(self.orders + counted.orders, 0),
            spend=max(self.spend + counted.spend, 0),
            days=_bounded(_counted(self.days, counted)) if counted.window else (),
            period=period,
            points=points,
            tier=counted.tier,
        )


def _counted(days: tuple[Ordered, ...], counted: Counted) -> Iterable[Ordered]:
    """`days` with what was counted, without those that no window looks at any more.

    It belongs to the first day that is not before its own: days only ever move forward, when they are grouped.
    """
    latest = max([counted.day, *(day.day for day in days)]) if counted.orders > 0 else counted.day
    found = False
    for day in days:
        if not found and day.day >= counted.day:
            found = True
            day = Ordered(day.day, max(day.orders + counted.orders, 0), max(day.spend + counted.spend, 0))
        if (day.orders or day.spend) and (latest - day.day).days < counted.window:
            yield day
    if not found and counted.orders > 0:
        yield Ordered(counted.day, counted.orders, counted.spend)


def _bounded(days: Iterable[Ordered]) -> tuple[Ordered, ...]:
    """`days`, in groups of 2, 4, 8, ... days if they are too many, each counted at its last day.

    So an order counts longer than its window by less than a group, never shorter.
    """
    kept = list(days)
    width = 1
    while len(kept) > MAX_DAYS:
        width *= 2
        groups: dict[date, tuple[int, int]] = {}
        for day in kept:
            last = date.fromordinal(-(-day.day.toordinal() // width) * width)
            orders, spend = groups.get(last, (0, 0))
            groups[last] = orders + day.orders, spend + day.spend
        kept = [Ordered(last, orders, spend) for last, (orders, spend) in groups.items()]
    return tuple(kept)
