"""What administrators did."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from loyalty.domain.ledger.movement import AccountId, Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Something that an administrator did: one of three things.

    A movement or a record, at `position` in the history of `cause`, perhaps about a card; a version of the settings;
    or something about a job. `points` are signed.
    """

    at: datetime
    actor: str
    action: str
    source: str
    address: str
    program_version: int | None = None
    cause: Cause | None = None
    position: int = 0
    account: AccountId | None = None
    points: int | None = None
    reason: str | None = None
    job_id: str | None = None
    card: str | None = None


class Audit(Protocol):
    """What administrators did: everything that was written with an administrator's network address."""

    def entries(
        self, program_id: str, first: date, last: date, limit: int, after: str | None
    ) -> tuple[list[AuditEntry], str | None]:
        """Up to `limit` entries of the days from `first` to `last` (UTC), oldest first: (entries, next cursor or None).

        The latest entries may be missing. Raises ValueError when `after` is not a cursor of the same days.
        """
        ...
