"""Journal entries, as finance books them."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from loyalty.domain.money import exact
from loyalty.entry.contracts.fields import Amount, Answer, Day, Query, refuse
from loyalty.entry.problems import Fault
from loyalty.usecases.view_journal import BookedEntry

MAX_DAYS = 366


class PostingAnswer(Answer):
    """One side of an entry, in points and in money."""

    account: str
    side: Literal["debit", "credit"]
    points: int
    amount: Amount


class JournalEntryAnswer(Answer):
    """What is booked for a business day and kind of movement; its postings balance.

    `closed` says that the day is over everywhere: the entry stays as it is.
    """

    entry_id: str
    program_id: str
    business_day: date
    kind: str
    closed: bool
    currency: str
    movements: int
    points: int
    amount: Amount
    postings: list[PostingAnswer]

    @classmethod
    def of(cls, booked: BookedEntry) -> "JournalEntryAnswer":
        entry = booked.entry
        amount = str(exact(entry.amount, entry.currency))
        sides: list[tuple[str, Literal["debit", "credit"]]] = [
            (entry.sides.debit.named(booked.accounts), "debit"),
            (entry.sides.credit.named(booked.accounts), "credit"),
        ]
        return cls(
            entry_id=f"{entry.program_id}/{entry.day.isoformat()}/{entry.kind}",
            program_id=entry.program_id,
            business_day=entry.day,
            kind=entry.kind.value,
            closed=booked.closed,
            currency=entry.currency,
            movements=entry.movements,
            points=entry.points,
            amount=amount,
            postings=[
                PostingAnswer(account=account, side=side, points=entry.points, amount=amount) for account, side in sides
            ],
        )


class JournalAnswer(Answer):
    """The entries of some business days, oldest first."""

    entries: list[JournalEntryAnswer]

    @classmethod
    def of(cls, entries: Iterable[BookedEntry]) -> "JournalAnswer":
        return cls(entries=[JournalEntryAnswer.of(entry) for entry in entries])


class JournalQuery(Query):
    """Which business days (both included), and whether only what purges wrote off."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]
    kind: Literal["write_off", "all"] = "write_off"

    def check(self) -> None:
        """Raises Problem unless the days are in order, and not too many."""
        if self.last < self.first:
            refuse([Fault("/to", "out_of_range", "must not be before `from`")])
        if (self.last - self.first).days >= MAX_DAYS:
            refuse([Fault("/to", "out_of_range", f"must be within {MAX_DAYS} days of `from`")])
