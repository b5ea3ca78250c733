"""All that is held about one customer is exported, page by page. The request for it is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.orders.referral import cause_of_referral
from loyalty.domain.program.settings import Program
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.ledger import RecordPlace
from loyalty.ports.world import CanWait, HasClock, HasLedger, HasPrograms
from loyalty.usecases.commands.retry import pause

PAGE = 1000
"""Movements to a page. Each has under 2 KB; an answer may have 6 MB."""
LOOKS = 8
"""How often the index is read again for movements that it does not show yet."""


class ExportPorts(HasLedger, HasPrograms, HasClock, CanWait, Protocol):
    """What an export reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPlace:
    """Where the next page starts: in the statement before a sequence, or among the records that moved nothing."""

    before: int | None = None
    after: RecordPlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerExport:
    """A page of what is held: movements, newest first, then records that moved no points. The last `place` is None."""

    account: Account
    program: Program
    at: datetime
    movements: Sequence[Movement]
    records: Sequence[Movement]
    referred_by: AccountId | None
    place: ExportPlace | None


def export_customer(
    ports: ExportPorts,
    account_id: AccountId,
    sender: Sender,
    request_id: str,
    start: ExportPlace | None = None,
    page: int = PAGE,
) -> CustomerExport:
    """A page of all that is held about a customer, from `start` on. The request for the first page is recorded."""
    program = ports.programs.get(account_id.program_id)
    account = ports.ledger.account(account_id, consistent=True)
    now = ports.clock()
    if start is None:
        _record(ports, program, account, sender, request_id, now)
    movements: list[Movement] = []
    records: list[Movement] = []
    place: ExportPlace | None = None
    if start is None or start.after is None:
        before = start.before if start and start.before is not None else account.version + 1
        movements = _movements(ports, account_id, page, min(before, account.version + 1))
        last = movements[-1].sequence if len(movements) == page else None
        place = ExportPlace(before=last) if last and last > 1 else None
    if place is None:
        left = page - len(movements)
        records = ports.ledger.unbooked_records(account_id, left, start.after if start else None) if left else []
        if len(records) == left:
            end = records[-1] if records else None
            after = RecordPlace(end.recorded_at, end.cause, end.position) if end else None
            place = ExportPlace(before=1, after=after)
    return CustomerExport(
        account=account,
        program=program,
        at=now,
        movements=movements,
        records=records,
        referred_by=_referred_by(ports, account_id),
        place=place,
    )


def _movements(ports: ExportPorts, account_id: AccountId, page: int, before: int) -> list[Movement]:
    """A page of the movements numbered under `before`, with none missing. Raises Unavailable."""
    wanted = min(page, before - 1)
    for look in range(LOOKS if wanted else 0):
        movements = ports.ledger.statement(account_id, page, before)
        if len(movements) == wanted and movements[-1].sequence == before - wanted:
            return movements
        pause(ports, look)  # The index is behind.
    if wanted:
        raise Unavailable("the index does not show all movements yet")
    return []


def _record(
    ports: ExportPorts, program: Program, account: Account, sender: Sender, request_id: str, now: datetime
) -> None:
    cause = Cause(program.program_id, CauseKind.EXPORT, request_id)
    origin = Origin(sender, now)
    begun = Transaction.begin(program, origin, History(cause), account)
    try:
        ports.ledger.write([begun.note(Event.CUSTOMER_EXPORTED)])
    except LostRace:
        # The same request, delivered twice; or a conflict, and then nothing is recorded yet.
        history, _ = ports.ledger.read(cause, None, consistent=True)
        if history.first is None:
            raise Unavailable("the export could not be recorded") from None


def _referred_by(ports: ExportPorts, account_id: AccountId) -> AccountId | None:
    if account_id.guest:
        return None
    history, _ = ports.ledger.read(
        cause_of_referral(account_id.program_id, account_id.customer_id), None, consistent=True
    )
    return history.account_id
