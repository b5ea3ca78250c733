"""Adjustments: balances are never edited, they are adjusted by signed numbers, for a reason."""

from dataclasses import dataclass
from datetime import datetime

from loyalty.domain.ledger.facts import Adjusted, AdjustmentAsked, AdjustmentNoted
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.idempotency import is_repeat
from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import Lots
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.points.issue import lots_by_hand, refuse_past
from loyalty.domain.program.settings import OnShortfall


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """Give `points` (until `expires_at`, or as long as the program says), or take them where they are negative.

    0 points have all that the customer can spend expire at `expires_at`. `order_id` is the order that it is on
    account of, a return say.
    """

    account_id: AccountId
    points: int
    expires_at: datetime | None = None
    reason: str
    order_id: str | None = None

    @property
    def asked(self) -> AdjustmentAsked:
        """What is kept of the request, to know it again."""
        return AdjustmentAsked(points=self.points, expires_at=self.expires_at, order_id=self.order_id)


def adjust(transaction: Transaction, request: Adjustment) -> Transaction:
    """Adjust the account; the same request again changes nothing, another one of the same cause is refused."""
    events = (Event.POINTS_ADJUSTED, Event.EXPIRY_MOVED)
    if is_repeat(transaction, request.account_id, events, request.reason, request.asked):
        return transaction
    if request.points > 0:
        return _give(transaction, request)
    if request.points < 0:
        return _take(transaction, request)
    return _move_expiry(transaction, request)


def note_in_order(transaction: Transaction, adjustment: Movement) -> Transaction:
    """Note in the history of the order, which this transaction is about, that points were adjusted on account of it."""
    transaction.history.refuse_other_customer(adjustment.account)
    noted = AdjustmentNoted(
        movement_id=adjustment.movement_id,
        points=adjustment.kind.sign * adjustment.points,
        reason=adjustment.reason,
    )
    return transaction.note(Event.ORDER_ADJUSTED, facts=noted)


def adjustments_of(history: History) -> list[Movement]:
    """What was noted in an order's history."""
    return [movement for movement in history if movement.event is Event.ORDER_ADJUSTED]


def _give(transaction: Transaction, request: Adjustment) -> Transaction:
    lots = lots_by_hand(transaction, request.points, request.expires_at)
    return transaction.credit(
        Kind.ADJUST_UP,
        Event.POINTS_ADJUSTED,
        lots,
        expires_at=lots.next_expiry,
        reason=request.reason,
        facts=Adjusted(asked=request.asked),
    )


def _take(transaction: Transaction, request: Adjustment) -> Transaction:
    """Take points, soonest-expiring first; what is not there becomes a debt or is let go, as the program says."""
    taken = transaction.holder.lots.spendable(transaction.now).soonest(-request.points)
    short = -request.points - taken.total
    owed = transaction.program.cancel.on_shortfall is OnShortfall.ALLOW_NEGATIVE
    return transaction.debit(
        Kind.ADJUST_DOWN,
        Event.POINTS_ADJUSTED,
        taken,
        debt=short if owed else 0,
        reason=request.reason,
        facts=Adjusted(asked=request.asked, shortfall=0 if owed else short),
    )


def _move_expiry(transaction: Transaction, request: Adjustment) -> Transaction:
    if request.expires_at is None:
        raise ValueError("an adjustment by no points moves the expiry to somewhere")
    refuse_past(transaction, request.expires_at)
    held = transaction.holder.lots.spendable(transaction.now)
    return transaction.shift(
        Event.EXPIRY_MOVED,
        held,
        Lots.single(request.expires_at, held.total),
        expires_at=request.expires_at,
        reason=request.reason,
        facts=Adjusted(asked=request.asked),
    )
