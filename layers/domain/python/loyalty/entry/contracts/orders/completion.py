"""An order was completed."""

from datetime import datetime
from typing import Literal

from loyalty.domain.orders.order import Order
from loyalty.entry.contracts.fields import Answer, Id, Instant, ProgramId
from loyalty.entry.contracts.orders.order import BreakdownStep, OrderFacts


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
