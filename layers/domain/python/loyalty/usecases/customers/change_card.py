"""A card is assigned, blocked or replaced, once per idempotency key.

The request's record, the card's movements and those of the accounts are one write. Cards and accounts are read
consistently; whatever else happens to one of them meanwhile, this loses the race and is decided anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loyalty.domain.customers.cards import Status, assign, block, card_of, cause_of_card, create, draw, known, replace
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import CardAsked, CardRequested, ReplacementAsked
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.idempotency import cause_of_request, is_repeat
from loyalty.domain.ledger.kinds import Event
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender, Transaction
from loyalty.ports.world import World
from loyalty.usecases.commands.command import Outcome, carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChanged:
    """What became of a card, the first time: whose it is, or was when it was blocked. `replaces` is the one before."""

    number: str
    status: Status
    customer_id: str | None
    replaces: str | None
    outcome: Outcome


type Decided = tuple[Sequence[Transaction], Account | None, str]
"""What happens to cards and accounts, the account of whose card it is, and the number of the card in the answer."""


def assign_card(
    world: World, program_id: str, idempotency_key: str, number: str, customer_id: str, sender: Sender
) -> CardChanged:
    """Give the card to a customer, also where another one has it."""
    account_id = AccountId(program_id, customer_id)

    def decide(request: Transaction) -> Decided:
        history, account = world.ledger.read(cause_of_card(program_id, number), account_id, consistent=True)
        card = card_of(history)
        held_by = _account(world, card.holder) if card and card.holder != account_id else None
        return assign(request.of(history, account), held_by), account, number

    asked = CardAsked(number=number)
    return _carry_out(world, program_id, idempotency_key, Event.CARD_ASSIGNED, asked, None, sender, decide, account_id)


def block_card(
    world: World, program_id: str, idempotency_key: str, number: str, reason: str | None, sender: Sender
) -> CardChanged:
    """Block a card that is lost, say. Points stay with its customer, who has no card then."""

    def decide(request: Transaction) -> Decided:
        history, account = _read(world, program_id, number)
        return block(request.of(history, account), reason), account, number

    asked = CardAsked(number=number)
    return _carry_out(world, program_id, idempotency_key, Event.CARD_BLOCKED, asked, reason, sender, decide)


def replace_card(
    world: World,
    program_id: str,
    idempotency_key: str,
    number: str,
    by: str | None,
    reason: str | None,
    sender: Sender,
) -> CardChanged:
    """Block a card and give its customer another: the one numbered `by`, or a new one. Points stay with them."""

    def decide(request: Transaction) -> Decided:
        history, account = _read(world, program_id, number)
        if by is None:
            new = create(request.of(History(cause_of_card(program_id, draw(world.digits))), None))
        else:
            new = request.of(world.ledger.read(cause_of_card(program_id, by), None, consistent=True)[0], None)
        return replace(request.of(history, account), new, reason), account, new.history.cause.reference

    asked = ReplacementAsked(number=number, by=by)
    return _carry_out(world, program_id, idempotency_key, Event.CARD_REPLACED, asked, reason, sender, decide)


def _carry_out(
    world: World,
    program_id: str,
    idempotency_key: str,
    event: Event,
    asked: CardAsked,
    reason: str | None,
    sender: Sender,
    decide: Callable[[Transaction], Decided],
    account_id: AccountId | None = None,
) -> CardChanged:
    beside: Sequence[Transaction] = ()

    def repeats(request: Transaction) -> bool:
        return is_repeat(request, account_id or request.history.account_id, (event,), reason, asked)

    def record(request: Transaction) -> Transaction:
        nonlocal beside
        if repeats(request):
            return request
        beside, account, number = decide(request)
        begun = Transaction.begin(request.program, request.origin, request.history, account)
        return begun.note(event, facts=CardRequested(asked=asked, card=number), reason=reason)

    transaction = carry_out(
        world,
        program_id,
        cause_of_request(program_id, idempotency_key),
        None,
        sender,
        record,
        answered=lambda history: history.first is not None,
        beside=lambda request: beside,
    )
    done = transaction.history.movements[0]
    number, asked_for = done.facts_as(CardRequested).card, asked.number
    return CardChanged(
        number=number,
        status=Status.BLOCKED if event is Event.CARD_BLOCKED else Status.ACTIVE,
        customer_id=done.account.customer_id if done.account else None,
        replaces=asked_for if asked_for != number else None,
        outcome=Outcome.of(transaction),
    )


def _read(world: World, program_id: str, number: str) -> tuple[History, Account | None]:
    """The card's history, and the account of who has it, or had it."""
    history, _ = world.ledger.read(cause_of_card(program_id, number), None, consistent=True)
    holder = known(history).holder
    return history, _account(world, holder) if holder else None


def _account(world: World, account_id: AccountId | None) -> Account | None:
    return world.ledger.account(account_id, consistent=True) if account_id else None
