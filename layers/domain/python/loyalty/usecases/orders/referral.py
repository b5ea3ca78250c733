"""What an order does for whoever referred its customer, beside what it does for the customer."""

from collections.abc import Sequence

from loyalty.domain.ledger.facts import Completed
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.order import Order
from loyalty.domain.orders.referral import Referral, cause_of_referral, pay, referral, referrer_of, take_back
from loyalty.ports.world import World


def referral_of(world: World, transaction: Transaction, order: Order) -> Referral | None:
    """Who referred the customer of an order that may be their first. Reads only where it may be."""
    program, account = transaction.program, transaction.account
    if account is None or transaction.history.closed:
        return None
    referrer = referrer_of(program, order, account.standing)
    if referrer is None:
        return None
    history, _ = world.ledger.read(_cause(account.account_id), None, consistent=True)
    of_referrer, _ = world.ledger.read(_cause(referrer), None, consistent=True)
    return referral(program, order, referrer, history, of_referrer)


def paying(world: World, transaction: Transaction) -> Sequence[Transaction]:
    """What is written together with a completed order: that its referrer is paid."""
    history = transaction.history
    begun = _begin(world, transaction)
    return [pay(begun, history.cause.reference)] if begun and not begun.history.movements else []


def taking_back(world: World, transaction: Transaction) -> Sequence[Transaction]:
    """What is written together with a cancelled order: that its referrer gives back what it paid."""
    begun = _begin(world, transaction)
    done = take_back(begun) if begun else None
    return [done] if done and done.decided else []


def _begin(world: World, transaction: Transaction) -> Transaction | None:
    """A transaction on the referral that an order was recorded to be; None if it was none."""
    completion = transaction.history.completion
    if completion is None or completion.account is None or not isinstance(completion.facts, Completed):
        return None
    if completion.facts.referrer is None:
        return None
    program = transaction.program
    referrer = AccountId(program.program_id, completion.facts.referrer)
    history, account = world.ledger.read(_cause(completion.account), referrer, consistent=True)
    return Transaction.begin(program, transaction.origin, history, account)


def _cause(referred: AccountId) -> Cause:
    return cause_of_referral(referred.program_id, referred.customer_id)
