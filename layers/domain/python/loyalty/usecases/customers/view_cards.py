"""Cards are looked up: one at a till, or all of them to be printed. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass

from loyalty.domain.customers.cards import Card, CardStatus, cause_of_card, known
from loyalty.domain.ledger.movement import Movement
from loyalty.usecases.customers.account import AccountPorts, AccountView, view_account

LATEST = 10
"""How many transactions the view of a card shows."""


@dataclass(frozen=True, slots=True)
class CardView:
    """A card; the account of its customer, where it can be used; and what happened last, newest first."""

    card: Card
    account: AccountView | None
    movements: Sequence[Movement]


def view_card(ports: AccountPorts, program_id: str, number: str) -> CardView:
    """A card as a till sees it. Raises Refused for a number that no card has."""
    ports.programs.get(program_id)
    history, _ = ports.ledger.read(cause_of_card(program_id, number), None, consistent=True)
    card = known(history)
    own = history.movements[::-1]
    if card.holder is None or card.status is not CardStatus.ACTIVE:
        return CardView(card, None, own[:LATEST])
    account = view_account(ports, card.holder)
    # What a card does to its customer is in both; of one instant, what is in the statement came last.
    both = {m.movement_id: m for m in (*ports.ledger.statement(card.holder, LATEST, None), *own)}
    return CardView(card, account, sorted(both.values(), key=lambda m: m.recorded_at, reverse=True)[:LATEST])


def view_cards(ports: AccountPorts, program_id: str, limit: int, after: str | None) -> list[str]:
    """Up to `limit` numbers of a program's cards, after the number `after`. Fewer than `limit` are the last ones."""
    ports.programs.get(program_id)
    return ports.ledger.cards_of(program_id, limit, after)
