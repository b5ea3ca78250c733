"""An order, as the store states it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from loyalty.domain.movement import AccountId, Cause, CauseKind
from loyalty.domain.program import EarningBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of an order. `amount` is the line's net total, not the price of one piece."""

    sku: str
    quantity: int
    amount: Decimal
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A completed order. Without `customer_id` nobody can earn on it."""

    order_id: str
    customer_id: str | None
    guest: bool = False
    currency: str
    completed_at: datetime
    items: Sequence[Item]
    discount: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    total: Decimal

    def account_id(self, program_id: str) -> AccountId | None:
        """Whose points the order earns."""
        if self.customer_id is None:
            return None
        return AccountId(program_id, self.customer_id, self.guest)

    def amount(self, basis: EarningBasis) -> Decimal:
        """The money that `basis` counts, never below zero."""
        match basis:
            case EarningBasis.ITEMS:
                items = sum((item.amount for item in self.items), Decimal(0))
                return max(items - self.discount, Decimal(0))
            case EarningBasis.TOTAL:
                return self.total


def cause_of_order(program_id: str, order_id: str) -> Cause:
    """Everything that an order moves has the order as its cause."""
    return Cause(program_id, CauseKind.ORDER, order_id)
