"""Settings of a program."""

from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from loyalty.domain.movement import MAX_POINTS
from loyalty.domain.program import Program
from loyalty.entry.contracts.fields import (
    Contract,
    Currency,
    Money,
    Points,
    PositiveMoney,
    Text,
    refuse,
    too_precise,
)
from loyalty.entry.problems import Fault

MAX_DAYS, MAX_MONTHS = 3_660, 120
SHARE = r"^0{0,11}(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$"
"""A decimal string from 0 to 1."""


def _timezone(name: str) -> str:
    try:
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


_RATE = Field(json_schema_extra={"pattern": r"^[0-9]{1,6}(\.[0-9]{1,6})?$"})


class EarnSettings(Contract):
    """How orders earn; `points_per_unit` is points for one unit of the currency."""

    points_per_unit: Annotated[Money, AfterValidator(_rate), _RATE] = Decimal(1)
    basis: Literal["items", "total"] = "items"
    rounding: Literal["floor", "half_up", "ceil"] = "floor"
    on_redeemed_order: Literal["none", "cash_part", "full"] = "none"
    min_order_total: Money = Decimal(0)
    max_points_per_order: Points | None = None


class OrderSwitch(Contract):
    """Whether completed orders earn."""

    enabled: bool = True


class WaysToEarn(Contract):
    """The ways to earn, each with its own switch."""

    order: OrderSwitch = OrderSwitch()


class RedeemSettings(Contract):
    """How points pay; `point_value` is the money that one point is worth."""

    point_value: Annotated[PositiveMoney, AfterValidator(_rate), _RATE] = Decimal("0.01")
    min_points: Annotated[int, Field(ge=0, le=MAX_POINTS)] = 0
    max_order_share: Annotated[Money, AfterValidator(_share), Field(json_schema_extra={"pattern": SHARE})] = Decimal(1)
    block_size: Points = 1
    overspend: Literal["reject", "clamp"] = "reject"


class ExpirySettings(Contract):
    """How long points live: `after_days` needs `days`, `after_months` needs `months`."""

    policy: Literal["none", "after_days", "after_months", "end_of_month", "end_of_year"] = "none"
    days: Annotated[int, Field(ge=1, le=MAX_DAYS)] | None = None
    months: Annotated[int, Field(ge=1, le=MAX_MONTHS)] | None = None


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


class ProgramSettings(Contract):
    """Everything about a program; all but `name` and `currency` have defaults."""

    name: Text
    enabled: bool = True
    currency: Currency
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    label: Text = "points"
    earn: EarnSettings = EarnSettings()
    ways_to_earn: WaysToEarn = WaysToEarn()
    redeem: RedeemSettings = RedeemSettings()
    expiry: ExpirySettings = ExpirySettings()
    cancel: CancelSettings = CancelSettings()
    refund: RefundSettings = RefundSettings()
    books: BooksSettings = BooksSettings()

    def check(self) -> None:
        """Raises Problem unless what spans several fields is right too."""
        faults = too_precise("/earn/min_order_total", self.earn.min_order_total, self.currency)
        counts = {"after_days": "days", "after_months": "months"}.get(self.expiry.policy)
        for name in ("days", "months"):
            given = getattr(self.expiry, name) is not None
            pointer = f"/expiry/{name}"
            if name == counts and not given:
                faults.append(Fault(pointer, "missing_field", "is what this policy counts"))
            if name != counts and given:
                faults.append(Fault(pointer, "unknown_field", "is not what this policy counts"))
        refuse(faults)

    def program(self, program_id: str, version: int) -> Program:
        """The program, as its version `version`."""
        return Program.of({"program_id": program_id, "version": version, **self.model_dump()})


class ProgramAnswer(ProgramSettings):
    """A program's current settings, and which version they are."""

    program_id: str
    version: int

    @classmethod
    def of(cls, program: Program) -> Self:
        return cls.model_validate(program.settings())
