"""Deferred revenue: the part of what customers paid that is for points they have yet to use.

Points are a material right, so part of an order's price is theirs until they are used or lapse.

1. Allocate. The price of the orders is shared between goods and points by their stand-alone selling
   prices: the goods' is the price itself, the points' is points x point value x the share that is
   expected to be redeemed.
   allocated = price x points' price / (price + points' price)
2. Recognise. As points are redeemed, as a share of those that ever will be, over all time so far; what
   a new estimate changes is caught up at once.
   recognised to date = allocated x redeemed / (points x share expected to be redeemed), at most allocated
3. Deferred = allocated - recognised to date.

Estimates for the allocation are those of the time of the orders; they are not made again (IFRS 15.88).

The ledger does not know which points were used, those of orders or those given by hand, which carry no
price. Redemptions count for the orders' points by their share in all points. Orders that were
cancelled or returned are taken out at the average price of a point. Orders are looked at together (the
portfolio approach of IFRS 15.4).

Source: IFRS 15 paragraphs B39 to B47, 76 to 80 and 88; ASC 606-10-55-41 to 55-49. Worked there: IFRS 15
Illustrative Examples, Example 52 (IE267 to IE270), which ASC 606-10-55-353 to 55-356 repeats.
"""

from dataclasses import dataclass
from decimal import Decimal

from loyalty.domain.books.sums import NOTHING, DaySums, Worth
from loyalty.domain.ledger.kinds import Flow
from loyalty.domain.values.money import ratio, round_half_up_to_minor, times


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """What was sold and used, from a program's first day on: the inputs.

    `price` is the earning basis of the orders that earned, money; `earned` their points, and
    `reversed` what was taken back of them. `given` are points that no order earned, `redeemed`
    points used less those given back.
    """

    price: Decimal = Decimal(0)
    earned: Worth = NOTHING
    reversed: Worth = NOTHING
    given: int = 0
    redeemed: int = 0

    def then(self, day: DaySums) -> "Sales":
        """With the movements of one more day."""
        price, earned, reversed_ = self.price, self.earned, self.reversed
        given, redeemed = self.given, self.redeemed
        for one in day.sums:
            effect = one.kind.booked
            match effect.flow:
                case Flow.ISSUED if effect.priced:
                    price, earned = price + one.basis, earned.plus(one.worth)
                case Flow.ISSUED:
                    given += one.worth.points
                case Flow.REVERSED if effect.priced:
                    reversed_ = reversed_.plus(one.worth)
                case Flow.REVERSED:
                    given -= one.worth.points
                case Flow.REDEEMED:
                    redeemed += one.worth.points
                case Flow.RESTORED:
                    redeemed -= one.worth.points
        return Sales(price=price, earned=earned, reversed=reversed_, given=given, redeemed=redeemed)

    @property
    def points(self) -> int:
        """Points of orders, less what was taken back."""
        return self.earned.points - self.reversed.points

    @property
    def kept(self) -> Decimal:
        """The share of the orders' points that was not taken back, 0 to 1."""
        earned = Decimal(self.earned.points)
        return ratio(Decimal(self.points), earned) if earned else Decimal(0)

    @property
    def kept_price(self) -> Decimal:
        """The price of the orders, without those that were taken back."""
        return times(self.price, self.kept)

    @property
    def value(self) -> Decimal:
        """The orders' points x point value."""
        return times(self.earned.amount, self.kept)

    @property
    def redeemed_of_orders(self) -> Decimal:
        """Points redeemed that count for the orders' points."""
        every = Decimal(self.points + self.given)
        return ratio(times(Decimal(max(self.redeemed, 0)), Decimal(self.points)), every) if every > 0 else Decimal(0)

    def allocated(self, share: Decimal) -> Decimal:
        """The part of the price that is for points, `share` of which are expected to be redeemed."""
        points_price = times(self.value, share)
        prices = self.kept_price + points_price
        return times(self.kept_price, ratio(points_price, prices)) if prices else Decimal(0)

    def recognised(self, allocated: Decimal, share: Decimal) -> Decimal:
        """How much of `allocated` is earned by now, if `share` of the points will ever be redeemed."""
        expected = self.points * share
        if expected <= 0:
            return Decimal(0)
        return times(allocated, min(ratio(self.redeemed_of_orders, expected), Decimal(1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where revenue from points stands at the end of a day: money, rounded.

    price = goods + allocated; allocated = recognised + deferred.
    """

    sales: Sales
    price: Decimal
    allocated: Decimal
    recognised: Decimal

    @property
    def goods(self) -> Decimal:
        """The part of the price that is for the goods."""
        return self.price - self.allocated

    @property
    def deferred(self) -> Decimal:
        """The contract liability."""
        return self.allocated - self.recognised


def position(sales: Sales, currency: str, *, allocation_share: Decimal, share: Decimal) -> Position:
    """The position after `sales`, in whole minor units of `currency`.

    `allocation_share` of points was expected to be redeemed when they were earned, `share` is by now.
    """
    allocated = sales.allocated(allocation_share)
    return Position(
        sales=sales,
        price=round_half_up_to_minor(sales.kept_price, currency),
        allocated=round_half_up_to_minor(allocated, currency),
        recognised=round_half_up_to_minor(sales.recognised(allocated, share), currency),
    )
