"""What a verification is told, and what it says it found."""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from loyalty.entry.contracts.fields import Answer, Id, ProgramId
from loyalty.usecases.books.verify import Verification

MOST_SHOWN = 1_000


class StartVerify(BaseModel):
    """What to verify: everything, a program, or one customer of it. An event says it in its detail."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _detail_of_an_event(cls, told: Any) -> Any:
        return told["detail"] if isinstance(told, dict) and "detail-type" in told else told

    program_id: ProgramId | None = None
    customer_id: Id | None = None
    guest: bool = False

    @model_validator(mode="after")
    def _customer_of_a_program(self) -> Self:
        if self.customer_id is not None and self.program_id is None:
            raise ValueError("customer_id needs program_id")
        return self


class DifferenceAnswer(Answer):
    """Something that does not agree: where and what."""

    where: str
    what: str


class ProgramVerifiedAnswer(Answer):
    """A program: what was compared, and what does not agree."""

    program_id: str
    accounts: int
    movements: int
    outstanding: int
    liability: int
    complete: bool
    differences: list[DifferenceAnswer]

    @classmethod
    def of(cls, result: Verification) -> "ProgramVerifiedAnswer":
        return cls(
            program_id=result.program_id,
            accounts=result.accounts,
            movements=result.movements,
            outstanding=result.outstanding,
            liability=result.liability,
            complete=result.complete,
            differences=[DifferenceAnswer.model_validate(difference) for difference in result.found[:MOST_SHOWN]],
        )


class VerifyAnswer(Answer):
    """How many differences there are in all; the first thousand of each program are shown."""

    differences: int
    complete: bool
    programs: list[ProgramVerifiedAnswer]

    @classmethod
    def of(cls, results: Sequence[Verification]) -> "VerifyAnswer":
        return cls(
            differences=sum(len(result.found) for result in results),
            complete=all(result.complete for result in results),
            programs=[ProgramVerifiedAnswer.of(result) for result in results],
        )
