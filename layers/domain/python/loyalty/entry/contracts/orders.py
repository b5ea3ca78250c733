"""Orders: completed, cancelled, and what points do on them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from loyalty.domain.ledger.facts import AdjustmentNoted
from loyalty.domain.ledger.movement import MAX_POINTS, AccountId, Movement
from loyalty.domain.orders.order import Item, Order
from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.domain.orders.refund import Return
from loyalty.domain.points.adjustment import adjustments_of
from loyalty.entry.contracts.fields import (
    Amount,
    Answer,
    Contract,
    Currency,
    Id,
    Instant,
    Money,
    PointsOrMax,
    ProgramId,
    Text,
    refuse,
    too_precise,
)
from loyalty.entry.http.problems import Fault

if TYPE_CHECKING:
    from loyalty.usecases.orders.view import OrderView

MAX_ITEMS = 1_000
"""Real orders of a wholesaler have near 600 lines; this many still fit the limit of a body."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of ours a store's clock may be."""


def completed_in_future(completed_at: datetime, now: datetime) -> list[Fault]:
    """The fault of something that is completed later than any clock's error explains, if it is one."""
    if completed_at <= now + CLOCK_SKEW:
        return []
    return [Fault("/completed_at", "completed_in_future", "must not be more than 5 minutes in the future")]


class OrderItem(Contract):
    """A line of an order; `amount` is its net total."""

    sku: Id
    category: Id | None = None
    quantity: Annotated[int, Field(ge=1, le=1_000_000)]
    amount: Money


class OrderFacts(Contract):
    """What is in an order, and whose it is."""

    customer_id: Id | None = None
    guest: bool = False
    referrer_id: Id | None = None
    currency: Currency
    items: Annotated[list[OrderItem], Field(min_length=1, max_length=MAX_ITEMS)]
    discount: Money = Decimal(0)
    shipping: Money = Decimal(0)
    tax: Money = Decimal(0)
    total: Money

    def completed_order(self, order_id: str, completed_at: datetime, now: datetime) -> Order:
        """The order, completed at `completed_at`, once what spans several fields is right too."""
        amounts = [(f"/items/{number}/amount", item.amount) for number, item in enumerate(self.items)]
        amounts += [(f"/{name}", getattr(self, name)) for name in _AMOUNTS]
        faults = [fault for pointer, amount in amounts for fault in too_precise(pointer, amount, self.currency)]
        refuse(faults + completed_in_future(completed_at, now))
        return Order(
            order_id=order_id,
            customer_id=self.customer_id,
            guest=self.guest,
            referrer_id=self.referrer_id,
            currency=self.currency,
            completed_at=completed_at,
            items=[
                Item(
                    sku=item.sku,
                    quantity=item.quantity,
                    amount=item.amount,
                    category=item.category,
                )
                for item in self.items
            ],
            discount=self.discount,
            shipping=self.shipping,
            tax=self.tax,
            total=self.total,
        )


_AMOUNTS = ("discount", "shipping", "tax", "total")


class CompletedOrder(OrderFacts):
    """The facts of a completed order."""

    completed_at: Instant

    def order(self, order_id: str, now: datetime) -> Order:
        """The order, once what spans several fields is right too."""
        return self.completed_order(order_id, self.completed_at, now)


class OrderCompletedEvent(CompletedOrder):
    """The detail of an `Order Completed` event: the body, and what the path says over HTTP."""

    program_id: ProgramId
    order_id: Id


class CancelledOrder(Contract):
    """A cancelled order. Naming the customer saves a round trip."""

    customer_id: Id | None = None
    reason: Text | None = None


class OrderCancelledEvent(CancelledOrder):
    """The detail of an `Order Cancelled` event."""

    program_id: ProgramId
    order_id: Id


class Redemption(Contract):
    """Points that an order uses: a number, or as many as it may."""

    customer_id: Id
    order_total: Money
    currency: Currency
    points: PointsOrMax

    def request(self, program_id: str) -> RedemptionRequest:
        """The request, once what spans several fields is right too."""
        refuse(too_precise("/order_total", self.order_total, self.currency))
        return RedemptionRequest(
            account_id=AccountId(program_id, self.customer_id),
            order_total=self.order_total,
            currency=self.currency,
            points=self.points,
        )


class RefundedOrder(Contract):
    """All that was ever refunded on the order; `points` is what an administrator decided to take."""

    refunded_total: Money
    points: Annotated[int, Field(ge=0, le=MAX_POINTS)] | None = None

    def request(self) -> Return:
        return Return(refunded_total=self.refunded_total, points=self.points)


