"""Loyalty cards: numbers that stand for a customer at a till.

A card is a history of its own, named by its number; what it is follows from what happened to it. A customer has at most
one card, and their account says which. Points are the customer's, never the card's: they stay where they are whatever
becomes of it.

Sources: ISO/IEC 7812-1 (the check digit; a number that starts with 9 goes on with the code of the country that gave it
out), ISO 3166-1 (the codes 900 to 999 are no country's).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import CardReplaced
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event
from loyalty.domain.ledger.movement import AccountId, CardHeld, Cause
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.values.refusal import Refused

LENGTH = 16
PREFIX = "99"
"""With what our numbers start: no issuer of cards is registered under it."""
RANDOM_DIGITS = LENGTH - len(PREFIX) - 1
SEPARATORS = str.maketrans("", "", " -")
"""What people type between the groups of a number, and what it is without."""


class CardStatus(StrEnum):
    """What a card can be used for."""

    UNASSIGNED = "unassigned"
    ACTIVE = "active"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a card is now. `holder` has it, or had it when it was blocked."""

    number: str
    status: CardStatus = CardStatus.UNASSIGNED
    holder: AccountId | None = None
    replaced_by: str | None = None


def check_digit(digits: str) -> str:
    """The digit that makes `digits` a number: Luhn's, which shows any one wrong digit and most swapped ones."""
    return str(-_luhn(f"{digits}0") % 10)


def is_number(text: str) -> bool:
    """Whether `text` can be the number of a card: so many digits, the last of which fits the others."""
    return len(text) == LENGTH and text.isascii() and text.isdigit() and _luhn(text) % 10 == 0


def draw(digits: Callable[[int], str]) -> str:
    """A new number. `digits` gives that many decimal digits which nobody can guess."""
    drawn = PREFIX + digits(RANDOM_DIGITS)
    return drawn + check_digit(drawn)


def _luhn(digits: str) -> int:
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return sum(map(int, digits[::-2])) + sum(double // 10 + double % 10 for double in doubled)


def cause_of_card(program_id: str, number: str) -> Cause:
    """A card is named by its number."""
    return Cause(program_id, CauseKind.CARD, number)


def card_of(history: History) -> Card | None:
    """The card whose history this is; None where nobody created one of this number."""
    number = history.cause.reference
    card = None
    for movement in history:
        match movement.event:
            case Event.CARD_CREATED | Event.CARD_RELEASED:
                card = Card(number=number)
            case Event.CARD_ASSIGNED:
                card = Card(number=number, status=CardStatus.ACTIVE, holder=movement.account)
            case Event.CARD_BLOCKED | Event.CARD_REPLACED:
                facts = movement.facts
                card = Card(
                    number=number,
                    status=CardStatus.BLOCKED,
                    holder=movement.account,
                    replaced_by=facts.replaced_by if isinstance(facts, CardReplaced) else None,
                )
    return card


def known(history: History, pointer: str | None = None) -> Card:
    """The card whose history this is. Raises Refused when nobody created it."""
    card = card_of(history)
    if card is None:
        raise Refused("unknown_card", "There is no card of this number.", pointer=pointer)
    return card


def create(transaction: Transaction) -> Transaction:
    """Create the card whose history this is: nobody's yet."""
    return transaction.note(Event.CARD_CREATED)


def assign(transaction: Transaction, held_by: Account | None) -> tuple[Transaction, ...]:
    """Give the card, whose history this is, to the customer whose account this is. `held_by` has it now, and loses it.

    Nothing where it is the customer's already.
    """
    card, customer = known(transaction.history), transaction.holder
    _refuse_blocked(card)
    if customer.card == card.number:
        return ()
    _refuse_second(customer)
    if held_by is None:
        return (_give(transaction),)
    released = transaction.of(transaction.history, held_by).note(Event.CARD_RELEASED, card=CardHeld(None))
    return released, _give(transaction.of(released.history, customer))


def block(transaction: Transaction, reason: str | None) -> tuple[Transaction, ...]:
    """Block the card, whose history this is; the account is that of who has it. Nothing where it is blocked already."""
    card = known(transaction.history)
    if card.status is CardStatus.BLOCKED:
        return ()
    lost = CardHeld(None) if card.status is CardStatus.ACTIVE else None
    return (transaction.note(Event.CARD_BLOCKED, card=lost, reason=reason),)


def replace(transaction: Transaction, new: Transaction, reason: str | None) -> tuple[Transaction, ...]:
    """Block the card, whose history this is, and give who has it, or had it, another, which is nobody's.

    `new` is on the other card's history, and may just have created it.
    """
    old = known(transaction.history)
    if old.holder is None or old.holder.is_erased:
        raise Refused("card_unassigned", "The card is nobody's, so nobody needs another for it.")
    customer, other = transaction.holder, known(new.history, "/number")
    _refuse_blocked(other, "/number")
    if other.holder:
        raise Refused("card_assigned", "The card is somebody's already.", pointer="/number")
    if old.status is CardStatus.BLOCKED:
        _refuse_second(customer)
    gone = transaction.note(Event.CARD_REPLACED, facts=CardReplaced(replaced_by=other.number), reason=reason)
    given = _give(transaction.of(new.history, customer))
    return (gone, new, given) if new.decided else (gone, given)


def _give(transaction: Transaction) -> Transaction:
    return transaction.note(Event.CARD_ASSIGNED, card=CardHeld(transaction.history.cause.reference))


def _refuse_blocked(card: Card, pointer: str | None = None) -> None:
    if card.status is CardStatus.BLOCKED:
        raise Refused("card_blocked", "The card is blocked.", pointer=pointer)


def _refuse_second(customer: Account) -> None:
    if customer.card:
        raise Refused(
            "customer_has_card",
            "The customer has a card already: replace that one.",
            facts={"card_number": customer.card},
        )
