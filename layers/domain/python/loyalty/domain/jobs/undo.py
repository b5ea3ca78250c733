"""Undoing what a row of a job did: from what it recorded, never below what is there."""

from loyalty.domain.ledger.facts import Reversed
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import Lots
from loyalty.domain.ledger.movement import Movement
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.cancellation import reverse
from loyalty.domain.orders.redemption import given_back
from loyalty.domain.program.settings import OnShortfall


def done_by(history: History, source: str) -> Movement | None:
    """What a job, whose rows have `source`, did in a history and has not undone."""
    for movement in reversed(history.movements):
        if movement.source == source:
            return None if movement.event is Event.JOB_UNDONE else movement
    return None


def undo(transaction: Transaction) -> Transaction:
    """Take back what the job, which this transaction comes from, did in the history; once.

    What was spent since is let go and recorded as `shortfall`: nobody gets a debt by it.
    """
    done = done_by(transaction.history, transaction.origin.sender.source)
    if done is None:
        return transaction
    if done.event is Event.EXPIRY_MOVED:
        return _move_back(transaction, done)
    if done.kind is Kind.ADJUST_DOWN:
        return _give_back(transaction, done)
    taken = reverse(transaction, transaction.history.reversible, Event.JOB_UNDONE, None, on_shortfall=OnShortfall.CLAMP)
    return taken if taken.movements else transaction.debit(Kind.REVERSE, Event.JOB_UNDONE, Lots())


def _give_back(transaction: Transaction, done: Movement) -> Transaction:
    """Points that were taken come back into their expiries; what made a debt, first repays it."""
    taken = Lots.taken_by(done.allocation)
    owed = Lots.single(transaction.program.expires_at(transaction.now), done.debt)
    return transaction.credit(Kind.ADJUST_UP, Event.JOB_UNDONE, given_back(transaction, taken).plus(owed))


def _move_back(transaction: Transaction, done: Movement) -> Transaction:
    """Points go back to when they expired. Of those spent since, the soonest-expiring are taken to be gone."""
    before = Lots.taken_by(done.allocation)
    there = next((lot.points for lot in transaction.holder.lots if lot.expires_at == done.expires_at), 0)
    expired = done.expires_at is not None and done.expires_at <= transaction.now
    back = 0 if expired else min(before.total, there)
    kept = before.minus(before.soonest(before.total - back))
    short = 0 if expired else before.total - back
    facts = Reversed(shortfall=short) if short else None
    return transaction.shift(
        Event.JOB_UNDONE, Lots.single(done.expires_at, back), given_back(transaction, kept), facts=facts
    )
