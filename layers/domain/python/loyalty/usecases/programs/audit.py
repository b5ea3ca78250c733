"""The audit is read: what administrators did."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from loyalty.ports.audit import AuditEntry
from loyalty.ports.world import HasAudit, HasPrograms

MAX_PAGE = 1000
"""Entries to a page: each has under 2 KB."""


class AuditPorts(HasPrograms, HasAudit, Protocol):
    """What the audit is read from."""


def view_audit(
    ports: AuditPorts, program_id: str, first: date, last: date, limit: int, after: str | None
) -> tuple[Sequence[AuditEntry], str | None]:
    """Up to `limit` entries of the days from `first` to `last` (UTC), oldest first: (entries, next cursor or None).

    Raises UnknownProgram, and ValueError when `after` is not a cursor of the same days.
    """
    ports.programs.get(program_id)
    return ports.audit.entries(program_id, first, last, limit, after)
