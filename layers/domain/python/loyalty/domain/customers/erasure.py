"""Erasure: a customer's personal data goes, the books stay whole.

Who it was is replaced by a pseudonym that nothing leads back from, and what somebody wrote about them is removed.
What moved, when and by which order stays, as it does in the store's own books.
"""

from dataclasses import replace

from loyalty.domain.customers.cards import block
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import AdjustmentNoted, Completed
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.lots import Lots
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.domain.ledger.seal import has_free_text, personal_digest, personal_name
from loyalty.domain.ledger.standing import Counted
from loyalty.domain.ledger.transaction import Origin, Transaction
from loyalty.domain.program.settings import Program
from loyalty.domain.values.calendar import business_day

REASON = "customer erased"


def erase(
    program: Program,
    origin: Origin,
    account: Account,
    pseudonym: AccountId,
    salt: bytes,
    card: History | None = None,
) -> tuple[Transaction, ...]:
    """Let go what the account has or owes, and leave it, empty and out of its tier, under `pseudonym` with `salt`.

    All lots are forfeited, also those that expired and were not written off yet. A debt is let go: there is nobody
    left who could repay it. `card` is the history of the customer's card, which is blocked. The last transaction
    has the account as it is to be.
    """
    history = History(Cause(pseudonym.program_id, CauseKind.ERASURE, pseudonym.customer_id))
    renamed = replace(account, account_id=pseudonym, salt=salt)
    transaction = replace(Transaction.begin(program, origin, history, account), account=renamed)
    if account.lots:
        transaction = transaction.debit(Kind.ADJUST_DOWN, Event.POINTS_FORFEITED, account.lots, reason=REASON)
    if account.debt:
        owed = Lots.single(None, account.debt)
        transaction = transaction.credit(Kind.ADJUST_UP, Event.POINTS_FORFEITED, owed, reason=REASON)
    today = business_day(origin.recorded_at, program.timezone)
    transaction = transaction.note(Event.CUSTOMER_ERASED, Counted(day=today))
    erased = replace(transaction, account=replace(transaction.holder, review_at=None, purge_at=None))
    return (erased, *block(erased.of(card, erased.account), REASON)) if card else (erased,)


def without_person(movement: Movement, person: AccountId, pseudonym: AccountId, salt: bytes) -> Movement:
    """`movement`, which is of `person` or named by them, with the pseudonym in their place and without texts.

    `salt` is that of the account whose movement it is. Its seal stays, and stays right.
    """
    account = pseudonym if movement.account == person else movement.account
    mine = account == pseudonym
    return replace(
        movement,
        cause=_unnamed(movement.cause, person, pseudonym, salt),
        account=account,
        reason=None if mine and has_free_text(movement) else movement.reason,
        redacted=personal_digest(movement, salt),
    )


def with_other_referrer(completion: Movement, person: AccountId, pseudonym: AccountId) -> Movement:
    """The completion of an order whose customer was referred by `person`, with the pseudonym in their place."""
    facts = completion.facts
    if not isinstance(facts, Completed) or facts.referrer != person.customer_id:
        return completion
    return replace(completion, facts=replace(facts, referrer=pseudonym.customer_id))


def without_reason(note: Movement, adjustment: Movement) -> Movement:
    """What an order's history says about an adjustment, which is by now called as `adjustment` is."""
    noted = note.facts_as(AdjustmentNoted)
    return replace(note, facts=replace(noted, movement_id=adjustment.movement_id, reason=None))


def is_named_by(cause: Cause, person: AccountId) -> bool:
    """Whether the customer's id stands in the cause."""
    match cause.kind:
        case CauseKind.SIGN_UP | CauseKind.REFERRAL:
            return cause.reference == person.customer_id
        case CauseKind.REQUEST:
            # A key of the store's own making. One that says nothing about the customer stays, and stays used.
            return person.customer_id in cause.reference
        case _:
            return False


def _unnamed(cause: Cause, person: AccountId, pseudonym: AccountId, salt: bytes) -> Cause:
    """The cause under a name in which the customer's id does not stand."""
    if not is_named_by(cause, person):
        return cause
    if cause.kind is CauseKind.REQUEST:
        return replace(cause, reference=f"{pseudonym.customer_id}/{personal_name(cause.reference, salt)}")
    return replace(cause, reference=pseudonym.customer_id)
