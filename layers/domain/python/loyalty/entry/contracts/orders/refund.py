"""An order was refunded, in part or in whole."""

from typing import Annotated

from pydantic import Field

from loyalty.domain.ledger.movement import MAX_POINTS
from loyalty.domain.orders.refund import Return
from loyalty.entry.contracts.fields import Answer, Contract, Money


class RefundedOrder(Contract):
    """All that was ever refunded on the order; `points` is what an administrator decided to take."""

    refunded_total: Money
    points: Annotated[int, Field(ge=0, le=MAX_POINTS)] | None = None

    def request(self) -> Return:
        return Return(refunded_total=self.refunded_total, points=self.points)


class OrderRefundedAnswer(Answer):
    """What this refund took back; `points_suggested` is the order's share of it."""

    order_id: str
    points_reversed: int
    points_suggested: int
    balance: int | None
