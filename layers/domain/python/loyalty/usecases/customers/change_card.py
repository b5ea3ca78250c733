"""A card is assigned, blocked or replaced, once per idempotency key.

The request's record, the card's movements and those of the accounts are one write. Cards and accounts are read
consistently. If anything else happens to one of them meanwhile, this loses the race and is decided anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loyalty.domain.customers.cards import CardStatus, assign, block, card_of, cause_of_card, create, draw, replace
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import CardAsked, CardRequested, ReplacementAsked
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.idempotency import cause_of_request, is_repeat
from loyalty.domain.ledger.kinds import Event
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender, Transaction
from loyalty.usecases.commands.command import Command, CommandPorts, Outcome, Sources, carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChanged:
    """What became of a card, the first time: whose it is, or was when it was blocked. `replaces` is the one before."""

    number: str
    status: CardStatus
    customer_id: str | None
    replaces: str | None
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What was read: the card's history, and the account of who gets the card, has it, or had it."""

    card: History
    account: Account | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _FoundHolder(_Found):
    """Also the account of somebody else who has the card now."""

    held_by: Account | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _FoundNew(_Found):
    """Also the history of the card that replaces it."""

    new: History


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change[F: _Found]:
    """What a request asks for, and how that is found and decided. `customer` is the one whom the request names.

    `decide` returns what happens to cards and accounts, and the number of the card in the answer.
    """

    event: Event
    asked: CardAsked
    reason: str | None = None
    customer: AccountId | None = None
    gather: Callable[[Sources], F]
    decide: Callable[[Transaction, F], tuple[Sequence[Transaction], str]]


def assign_card(
    ports: CommandPorts, program_id: str, idempotency_key: str, number: str, customer_id: str, sender: Sender
) -> CardChanged:
    """Give the card to a customer, also where another one has it."""
    change = _assignment(number, AccountId(program_id, customer_id))
    return _carry_out(ports, program_id, idempotency_key, change, sender)


def block_card(
    ports: CommandPorts, program_id: str, idempotency_key: str, number: str, reason: str | None, sender: Sender
) -> CardChanged:
    """Block a card that is lost, say. Points stay with its customer, who has no card then."""
    return _carry_out(ports, program_id, idempotency_key, _blocking(program_id, number, reason), sender)


def replace_card(
    ports: CommandPorts,
    program_id: str,
    idempotency_key: str,
    number: str,
    by: str | None,
    reason: str | None,
    sender: Sender,
) -> CardChanged:
    """Block a card and give its customer another: the one numbered `by`, or a new one. Points stay with them."""
    return _carry_out(ports, program_id, idempotency_key, _replacement(program_id, number, by, reason), sender)


def _carry_out[F: _Found](
    ports: CommandPorts, program_id: str, idempotency_key: str, change: _Change[F], sender: Sender
) -> CardChanged:
    transaction = carry_out(ports, _command(program_id, idempotency_key, change, sender))
    done = transaction.history.movements[0]
    number, asked_for = done.facts_as(CardRequested).card, change.asked.number
    return CardChanged(
        number=number,
        status=CardStatus.BLOCKED if change.event is Event.CARD_BLOCKED else CardStatus.ACTIVE,
        customer_id=done.account.customer_id if done.account else None,
        replaces=asked_for if asked_for != number else None,
        outcome=Outcome.of(transaction),
    )


def _command[F: _Found](program_id: str, idempotency_key: str, change: _Change[F], sender: Sender) -> Command[F | None]:
    def decide(begun: Transaction, found: F | None) -> Sequence[Transaction]:
        customer = change.customer or begun.history.account_id
        if is_repeat(begun, customer, (change.event,), change.reason, change.asked) or found is None:
            return [begun]
        changes, number = change.decide(begun, found)
        request = Transaction.begin(begun.program, begun.origin, begun.history, found.account)
        facts = CardRequested(asked=change.asked, card=number)
        return [request.note(change.event, facts=facts, reason=change.reason), *changes]

    return Command(
        cause=cause_of_request(program_id, idempotency_key),
        account_id=None,
        sender=sender,
        gather=lambda sources, begun: None if begun.history.first else change.gather(sources),
        decide=decide,
        is_answered=lambda history: history.first is not None,
    )


def _assignment(number: str, customer: AccountId) -> _Change[_FoundHolder]:
    def gather(sources: Sources) -> _FoundHolder:
        cause = cause_of_card(customer.program_id, number)
        history, account = sources.ledger.read(cause, customer, consistent=True)
        holder = _holder(history)
        held_by = _account(sources, holder) if holder != customer else None
        return _FoundHolder(card=history, account=account, held_by=held_by)

    return _Change(
        event=Event.CARD_ASSIGNED,
        asked=CardAsked(number=number),
        customer=customer,
        gather=gather,
        decide=lambda begun, found: (assign(begun.of(found.card, found.account), found.held_by), number),
    )


def _blocking(program_id: str, number: str, reason: str | None) -> _Change[_Found]:
    return _Change(
        event=Event.CARD_BLOCKED,
        asked=CardAsked(number=number),
        reason=reason,
        gather=lambda sources: _found(sources, program_id, number),
        decide=lambda begun, found: (block(begun.of(found.card, found.account), reason), number),
    )


def _replacement(program_id: str, number: str, by: str | None, reason: str | None) -> _Change[_FoundNew]:
    def gather(sources: Sources) -> _FoundNew:
        old = _found(sources, program_id, number)
        new = (
            History(cause_of_card(program_id, draw(sources.digits)))
            if by is None
            else _history(sources, program_id, by)
        )
        return _FoundNew(card=old.card, account=old.account, new=new)

    def decide(begun: Transaction, found: _FoundNew) -> tuple[Sequence[Transaction], str]:
        new = begun.of(found.new, None)
        if by is None:
            new = create(new)
        return replace(begun.of(found.card, found.account), new, reason), new.history.cause.reference

    return _Change(
        event=Event.CARD_REPLACED,
        asked=ReplacementAsked(number=number, by=by),
        reason=reason,
        gather=gather,
        decide=decide,
    )


def _found(sources: Sources, program_id: str, number: str) -> _Found:
    """The card's history, and the account of who has it, or had it."""
    history = _history(sources, program_id, number)
    return _Found(card=history, account=_account(sources, _holder(history)))


def _history(sources: Sources, program_id: str, number: str) -> History:
    history, _ = sources.ledger.read(cause_of_card(program_id, number), None, consistent=True)
    return history


def _holder(history: History) -> AccountId | None:
    card = card_of(history)
    return card.holder if card else None


def _account(sources: Sources, account_id: AccountId | None) -> Account | None:
    return sources.ledger.account(account_id, consistent=True) if account_id else None
