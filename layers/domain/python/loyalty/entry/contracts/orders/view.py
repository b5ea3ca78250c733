"""Everything that an order has done to points."""

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from loyalty.domain.ledger.facts import AdjustmentNoted
from loyalty.domain.ledger.movement import Movement
from loyalty.domain.points.adjustment import adjustments_of
from loyalty.entry.contracts.fields import Amount, Answer
from loyalty.entry.contracts.movements import MovementAnswer
from loyalty.entry.contracts.orders.order import BreakdownStep

if TYPE_CHECKING:
    from loyalty.usecases.orders.view import OrderView


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
