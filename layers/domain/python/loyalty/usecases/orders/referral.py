"""What a command on an order reads of the referral that the order is, or was recorded to be."""

from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.order import Order
from loyalty.domain.orders.referral import Referral, cause_of_referral, recorded_referrer, referral, referrer_of
from loyalty.ports.ledger import Ledger
from loyalty.usecases.commands.command import Sources


def referral_of(ledger: Ledger, begun: Transaction, order: Order) -> Referral | None:
    """Who referred the customer of an order that may be their first. Reads only where it may be."""
    program, account = begun.program, begun.account
    if account is None or begun.history.closed:
        return None
    referrer = referrer_of(program, order, account.standing)
    if referrer is None:
        return None
    history, _ = ledger.read(_cause(account.account_id), None, consistent=True)
    of_referrer, _ = ledger.read(_cause(referrer), None, consistent=True)
    return referral(program, order, referrer, history, of_referrer)


def referral_to_pay(sources: Sources, begun: Transaction, order: Order) -> tuple[Referral, Transaction] | None:
    """Who referred the customer, and a transaction to pay them: on the referral and their account."""
    found = referral_of(sources.ledger, begun, order)
    if found is None:
        return None
    account = sources.ledger.account(found.referrer, consistent=True)
    return found, begun.of(History(_cause(begun.holder.account_id)), account)


def recorded_referral(sources: Sources, begun: Transaction) -> Transaction | None:
    """A transaction on the referral that the order is recorded to be; None where it is none, or cancelled already."""
    completion, referrer = begun.history.completion, recorded_referrer(begun.history)
    if begun.history.cancellation or completion is None or completion.account is None or referrer is None:
        return None
    history, account = sources.ledger.read(_cause(completion.account), referrer, consistent=True)
    return begun.of(history, account)


def _cause(referred: AccountId) -> Cause:
    return cause_of_referral(referred.program_id, referred.customer_id)
