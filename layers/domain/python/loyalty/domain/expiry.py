"""Writing off points whose time has passed."""

from dataclasses import replace
from datetime import datetime

from loyalty.domain.account import Account
from loyalty.domain.movement import Cause, CauseKind, Event, Kind
from loyalty.domain.story import Story
from loyalty.domain.transaction import Transaction


def expiry_story(account: Account) -> Story:
    """The story that the account's next expiry starts: one for each, named by its sequence.

    That the same points cannot expire twice rests on the account's version; the name only says
    whose they were.
    """
    owner = account.account_id
    who = "guest" if owner.guest else "member"
    reference = f"{who}/{owner.customer_id}/{account.version + 1}"
    return Story(Cause(owner.program_id, CauseKind.EXPIRY, reference))


def expire(transaction: Transaction, as_of: datetime) -> Transaction:
    """Expire all lots that are gone at `as_of`, which is never after the transaction's own time.

    An account on which nothing is gone yet is only put off to its next expiry.
    """
    account = transaction.holder
    lots = account.lots.expired(min(as_of, transaction.now))
    if not lots:
        return replace(transaction, account=replace(account, purge_at=account.lots.next_expiry))
    return transaction.debit(Kind.EXPIRE, Event.POINTS_EXPIRED, lots)
