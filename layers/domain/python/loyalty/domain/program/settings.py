"""A loyalty program: the settings that the rules read."""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Self, cast, get_args, get_origin, get_type_hints

from loyalty.domain.values.calendar import ExpiryPolicy
from loyalty.domain.values.money import Rounding, minor_digits
from loyalty.domain.values.refusal import Refused


class EarningBasis(StrEnum):
    """What an order earns on."""

    ITEMS = "items"
    """Its items less its discount, without shipping and tax."""
    ITEMS_WITH_SHIPPING = "items_with_shipping"
    ITEMS_WITH_TAX = "items_with_tax"
    ITEMS_WITH_SHIPPING_AND_TAX = "items_with_shipping_and_tax"
    TOTAL = "total"
    """Its total, as the store states it."""
    TOTAL_WITHOUT_SHIPPING = "total_without_shipping"
    TOTAL_WITHOUT_TAX = "total_without_tax"
    TOTAL_WITHOUT_SHIPPING_AND_TAX = "total_without_shipping_and_tax"


class OnRedeemedOrder(StrEnum):
    """What a completed order that used points earns."""

    NONE = "none"
    CASH_PART = "cash_part"
    FULL = "full"


class Overspend(StrEnum):
    """What happens when more points are asked for than may be used."""

    REJECT = "reject"
    CLAMP = "clamp"


class OnShortfall(StrEnum):
    """What happens when points to be taken back were spent already."""

    ALLOW_NEGATIVE = "allow_negative"
    CLAMP = "clamp"


class RefundPolicy(StrEnum):
    """What a returned order does to its points."""

    MANUAL = "manual"
    PROPORTIONAL = "proportional"


class Redeemed(StrEnum):
    """What a refund does with the points that the order used."""

    RETURN = "return"
    KEEP = "keep"


class TiersApply(StrEnum):
    """Which order is the first that a tier multiplies."""

    NEXT_ORDER = "next_order"
    THIS_ORDER = "this_order"
    """The order by which the customer reaches it."""


OPEN = {"open": True}
"""Marks a setting that the API does not offer yet: `settings` leaves it out while it has its default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Which lines of an order: those of a SKU or of a category that is named."""

    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def include(self, sku: str, category: str | None) -> bool:
        """Whether a line of this SKU and category is meant."""
        return sku in self.skus or category in self.categories


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded(Goods):
    """What earns nothing: goods, and money that was paid by one of `tenders` (kinds, as the store names them)."""

    tenders: tuple[str, ...] = field(default=(), metadata=OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Goods):
    """How some goods earn, instead of `points_per_unit`: by another rate, or so many points a piece."""

    points_per_unit: Decimal | None = None
    points_per_item: int | None = None


class Period(StrEnum):
    """A stretch of the calendar, in the program's time zone. Weeks start on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    EVER = "ever"

    def first_day(self, day: date) -> date:
        """The first day of the period that `day` is in."""
        match self:
            case Period.DAY:
                return day
            case Period.WEEK:
                return day - timedelta(days=day.weekday())
            case Period.MONTH:
                return day.replace(day=1)
            case Period.YEAR:
                return day.replace(month=1, day=1)
            case Period.EVER:
                return date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class CustomerCap:
    """The most points that a customer's orders earn in a period."""

    points: int
    period: Period = Period.MONTH


@dataclass(frozen=True, slots=True)
class Earn:
    """How orders earn. `points_per_unit` is points per one unit of currency (1 EUR, 1 JPY).

    With `per` it is points for each whole `per` of money, reckoned on the sum of what a rate counts. Of `rates` the
    first that includes a line counts; what is `excluded` earns nothing. An order that earns anything earns
    `min_points_per_order` at least.
    """

    points_per_unit: Decimal = Decimal(1)
    basis: EarningBasis = EarningBasis.ITEMS
    rounding: Rounding = Rounding.FLOOR
    on_redeemed_order: OnRedeemedOrder = OnRedeemedOrder.NONE
    min_order_total: Decimal = Decimal(0)
    max_points_per_order: int | None = None
    max_points_per_customer: CustomerCap | None = None
    excluded: Excluded = field(default_factory=Excluded)
    rates: tuple[Rate, ...] = ()
    per: Decimal | None = field(default=None, metadata=OPEN)
    min_points_per_order: int | None = field(default=None, metadata=OPEN)


