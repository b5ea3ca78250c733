"""The audit as CSV."""

from collections.abc import Sequence

from loyalty.entry.contracts.programs.audit import AuditAnswer, AuditEntryAnswer
from loyalty.entry.texts.csv import Cell, csv_lines

COLUMNS = (
    *("at", "actor", "action", "subject_kind", "subject_id", "points", "reason", "source", "address"),
    *("movement_id", "program_version"),
)


def as_csv(page: AuditAnswer) -> str:
    """A header and a row for each act."""
    return "".join(csv_lines([COLUMNS, *map(_row, page.entries)]))


def _row(entry: AuditEntryAnswer) -> Sequence[Cell]:
    facts = (entry.at, entry.actor, entry.action, entry.subject.kind, entry.subject.id, entry.points, entry.reason)
    return (*facts, entry.source, entry.address, entry.movement_id, entry.program_version)
