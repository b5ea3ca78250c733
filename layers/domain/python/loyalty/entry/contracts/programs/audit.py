"""What administrators did, for whoever checks it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field

from loyalty.entry.contracts.books.journal import check_days
from loyalty.entry.contracts.fields import Answer, Day, Query
from loyalty.entry.http.problems import Fault, Problem
from loyalty.ports.audit import AuditEntry
from loyalty.usecases.programs.audit import MAX_PAGE

MAX_DAYS = 366

MAX_CURSOR = 800
"""Characters; a longer one is not ours."""


class SubjectAnswer(Answer):
    """What somebody did something to."""

    kind: Literal["customer", "guest", "order", "card", "program", "job"]
    id: str


class AuditEntryAnswer(Answer):
    """Who did what to whom or what, when, from where and why. `points` are signed; `address` is a network address."""

    at: datetime
    actor: str
    action: str
    subject: SubjectAnswer
    points: int | None
    reason: str | None
    source: str
    address: str
    movement_id: str | None
    program_version: int | None

    @classmethod
    def of(cls, program_id: str, entry: AuditEntry) -> "AuditEntryAnswer":
        return cls(
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            subject=_subject(program_id, entry),
            points=entry.points,
            reason=entry.reason,
            source=entry.source,
            address=entry.address,
            movement_id=entry.cause.movement_id(entry.position) if entry.cause else None,
            program_version=entry.program_version,
        )


class AuditAnswer(Answer):
    """What administrators did, oldest first. `cursor` leads to what they did next; null is the end."""

    entries: list[AuditEntryAnswer]
    cursor: str | None

    @classmethod
    def of(cls, program_id: str, query: "AuditQuery", found: Sequence[AuditEntry], place: str | None) -> "AuditAnswer":
        entries = [AuditEntryAnswer.of(program_id, entry) for entry in found]
        return cls(entries=entries, cursor=_cursor(program_id, query, place) if place is not None else None)


class AuditQuery(Query):
    """Which days (UTC, both included), and which part of them."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to", description=f"At most {MAX_DAYS} days, with `from` and `to`.")]
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Field(json_schema_extra={"maxLength": MAX_CURSOR})] | None = None

    def after(self, program_id: str) -> str | None:
        """Where the cursor stands. Raises Problem unless it comes from these days of this program."""
        check_days(self.first, self.last, MAX_DAYS)
        if self.cursor is None:
            return None
        try:
            _, place = json.loads(urlsafe_b64decode(self.cursor[:MAX_CURSOR].encode()))
        except (ValueError, TypeError, RecursionError):
            raise bad_cursor() from None
        if not isinstance(place, str) or _cursor(program_id, self, place) != self.cursor:
            raise bad_cursor()
        return place


def bad_cursor() -> Problem:
    return Problem.of([Fault("/cursor", "invalid_cursor", "must come from these days of this audit")])


def _subject(program_id: str, entry: AuditEntry) -> SubjectAnswer:
    if entry.job_id:
        return SubjectAnswer(kind="job", id=entry.job_id)
    if entry.cause and entry.cause.order_id is not None:
        return SubjectAnswer(kind="order", id=entry.cause.order_id)
    if entry.card:
        return SubjectAnswer(kind="card", id=entry.card)
    if entry.account:
        return SubjectAnswer(kind="guest" if entry.account.guest else "customer", id=entry.account.customer_id)
    return SubjectAnswer(kind="program", id=program_id)


def _cursor(program_id: str, query: AuditQuery, place: str) -> str:
    """A cursor of the audit. It grants nothing; its check finds mix-ups."""
    check = sha256(repr((program_id, query.first, query.last, place)).encode()).hexdigest()[:16]
    return urlsafe_b64encode(json.dumps([check, place]).encode()).decode()