@dataclass(frozen=True, slots=True)
class Redeem:
    """How points pay. `point_value` is the money one point is worth; `max_order_share` is 0 to 1."""

    point_value: Decimal = Decimal("0.01")
    min_points: int = 0
    max_order_share: Decimal = Decimal(1)
    block_size: int = 1
    overspend: Overspend = Overspend.REJECT


@dataclass(frozen=True, slots=True)
class Way:
    """A way to earn, and whether it is switched on."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class SignUpWay(Way):
    """What signing up earns."""

    points: int = 0


@dataclass(frozen=True, slots=True)
class ReferralWay(Way):
    """What a customer's first order earns the one who referred them, and the customer (`referee_points`)."""

    points: int = 0
    referee_points: int = 0

    @property
    def pays(self) -> bool:
        """Whether a referral gives anybody anything now."""
        return self.enabled and bool(self.points or self.referee_points)


@dataclass(frozen=True, slots=True)
class WaysToEarn:
    """The ways to earn."""

    order: Way = field(default_factory=Way)
    sign_up: SignUpWay = field(default_factory=SignUpWay)
    referral: ReferralWay = field(default_factory=ReferralWay)


@dataclass(frozen=True, slots=True)
class Expiry:
    """How long points live: `days` or `months`, for the policies that count them."""

    policy: ExpiryPolicy = ExpiryPolicy.NONE
    days: int | None = None
    months: int | None = None

    def expires_at(self, awarded_at: datetime, timezone: str) -> datetime | None:
        """When points awarded at `awarded_at` are gone; None is never."""
        return self.policy.expires_at(awarded_at, timezone, self.days or self.months or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion(Goods):
    """Multiplies what orders earn, or adds `bonus_points` to it, from `starts_at` until before `ends_at`.

    It looks at the lines of its goods, or at the whole order where it names none; at customers in one of `tiers`,
    where it names any, or at their first order; at goods of `min_spend` or more after discounts and before points,
    where it says so, and else at any that cost something. What counts is when the order was completed. The points
    that it adds live as long as its own `expiry` says, if it has one.
    """

    id: str
    starts_at: datetime
    ends_at: datetime
    multiplier: Decimal | None = None
    bonus_points: int | None = None
    tiers: tuple[str, ...] = ()
    first_order: bool = False
    stackable: bool = True
    priority: int = 0
    expiry: Expiry | None = None
    min_spend: Decimal | None = field(default=None, metadata=OPEN)

    @property
    def names_goods(self) -> bool:
        """Whether it looks at some lines only."""
        return bool(self.skus or self.categories)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Reached by so many orders and so much spent (both, where both are said), ever or in a rolling window.

    The `multiplier` is for the next order.
    """

    name: str
    min_orders: int | None = None
    min_spend: Decimal | None = None
    window_days: int | None = None
    multiplier: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Cancel:
    """What a cancellation does. Points restored past their expiry live `restore_grace_days`.

    With `reopens` an order that is completed again after it was cancelled is open again.
    """

    on_shortfall: OnShortfall = OnShortfall.ALLOW_NEGATIVE
    restore_grace_days: int = 30
    reopens: bool = field(default=False, metadata=OPEN)


@dataclass(frozen=True, slots=True)
class Refund:
    """What a return does with points that the order earned, and with those that it used (`redeemed`)."""

    policy: RefundPolicy = RefundPolicy.MANUAL
    redeemed: Redeemed | None = field(default=None, metadata=OPEN)

    @property
    def restores(self) -> bool:
        """Whether used points come back with the goods: as `redeemed` says, or else under `proportional`."""
        if self.redeemed is None:
            return self.policy is RefundPolicy.PROPORTIONAL
        return self.redeemed is Redeemed.RETURN


@dataclass(frozen=True, slots=True)
class AccountNames:
    """What the store's chart of accounts calls the accounts that points are booked in."""

    liability: str = "points_liability"
    expense: str = "points_distributed_expense"
    redeemed: str = "points_redeemed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One version of a program's settings. Versions count from 1."""

    program_id: str
    version: int
    name: str
    currency: str
    enabled: bool = True
    timezone: str = "UTC"
    label: str = "points"
    earn: Earn = field(default_factory=Earn)
    ways_to_earn: WaysToEarn = field(default_factory=WaysToEarn)
    redeem: Redeem = field(default_factory=Redeem)
    expiry: Expiry = field(default_factory=Expiry)
    cancel: Cancel = field(default_factory=Cancel)
    refund: Refund = field(default_factory=Refund)
    books: AccountNames = field(default_factory=AccountNames)
    tiers: tuple[Tier, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    tiers_apply: TiersApply = field(default=TiersApply.NEXT_ORDER, metadata=OPEN)

    @property
    def counts_orders(self) -> bool:
        """Whether anything depends on how many orders a customer has, so that those that earn nothing count too."""
        first = any(promotion.first_order for promotion in self.promotions)
        return bool(self.tiers or first or self.ways_to_earn.referral.pays)

    @property
    def widest_window(self) -> int:
        """For how many days an order can count towards a tier; 0 where no tier has a window."""
        return max((tier.window_days or 0 for tier in self.tiers), default=0)

    def refuse_other_currency(self, currency: str) -> None:
        """Raises Refused unless `currency` is the program's. A program counts one currency and converts nothing."""
        if currency != self.currency:
            raise Refused(
                "currency_mismatch",
                f"The program's currency is {self.currency}, not {currency}.",
                pointer="/currency",
            )

    def in_minor_units(self, amount: Decimal) -> int:
        """`amount` in cents, or what the currency has."""
        return int(amount.scaleb(minor_digits(self.currency)))

    def expires_at(self, awarded_at: datetime) -> datetime | None:
        """When points awarded at `awarded_at` are gone under this program's policy; None is never."""
        return self.expiry.expires_at(awarded_at, self.timezone)

    def value_of(self, points: int) -> Decimal:
        """What `points` are worth in money, unrounded."""
        return points * self.redeem.point_value

    def settings(self) -> dict[str, Any]:
        """All of this as JSON has it: decimals as strings."""
        return cast(dict[str, Any], _plain(self))

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The program with these `settings`, where decimals and choices may still be strings."""
        return cast(Self, _build(cls, settings))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        told = {one.name: getattr(value, one.name) for one in fields(value)}
        return {one.name: _plain(told[one.name]) for one in fields(value) if _is_offered(one, told[one.name])}
    match value:
        case tuple():
            return [_plain(part) for part in value]
        case datetime():
            return value.isoformat()
        case Decimal() | StrEnum():
            return str(value)
        case _:
            return value


def _is_offered(setting: Field[Any], value: object) -> bool:
    return not setting.metadata.get("open") or value != setting.default


def _build(cls: Any, value: Any) -> Any:
    """`value` as a `cls`: a dataclass from an object, a tuple from a list, a choice or a decimal from a string."""
    if value is None:
        return None
    if get_origin(cls) is tuple:
        return tuple(_build(get_args(cls)[0], part) for part in value)
    if isinstance(value, cls):
        return value
    if is_dataclass(cls) and isinstance(cls, type):
        types = _types_of(cls)
        return cls(**{name: _build(types[name], part) for name, part in value.items()})
    return datetime.fromisoformat(value) if cls is datetime else cls(value)


@cache
def _types_of(cls: type) -> dict[str, Any]:
    """The type of each field; of an optional one, the type it has when it is there."""
    hints = get_type_hints(cls)
    return {
        name: hint if get_origin(hint) is tuple else next(iter(get_args(hint)), hint) for name, hint in hints.items()
    }
