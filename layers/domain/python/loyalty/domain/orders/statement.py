"""What a store states about the money of an order, read so that each amount counts once.

Every line keeps its share of the order's discount as an exact fraction. What a discount takes beyond the goods it takes
of shipping, then of tax. Worth is money after discounts and before points.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from loyalty.domain.orders.goods import ALL, NO_PART, NONE, Content, Key, Line, Part, Pot, total, worth_of
from loyalty.domain.orders.order import Item, Stated, Tender
from loyalty.domain.values.money import exact, minor_digits


class Reading(StrEnum):
    """What the total of an order turned out to be."""

    BEFORE_POINTS = "before_points"
    BEFORE_POINTS_TAX_INSIDE = "before_points_tax_inside"
    AFTER_POINTS = "after_points"
    AFTER_POINTS_TAX_INSIDE = "after_points_tax_inside"
    UNCLEAR = "unclear"
    """Its parts do not add up to it."""
    NOT_STATED = "not_stated"

    @property
    def tax_inside(self) -> bool:
        """Whether goods and shipping are stated with their tax."""
        return self in (Reading.BEFORE_POINTS_TAX_INSIDE, Reading.AFTER_POINTS_TAX_INSIDE)


@dataclass(frozen=True, slots=True)
class OrderWarning:
    """What the store should look at, although the facts were taken."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The money of an order, read.

    `content` is what its goods are worth, and the pots: what it costs beside them. `total` is all of it before
    points, `points_off` what points took off it. `tax_inside` is tax that is part of other amounts. `unstated` is how
    much of the goods' worth a total does not hold: a discount that was not stated.
    """

    currency: str
    content: Content = field(default_factory=dict)
    total: Fraction = NONE
    points_off: Fraction = NONE
    tax_inside: Fraction = NONE
    unstated: Fraction = NONE
    tenders: tuple[Tender, ...] = ()
    read_as: Reading = Reading.NOT_STATED
    warnings: tuple[OrderWarning, ...] = ()

    @property
    def coin(self) -> Fraction:
        """The smallest amount of the currency."""
        return Fraction(1, 10 ** minor_digits(self.currency))

    @property
    def paid(self) -> Fraction:
        """What was paid in money."""
        return self.total - self.points_off

    @property
    def worth(self) -> Fraction:
        """The worth of its goods."""
        return worth_of(self.content)

    @property
    def pots(self) -> Fraction:
        """The money in all pots."""
        return total(self.pot(pot) for pot in Pot)

    def pot(self, pot: Pot) -> Fraction:
        """The money in `pot`."""
        return self.content.get(pot, NO_PART).money

    def paid_by(self, kinds: Sequence[str]) -> Fraction:
        """The share of the money that was paid by tenders of `kinds`."""
        paid = sum((Fraction(tender.amount) for tender in self.tenders if tender.kind in kinds), NONE)
        return min(Fraction(paid, self.paid), ALL) if paid and self.paid > 0 else NONE


def read(stated: Stated, points_off: Decimal = Decimal(0), before: Statement | None = None) -> Statement:
    """What `stated` says, where points took `points_off`.

    `total` is read as before points with tax added, with tax inside, then as after points: the first that adds up
    counts. `points_discount` is added back to what it was taken off. An edit that leaves `total` out has fees and tax
    as `before` it.
    """
    goods, shipping, tax = _after_discount(stated)
    items_tax = min(Fraction(stated.items_tax), tax) if stated.items_tax is not None else tax
    read_as, whole, added_back = _reading(stated, (goods, shipping, tax), Fraction(points_off), before)
    content: dict[Key, Part] = {}
    for item, worth in zip(stated.items, _spread(stated.items, goods + added_back), strict=True):
        line = Line(item.line or "", item.sku, item.category or "")
        content[line] = content.get(line, NO_PART) + Part(worth, Fraction(item.quantity))
    inside = read_as.tax_inside or bool(before and read_as is Reading.NOT_STATED and before.tax_inside)
    on_top = NONE if inside else tax
    fees = whole - (goods + added_back + shipping + on_top)
    pots = {
        Pot.SHIPPING: shipping,
        Pot.ITEMS_TAX: min(items_tax, on_top),
        Pot.OTHER_TAX: max(on_top - items_tax, NONE),
        Pot.FEES: max(fees, NONE),
    }
    return Statement(
        currency=stated.currency,
        content={**content, **{pot: Part(money) for pot, money in pots.items() if money}},
        total=whole,
        points_off=min(Fraction(points_off), whole),
        tax_inside=tax if inside else NONE,
        unstated=max(-fees, NONE),
        tenders=stated.tenders,
        read_as=read_as,
        warnings=tuple(_warnings(stated, read_as, points_off)),
    )


def rounded_up(money: Fraction, currency: str) -> Decimal:
    """`money` in whole minor units of `currency`, rounded up."""
    return in_minor_units(ceil(money * 10 ** minor_digits(currency)), currency)


def rounded_down(money: Fraction, currency: str) -> Decimal:
    """`money` in whole minor units of `currency`, rounded down."""
    return in_minor_units(floor(money * 10 ** minor_digits(currency)), currency)


def in_minor_units(units: int, currency: str) -> Decimal:
    """So many minor units of `currency` as money."""
    return exact(Decimal(units).scaleb(-minor_digits(currency)), currency)


def discounts(stated: Stated, discount: Decimal) -> list[Decimal]:
    """How much of a `discount` in whole minor units is each line's: the largest remainders get what is over.

    What the discount takes beyond the goods is no line's.
    """
    unit = 10 ** minor_digits(stated.currency)
    goods, _, _ = _after_discount(stated)
    whole = floor(min(Fraction(discount), goods) * unit)
    shares = _spread(stated.items, Fraction(whole))
    units = [floor(share) for share in shares]
    nearest = sorted(range(len(shares)), key=lambda number: (units[number] - shares[number], number))
    for number in nearest[: whole - sum(units)]:
        units[number] += 1
    return [in_minor_units(number, stated.currency) for number in units]


def _after_discount(stated: Stated) -> tuple[Fraction, Fraction, Fraction]:
    """Goods, shipping and tax, once the order's discount took what it takes of each."""
    due = Fraction(stated.discount)
    rest = []
    for money in (sum((item.amount for item in stated.items), Decimal(0)), stated.shipping, stated.tax):
        taken = min(due, Fraction(money))
        rest.append(Fraction(money) - taken)
        due -= taken
    return rest[0], rest[1], rest[2]


