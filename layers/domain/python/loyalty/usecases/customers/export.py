"""All that is held about one customer is handed out, page by page. That somebody asked for it is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.orders.referral import cause_of_referral
from loyalty.domain.program.settings import Program
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.ledger import AsidePlace
from loyalty.ports.world import World
from loyalty.usecases.commands.retry import pause

PAGE = 1000
"""Movements to a page: each has under 2 KB, and an answer 6 MB."""
LOOKS = 8
"""How often movements are looked for that an index does not show yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPlace:
    """Where the next page starts: in the statement before a sequence, or among the records that moved nothing."""

    before: int | None = None
    after: AsidePlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerExport:
    """A page of what is held: movements, newest first, then records that moved nothing. `place` None is the end."""

    account: Account
    program: Program
    at: datetime
    movements: Sequence[Movement]
    records: Sequence[Movement]
    referred_by: AccountId | None
    place: ExportPlace | None


def export_customer(
    world: World,
    account_id: AccountId,
    sender: Sender,
    request_id: str,
    start: ExportPlace | None = None,
    page: int = PAGE,
) -> CustomerExport:
    """A page of all that is held about a customer, from `start` on. Asking for the first is recorded."""
    program = world.programs.get(account_id.program_id)
    account = world.ledger.account(account_id, consistent=True)
    now = world.clock()
    if start is None:
        _record(world, program, account, sender, request_id, now)
    movements: list[Movement] = []
    records: list[Movement] = []
    place: ExportPlace | None = None
    if start is None or start.after is None:
        before = start.before if start and start.before is not None else account.version + 1
        movements = _movements(world, account_id, page, min(before, account.version + 1))
        last = movements[-1].sequence if len(movements) == page else None
        place = ExportPlace(before=last) if last and last > 1 else None
    if place is None:
        left = page - len(movements)
        records = world.ledger.asides(account_id, left, start.after if start else None) if left else []
        if len(records) == left:
            end = records[-1] if records else None
            after = AsidePlace(end.recorded_at, end.cause, end.position) if end else None
            place = ExportPlace(before=1, after=after)
    return CustomerExport(
        account=account,
        program=program,
        at=now,
        movements=movements,
        records=records,
        referred_by=_referred_by(world, account_id),
        place=place,
    )


def _movements(world: World, account_id: AccountId, page: int, before: int) -> list[Movement]:
    """A page of those numbered under `before`, of which none is missing. Raises Unavailable."""
    wanted = min(page, before - 1)
    for look in range(LOOKS if wanted else 0):
        movements = world.ledger.statement(account_id, page, before)
        if len(movements) == wanted and movements[-1].sequence == before - wanted:
            return movements
        pause(world, look)  # The index is behind.
    if wanted:
        raise Unavailable("the index does not show all movements yet")
    return []


def _record(world: World, program: Program, account: Account, sender: Sender, request_id: str, now: datetime) -> None:
    cause = Cause(program.program_id, CauseKind.EXPORT, request_id)
    origin = Origin(sender, now)
    begun = Transaction.begin(program, origin, History(cause), account)
    try:
        world.ledger.write([begun.note(Event.CUSTOMER_EXPORTED)])
    except LostRace:
        # The same request, delivered twice; or a conflict, and then nothing is recorded yet.
        history, _ = world.ledger.read(cause, None, consistent=True)
        if history.first is None:
            raise Unavailable("the export could not be recorded") from None


def _referred_by(world: World, account_id: AccountId) -> AccountId | None:
    if account_id.guest:
        return None
    history, _ = world.ledger.read(
        cause_of_referral(account_id.program_id, account_id.customer_id), None, consistent=True
    )
    return history.account_id
