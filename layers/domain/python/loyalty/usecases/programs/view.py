"""The view of a program's settings. Nothing here writes."""

from collections.abc import Callable
from functools import cache

from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import UnknownProgram
from loyalty.ports.programs import ProgramVersion
from loyalty.ports.world import HasPrograms


def view_program(ports: HasPrograms, program_id: str, version: int | None) -> ProgramVersion:
    """A program's settings, in one of their versions or as they are now. Raises UnknownProgram and Refused."""
    try:
        return ports.programs.recorded(program_id, version)
    except UnknownProgram:
        if version is None or ports.programs.latest(program_id) is None:
            raise
        raise Refused("unknown_version", f"There is no version {version}.", pointer="/version") from None


def timezones(ports: HasPrograms, program_id: str) -> Callable[[int], str]:
    """Gives the program's time zone by the version of its settings: a movement once booked stays on its day."""
    return cache(lambda version: ports.programs.version(program_id, version).timezone)
