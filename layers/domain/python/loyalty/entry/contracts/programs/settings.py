"""Settings of a program."""

from datetime import datetime
from decimal import Decimal
from itertools import combinations
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from loyalty.domain.ledger.movement import MAX_POINTS
from loyalty.domain.program.settings import Program
from loyalty.entry.contracts.fields import (
    Contract,
    Currency,
    Factor,
    Id,
    Instant,
    Money,
    Points,
    PositiveMoney,
    ProgramId,
    Query,
    Text,
    refuse,
    too_precise,
)
from loyalty.entry.http.problems import Fault
from loyalty.ports.programs import ProgramVersion

MAX_DAYS, MAX_MONTHS = 3_660, 120

MAX_NAMES, MAX_RATES, MAX_PROMOTIONS, MAX_TIERS = 500, 50, 50, 10

MAX_TIER_NAME = 40
"""Bytes: it is in every account."""

SHARE = r"^0{0,11}(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$"
"""A decimal string from 0 to 1."""

NO_ZONES = ("posix", "right/", "localtime", "Factory")
"""What stands beside the zones where a system keeps them: other countings of time, and what the machine is set to."""


def _timezone(name: str) -> str:
    try:
        if name.startswith(NO_ZONES):
            raise ValueError
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        message = "must be a name of the IANA time zone database, such as Europe/Berlin"
        raise PydanticCustomError("unknown_timezone", message) from None
    return name


def _share(share: Decimal) -> Decimal:
    if share > 1:
        raise PydanticCustomError("out_of_range", "must be from 0 to 1")
    return share


def _rate(rate: Decimal) -> Decimal:
    if rate >= 1_000_000:
        raise PydanticCustomError("out_of_range", "must be under 1000000")
    return rate


def _multiplier(multiplier: Decimal) -> Decimal:
    if not 1 <= multiplier <= MAX_MULTIPLIER:
        raise PydanticCustomError("out_of_range", f"must be from 1 to {MAX_MULTIPLIER}")
    return multiplier


MAX_MULTIPLIER = 1_000

_RATE = Field(json_schema_extra={"pattern": r"^[0-9]{1,6}(\.[0-9]{1,6})?$"})

PerUnit = Annotated[Factor, AfterValidator(_rate), _RATE]

Multiplier = Annotated[Factor, AfterValidator(_multiplier), Field(json_schema_extra={"examples": ["1.5"]})]

Names = Annotated[list[Id], Field(max_length=MAX_NAMES)]


class GoodsSettings(Contract):
    """Goods: those of a SKU or of a category that is named."""

    skus: Names = Field(default_factory=list)
    categories: Names = Field(default_factory=list)


class RateSettings(GoodsSettings):
    """How these goods earn instead: either at another rate, or so many points a piece."""

    points_per_unit: PerUnit | None = None
    points_per_item: Annotated[Points | None, Field(validate_default=True)] = None

    @field_validator("points_per_item")
    @classmethod
    def _one_of_both(cls, points: int | None, info: ValidationInfo) -> int | None:
        if "points_per_unit" in info.data and (info.data["points_per_unit"] is None) == (points is None):
            code = "missing_field" if points is None else "not_allowed"
            raise PydanticCustomError(code, "either this or points_per_unit must be there")
        return points


class CustomerCapSettings(Contract):
    """The most points that a customer's orders earn in a period of the calendar."""

    points: Points
    period: Literal["day", "week", "month", "year"] = "month"


class EarnSettings(Contract):
    """How orders earn; `points_per_unit` is points for one unit of the currency.

    What is `excluded` earns nothing; of `rates` the first that names a line's goods counts.
    """

    points_per_unit: PerUnit = Decimal(1)
    basis: Literal[
        "items",
        "items_with_shipping",
        "items_with_tax",
        "items_with_shipping_and_tax",
        "total",
        "total_without_shipping",
        "total_without_tax",
        "total_without_shipping_and_tax",
    ] = "items"
    rounding: Literal["floor", "half_up", "ceil"] = "floor"
    on_redeemed_order: Literal["none", "cash_part", "full"] = "none"
    min_order_total: Money = Decimal(0)
    max_points_per_order: Points | None = None
    max_points_per_customer: CustomerCapSettings | None = None
    excluded: GoodsSettings = GoodsSettings()
    rates: Annotated[list[RateSettings], Field(max_length=MAX_RATES)] = Field(default_factory=list)


class OrderSwitch(Contract):
    """Whether completed orders earn."""

    enabled: bool = True


SomePoints = Annotated[int, Field(ge=0, le=MAX_POINTS)]


class SignUpSettings(Contract):
    """What signing up earns."""

    enabled: bool = True
    points: SomePoints = 0


