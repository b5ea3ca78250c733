"""Cards are created, a batch in one write. Cards of a batch that no customer got can be withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from loyalty.domain.customers.cards import CardStatus, block, cause_of_card, create, draw, known
from loyalty.domain.ledger.facts import CardsAsked, CardsRequested
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.idempotency import is_repeat
from loyalty.domain.ledger.kinds import Event
from loyalty.domain.ledger.movement import Cause
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.ports.ledger import MAX_ITEMS
from loyalty.usecases.commands.command import Command, CommandPorts, Outcome, Sources, carry_out
from loyalty.usecases.commands.retry import retry

CARDS_PER_WRITE = MAX_ITEMS - 1
"""An item for each card, and one for the record of the request."""


@dataclass(frozen=True, slots=True)
class CardsCreated:
    """The numbers of a batch, in the order of its rows; the same whenever it is asked for again."""

    numbers: tuple[str, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class CardsWithdrawn:
    """What became of a batch: cards that nobody ever had are blocked, the others stay as they are."""

    blocked: tuple[str, ...]
    assigned: tuple[str, ...]


def create_cards(ports: CommandPorts, cause: Cause, count: int, sender: Sender) -> CardsCreated:
    """Create `count` cards (at most CARDS_PER_WRITE), once for `cause`: a request, or a part of a job.

    Their numbers are recorded in its history, in the write that creates them: a retry finds them there. A number that
    is taken already loses the race, and all are drawn anew. Raises what `carry_out` does.
    """
    transaction = carry_out(ports, _command(cause, count, sender))
    return CardsCreated(_cards(transaction.history), Outcome.of(transaction))


def withdraw_cards(ports: CommandPorts, cause: Cause, reason: str, sender: Sender) -> CardsWithdrawn:
    """Block the cards that `cause` created, but for those that were assigned since. May be repeated.

    Raises Unavailable when others kept winning the race.
    """
    program = ports.programs.get(cause.program_id)
    batch, _ = ports.ledger.read(cause, None, consistent=True)

    def attempt(_: int) -> CardsWithdrawn:
        origin = Origin(sender, ports.clock())
        histories = [_history(ports, cause.program_id, number) for number in _cards(batch)]
        assigned = tuple(card.number for history in histories if (card := known(history)).holder)
        unassigned = [history for history in histories if known(history).status is CardStatus.UNASSIGNED]
        begun = [Transaction.begin(program, origin, history, None) for history in unassigned]
        blocking = [blocked for transaction in begun for blocked in block(transaction, reason)]
        if blocking:
            ports.ledger.write(blocking)
        return CardsWithdrawn(tuple(number for number in _cards(batch) if number not in assigned), assigned)

    return retry(ports, "cards", attempt)


def _command(cause: Cause, count: int, sender: Sender) -> Command[Sequence[str]]:
    asked = CardsAsked(count=count)

    def gather(sources: Sources, begun: Transaction) -> Sequence[str]:
        """New numbers, all of them different; none for a repeat."""
        numbers: dict[str, None] = {}
        while not begun.history.first and len(numbers) < count:
            numbers[draw(sources.digits)] = None
        return tuple(numbers)

    def decide(begun: Transaction, numbers: Sequence[str]) -> Sequence[Transaction]:
        if is_repeat(begun, None, (Event.CARDS_CREATED,), None, asked):
            return [begun]
        done = begun.note(Event.CARDS_CREATED, facts=CardsRequested(asked=asked, cards=tuple(numbers)))
        cards = [History(cause_of_card(cause.program_id, number)) for number in numbers]
        return [done, *(create(done.of(card, None)) for card in cards)]

    return Command(
        cause=cause,
        account_id=None,
        sender=sender,
        gather=gather,
        decide=decide,
        is_answered=lambda history: history.first is not None,
    )


def _history(ports: CommandPorts, program_id: str, number: str) -> History:
    history, _ = ports.ledger.read(cause_of_card(program_id, number), None, consistent=True)
    return history


def _cards(history: History) -> tuple[str, ...]:
    """The numbers that were recorded for a request; none where it was not carried out."""
    facts = history.first.facts if history.first else None
    return facts.cards if isinstance(facts, CardsRequested) else ()
