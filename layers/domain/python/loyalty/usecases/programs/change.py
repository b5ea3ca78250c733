"""Settings are changed by adding a version."""

from collections.abc import Callable

from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.programs import Edition
from loyalty.ports.world import World
from loyalty.usecases.commands.command import ATTEMPTS, pause


def change_program(
    world: World,
    program_id: str,
    settings: Callable[[int], Program],
    actor: str,
    expected: Callable[[int], bool] = lambda version: True,
    address: str | None = None,
) -> Edition:
    """Make `settings` (given their version number) the program's; the answer is what applies now.

    `expected` says whether the change may follow a version (0 is none): so nobody overwrites what somebody
    else has changed meanwhile. When this returns, no running function uses what was before: they keep settings for
    `staleness` seconds, and so long this waits.
    """
    for attempt in range(ATTEMPTS):
        latest = world.programs.latest(program_id)
        before = latest.version if latest else 0
        if not expected(before):
            raise Refused(
                "precondition_failed",
                f"The settings are at version {before} now." if before else "There are no settings yet.",
                facts={"version": before},
            )
        program = settings(before + 1)
        if latest and latest.currency != program.currency:
            raise Refused(
                "currency_fixed",
                f"The program's points are valued in {latest.currency}, which cannot change.",
                pointer="/currency",
            )
        edition = Edition(program, world.clock(), actor, address)
        try:
            world.programs.save(edition)
        except LostRace:
            pause(world, attempt)
            continue
        if latest:
            world.sleep(world.programs.staleness)
        return edition
    raise Unavailable(f"{ATTEMPTS} attempts at settings were all overtaken")
