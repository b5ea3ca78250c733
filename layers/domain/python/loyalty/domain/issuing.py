"""Points given by hand."""

from dataclasses import dataclass
from datetime import datetime

from loyalty.domain.lots import Lot, Lots
from loyalty.domain.movement import AccountId, Cause, CauseKind, Event, Kind
from loyalty.domain.refusal import Refused
from loyalty.domain.transaction import Transaction

MAX_LOTS = 5_000
"""An account with this many expiry instants takes no issue at yet another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Give `points` to a customer, until `expires_at` or as long as the program's policy says."""

    account_id: AccountId
    points: int
    expires_at: datetime | None
    reason: str


def cause_of_request(program_id: str, idempotency_key: str) -> Cause:
    """A request without an order is its own cause, named by its idempotency key."""
    return Cause(program_id, CauseKind.REQUEST, idempotency_key)


def issue(transaction: Transaction, request: Issue) -> Transaction:
    """Issue the points; the same request again changes nothing, another one is refused."""
    story, now = transaction.story, transaction.now
    asked = {"expires_at": request.expires_at.isoformat() if request.expires_at else None}
    facts = (request.account_id, request.points, request.reason, asked, transaction.origin.source)
    if first := story.first:
        if facts != (first.account, first.points, first.reason, first.detail, first.source):
            raise Refused("idempotency_key_reused", "This key was used for another request.")
        return transaction
    if request.expires_at and request.expires_at <= now:
        raise Refused("expires_in_the_past", "Points can expire only in the future.", pointer="/expires_at")
    expires_at = request.expires_at or transaction.program.expires_at(now)
    expiries = {lot.expires_at for lot in transaction.holder.lots}
    if len(expiries) >= MAX_LOTS and expires_at not in expiries:
        raise Refused(
            "too_many_lots",
            f"The customer's points expire at {MAX_LOTS} instants already.",
            pointer="/expires_at",
        )
    return transaction.credit(
        Kind.ISSUE,
        Event.POINTS_ISSUED,
        Lots([Lot(expires_at, request.points)]),
        expires_at=expires_at,
        reason=request.reason,
        detail=asked,
    )
