"""Cancelling an order: terminal. Takes back what it earned, gives back what it used."""

from dataclasses import replace

from loyalty.domain.ledger.facts import Refunded, Reversed
from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.redemption import restore
from loyalty.domain.orders.tier_progress import count_back
from loyalty.domain.program.settings import OnShortfall


def cancel(transaction: Transaction, reason: str | None) -> Transaction:
    """Cancel the order, once. From what its history recorded, whatever the settings say by now."""
    history = transaction.history
    if history.cancellation:
        return transaction
    # Given back first, so that points of this order can cover what this order must return.
    if history.live_redemption:
        transaction = restore(transaction, history.live_redemption, Event.ORDER_CANCELLED, reason)
    transaction = reverse(transaction, history.reversible, Event.ORDER_CANCELLED, reason)
    counted = count_back(transaction, 0) if not any(m.counted for m in transaction.movements) else None
    if counted or not transaction.movements:
        return transaction.debit(Kind.REVERSE, Event.ORDER_CANCELLED, Lots(), reason=reason, counted=counted)
    return transaction


def reverse(
    transaction: Transaction,
    points: int,
    event: Event,
    reason: str | None,
    refunded: Refunded | None = None,
    *,
    on_shortfall: OnShortfall | None = None,
) -> Transaction:
    """Take back `points` that the order earned: out of its own lots, then soonest-expiring first.

    What was spent already becomes a debt, or is let go and reported: `on_shortfall`, or else as the program
    says. Of points of the order that have expired there is nothing left to take.
    """
    refunded_total = refunded.refunded_total if refunded else None
    due = transaction.history.reversible_lots(transaction.now).soonest(points)
    points = due.total
    if not points:
        return transaction
    held = transaction.holder.lots.spendable(transaction.now)
    there = {lot.expires_at: lot.points for lot in held}
    own = Lots(Lot(lot.expires_at, min(lot.points, there.get(lot.expires_at, 0))) for lot in due)
    others = held.minus(own).soonest(points - own.total)
    taken = own.plus(others)
    short = points - taken.total
    # What an erased customer had was let go, also this; nobody is left to owe it.
    allowed = not transaction.holder.is_erased and (on_shortfall or transaction.program.cancel.on_shortfall)
    if allowed is OnShortfall.ALLOW_NEGATIVE:
        counted = count_back(transaction, points, refunded_total)
        return transaction.debit(Kind.REVERSE, event, taken, debt=short, reason=reason, facts=refunded, counted=counted)
    facts: Reversed | None = refunded
    if short:
        facts = replace(refunded, shortfall=short) if refunded else Reversed(shortfall=short)
    counted = count_back(transaction, taken.total, refunded_total)
    return transaction.debit(Kind.REVERSE, event, taken, reason=reason, facts=facts, counted=counted)