class ReferralSettings(Contract):
    """What a customer's first order earns who referred them, and the customer (`referee_points`)."""

    enabled: bool = True
    points: SomePoints = 0
    referee_points: SomePoints = 0


class WaysToEarnSettings(Contract):
    """The ways to earn, each with its own switch."""

    order: OrderSwitch = OrderSwitch()
    sign_up: SignUpSettings = SignUpSettings()
    referral: ReferralSettings = ReferralSettings()


class RedeemSettings(Contract):
    """How points pay; `point_value` is the money that one point is worth."""

    point_value: Annotated[PositiveMoney, AfterValidator(_rate), _RATE] = Decimal("0.01")
    min_points: Annotated[int, Field(ge=0, le=MAX_POINTS)] = 0
    max_order_share: Annotated[Factor, AfterValidator(_share), Field(json_schema_extra={"pattern": SHARE})] = Decimal(1)
    block_size: Points = 1
    overspend: Literal["reject", "clamp"] = "reject"


class ExpirySettings(Contract):
    """How long points live: `after_days` needs `days`, `after_months` needs `months`."""

    policy: Literal["none", "after_days", "after_months", "end_of_month", "end_of_year"] = "none"
    days: Annotated[Annotated[int, Field(ge=1, le=MAX_DAYS)] | None, Field(validate_default=True)] = None
    months: Annotated[Annotated[int, Field(ge=1, le=MAX_MONTHS)] | None, Field(validate_default=True)] = None

    @field_validator("days", "months")
    @classmethod
    def _is_what_is_counted(cls, number: int | None, info: ValidationInfo) -> int | None:
        counted = {"after_days": "days", "after_months": "months"}.get(info.data.get("policy", ""))
        if number is None and counted == info.field_name:
            raise PydanticCustomError("missing_field", "is what this policy counts")
        if number is not None and counted != info.field_name and "policy" in info.data:
            raise PydanticCustomError("unknown_field", "is not what this policy counts")
        return number


def _tier_name(name: str) -> str:
    if len(name.encode()) > MAX_TIER_NAME:
        raise PydanticCustomError("text_too_long", f"must be at most {MAX_TIER_NAME} bytes in UTF-8")
    return name


TierName = Annotated[Text, AfterValidator(_tier_name), Field(json_schema_extra={"maxLength": MAX_TIER_NAME})]


