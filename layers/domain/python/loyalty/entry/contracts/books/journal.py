"""Journal entries, as finance books them."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field

from loyalty.domain.books.sums import Booked
from loyalty.domain.ledger.kinds import CauseKind, Kind
from loyalty.domain.ledger.movement import Cause
from loyalty.domain.values.money import exact
from loyalty.entry.contracts.fields import Amount, Answer, Day, Query, refuse
from loyalty.entry.http.problems import Fault, Problem
from loyalty.ports.books import DayPlace
from loyalty.usecases.books.journal import MAX_PAGE, BookedEntry

MAX_DAYS = 366

KINDS = tuple(kind.value for kind in Kind.of_points())

MAX_CURSOR = 600
"""Characters; a longer one is not ours."""


def entry_id(program_id: str, day: date, kind: Kind) -> str:
    return f"{program_id}/{day.isoformat()}/{kind}"


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
            (entry.debit.named(booked.accounts), "debit"),
            (entry.credit.named(booked.accounts), "credit"),
        ]
        return cls(
            entry_id=entry_id(entry.program_id, entry.day, entry.kind),
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
    last: Annotated[Day, Field(alias="to", description=f"At most {MAX_DAYS} days, with `from` and `to`.")]
    kind: Literal["write_off", "all"] = "write_off"

    def check(self) -> None:
        """Raises Problem unless the days are in order, and not too many."""
        check_days(self.first, self.last, MAX_DAYS)


def check_days(first: date, last: date, most: int) -> None:
    """Raises Problem unless `first` to `last` are 1 to `most` days."""
    if last < first:
        refuse([Fault("/to", "out_of_range", "must not be before `from`")])
    if (last - first).days >= most:
        refuse([Fault("/to", "out_of_range", f"must be within {most} days of `from`")])


def parse_kind(text: str) -> Kind:
    """A kind of movement in a path. Raises Problem."""
    if text not in KINDS:
        refuse([Fault("/kind", "not_allowed", f"must be one of {', '.join(KINDS)}")])
    return Kind(text)


class EntryQuery(Query):
    """Which part of the movements of an entry."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Field(json_schema_extra={"maxLength": MAX_CURSOR})] | None = None

    def after(self, program_id: str, day: date, kind: Kind) -> DayPlace | None:
        """Where the cursor stands. Raises Problem for one that is not of this entry, or was tampered with."""
        if self.cursor is None:
            return None
        place = _read_cursor(self.cursor, program_id) if len(self.cursor) <= MAX_CURSOR else None
        if place is None or cursor_at(place, day, kind) != self.cursor:
            raise Problem.of([Fault("/cursor", "invalid_cursor", "must come from this entry")])
        return place


def cursor_at(place: DayPlace, day: date, kind: Kind) -> str:
    """A cursor of the movements of an entry. It grants nothing; its check finds mix-ups and tampering."""
    cause = place.cause
    where = [place.shard, place.recorded_at.isoformat(), cause.kind.value, cause.reference, place.position]
    check = sha256(repr((place, day, kind)).encode()).hexdigest()[:16]
    return urlsafe_b64encode(json.dumps([check, *where], ensure_ascii=False).encode()).decode()


def _read_cursor(cursor: str, program_id: str) -> DayPlace | None:
    """Where a cursor says that it stands, if it says anything at all that could be."""
    try:
        _, shard, recorded, kind, reference, position = json.loads(urlsafe_b64decode(cursor.encode()))
        cause = Cause(program_id, CauseKind(kind), reference)
        place = DayPlace(int(shard), datetime.fromisoformat(recorded), cause, int(position))
    except (ValueError, TypeError, RecursionError):
        return None
    known = isinstance(reference, str) and reference.isprintable() and place.recorded_at.tzinfo is UTC
    return place if known and 0 < place.position < 10**8 else None


class BookedMovementAnswer(Answer):
    """A movement that an entry sums: `points`, worth `amount` at the point value of that moment."""

    movement_id: str
    customer_id: str
    guest: bool
    order_id: str | None
    points: int
    amount: Amount
    recorded_at: datetime

    @classmethod
    def of(cls, movement: Booked) -> "BookedMovementAnswer":
        return cls(
            movement_id=movement.movement_id,
            customer_id=movement.account.customer_id,
            guest=movement.account.guest,
            order_id=movement.cause.order_id,
            points=movement.points,
            amount=str(exact(movement.amount, movement.currency)),
            recorded_at=movement.recorded_at,
        )


class EntryMovementsAnswer(Answer):
    """Movements of an entry, in no particular order. `cursor` leads to more; null is the end.

    A page may have fewer than `limit`, or none, although more follow.
    """

    entry_id: str
    movements: list[BookedMovementAnswer]
    cursor: str | None

    @classmethod
    def of(
        cls, program_id: str, day: date, kind: Kind, movements: list[Booked], place: DayPlace | None
    ) -> "EntryMovementsAnswer":
        return cls(
            entry_id=entry_id(program_id, day, kind),
            movements=[BookedMovementAnswer.of(movement) for movement in movements],
            cursor=cursor_at(place, day, kind) if place else None,
        )
