"""An order is completed: the order earns points once, ever."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from loyalty.domain.ledger.facts import Step
from loyalty.domain.ledger.transaction import Sender, Transaction
from loyalty.domain.orders.completion import breakdown_of, complete, why_skipped
from loyalty.domain.orders.order import Order, cause_of_order
from loyalty.domain.orders.referral import Referral, pay, recorded_referrer
from loyalty.domain.orders.refund import take_back_noted
from loyalty.usecases.commands.command import Command, CommandPorts, Outcome, carry_out
from loyalty.usecases.orders.referral import referral_to_pay


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCompleted:
    """What the completion did, the first time. `status` is `earned`, `not_earned` or `skipped`.

    `skipped`: nothing was recorded. Sent again once the `reason` is gone, the order earns.
    """

    order_id: str
    customer_id: str | None
    status: str
    reason: str | None
    points_earned: int
    expires_at: datetime | None
    balance: int | None
    breakdown: tuple[Step, ...]
    program_version: int
    outcome: Outcome


def complete_order(ports: CommandPorts, program_id: str, order: Order, sender: Sender) -> OrderCompleted:
    """Accrue the points of a completed order. A repeat answers what the first one answered."""
    transaction = carry_out(ports, _command(program_id, order, sender))
    completion = transaction.history.completion
    if completion is None:
        return _not_recorded(transaction, order)
    return OrderCompleted(
        order_id=order.order_id,
        customer_id=completion.account.customer_id if completion.account else None,
        status="earned" if completion.points else "not_earned",
        reason=completion.reason,
        points_earned=completion.points,
        expires_at=completion.expires_at,
        balance=completion.balance_after,
        breakdown=breakdown_of(completion),
        program_version=completion.program_version,
        outcome=Outcome.of(transaction),
    )


def _command(program_id: str, order: Order, sender: Sender) -> Command[tuple[Referral, Transaction] | None]:
    def decide(begun: Transaction, found: tuple[Referral, Transaction] | None) -> Sequence[Transaction]:
        referral, payment = found or (None, None)
        done = take_back_noted(complete(begun, order, referral))
        return [done, pay(payment, order.order_id)] if payment and recorded_referrer(done.history) else [done]

    return Command(
        cause=cause_of_order(program_id, order.order_id),
        account_id=order.account_id(program_id),
        sender=replace(sender, occurred_at=order.completed_at),
        gather=lambda sources, begun: referral_to_pay(sources, begun, order),
        decide=decide,
        is_answered=lambda history: history.completed_for_good,
    )


def _not_recorded(transaction: Transaction, order: Order) -> OrderCompleted:
    cancelled = bool(transaction.history.cancellation)
    program, account = transaction.program, transaction.account
    if account and order.customer_id is not None and account.account_id != order.account_id(program.program_id):
        account = None  # a member's, named by a cancellation; no business of the guest with the same id
    return OrderCompleted(
        order_id=order.order_id,
        customer_id=order.customer_id,
        status="not_earned" if cancelled else "skipped",
        reason="order_cancelled" if cancelled else why_skipped(program, order),
        points_earned=0,
        expires_at=None,
        balance=account.balance(transaction.now) if account else None,
        breakdown=(),
        program_version=program.version,
        outcome=Outcome.SKIPPED,
    )
