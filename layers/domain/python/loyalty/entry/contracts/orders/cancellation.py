"""An order was cancelled."""

from typing import Literal

from loyalty.entry.contracts.fields import Answer, Contract, Id, ProgramId, Text


class CancelledOrder(Contract):
    """A cancelled order. Naming the customer saves a round trip."""

    customer_id: Id | None = None
    reason: Text | None = None


class OrderCancelledEvent(CancelledOrder):
    """The detail of an `Order Cancelled` event."""

    program_id: ProgramId
    order_id: Id


class OrderCancelledAnswer(Answer):
    """What the cancellation did, the first time."""

    order_id: str
    status: Literal["cancelled"]
    points_reversed: int
    points_restored: int
    points_shortfall: int
    debt: int | None
    balance: int | None
