"""Settings are changed by adding a version."""

from collections.abc import Callable
from typing import Protocol

from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.program.change import next_version
from loyalty.domain.program.settings import Program
from loyalty.ports.programs import ProgramVersion
from loyalty.ports.world import CanWait, HasClock, HasPrograms
from loyalty.usecases.commands.retry import retry


class SettingsPorts(HasPrograms, HasClock, CanWait, Protocol):
    """What a change of settings reaches."""


def change_program(
    ports: SettingsPorts,
    program_id: str,
    settings: Callable[[int], Program],
    sender: Sender,
    expected: Callable[[int], bool] = lambda version: True,
) -> ProgramVersion:
    """Make `settings` (called with their version number) the program's. Returns the version that applies now.

    `expected` says whether the change may follow a version (0 is none), so that a change does not overwrite another one
    made meanwhile. When this call returns, no running function uses the settings before: functions keep settings for
    `staleness` seconds, and this call waits that long.

    Raises Refused as `next_version` does, and Unavailable when others kept changing the settings.
    """

    def attempt(_: int) -> ProgramVersion:
        latest = ports.programs.latest(program_id)
        recorded = ProgramVersion(next_version(latest, settings, expected), ports.clock(), sender.actor, sender.address)
        ports.programs.save(recorded)
        if latest:
            ports.sleep(ports.programs.staleness)
        return recorded

    return retry(ports, "settings", attempt)
