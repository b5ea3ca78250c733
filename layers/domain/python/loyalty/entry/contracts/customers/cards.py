"""Loyalty cards: created, assigned, looked up at a till, blocked, replaced, listed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from zlib import crc32

from pydantic import Field

from loyalty.domain.customers.cards import is_number
from loyalty.domain.ledger.movement import Movement
from loyalty.domain.ledger.tiers import tier_of
from loyalty.entry.contracts.fields import Answer, CardNumber, Contract, Id, MoneyAnswer, Query, Source, Text
from loyalty.entry.contracts.movements import type_of
from loyalty.entry.http.problems import Fault, Problem
from loyalty.usecases.customers.create_cards import CardsCreated
from loyalty.usecases.customers.view_cards import CardView

MAX_CARDS = 50
"""So many are created by one request; more are a job."""

MAX_PAGE = 5_000

MAX_CURSOR = 32
"""Characters; a longer one is not ours."""


class CreateCards(Contract):
    """How many cards to create. They are nobody's yet."""

    count: Annotated[int, Field(ge=1, le=MAX_CARDS)] = 1
    source: Source = "API"


class AssignCard(Contract):
    """Whose card it is from now on; also where it was another customer's."""

    customer_id: Id
    source: Source = "API"


class BlockCard(Contract):
    """Why a card is blocked."""

    reason: Text | None = None
    source: Source = "API"


class ReplaceCard(Contract):
    """The card that is given for it, one that is nobody's yet; without `number` a new one."""

    number: CardNumber | None = None
    reason: Text | None = None
    source: Source = "API"


class NewCardAnswer(Answer):
    """A card that was created."""

    number: str
    status: Literal["unassigned"] = "unassigned"


class CardsCreatedAnswer(Answer):
    """The cards that were created, the first time that the key was used."""

    cards: list[NewCardAnswer]

    @classmethod
    def of(cls, done: CardsCreated) -> "CardsCreatedAnswer":
        return cls(cards=[NewCardAnswer(number=number) for number in done.numbers])


class CardChangedAnswer(Answer):
    """What became of the card, the first time. `replaces` is the card that it was given for.

    `customer_id` of a blocked card is whose it was.
    """

    number: str
    status: Literal["active", "blocked"]
    customer_id: str | None
    replaces: str | None


class CardTransaction(Answer):
    """Something that happened to the card or to its customer's points. `points` is signed.

    `balance` is the one after it; null where that is not this customer's.
    """

    type: str
    source: str
    points: int
    balance: int | None
    order_id: str | None
    reason: str | None
    recorded_at: datetime

    @classmethod
    def of(cls, movement: Movement, *, of_customer: bool) -> "CardTransaction":
        return cls(
            type=type_of(movement),
            source=movement.source,
            points=movement.kind.sign * movement.points,
            balance=movement.balance_after if of_customer else None,
            order_id=movement.cause.order_id,
            reason=movement.reason,
            recorded_at=movement.recorded_at,
        )


class CardAnswer(Answer):
    """A card as a till sees it. Only an active one has a balance; a blocked one says whose it was.

    `replaced_by` is the card that was given for it. `transactions` are the latest ones, newest first.
    """

    number: str
    status: Literal["unassigned", "active", "blocked"]
    customer_id: str | None
    replaced_by: str | None
    balance: int | None
    value: MoneyAnswer | None
    tier: str | None
    transactions: list[CardTransaction]

    @classmethod
    def of(cls, view: CardView) -> "CardAnswer":
        card, of = view.card, view.account
        tier = tier_of(of.program, of.account.standing) if of else None
        transactions = [
            CardTransaction.of(movement, of_customer=of is not None and movement.account == card.holder)
            for movement in view.movements
        ]
        return cls.model_validate(
            {
                "number": card.number,
                "status": card.status.value,
                "customer_id": card.holder.customer_id if card.holder else None,
                "replaced_by": card.replaced_by,
                "balance": of.balance if of else None,
                "value": {"amount": str(of.value), "currency": of.program.currency} if of else None,
                "tier": tier.name if tier else None,
                "transactions": transactions,
            }
        )


class CardsQuery(Query):
    """Which part of the list."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Field(json_schema_extra={"maxLength": MAX_CURSOR})] | None = None

    def after(self, program_id: str) -> str | None:
        """The number that the cursor stands at. Raises Problem for one of another list."""
        if self.cursor is None:
            return None
        number, _, _ = self.cursor.partition("-")
        if len(self.cursor) <= MAX_CURSOR and is_number(number) and self.cursor == cursor_at(program_id, number):
            return number
        raise Problem.of([Fault("/cursor", "invalid_cursor", "must come from this list")])


def cursor_at(program_id: str, number: str) -> str:
    """A cursor of the program's list of cards. It grants nothing; its check finds mix-ups."""
    return f"{number}-{crc32(repr((program_id, number)).encode()):08x}"


class CardListed(Answer):
    """A card of the program."""

    number: str


class CardsAnswer(Answer):
    """Cards of the program, in no particular order. `cursor` leads to more; null is the end."""

    cards: list[CardListed]
    cursor: str | None

    @classmethod
    def of(cls, program_id: str, numbers: Sequence[str], limit: int) -> "CardsAnswer":
        return cls(
            cards=[CardListed(number=number) for number in numbers],
            cursor=cursor_at(program_id, numbers[-1]) if len(numbers) == limit else None,
        )
