"""The view of a program's purges. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from loyalty.ports.purges import PurgeRun
from loyalty.ports.world import HasPrograms, HasPurges


class PurgeViewPorts(HasPrograms, HasPurges, Protocol):
    """What the view of purges is read from."""


@dataclass(frozen=True, slots=True)
class PurgesView:
    """The latest purges of a program, newest first, and the currency that they wrote off in."""

    currency: str
    runs: Sequence[PurgeRun]


def view_purges(ports: PurgeViewPorts, program_id: str, limit: int) -> PurgesView:
    """The latest purges of a program that found something due: up to `limit`. Raises UnknownProgram."""
    currency = ports.programs.get(program_id).currency
    return PurgesView(currency, ports.purges.runs(program_id, limit))
