"""What is in an order, and whose it is."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from loyalty.domain.orders.order import Item, Order
from loyalty.entry.contracts.fields import Answer, Contract, Currency, Id, Money, refuse, too_precise
from loyalty.entry.http.problems import Fault

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


class BreakdownStep(Answer):
    """A rule, what it added or took, and why in words."""

    rule: str
    points: int
    detail: str
