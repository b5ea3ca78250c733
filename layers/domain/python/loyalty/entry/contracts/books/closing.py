"""What closing days is told, and what it says it did."""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from loyalty.entry.contracts.fields import Answer, ProgramId
from loyalty.usecases.books.close_days import Closed


class StartClosing(BaseModel):
    """Nothing is needed: all programs. What a schedule adds to its event is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    program_id: ProgramId | None = None


class ProgramClosedAnswer(Answer):
    """What was closed of a program: it is closed through `closed_through`, and `behind` days could be."""

    program_id: str
    days: int
    closed_through: date | None
    behind: int


class CloseDaysAnswer(Answer):
    """What was closed of each program, and of all together."""

    days: int
    behind: int
    programs: list[ProgramClosedAnswer]

    @classmethod
    def of(cls, closed: Sequence[Closed]) -> "CloseDaysAnswer":
        return cls(
            days=sum(program.days for program in closed),
            behind=sum(program.behind for program in closed),
            programs=[ProgramClosedAnswer.model_validate(program) for program in closed],
        )
