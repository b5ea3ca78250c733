"""Past actions: sign-ups and orders from before the program was there are rewarded, at today's settings.

Whether or not the program is on; only by ways to earn that are switched on; each action once, whether it is
rewarded here or earns when it happens. What was ordered then does not count towards tiers, caps of a customer or
first orders: those look at what happens while the program is there.
"""

from dataclasses import dataclass
from datetime import datetime

from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import Lots
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.standing import Standing
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.earning import earning
from loyalty.domain.orders.order import Order
from loyalty.domain.points.sign_up import why_signing_up_earns_nothing

REASON = "past_action"
NOT_NEW = Standing(orders=1)
"""Of somebody in no tier, whose order is not their first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSignUp:
    """A customer signed up at `signed_up_at`."""

    account_id: AccountId
    signed_up_at: datetime


def why_order_passed_over(transaction: Transaction, order: Order) -> str | None:
    """Why a past order is not rewarded; None where it is."""
    history = transaction.history
    if history.cancellation:
        return "order_cancelled"
    if history.completion:
        return "already_earned"
    if not transaction.program.ways_to_earn.order.enabled:
        return "order_earning_disabled"
    return None if _points(transaction, order) else "no_points"


def reward_order(transaction: Transaction, order: Order) -> Transaction:
    """Give the points of a past order, unless it is passed over. Raises Refused for somebody else's, or other money."""
    transaction.history.refuse_other_customer(order.account_id(transaction.program.program_id))
    transaction.program.refuse_other_currency(order.currency)
    if why_order_passed_over(transaction, order):
        return transaction
    earned = earning(transaction.program, order, transaction.history.live_redemption, NOT_NEW)
    expires_at = transaction.program.expires_at(transaction.now)
    return transaction.credit(
        Kind.BACKFILL,
        Event.PAST_ORDER_REWARDED,
        Lots.single(expires_at, earned.points),
        expires_at=expires_at,
        reason=REASON,
        facts=earned.recorded,
    )


def why_sign_up_passed_over(transaction: Transaction, action: PastSignUp) -> str | None:
    """Why a past sign-up is not rewarded; None where it is."""
    if action.account_id.guest:
        return "members_only"
    if transaction.history.sign_up:
        return "already_earned"
    return why_signing_up_earns_nothing(transaction.program)


def reward_sign_up(transaction: Transaction, action: PastSignUp) -> Transaction:
    """Give the points of a past sign-up, unless it is passed over."""
    if why_sign_up_passed_over(transaction, action):
        return transaction
    expires_at = transaction.program.expires_at(transaction.now)
    lots = Lots.single(expires_at, transaction.program.ways_to_earn.sign_up.points)
    return transaction.credit(Kind.BACKFILL, Event.PAST_SIGN_UP_REWARDED, lots, expires_at=expires_at, reason=REASON)


def _points(transaction: Transaction, order: Order) -> int:
    return earning(transaction.program, order, transaction.history.live_redemption, NOT_NEW).points
