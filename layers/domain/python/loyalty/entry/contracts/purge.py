"""What the purge is told, and what it says it did."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from loyalty.domain.money import exact
from loyalty.entry.contracts.fields import Amount, Answer, Instant
from loyalty.usecases.expire_points import Purged


class StartPurge(BaseModel):
    """Nothing is needed: all programs, as of now. What a schedule adds to its event is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    program_id: str | None = None
    as_of: Instant | None = None


class ProgramPurgedAnswer(Answer):
    """What was written off of a program."""

    program_id: str
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
            as_of=purged.as_of,
            accounts=purged.accounts,
            points=purged.points,
            amount=str(exact(purged.amount, purged.currency)),
            currency=purged.currency,
            left=purged.left,
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
        return cls(
            accounts=sum(program.accounts for program in purged),
            points=sum(program.points for program in purged),
            left=sum(program.left for program in purged),
            complete=all(program.complete for program in purged),
            programs=[ProgramPurgedAnswer.of(program) for program in purged],
        )
