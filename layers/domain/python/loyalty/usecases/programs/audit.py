"""What administrators did is looked at."""

from collections.abc import Sequence
from datetime import date

from loyalty.ports.audit import Act
from loyalty.ports.world import World

MAX_PAGE = 1000
"""Acts to a page: each has under 2 KB."""


def view_audit(
    world: World, program_id: str, first: date, last: date, limit: int, after: str | None
) -> tuple[Sequence[Act], str | None]:
    """Up to `limit` acts of the days from `first` to `last` (UTC), oldest first, and where to go on; None is the end.

    Raises UnknownProgram, and ValueError when `after` does not come from the same days.
    """
    world.programs.get(program_id)
    return world.audit.acts(program_id, first, last, limit, after)
