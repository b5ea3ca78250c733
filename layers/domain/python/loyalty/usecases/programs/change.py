"""Settings are changed by adding a version."""

from collections.abc import Callable

from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.program.change import next_version
from loyalty.domain.program.settings import Program
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.programs import Edition
from loyalty.ports.world import World
from loyalty.usecases.commands.command import ATTEMPTS, pause


def change_program(
    world: World,
    program_id: str,
    settings: Callable[[int], Program],
    sender: Sender,
    expected: Callable[[int], bool] = lambda version: True,
) -> Edition:
    """Make `settings` (given their version number) the program's; the answer is what applies now.

    `expected` says whether the change may follow a version (0 is none): so nobody overwrites what somebody
    else has changed meanwhile. When this returns, no running function uses what was before: they keep settings for
    `staleness` seconds, and this call waits that long.

    Raises Refused as `next_version` does, and Unavailable when others kept changing the settings.
    """
    for attempt in range(ATTEMPTS):
        latest = world.programs.latest(program_id)
        edition = Edition(next_version(latest, settings, expected), world.clock(), sender.actor, sender.address)
        try:
            world.programs.save(edition)
        except LostRace:
            pause(world, attempt)
            continue
        if latest:
            world.sleep(world.programs.staleness)
        return edition
    raise Unavailable(f"{ATTEMPTS} attempts at settings were all overtaken")
