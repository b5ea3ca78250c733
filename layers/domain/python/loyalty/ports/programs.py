"""Where settings are kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from loyalty.domain.program.settings import Program


@dataclass(frozen=True, slots=True)
class ProgramVersion:
    """A version of a program's settings, when it was made, by which client and from which network address."""

    program: Program
    made_at: datetime
    made_by: str
    address: str | None = None


class Programs(Protocol):
    """Where settings are kept, every version of them."""

    staleness: float
    """For how many seconds after a change `get` may still return the settings before it."""

    def get(self, program_id: str) -> Program:
        """The current settings. Raises UnknownProgram."""
        ...

    def latest(self, program_id: str) -> Program | None:
        """The current settings, read consistently; None when there are none."""
        ...

    def version(self, program_id: str, number: int) -> Program:
        """The settings as they were in one of their versions. Raises UnknownProgram."""
        ...

    def recorded(self, program_id: str, number: int | None = None) -> ProgramVersion:
        """One of the versions; without `number` the latest, read consistently. Raises UnknownProgram."""
        ...

    def save(self, recorded: ProgramVersion) -> None:
        """Add a version. Raises LostRace unless the version follows the latest one."""
        ...

    def made_at(self, program_id: str) -> datetime:
        """When the first version was made. Raises UnknownProgram."""
        ...

    def ids(self) -> Iterator[str]:
        """The ids of all programs."""
        ...
