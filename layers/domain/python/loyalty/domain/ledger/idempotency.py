"""Requests that nothing but their own idempotency key names."""

from collections.abc import Mapping

from loyalty.domain.ledger.facts import Asked, Requested
from loyalty.domain.ledger.kinds import CauseKind, Event
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.values.refusal import Refused


def cause_of_request(program_id: str, idempotency_key: str) -> Cause:
    """A request without an order is its own cause, named by its idempotency key."""
    return Cause(program_id, CauseKind.REQUEST, idempotency_key)


def is_repeat(
    transaction: Transaction, account_id: AccountId | None, events: tuple[Event, ...], reason: str | None, asked: Asked
) -> bool:
    """Whether the request was carried out before. Raises Refused when its key was used for another one.

    `asked` is all that was asked for besides the customer and the reason, as the movement's facts keep it.
    """
    first = transaction.history.first
    if first is None:
        return False
    same = first.account == account_id and first.event in events and first.reason == reason
    before = first.facts.asked if isinstance(first.facts, Requested) else None
    if not same or before != asked or first.source != transaction.origin.sender.source:
        raise key_reused()
    return True


def key_reused(facts: Mapping[str, object] | None = None) -> Refused:
    """How a request is refused whose idempotency key was used for another one; `facts` name what that one made."""
    return Refused(
        "idempotency_key_reused", "This key was used for another request.", pointer="/Idempotency-Key", facts=facts
    )
