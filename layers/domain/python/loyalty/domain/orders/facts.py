"""The facts of an order: each is recorded once, in order of arrival, and never changed."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from loyalty.domain.orders.accrual import Customer
from loyalty.domain.orders.goods import Moment
from loyalty.domain.orders.order import Stated

MAX_REFUNDS, MAX_REVISIONS = 200, 50
"""So many refunds and revisions an order may have."""
FIRST_REVISION = 1
"""The revision that a completion is."""


@dataclass(frozen=True, slots=True)
class Used:
    """All points that an order uses, and the money that they take off it.

    `point_value` is what one of them is worth; None, where not all are worth the same.
    """

    points: int = 0
    discount: Decimal = Decimal(0)
    point_value: Decimal | None = None


UNUSED = Used()


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The order was completed; its goods came in at `moment`, under the promotions that were `chosen` then.

    They are places among the promotions of the moment's version.

    A cap on the customer cut off `cut` points of what it earned.
    """

    stated: Stated
    moment: Moment
    customer: Customer
    used: Used = UNUSED
    chosen: tuple[int, ...] = ()
    cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The store stated the order anew, as if nothing had come back.

    It uses `used` points from then on; `asked` is the number that the store asked for, None where it left that out.
    """

    revision: int
    stated: Stated
    moment: Moment
    asked: int | None = None
    used: Used = UNUSED
    chosen: tuple[int, ...] = ()
    cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedItem:
    """What came back of a line, which is named by its id, or by its SKU.

    `amount` is what goes back of the line's worth. Where `quantity` is None nobody knows how many pieces it is for.
    """

    line: str | None = None
    sku: str | None = None
    quantity: int | None = None
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Something came back: lines, shipping, tax and `other` money, or `money` where lines are not known.

    `total` is what the store said then that had come back in all, and `money` what that was more than before. Tax that
    is None goes with the goods. `points_discount` is what points took off the amounts that are stated.

    It counts when `counts` says so, or once it is decided. `points` and `restore` are what an administrator decided at
    once: how many earned points to take, how many used ones to give back. `restores` says whether used points come
    back where nobody decides. `cut` is what a cap cut off, where a decision gave back what the refund had taken.
    """

    refund_id: str
    items: tuple[ReturnedItem, ...] = ()
    shipping: Decimal = Decimal(0)
    tax: Decimal | None = None
    other: Decimal = Decimal(0)
    points_discount: Decimal = Decimal(0)
    total: Decimal | None = None
    money: Decimal = Decimal(0)
    points: int | None = None
    restore: int | None = None
    counts: bool = True
    restores: bool = True
    cut: int = 0

    @property
    def by_amount(self) -> bool:
        """Whether lines are not known."""
        return self.total is not None

    @property
    def came_back(self) -> tuple[object, ...]:
        """What makes it the same refund, whoever decided what about it."""
        return Counter(self.items), self.shipping, self.tax, self.other, self.points_discount, self.total


@dataclass(frozen=True, slots=True)
class Decision:
    """An administrator decided how many points a refund takes, and how many used ones it gives back.

    Where the refund had taken more by itself, that comes back, less the `cut` of a cap.
    """

    refund_id: str
    points: int
    restore: int | None = None
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`points` were taken on account of the order, by hand; `name` is whatever names the adjustment."""

    name: str
    points: int


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The order was cancelled."""

    cancelled_at: datetime


@dataclass(frozen=True, slots=True)
class Reopening:
    """The order was completed again after it was cancelled. A cap on the customer cut off `cut` of what came back."""

    cut: int = 0


@dataclass(frozen=True, slots=True)
class Undoing:
    """A refund is undone, or an adjustment: the order holds what it would hold without it.

    A refund may come only later, and takes nothing then.
    """

    refund_id: str | None = None
    adjustment: str | None = None
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Yielding:
    """Another order holds the customer's first order, or their referral, by now: this one is without them for good."""

    first_order: bool = False
    referral: bool = False


type Fact = Completion | Edit | Refund | Decision | Adjustment | Cancellation | Reopening | Undoing | Yielding
