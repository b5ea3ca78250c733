"""What the store owes in points: the roll-forward, cohorts, deferred revenue. Each says how it is reckoned."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from loyalty.domain.books.cohorts import Breakage
from loyalty.domain.books.deferred_revenue import Position
from loyalty.domain.books.sums import Worth
from loyalty.domain.ledger.kinds import Flow
from loyalty.domain.values.money import exact, ratio
from loyalty.entry.contracts.books.journal import check_days
from loyalty.entry.contracts.fields import Amount, Answer, Day, PositiveMoney, Query
from loyalty.usecases.books.liability import CohortsView, DeferredRevenueView, LiabilityView

MAX_DAYS = 3_660

NOT_READ = "There are more accounts than could be read in the time that a request has."

NO_HISTORY = "No expiry month is over in which points expired or were redeemed."

FROM_HISTORY = "the program's own history: redeemed / (expired + redeemed) of the expiry months that are over"

NO_BREAKAGE = "no history yet: all points are expected to be redeemed (IFRS 15.B46)"

GIVEN = "the request"


def _share(share: Decimal) -> Decimal:
    if share > 1:
        raise PydanticCustomError("out_of_range", "must be above 0 and at most 1")
    return share


Share = Annotated[PositiveMoney, AfterValidator(_share), Field(description="A decimal string above 0, at most 1.")]


class RangeQuery(Query):
    """Which business days, both included."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to", description=f"At most {MAX_DAYS} days, with `from` and `to`.")]

    def check(self) -> None:
        """Raises Problem unless the days are in order, and not too many."""
        check_days(self.first, self.last, MAX_DAYS)


class CohortsQuery(Query):
    """At the end of which business day."""

    last: Annotated[Day, Field(alias="to")]


class DeferredRevenueQuery(RangeQuery):
    """Which business days, and the share of points expected to be redeemed: by now, and at the orders."""

    expected_redemption: Share | None = None
    allocation_redemption: Share | None = None


class WorthAnswer(Answer):
    """Points, and the money that they stood for when they moved."""

    points: int
    amount: Amount

    @classmethod
    def of(cls, worth: Worth, currency: str) -> "WorthAnswer":
        return cls(points=worth.points, amount=_money(worth.amount, currency))


class LiabilityAnswer(Answer):
    """opening + issued - reversed - redeemed + restored - expired = closing.

    Money is at the point value of each movement's moment. `outstanding` is what all accounts hold now,
    null with a `note` when they could not be read in time; with a range that reaches to today it equals
    `closing`, but for what moves meanwhile.
    """

    program_id: str
    first: Annotated[date, Field(serialization_alias="from")]
    last: Annotated[date, Field(serialization_alias="to")]
    currency: str
    opening: WorthAnswer
    issued: WorthAnswer
    reversed: WorthAnswer
    redeemed: WorthAnswer
    restored: WorthAnswer
    expired: WorthAnswer
    closing: WorthAnswer
    outstanding: int | None
    note: str | None

    @classmethod
    def of(cls, query: RangeQuery, view: LiabilityView) -> "LiabilityAnswer":
        currency, rolled = view.program.currency, view.rolled
        return cls(
            program_id=view.program.program_id,
            first=query.first,
            last=query.last,
            currency=currency,
            opening=WorthAnswer.of(rolled.opening, currency),
            **{flow.value: WorthAnswer.of(rolled.flows[flow], currency) for flow in Flow},
            closing=WorthAnswer.of(rolled.closing, currency),
            outstanding=view.outstanding,
            note=NOT_READ if view.outstanding is None else None,
        )


class BreakageAnswer(Answer):
    """The share of points that nobody redeems, from the program's own history; null with a `reason`."""

    share: Amount | None
    reason: str | None
    formula: str
    expired: int
    redeemed: int

    @classmethod
    def of(cls, history: Breakage) -> "BreakageAnswer":
        known = history.expired + history.redeemed
        return cls(
            share=_six(ratio(Decimal(history.expired), Decimal(known))) if known else None,
            reason=None if known else NO_HISTORY,
            formula="expired / (expired + redeemed), over the expiry months that are over",
            expired=history.expired,
            redeemed=history.redeemed,
        )


class CohortAnswer(Answer):
    """Points by the month they were issued in and the last month in which they can be spent.

    outstanding = issued + restored - redeemed - reversed - expired. `expiry_month` is a month, `never`,
    `later` (2100 and after), or `debt`: points that repay a debt or make one, and so are in no lot.
    """

    issue_month: str | None
    expiry_month: str
    issued: int
    restored: int
    redeemed: int
    reversed: int
    expired: int
    outstanding: int
    expected_to_lapse: int | None