class BreakdownStep(Answer):
    """A rule, what it added or took, and why in words."""

    rule: str
    points: int
    detail: str


class OrderCompletedAnswer(Answer):
    """What the completion did, the first time."""

    order_id: str
    customer_id: str | None
    status: Literal["earned", "not_earned", "skipped"]
    reason: str | None
    points_earned: int
    expires_at: datetime | None
    balance: int | None
    breakdown: list[BreakdownStep]
    program_version: int


class OrderCancelledAnswer(Answer):
    """What the cancellation did, the first time."""

    order_id: str
    status: Literal["cancelled"]
    points_reversed: int
    points_restored: int
    points_shortfall: int
    debt: int | None
    balance: int | None


class RedemptionAnswer(Answer):
    """What the order uses now."""

    order_id: str
    points_redeemed: int
    discount: Amount
    currency: str
    balance: int


class RedemptionVoidedAnswer(Answer):
    """What the order gave back."""

    order_id: str
    points_restored: int
    balance: int | None


class OrderRefundedAnswer(Answer):
    """What this refund took back; `points_suggested` is the order's share of it."""

    order_id: str
    points_reversed: int
    points_suggested: int
    balance: int | None


def type_of(movement: Movement) -> str:
    """What a till or a dashboard calls a movement."""
    return movement.event.label or movement.kind.label


class MovementAnswer(Answer):
    """A line of a statement or of an order's history. `points` is signed; `type` is what a till calls it.

    `tier` is the one that the customer was in after it, where it changed what counts towards tiers.
    """

    movement_id: str
    sequence: int | None
    type: str
    event: str
    kind: str
    points: int
    balance: int
    debt: int
    order_id: str | None
    expires_at: datetime | None
    reason: str | None
    source: str
    actor: str
    program_version: int
    tier: str | None
    occurred_at: datetime
    recorded_at: datetime

    @classmethod
    def of(cls, movement: Movement) -> "MovementAnswer":
        return cls(
            movement_id=movement.movement_id,
            sequence=movement.sequence,
            type=type_of(movement),
            event=movement.event.value,
            kind=movement.kind.value,
            points=movement.kind.sign * movement.points,
            balance=movement.balance_after,
            debt=movement.debt_after,
            order_id=movement.cause.order_id,
            expires_at=movement.expires_at,
            reason=movement.reason,
            source=movement.source,
            actor=movement.actor,
            program_version=movement.program_version,
            tier=movement.counted.tier if movement.counted else None,
            occurred_at=movement.occurred_at,
            recorded_at=movement.recorded_at,
        )


class OrderAdjustment(Answer):
    """Points (signed) that an administrator adjusted on account of the order. An erased customer's has no `reason`."""

    movement_id: str
    points: int
    reason: str | None
    actor: str
    recorded_at: datetime

    @classmethod
    def of(cls, note: Movement) -> "OrderAdjustment":
        noted = note.facts_as(AdjustmentNoted)
        return cls(
            movement_id=noted.movement_id,
            points=noted.points,
            reason=noted.reason,
            actor=note.actor,
            recorded_at=note.recorded_at,
        )


class OrderAnswer(Answer):
    """Everything that an order has done to points, and what was adjusted by hand on account of it.

    `points_redeemed` is what it uses now. `points_earnable` is what the order is worth
    in points and `points_usable` what it could use; both are null until the store has said what is in it.
    """

    order_id: str
    customer_id: str | None
    guest: bool
    status: Literal["unknown", "open", "completed", "cancelled"]
    reason: str | None
    points_earnable: int | None
    points_earned: int
    points_reversed: int
    points_redeemed: int
    points_restored: int
    points_usable: int | None
    discount: Amount
    currency: str
    breakdown: list[BreakdownStep]
    adjustments: list[OrderAdjustment]
    movements: list[MovementAnswer]

    @classmethod
    def of(cls, view: "OrderView") -> "OrderAnswer":
        history, owner, live = view.history, view.history.account_id, view.history.live_redemption
        return cls.model_validate(
            {
                "order_id": view.order_id,
                "customer_id": owner.customer_id if owner else None,
                "guest": owner.guest if owner else False,
                "status": view.status,
                "reason": history.completion.reason if history.completion else None,
                "points_earnable": view.earnable,
                "points_earned": history.earned,
                "points_reversed": history.reversed,
                "points_redeemed": live.points if live else 0,
                "points_restored": view.restored,
                "points_usable": view.usable,
                "discount": view.discount,
                "currency": view.program.currency,
                "breakdown": view.breakdown,
                "adjustments": [OrderAdjustment.of(note) for note in adjustments_of(history)],
                "movements": [MovementAnswer.of(movement) for movement in history],
            }
        )
