"""Writing off points whose time has passed."""

from dataclasses import replace
from datetime import datetime

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import TierReviewed
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.movement import Cause
from loyalty.domain.ledger.standing import Counted
from loyalty.domain.ledger.tiers import reached, review_at
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.values.calendar import business_day


def expiry_history(account: Account) -> History:
    """The history that the account's next expiry starts: one for each, named by the movement before it.

    By that one's seal, which no two movements share and which says nothing about whose points they were. That the
    same points cannot expire twice rests on the account's version.
    """
    return History(Cause(account.account_id.program_id, CauseKind.EXPIRY, account.seal[:NAME_BYTES].hex()))


NAME_BYTES = 16
"""Of a seal, as a name: two in 2**64 share one."""


def expire(transaction: Transaction, as_of: datetime) -> Transaction:
    """Expire all lots that are gone at `as_of`, which is never after the transaction's own time.

    An account on which nothing is gone yet is only put off to its next expiry. Where its tier was to be looked at
    by now, that is done too: this is when somebody leaves a tier.
    """
    lots = transaction.holder.lots.expired(min(as_of, transaction.now))
    reviewed = _reviewed(transaction, as_of)
    facts = TierReviewed(tier=reviewed.tier) if reviewed else None
    if lots:
        transaction = transaction.debit(Kind.EXPIRE, Event.POINTS_EXPIRED, lots, counted=reviewed, facts=facts)
    elif reviewed:
        transaction = transaction.note(Event.TIER_REVIEWED, reviewed, facts)
    account, program, now = transaction.holder, transaction.program, transaction.now
    at = review_at(program, account.standing, now)
    return replace(transaction, account=replace(account, review_at=at).purged())


def _reviewed(transaction: Transaction, as_of: datetime) -> Counted | None:
    """The tier that the customer is in by now, if it was to be looked at by `as_of` and is another one."""
    account, program, now = transaction.holder, transaction.program, transaction.now
    if account.review_at is None or account.review_at > min(as_of, now):
        return None
    today = business_day(now, program.timezone)
    tier = reached(program, account.standing, today)
    name = tier.name if tier else None
    if name == account.standing.tier:
        return None
    return Counted(day=today, window=program.widest_window, tier=name)
