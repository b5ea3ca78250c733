"""A customer's movements, a page at a time."""

from collections.abc import Sequence
from typing import Annotated
from zlib import crc32

from pydantic import Field

from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.entry.contracts.customers.account import AccountQuery
from loyalty.entry.contracts.fields import Answer
from loyalty.entry.contracts.movements import MovementAnswer
from loyalty.entry.http.problems import Fault, Problem

MAX_CURSOR = 32
"""Characters; a longer one is not ours."""


class StatementQuery(AccountQuery):
    """Which part of the statement."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str, Field(json_schema_extra={"maxLength": MAX_CURSOR})] | None = None

    def before(self, account_id: AccountId) -> int | None:
        """The sequence that the cursor stands at. Raises Problem for one of another statement."""
        if self.cursor is None:
            return None
        sequence, _, _ = self.cursor.partition("-")
        known = len(self.cursor) <= MAX_CURSOR and sequence.isdecimal()
        if known and self.cursor == cursor_at(account_id, int(sequence)):
            return int(sequence)
        raise Problem.of([Fault("/cursor", "invalid_cursor", "must come from this statement")])


def cursor_at(account_id: AccountId, sequence: int) -> str:
    """A cursor of the account's statement. It grants nothing; its check finds mix-ups."""
    return f"{sequence}-{crc32(repr((account_id, sequence)).encode()):08x}"


class StatementAnswer(Answer):
    """Movements, newest first. `cursor` leads to older ones; null is the end."""

    movements: list[MovementAnswer]
    cursor: str | None

    @classmethod
    def of(cls, account_id: AccountId, movements: Sequence[Movement], limit: int) -> "StatementAnswer":
        last = movements[-1].sequence if len(movements) == limit else None
        return cls(
            movements=[MovementAnswer.of(movement) for movement in movements],
            cursor=cursor_at(account_id, last) if last and last > 1 else None,
        )