def _reading(
    stated: Stated, parts: tuple[Fraction, Fraction, Fraction], points_off: Fraction, before: Statement | None
) -> tuple[Reading, Fraction, Fraction]:
    """What the total is, what the order costs before points, and what is to be added back to the goods."""
    goods, shipping, tax = parts
    inside, on_top = goods + shipping, goods + shipping + tax
    if stated.total is None:
        return Reading.NOT_STATED, _total_as(before, goods, shipping, tax), NONE
    told = Fraction(stated.total)
    off = Fraction(stated.points_discount or 0)
    if off:
        ways = [
            (Reading.AFTER_POINTS, on_top, on_top + off, off),
            (Reading.AFTER_POINTS_TAX_INSIDE, inside, inside + off, off),
            (Reading.AFTER_POINTS, on_top - off, on_top, NONE),
            (Reading.AFTER_POINTS_TAX_INSIDE, inside - off, inside, NONE),
        ]
        unclear = told + off
    else:
        ways = [
            (Reading.BEFORE_POINTS, on_top, on_top, NONE),
            (Reading.BEFORE_POINTS_TAX_INSIDE, inside, inside, NONE),
            (Reading.AFTER_POINTS, max(on_top - points_off, NONE), on_top, NONE),
            (Reading.AFTER_POINTS_TAX_INSIDE, max(inside - points_off, NONE), inside, NONE),
        ]
        unclear = told + points_off
    for read_as, sum_, whole, added_back in ways:
        if told == sum_:
            return read_as, whole, added_back
    return Reading.UNCLEAR, unclear, off


def _total_as(before: Statement | None, goods: Fraction, shipping: Fraction, tax: Fraction) -> Fraction:
    if before is None:
        return goods + shipping + tax
    unstated = Fraction(before.unstated * goods, before.worth) if before.worth else NONE
    return goods + shipping + (NONE if before.tax_inside else tax) + before.pot(Pot.FEES) - unstated


def _spread(items: Sequence[Item], money: Fraction) -> list[Fraction]:
    """`money` over the lines: in proportion to what they cost or, where none costs anything, to their pieces."""
    costs = [Fraction(item.amount) for item in items]
    weights = costs if any(costs) else [Fraction(item.quantity) for item in items]
    whole = sum(weights, NONE)
    return [Fraction(money * weight, whole) for weight in weights]


def _warnings(stated: Stated, read_as: Reading, points_off: Decimal) -> Iterable[OrderWarning]:
    if read_as is Reading.UNCLEAR:
        yield OrderWarning(
            "total_does_not_add_up", f"Items, shipping and tax do not add up to the total {stated.total}."
        )
    if points_off and stated.discount == points_off and stated.points_discount is None:
        yield OrderWarning(
            "discount_may_hold_points",
            f"The discount is as large as what points take off, {points_off}. If it is that, send it as "
            "points_discount and not as discount.",
        )
