"""Points are used on an order, or given back."""

from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.entry.contracts.fields import (
    Amount,
    Answer,
    Contract,
    Currency,
    Id,
    Money,
    PointsOrMax,
    refuse,
    too_precise,
)


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
