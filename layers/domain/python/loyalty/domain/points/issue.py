"""Points given by hand."""

from dataclasses import dataclass
from datetime import datetime

from loyalty.domain.ledger.facts import IssueAsked, Issued
from loyalty.domain.ledger.idempotency import is_repeat
from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import Lots
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.values.refusal import Refused

MAX_LOTS = 5_000
"""An account with this many expiry instants takes no points by hand at yet another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Give `points` to a customer, until `expires_at` or as long as the program's policy says."""

    account_id: AccountId
    points: int
    expires_at: datetime | None
    reason: str


def issue(transaction: Transaction, request: Issue) -> Transaction:
    """Issue the points; the same request again changes nothing, another one is refused."""
    asked = IssueAsked(points=request.points, expires_at=request.expires_at)
    if is_repeat(transaction, request.account_id, (Event.POINTS_ISSUED,), request.reason, asked):
        return transaction
    lots = lots_by_hand(transaction, request.points, request.expires_at)
    return transaction.credit(
        Kind.ISSUE,
        Event.POINTS_ISSUED,
        lots,
        expires_at=lots.next_expiry,
        reason=request.reason,
        facts=Issued(asked=asked),
    )


def lots_by_hand(transaction: Transaction, points: int, expires_at: datetime | None) -> Lots:
    """The lot of `points` that somebody gives: until `expires_at`, or as long as the program says."""
    refuse_past(transaction, expires_at)
    expires_at = expires_at or transaction.program.expires_at(transaction.now)
    expiries = {lot.expires_at for lot in transaction.holder.lots}
    if len(expiries) >= MAX_LOTS and expires_at not in expiries:
        raise Refused(
            "too_many_lots",
            f"The customer's points expire at {MAX_LOTS} instants already.",
            pointer="/expires_at",
        )
    return Lots.single(expires_at, points)


def refuse_past(transaction: Transaction, expires_at: datetime | None) -> None:
    """Whoever names an expiry names one that is still to come."""
    if expires_at and expires_at <= transaction.now:
        raise Refused("expires_in_the_past", "Points can expire only in the future.", pointer="/expires_at")