class TierSettings(Contract):
    """Reached by so many orders and so much spent, ever or in a rolling window. `multiplier` is for the next order."""

    name: TierName
    min_orders: Annotated[int, Field(ge=1, le=MAX_POINTS)] | None = None
    min_spend: Annotated[PositiveMoney | None, Field(validate_default=True)] = None
    window_days: Annotated[int, Field(ge=1, le=MAX_DAYS)] | None = None
    multiplier: Multiplier = Decimal(1)

    @field_validator("min_spend")
    @classmethod
    def _one_at_least(cls, spend: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if spend is None and "min_orders" in info.data and info.data["min_orders"] is None:
            raise PydanticCustomError("missing_field", "either this or min_orders must be there")
        return spend


def _ladder(tiers: list[TierSettings]) -> list[TierSettings]:
    """A tier that gives more, or as much, asks for more of something: else nobody is ever in the one below it."""
    names = [tier.name for tier in tiers]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PydanticCustomError(
            "duplicate", "must have names of their own, not twice {names}", {"names": ", ".join(twice)}
        )
    ladder = sorted(tiers, key=lambda tier: (tier.multiplier, tier.min_orders or 0, tier.min_spend or 0))
    for lower, upper in combinations(ladder, 2):
        if not any(more > less for more, less in zip(_asked(upper), _asked(lower), strict=True)):
            message = "{upper} must ask for more of something than {lower}, which it is at least as good as"
            raise PydanticCustomError("overlapping_tiers", message, {"upper": upper.name, "lower": lower.name})
    return tiers


def _asked(tier: TierSettings) -> tuple[Decimal, Decimal, Decimal]:
    """What a tier asks for: orders, money, and how soon; more is harder."""
    return Decimal(tier.min_orders or 0), tier.min_spend or Decimal(0), -Decimal(tier.window_days or MAX_DAYS + 1)


Tiers = Annotated[list[TierSettings], Field(max_length=MAX_TIERS), AfterValidator(_ladder)]


class CancelSettings(Contract):
    """What a cancellation does."""

    on_shortfall: Literal["allow_negative", "clamp"] = "allow_negative"
    restore_grace_days: Annotated[int, Field(ge=0, le=MAX_DAYS)] = 30


class RefundSettings(Contract):
    """What a returned order does to its points."""

    policy: Literal["manual", "proportional"] = "manual"


class BooksSettings(Contract):
    """What the store's chart of accounts calls the accounts that points are booked in."""

    liability: Text = "points_liability"
    expense: Text = "points_distributed_expense"
    redeemed: Text = "points_redeemed"


class PromotionSettings(GoodsSettings):
    """From `starts_at` until before `ends_at` it multiplies what orders earn, or adds `bonus_points`.

    It looks at the goods that it names, or at the whole order; at customers in one of `tiers`, if it names any; at
    everybody's first order only, if it says so. `priority` is the higher the sooner it counts.
    One that is not `stackable` counts alone. The points that it adds may have an `expiry` of their own.
    """

    id: Id
    starts_at: Instant
    ends_at: Instant
    multiplier: Multiplier | None = None
    bonus_points: Annotated[Points | None, Field(validate_default=True)] = None
    tiers: Annotated[list[TierName], Field(max_length=MAX_TIERS)] = Field(default_factory=list)
    first_order: bool = False
    stackable: bool = True
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = 0
    expiry: ExpirySettings | None = None

    @field_validator("ends_at")
    @classmethod
    def _ends_after_it_starts(cls, ends_at: datetime, info: ValidationInfo) -> datetime:
        if "starts_at" in info.data and ends_at <= info.data["starts_at"]:
            raise PydanticCustomError("out_of_range", "must be after starts_at")
        return ends_at

    @field_validator("bonus_points")
    @classmethod
    def _one_of_both(cls, points: int | None, info: ValidationInfo) -> int | None:
        if "multiplier" in info.data and (info.data["multiplier"] is None) == (points is None):
            code = "missing_field" if points is None else "not_allowed"
            raise PydanticCustomError(code, "either this or multiplier must be there")
        return points


def _ids_once(promotions: list[PromotionSettings]) -> list[PromotionSettings]:
    ids = [promotion.id for promotion in promotions]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise PydanticCustomError("duplicate", "must have ids of their own, not twice {ids}", {"ids": ", ".join(twice)})
    return promotions


Promotions = Annotated[list[PromotionSettings], Field(max_length=MAX_PROMOTIONS), AfterValidator(_ids_once)]


class ProgramSettings(Contract):
    """Everything about a program; all but `name` and `currency` have defaults.

    What GET answers can be sent as it is: `program_id` and `version` must then be the program's, and who
    changed it when is passed over.
    """

    name: Text
    enabled: bool = True
    currency: Currency
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    label: Text = "points"
    earn: EarnSettings = EarnSettings()
    ways_to_earn: WaysToEarnSettings = WaysToEarnSettings()
    redeem: RedeemSettings = RedeemSettings()
    expiry: ExpirySettings = ExpirySettings()
    cancel: CancelSettings = CancelSettings()
    refund: RefundSettings = RefundSettings()
    books: BooksSettings = BooksSettings()
    tiers: Tiers = Field(default_factory=list)
    promotions: Promotions = Field(default_factory=list)
    program_id: ProgramId | None = None
    version: Annotated[int, Field(ge=1)] | None = None
    changed_at: Instant | None = None
    changed_by: str | None = None

    def check(self, program_id: str) -> None:
        """Raises Problem unless what spans several fields is right too."""
        faults = too_precise("/earn/min_order_total", self.earn.min_order_total, self.currency)
        for number, tier in enumerate(self.tiers):
            if tier.min_spend is not None:
                faults += too_precise(f"/tiers/{number}/min_spend", tier.min_spend, self.currency)
        known = {tier.name for tier in self.tiers}
        for number, promotion in enumerate(self.promotions):
            for place, name in enumerate(promotion.tiers):
                if name not in known:
                    message = "must be the name of a tier"
                    faults.append(Fault(f"/promotions/{number}/tiers/{place}", "not_allowed", message))
        for name in ("expense", "redeemed"):
            if getattr(self.books, name) == self.books.liability:
                faults.append(Fault(f"/books/{name}", "duplicate", "must be another account than the liability's"))
        if self.program_id not in (None, program_id):
            faults.append(Fault("/program_id", "not_allowed", "must be that of the path"))
        refuse(faults)

    def program(self, program_id: str, version: int) -> Program:
        """The program, as its version `version`."""
        settings = self.model_dump(exclude={"program_id", "version", "changed_at", "changed_by"})
        return Program.of({"program_id": program_id, "version": version, **settings})


class ProgramQuery(Query):
    """Which version of the settings; the current one, where none is named."""

    version: Annotated[int, Field(ge=1, le=99_999_999)] | None = None


class ProgramAnswer(ProgramSettings):
    """A version of a program's settings, which one it is, and which client made it when."""

    program_id: ProgramId
    version: int
    changed_at: Instant
    changed_by: str

    @classmethod
    def of(cls, recorded: ProgramVersion) -> Self:
        changed = {"changed_at": recorded.made_at.isoformat(), "changed_by": recorded.made_by}
        return cls.model_validate({**recorded.program.settings(), **changed})
