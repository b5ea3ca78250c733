"""What the purge is told, what it says it did, and the record of its runs."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from loyalty.domain.values.money import exact
from loyalty.entry.contracts.fields import Amount, Answer, Instant, ProgramId, Query
from loyalty.ports.purges import PurgeRun
from loyalty.usecases.points.purge import Purged


class StartPurge(BaseModel):
    """Nothing is needed: all programs, as of now. What a schedule adds to its event is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    program_id: ProgramId | None = None
    as_of: Instant | None = None


class ProgramPurgedAnswer(Answer):
    """What was written off of a program. `left` parts of the work were handed over and go on."""

    program_id: str
    run_id: str
    as_of: datetime
    accounts: int
    points: int
    amount: Amount
    currency: str
    left: int
    complete: bool

    @classmethod
    def of(cls, purged: Purged) -> "ProgramPurgedAnswer":
        return cls(
            program_id=purged.program_id,
            run_id=purged.run_id,
            as_of=purged.as_of,
            accounts=purged.expired.accounts,
            points=purged.expired.points,
            amount=str(exact(purged.expired.amount, purged.currency)),
            currency=purged.currency,
            left=purged.parts,
            complete=purged.complete,
        )


class PurgeAnswer(Answer):
    """What was written off of each program, and of all together."""

    accounts: int
    points: int
    left: int
    complete: bool
    programs: list[ProgramPurgedAnswer]

    @classmethod
    def of(cls, purged: Sequence[Purged]) -> "PurgeAnswer":
        programs = [ProgramPurgedAnswer.of(program) for program in purged]
        return cls(
            accounts=sum(program.accounts for program in programs),
            points=sum(program.points for program in programs),
            left=sum(program.left for program in programs),
            complete=all(program.complete for program in programs),
            programs=programs,
        )


class PurgesQuery(Query):
    """How many of the latest runs."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20


class PurgeRunAnswer(Answer):
    """A run that found something due: what it wrote off so far, and how far it is.

    `left` accounts could not be written in their turn and were handed over by themselves.
    """

    run_id: str
    as_of: datetime
    status: Literal["running", "finished"]
    started_at: datetime
    finished_at: datetime | None
    seconds: float | None
    accounts: int
    points: int
    amount: Amount
    currency: str
    left: int

    @classmethod
    def of(cls, run: PurgeRun, currency: str) -> "PurgeRunAnswer":
        entries = run.written_off
        took = run.finished_at - run.started_at if run.finished_at else None
        return cls(
            run_id=run.run_id,
            as_of=run.as_of,
            status="finished" if run.finished_at else "running",
            started_at=run.started_at,
            finished_at=run.finished_at,
            seconds=took.total_seconds() if took is not None else None,
            accounts=sum(entry.movements for entry in entries),
            points=sum(entry.points for entry in entries),
            amount=str(exact(sum((entry.amount for entry in entries), Decimal(0)), currency)),
            currency=currency,
            left=run.left,
        )


class PurgesAnswer(Answer):
    """The latest runs, newest first. A run that found nothing due leaves no record."""

    runs: list[PurgeRunAnswer]
