"""What an order earns, and the accrual of it: on completion, only the first time, ever."""

from dataclasses import dataclass
from decimal import Decimal

from loyalty.domain.lots import Lot, Lots
from loyalty.domain.money import exact, times
from loyalty.domain.movement import MAX_POINTS, AccountId, Event, Kind, Movement
from loyalty.domain.order import Order
from loyalty.domain.program import OnRedeemedOrder, Program
from loyalty.domain.refusal import Refused
from loyalty.domain.story import Story
from loyalty.domain.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a breakdown: the rule, what it added or took, and why in words."""

    rule: str
    points: int
    detail: str


@dataclass(frozen=True, slots=True)
class Earning:
    """What an order earns: `points` is the sum of its steps. `reason` says why it is nothing.

    `basis` is the money that it is reckoned on.
    """

    points: int
    basis: Decimal
    steps: tuple[Step, ...] = ()
    reason: str | None = None


def earning(program: Program, order: Order, redemption: Movement | None) -> Earning:
    """What `order` earns under `program`, having used the points of `redemption`."""
    rules, currency = program.earn, program.currency
    basis = order.amount(rules.basis)
    if redemption and rules.on_redeemed_order is OnRedeemedOrder.NONE:
        return Earning(0, basis, reason="points_used_on_order")
    if order.total < rules.min_order_total:
        return Earning(0, basis, reason="below_min_order_total")
    if redemption and rules.on_redeemed_order is OnRedeemedOrder.CASH_PART:
        # Less what the points really took off, which is whole cents.
        basis = max(basis - Decimal(str(redemption.detail["discount"])), Decimal(0))
    points = rules.rounding.points(times(basis, rules.points_per_unit))
    money = f"{exact(basis, currency)} {currency}"
    rate = f"{rules.points_per_unit.normalize():f}"
    steps = [Step("base", points, f"{money} x {rate} per {currency}, {rules.rounding}")]
    cap = MAX_POINTS if rules.max_points_per_order is None else rules.max_points_per_order
    if points > cap:
        steps.append(Step("max_points_per_order", cap - points, f"at most {cap} an order"))
        points = cap
    return Earning(points, basis, tuple(steps), None if points else "no_points")


def why_skipped(program: Program, order: Order) -> str | None:
    """Why nothing is recorded for the completed `order`, so that a completion sent again may earn."""
    if order.customer_id is None:
        return "no_customer"
    if not program.enabled:
        return "program_disabled"
    if not program.ways_to_earn.order.enabled:
        return "order_earning_disabled"
    return None


def complete(transaction: Transaction, order: Order) -> Transaction:
    """Accrue `order`, unless its story says that it was completed or cancelled before."""
    story, program = transaction.story, transaction.program
    refuse_other_customer(story, order.account_id(program.program_id))
    if story.closed or why_skipped(program, order):
        return transaction
    refuse_other_currency(program, order.currency)
    earned = earning(program, order, story.live_redemption)
    expires_at = program.expires_at(transaction.now) if earned.points else None
    return transaction.credit(
        Kind.EARN,
        Event.ORDER_COMPLETED,
        Lots([Lot(expires_at, earned.points)]),
        expires_at=expires_at,
        reason=earned.reason,
        detail={
            "basis": str(earned.basis),
            "breakdown": [[step.rule, step.points, step.detail] for step in earned.steps],
        },
    )


def breakdown_of(completion: Movement) -> tuple[Step, ...]:
    """The steps that a completion recorded."""
    steps = completion.detail.get("breakdown")
    return tuple(Step(*step) for step in steps) if isinstance(steps, list) else ()


def refuse_other_customer(story: Story, account_id: AccountId | None) -> None:
    """An order belongs to the first customer that it was seen with."""
    if account_id and story.account_id and not _may_be(story, account_id):
        raise Refused(
            "order_customer_mismatch",
            "This order belongs to another customer.",
            pointer="/customer_id",
        )


def _may_be(story: Story, account_id: AccountId) -> bool:
    """Whether the order can be that customer's. A cancellation names one, and does not say whether it is a guest."""
    owner = story.account_id
    if owner and story.first in story.cancellation:
        return owner.customer_id == account_id.customer_id
    return owner == account_id


def refuse_other_currency(program: Program, currency: str) -> None:
    """A program counts one currency; we convert nothing."""
    if currency != program.currency:
        raise Refused(
            "currency_mismatch",
            f"The program's currency is {program.currency}, not {currency}.",
            pointer="/currency",
        )