class CohortsAnswer(Answer):
    """Points by issue month and expiry month; their outstanding points sum to the liability of that day."""

    program_id: str
    last: Annotated[date, Field(serialization_alias="to")]
    outstanding: int
    breakage: BreakageAnswer
    method: list[str]
    cohorts: list[CohortAnswer]

    @classmethod
    def of(cls, query: CohortsQuery, view: CohortsView) -> "CohortsAnswer":
        return cls(
            program_id=view.program.program_id,
            last=query.last,
            outstanding=sum(cohort.outstanding for cohort in view.cohorts),
            breakage=BreakageAnswer.of(view.breakage),
            method=[
                "What takes points knows their expiry, not when they were issued: within an expiry month it is"
                " attributed to the oldest issue month first.",
                "Points redeemed and given back into the same expiry month are not redeemed; those given back beyond"
                " that are restored, in the month in which they were.",
                "expected_to_lapse = outstanding x breakage share, rounded down; all of it once the expiry month is"
                " over; null for points that never expire, for debts, and while there is no history.",
            ],
            cohorts=[CohortAnswer.model_validate(cohort) for cohort in view.cohorts],
        )


class DeferredInputsAnswer(Answer):
    """What was sold and used so far: everything that the figures are reckoned from."""

    price_of_orders: Amount
    points_earned: int
    value_of_points_earned: Amount
    points_reversed: int
    points_not_from_orders: int
    points_redeemed: int
    points_redeemed_of_orders: Amount

    @classmethod
    def of(cls, position: Position, currency: str) -> "DeferredInputsAnswer":
        sales = position.sales
        return cls(
            price_of_orders=_money(sales.price, currency),
            points_earned=sales.earned.points,
            value_of_points_earned=_money(sales.earned.amount, currency),
            points_reversed=sales.reversed.points,
            points_not_from_orders=sales.given,
            points_redeemed=sales.redeemed,
            points_redeemed_of_orders=_six(sales.redeemed_of_orders),
        )


class PositionAnswer(Answer):
    """price = goods + allocated; allocated = recognised + deferred, the contract liability."""

    price: Amount
    goods: Amount
    allocated: Amount
    recognised: Amount
    deferred: Amount
    inputs: DeferredInputsAnswer

    @classmethod
    def of(cls, position: Position, currency: str) -> "PositionAnswer":
        return cls(
            price=str(position.price),
            goods=str(position.goods),
            allocated=str(position.allocated),
            recognised=str(position.recognised),
            deferred=str(position.deferred),
            inputs=DeferredInputsAnswer.of(position, currency),
        )


class ExpectationAnswer(Answer):
    """The share of points expected to be redeemed, and where it is from."""

    share: Amount
    source: str


class DeferredRevenueAnswer(Answer):
    """Deferred revenue: opening deferred + allocated - recognised = closing deferred."""

    program_id: str
    first: Annotated[date, Field(serialization_alias="from")]
    last: Annotated[date, Field(serialization_alias="to")]
    currency: str
    expected_redemption: ExpectationAnswer
    allocation_redemption: ExpectationAnswer
    allocated: Amount
    recognised: Amount
    opening: PositionAnswer
    closing: PositionAnswer
    formula: list[str]
    source: str

    @classmethod
    def of(cls, query: DeferredRevenueQuery, view: DeferredRevenueView) -> "DeferredRevenueAnswer":
        currency, opening, closing = view.program.currency, view.opening, view.closing
        source = GIVEN
        if view.history is not None:
            source = FROM_HISTORY if view.history.redeemed else NO_BREAKAGE
        expected = ExpectationAnswer(share=_six(view.share), source=source)
        allocation = ExpectationAnswer(share=_six(view.allocation_share), source=GIVEN)
        return cls(
            program_id=view.program.program_id,
            first=query.first,
            last=query.last,
            currency=currency,
            expected_redemption=expected,
            allocation_redemption=allocation if query.allocation_redemption else expected,
            allocated=str(closing.allocated - opening.allocated),
            recognised=str(closing.recognised - opening.recognised),
            opening=PositionAnswer.of(opening, currency),
            closing=PositionAnswer.of(closing, currency),
            formula=[
                "kept = (points_earned - points_reversed) / points_earned",
                "price = price_of_orders x kept; points_price = value_of_points_earned x kept x allocation_redemption",
                "allocated = price x points_price / (price + points_price); goods = price - allocated",
                "orders_points = points_earned - points_reversed",
                "points_redeemed_of_orders = points_redeemed x orders_points / (orders_points"
                " + points_not_from_orders)",
                "recognised to date = allocated x points_redeemed_of_orders / (orders_points x expected_redemption),"
                " at most allocated; before the range with allocation_redemption as expected_redemption",
                "deferred = allocated - recognised to date",
            ],
            source="IFRS 15.B39-B47, 76-80, 88 (ASC 606-10-55-41 to 55-49); worked in IFRS 15 Illustrative Example 52",
        )


def _money(amount: Decimal, currency: str) -> str:
    return str(exact(amount, currency))


def _six(number: Decimal) -> str:
    """A number of no currency, to six decimals, without zeros at its end."""
    rounded = number.quantize(Decimal("0.000001"), ROUND_HALF_EVEN)
    return f"{rounded.normalize():f}"
