"""The ports of erasure and audit in memory, over a ledger in memory."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date

from loyalty.domain.ledger.facts import CardRequested
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.transaction import Transaction
from loyalty.ports.audit import AuditEntry
from loyalty.ports.erasures import MAX_REWRITINGS, Erasure, Rewriting
from loyalty.ports.faults import LostRace, UnknownProgram
from loyalty.ports.programs import Programs
from tests.support.fakes.memory import MemoryLedger

PAGE = 3


class MemoryErasures:
    """The `Erasures` port in memory."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    def under_way(self, account_id: AccountId) -> Erasure | None:
        return self._ledger.erasures.get(account_id)

    def begin(self, transactions: Sequence[Transaction], salt: bytes) -> None:
        read, account = transactions[0].read, transactions[-1].holder
        assert read
        erasure = Erasure(
            account_id=read.account_id, pseudonym=account.account_id, salt=salt, movements=account.version
        )
        self._ledger.lock(transactions, erasure)

    def records(self, account_id: AccountId) -> Iterator[list[Movement]]:
        mine = [movement for movement in self._ledger.every() if movement.account == account_id]
        for start in range(0, len(mine), PAGE):
            yield mine[start : start + PAGE]

    def count(self, account_id: AccountId) -> int:
        return sum(m.account == account_id and m.sequence is not None for m in self._ledger.every())

    def rewrite(self, erasure: Erasure, rewritings: Sequence[Rewriting]) -> int:
        assert len(rewritings) <= MAX_REWRITINGS
        if self._ledger.erasures.get(erasure.account_id) != erasure:
            raise LostRace
        return self._ledger.change([(one.before, one.after) for one in rewritings])

    def end(self, erasure: Erasure) -> None:
        if self._ledger.erasures.pop(erasure.account_id, None) != erasure:
            raise LostRace


class MemoryAudit:
    """The `Audit` port in memory."""

    def __init__(self, ledger: MemoryLedger, programs: Programs) -> None:
        self._ledger = ledger
        self._programs = programs

    def entries(
        self, program_id: str, first: date, last: date, limit: int, after: str | None
    ) -> tuple[list[AuditEntry], str | None]:
        everything = [*self._movements(program_id), *self._settings(program_id)]
        wanted = [(_name(entry), entry) for entry in everything if first <= entry.at.astimezone(UTC).date() <= last]
        if after is not None and after not in dict(wanted):
            raise ValueError("no place in the audit")
        page = sorted((one for one in wanted if after is None or one[0] > after), key=lambda one: one[0])[:limit]
        return [entry for _, entry in page], page[-1][0] if len(page) == limit else None

    def _movements(self, program_id: str) -> Iterator[AuditEntry]:
        for movement in self._ledger.every():
            if movement.address and movement.cause.program_id == program_id:
                yield AuditEntry(
                    at=movement.recorded_at,
                    actor=movement.actor,
                    action=movement.event.value,
                    source=movement.source,
                    address=movement.address,
                    program_version=movement.program_version,
                    position=movement.position,
                    cause=movement.cause,
                    account=movement.account,
                    points=movement.kind.sign * movement.points,
                    reason=movement.reason,
                    card=movement.facts.card if isinstance(movement.facts, CardRequested) else None,
                )

    def _settings(self, program_id: str) -> Iterator[AuditEntry]:
        number = 0
        while True:
            number += 1
            try:
                recorded = self._programs.recorded(program_id, number)
            except UnknownProgram:
                return
            if recorded.address:
                yield AuditEntry(
                    at=recorded.made_at,
                    actor=recorded.made_by,
                    action="program_changed",
                    source="API",
                    address=recorded.address,
                    program_version=number,
                )


def _name(entry: AuditEntry) -> str:
    what = entry.cause.movement_id(entry.position) if entry.cause else f"{entry.program_version or 0:08d}"
    return f"{entry.at.isoformat(timespec='microseconds')} {what}"
