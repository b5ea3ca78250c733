"""What administrators did is looked at."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from loyalty.ports.audit import Act
from loyalty.ports.world import HasAudit, HasPrograms

MAX_PAGE = 1000
"""Acts to a page: each has under 2 KB."""


class AuditPorts(HasPrograms, HasAudit, Protocol):
    """What the audit is read from."""


def view_audit(
    ports: AuditPorts, program_id: str, first: date, last: date, limit: int, after: str | None
) -> tuple[Sequence[Act], str | None]:
    """Up to `limit` acts of the days from `first` to `last` (UTC), oldest first, and where to go on; None is the end.

    Raises UnknownProgram, and ValueError when `after` does not come from the same days.
    """
    ports.programs.get(program_id)
    return ports.audit.acts(program_id, first, last, limit, after)
