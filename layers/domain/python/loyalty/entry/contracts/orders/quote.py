"""Quotes: what an order would do to points."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from loyalty.domain.ledger.movement import MAX_POINTS
from loyalty.domain.orders.order import Order
from loyalty.domain.orders.quote import Quote
from loyalty.domain.program.settings import Program
from loyalty.entry.contracts.fields import Amount, Answer, Id, Instant, MoneyAnswer
from loyalty.entry.contracts.orders.order import BreakdownStep, OrderFacts


def _points_or_max(value: object) -> object:
    if value is None or value == "max":
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise PydanticCustomError("wrong_type", 'must be a whole number or "max"')
    if not 0 <= value <= MAX_POINTS:
        raise PydanticCustomError("out_of_range", f'must be from 0 to {MAX_POINTS}, or "max"')
    return value


UsePoints = Annotated[
    Annotated[int, Field(ge=0, le=MAX_POINTS)] | Literal["max"] | None, BeforeValidator(_points_or_max)
]


class QuoteRequest(OrderFacts):
    """A cart, an estimate, or an order that is being edited: the order as it stands.

    `use_points` are points to use on it; left out, it uses what it uses now. `completed_at` is now, if left out.
    """

    kind: Literal["cart", "estimate", "order"]
    order_id: Annotated[Id | None, Field(validate_default=True)] = None
    use_points: UsePoints = None
    completed_at: Instant | None = None

    @field_validator("order_id")
    @classmethod
    def _an_order_has_one(cls, order_id: str | None, info: ValidationInfo) -> str | None:
        if order_id is None and info.data.get("kind") == "order":
            raise PydanticCustomError("missing_field", "is what an order is known by")
        return order_id

    def order(self, now: datetime) -> Order:
        """The order, once what spans several fields is right too. One that has no id yet has none."""
        return self.completed_order(self.order_id or "", self.completed_at or now, now)


class QuoteAnswer(Answer):
    """What the order would earn and may use. `balance` is after the points that it uses, before those that it earns."""

    kind: Literal["cart", "estimate", "order"]
    order_id: str | None
    customer_id: str | None
    reason: str | None
    points_earnable: int
    points_earned: int
    points_usable: int
    points_used: int
    discount: Amount
    currency: str
    balance: int
    balance_after_earning: int
    value: MoneyAnswer
    expires_at: datetime | None
    breakdown: list[BreakdownStep]
    program_version: int

    @classmethod
    def of(cls, request: QuoteRequest, quote: Quote, program: Program) -> Self:
        return cls(
            kind=request.kind,
            order_id=request.order_id,
            customer_id=request.customer_id,
            reason=quote.reason,
            points_earnable=quote.earnable,
            points_earned=quote.earned,
            points_usable=quote.usable,
            points_used=quote.used,
            discount=str(quote.discount),
            currency=program.currency,
            balance=quote.balance,
            balance_after_earning=quote.balance_after_earning,
            value=MoneyAnswer(amount=str(quote.value), currency=program.currency),
            expires_at=quote.expires_at,
            breakdown=[BreakdownStep.model_validate(step) for step in quote.breakdown],
            program_version=program.version,
        )
