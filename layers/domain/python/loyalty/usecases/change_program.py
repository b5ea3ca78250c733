"""Settings are changed by adding a version."""

from collections.abc import Callable

from loyalty.domain.program import Program
from loyalty.domain.refusal import Refused
from loyalty.ports import LostRace, Unavailable, World
from loyalty.usecases.carry_out import ATTEMPTS, pause


def change_program(world: World, program_id: str, settings: Callable[[int], Program]) -> tuple[Program, bool]:
    """Make `settings` (given their version number) the program's: (what applies now, is it new).

    When this returns, no running function uses what
    was before: they keep settings for `staleness` seconds, and so long this waits.
    """
    for attempt in range(ATTEMPTS):
        latest = world.programs.latest(program_id)
        program = settings(latest.version + 1 if latest else 1)
        if latest and latest.currency != program.currency:
            raise Refused(
                "currency_fixed",
                f"The program's points are valued in {latest.currency}, which cannot change.",
                pointer="/currency",
            )
        try:
            world.programs.save(program, world.clock())
        except LostRace:
            pause(world, attempt)
            continue
        if latest:
            world.sleep(world.programs.staleness)
        return program, latest is None
    raise Unavailable(f"{ATTEMPTS} attempts at settings were all overtaken")
