"""Cancelling an order: terminal. Takes back what it earned, gives back what it used."""

from loyalty.domain.lots import Lot, Lots
from loyalty.domain.movement import Event, Kind
from loyalty.domain.program import OnShortfall
from loyalty.domain.redemption import restore
from loyalty.domain.transaction import NOTHING, Detail, Transaction


def cancel(transaction: Transaction, reason: str | None) -> Transaction:
    """Cancel the order, once. From what its story recorded, whatever the settings say by now."""
    story = transaction.story
    if story.cancellation:
        return transaction
    # Given back first, so that points of this order can cover what this order must return.
    if story.live_redemption:
        transaction = restore(transaction, story.live_redemption, Event.ORDER_CANCELLED, reason)
    transaction = reverse(transaction, story.reversible, Event.ORDER_CANCELLED, reason)
    if not transaction.movements:
        return transaction.debit(Kind.REVERSE, Event.ORDER_CANCELLED, Lots(), reason=reason)
    return transaction


def reverse(
    transaction: Transaction, points: int, event: Event, reason: str | None, detail: Detail = NOTHING
) -> Transaction:
    """Take back `points` that the order earned: out of its own lot, then soonest-expiring first.

    What was spent already becomes a debt, or is let go and reported, as the program says. If the
    order's own lot has expired, its points are gone and there is nothing left to take.
    """
    completion, now = transaction.story.completion, transaction.now
    if not points or completion is None or Lot(completion.expires_at, points).expired(now):
        return transaction
    held = transaction.holder.lots.spendable(now)
    own = Lots(lot for lot in held if lot.expires_at == completion.expires_at).soonest(points)
    others = held.minus(own).soonest(points - own.total)
    taken = own.plus(others)
    short = points - taken.total
    if transaction.program.cancel.on_shortfall is OnShortfall.ALLOW_NEGATIVE:
        return transaction.debit(Kind.REVERSE, event, taken, debt=short, reason=reason, detail=detail)
    if short:
        detail = {**detail, "shortfall": short}
    return transaction.debit(Kind.REVERSE, event, taken, reason=reason, detail=detail)
