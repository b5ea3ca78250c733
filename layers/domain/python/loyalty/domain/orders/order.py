"""An order, as the store states it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from loyalty.domain.ledger.kinds import CauseKind
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.program.settings import EarningBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of an order. `amount` is the line's net total, not the price of one piece.

    It is money after the line's own discounts, before the order's discount and before points. `line` is the store's
    own id of the line, where it has one.
    """

    sku: str
    quantity: int
    amount: Decimal
    category: str | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class Tender:
    """A payment on an order: its kind, as the store names it, and the money."""

    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a store states about the goods and the money of an order, in its completion or in an edit of it.

    `items_tax` is the part of `tax` that is on the items, where the store knows it. `points_discount` is how much of
    what is stated points already took off. `total` may be left out of an edit.
    """

    currency: str
    items: tuple[Item, ...]
    discount: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    total: Decimal | None = None
    items_tax: Decimal | None = None
    points_discount: Decimal | None = None
    tenders: tuple[Tender, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A completed order. Without `customer_id` nobody can earn on it."""

    order_id: str
    customer_id: str | None
    guest: bool = False
    referrer_id: str | None = None
    currency: str
    completed_at: datetime
    items: Sequence[Item]
    discount: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    total: Decimal
    items_tax: Decimal | None = None
    points_discount: Decimal | None = None
    tenders: tuple[Tender, ...] = ()

    @property
    def stated(self) -> Stated:
        """Its goods and its money."""
        return Stated(
            currency=self.currency,
            items=tuple(self.items),
            discount=self.discount,
            shipping=self.shipping,
            tax=self.tax,
            total=self.total,
            items_tax=self.items_tax,
            points_discount=self.points_discount,
            tenders=self.tenders,
        )

    def account_id(self, program_id: str) -> AccountId | None:
        """Whose points the order earns."""
        if self.customer_id is None:
            return None
        return AccountId(program_id, self.customer_id, self.guest)

    @property
    def items_total(self) -> Decimal:
        """What all lines cost before the order's discount."""
        return sum((item.amount for item in self.items), Decimal(0))

    @property
    def items_net(self) -> Decimal:
        """What all lines cost less the order's discount, never below zero."""
        return max(self.items_total - self.discount, Decimal(0))

    def amount(self, basis: EarningBasis) -> Decimal:
        """The money that `basis` counts, never below zero."""
        match basis:
            case EarningBasis.ITEMS:
                money = self.items_net
            case EarningBasis.ITEMS_WITH_SHIPPING:
                money = self.items_net + self.shipping
            case EarningBasis.ITEMS_WITH_TAX:
                money = self.items_net + self.tax
            case EarningBasis.ITEMS_WITH_SHIPPING_AND_TAX:
                money = self.items_net + self.shipping + self.tax
            case EarningBasis.TOTAL:
                money = self.total
            case EarningBasis.TOTAL_WITHOUT_SHIPPING:
                money = self.total - self.shipping
            case EarningBasis.TOTAL_WITHOUT_TAX:
                money = self.total - self.tax
            case EarningBasis.TOTAL_WITHOUT_SHIPPING_AND_TAX:
                money = self.total - self.shipping - self.tax
        return max(money, Decimal(0))


def cause_of_order(program_id: str, order_id: str) -> Cause:
    """Everything that an order moves has the order as its cause."""
    return Cause(program_id, CauseKind.ORDER, order_id)
