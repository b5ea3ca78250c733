"""A quote: what an order would do to points if it were completed now. Decided like the real thing, and not written."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from loyalty.domain.ledger.facts import Redeemed, Step
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.completion import breakdown_of, complete, why_skipped
from loyalty.domain.orders.order import Order
from loyalty.domain.orders.redemption import RedemptionRequest, discount, redeem, usable_on, void
from loyalty.domain.orders.referral import Referral
from loyalty.domain.orders.refund import take_back_noted
from loyalty.domain.values.money import exact
from loyalty.domain.values.refusal import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What an order would earn, and what it may use.

    `earnable` is what its completion would earn now, or did; `earned` what it has earned. `balance` is after the
    points that it uses, and before those that it would earn; `balance_after_earning` after those too. `reason` says
    why it would earn nothing.
    """

    earnable: int
    earned: int
    usable: int
    used: int
    discount: Decimal
    balance: int
    balance_after_earning: int
    value: Decimal
    expires_at: datetime | None
    reason: str | None
    breakdown: tuple[Step, ...]


def quote(
    transaction: Transaction, order: Order, use_points: int | Literal["max"] | None, referral: Referral | None = None
) -> Quote:
    """The quote for `order`, on what was read of its history and its customer.

    `use_points` are points to use on it, as a redemption of them would be decided; None leaves those that it uses now.
    """
    history, program = transaction.history, transaction.program
    account_id = order.account_id(program.program_id)
    history.refuse_other_customer(account_id)
    program.refuse_other_currency(order.currency)
    most = 0 if order.guest else usable_on(transaction, order.total)
    if use_points is not None:
        transaction = _using(transaction, order, use_points)
    used, balance = transaction, transaction.account.balance(transaction.now) if transaction.account else 0
    done = take_back_noted(complete(transaction, order, referral))
    completion = done.history.completion
    cancelled = bool(history.cancellation)
    live = used.history.live_redemption
    return Quote(
        earnable=completion.points if completion and not cancelled else 0,
        earned=history.earned,
        usable=most,
        used=live.points if live else 0,
        discount=live.facts_as(Redeemed).discount if live else discount(program, 0),
        balance=balance,
        balance_after_earning=done.account.balance(done.now) if done.account else 0,
        value=exact(program.value_of(balance), program.currency),
        expires_at=completion.expires_at if completion else None,
        reason="order_cancelled" if cancelled else completion.reason if completion else why_skipped(program, order),
        breakdown=breakdown_of(completion) if completion and not cancelled else (),
    )


def _using(transaction: Transaction, order: Order, points: int | Literal["max"]) -> Transaction:
    """As it would be once the order uses `points`. Raises Refused as a redemption of them would be."""
    live = transaction.history.live_redemption
    if points == (live.points if live else 0) and (live is None or transaction.history.closed):
        return transaction
    if order.customer_id is None or order.guest:
        raise Refused("members_only", "Only a customer with an account can use points.", pointer="/use_points")
    if points == 0:
        return void(transaction)
    request = RedemptionRequest(
        account_id=transaction.holder.account_id, order_total=order.total, currency=order.currency, points=points
    )
    try:
        return redeem(transaction, request)
    except Refused as refused:
        if refused.pointer == "/points":
            raise Refused(refused.code, refused.detail, pointer="/use_points", facts=refused.facts) from None
        raise
