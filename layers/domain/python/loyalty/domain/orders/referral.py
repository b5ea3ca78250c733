"""Referrals: a customer's first order earns for whoever referred them. Once per referred customer, ever."""

from dataclasses import dataclass

from loyalty.domain.ledger.facts import Completed, Referred
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.lots import Lots
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.standing import Standing
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.cancellation import reverse
from loyalty.domain.orders.order import Order
from loyalty.domain.program.settings import Program


@dataclass(frozen=True, slots=True)
class Referral:
    """Who referred the customer of an order, and what that gives the customer."""

    referrer: AccountId
    referee_points: int


def cause_of_referral(program_id: str, customer_id: str) -> Cause:
    """A referral is named by the customer who was referred."""
    return Cause(program_id, CauseKind.REFERRAL, customer_id)


def referrer_of(program: Program, order: Order, standing: Standing) -> AccountId | None:
    """Who is said to have referred the customer, if this is their first order and it can earn for somebody else."""
    if not program.ways_to_earn.referral.pays or standing.orders or order.guest or order.customer_id is None:
        return None
    if order.referrer_id is None or order.referrer_id == order.customer_id:
        return None
    return AccountId(program.program_id, order.referrer_id)


def referral(
    program: Program, order: Order, referrer: AccountId, history: History, of_referrer: History
) -> Referral | None:
    """The referral by `referrer`; None where the customer was referred before, or was who referred `referrer`."""
    owner = of_referrer.account_id
    if history.movements or (owner and owner.customer_id == order.customer_id):
        return None
    return Referral(referrer, program.ways_to_earn.referral.referee_points)


def recorded_referrer(history: History) -> AccountId | None:
    """Who was paid for referring the customer of an order, by the order's own record; None where nobody was."""
    completion = history.completion
    if completion is None or not isinstance(completion.facts, Completed) or completion.facts.referrer is None:
        return None
    return AccountId(history.cause.program_id, completion.facts.referrer)


def pay(transaction: Transaction, order_id: str) -> Transaction:
    """Give the referrer, whose account this is, what the order `order_id` of the referred customer earns them."""
    program = transaction.program
    expires_at = program.expires_at(transaction.now)
    lots = Lots.single(expires_at, program.ways_to_earn.referral.points)
    return transaction.credit(
        Kind.REFERRAL, Event.CUSTOMER_REFERRED, lots, expires_at=expires_at, facts=Referred(order_id=order_id)
    )


def take_back_payment(transaction: Transaction) -> Transaction:
    """Take back from the referrer what was paid: the order that it was for is cancelled."""
    history = transaction.history
    return reverse(transaction, history.reversible, Event.REFERRAL_CANCELLED, None)
