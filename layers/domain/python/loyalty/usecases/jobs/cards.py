"""Cards of jobs: a batch in one write, named by its first row. Undoing blocks the cards that no customer got."""

from collections.abc import Iterator, Sequence
from itertools import batched

from loyalty.domain.jobs.job import Ending, Job, RowResult
from loyalty.domain.ledger.transaction import Sender
from loyalty.usecases.commands.command import CommandPorts
from loyalty.usecases.customers.create_cards import CARDS_PER_WRITE, create_cards, withdraw_cards

REASON = "the job was undone"


def make_cards(ports: CommandPorts, job: Job, rows: Sequence[int]) -> Iterator[RowResult]:
    """Create a card for each of `rows`. A dry run creates none."""
    for batch in batched(rows, CARDS_PER_WRITE, strict=False):
        numbers: Sequence[str | None] = [None] * len(batch)
        if not job.dry_run:
            numbers = create_cards(ports, job.cause(batch[0]), len(batch), _sender(job)).numbers
        for row, number in zip(batch, numbers, strict=True):
            yield RowResult(number=row, ending=Ending.DONE, subject=number)


def take_cards_back(ports: CommandPorts, job: Job, rows: Sequence[int]) -> Iterator[RowResult]:
    """Block the cards of `rows`, except those that a customer was given since."""
    for batch in batched(rows, CARDS_PER_WRITE, strict=False):
        cause = job.cause(batch[0])
        numbers = create_cards(ports, cause, len(batch), _sender(job)).numbers
        assigned = set(withdraw_cards(ports, cause, REASON, _sender(job)).assigned)
        for row, number in zip(batch, numbers, strict=True):
            kept = number in assigned
            ending, code = (Ending.PASSED_OVER, "card_assigned") if kept else (Ending.DONE, None)
            yield RowResult(number=row, ending=ending, code=code, subject=number)


def _sender(job: Job) -> Sender:
    return Sender(job.actor, job.source)
