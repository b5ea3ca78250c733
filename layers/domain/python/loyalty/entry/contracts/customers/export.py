"""All that is held about a customer."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any

from pydantic import Field

from loyalty.domain.ledger.facts import form_of
from loyalty.domain.ledger.kinds import CauseKind
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.entry.contracts.customers.account import AccountAnswer, AccountQuery, LotAnswer
from loyalty.entry.contracts.fields import Answer
from loyalty.entry.contracts.movements import MovementAnswer
from loyalty.entry.http.problems import Fault, Problem
from loyalty.ports.ledger import RecordPlace
from loyalty.usecases.customers.account import AccountView
from loyalty.usecases.customers.export import CustomerExport, ExportPlace

MAX_CURSOR = 800
"""Characters; a longer one is not ours."""


class ExportedMovementAnswer(MovementAnswer):
    """A movement or record with all that is held of it: the lots it touched (signed), and what it recorded."""

    lots: list[LotAnswer]
    orders_counted: int
    spend_counted: int
    address: str | None
    details: dict[str, Any]

    @classmethod
    def of(cls, movement: Movement) -> "ExportedMovementAnswer":
        counted = movement.counted
        return cls(
            **MovementAnswer.of(movement).model_dump(),
            lots=[LotAnswer.model_validate(lot) for lot in movement.allocation],
            orders_counted=counted.orders if counted else 0,
            spend_counted=counted.spend if counted else 0,
            address=movement.address,
            details=form_of(movement.facts),
        )


class StandingAnswer(Answer):
    """What counts towards tiers and caps: orders, and spend in minor units of the currency; ever, and by day."""

    orders: int
    spend: int
    days: list[dict[str, str | int]]
    period: str | None
    points_in_period: int
    tier: str | None


class CustomerExportAnswer(Answer):
    """A page of all that is held about a customer.

    `movements`, newest first, and behind the last of them `records`, which moved no points, go on where `cursor` leads;
    null is the end. `referred_by` is another customer: whoever hands this out decides whether to name them.
    """

    exported_at: datetime
    account: AccountAnswer
    standing: StandingAnswer
    referred_by: str | None
    movements: list[ExportedMovementAnswer]
    records: list[ExportedMovementAnswer]
    cursor: str | None

    @classmethod
    def of(cls, export: CustomerExport) -> "CustomerExportAnswer":
        account, standing = export.account, export.account.standing
        return cls(
            exported_at=export.at,
            account=AccountAnswer.of(AccountView(account, export.program, export.at)),
            standing=StandingAnswer(
                orders=standing.orders,
                spend=standing.spend,
                days=[{"day": day.day.isoformat(), "orders": day.orders, "spend": day.spend} for day in standing.days],
                period=standing.period.isoformat() if standing.period else None,
                points_in_period=standing.points,
                tier=standing.tier,
            ),
            referred_by=export.referred_by.customer_id if export.referred_by else None,
            movements=[ExportedMovementAnswer.of(movement) for movement in export.movements],
            records=[ExportedMovementAnswer.of(movement) for movement in export.records],
            cursor=_cursor(account.account_id, export.place) if export.place else None,
        )


class ExportQuery(AccountQuery):
    """Which part of the export."""

    cursor: Annotated[str, Field(json_schema_extra={"maxLength": MAX_CURSOR})] | None = None

    def start(self, account_id: AccountId) -> ExportPlace | None:
        """Where the cursor stands. Raises Problem for one of another export."""
        if self.cursor is None:
            return None
        place = _read(self.cursor, account_id.program_id) if len(self.cursor) <= MAX_CURSOR else None
        if place is None or _cursor(account_id, place) != self.cursor:
            raise Problem.of([Fault("/cursor", "invalid_cursor", "must come from this export")])
        return place


def _cursor(account_id: AccountId, place: ExportPlace) -> str:
    """A cursor of the export. It grants nothing; its check finds mix-ups."""
    told: list[object] = [place.before]
    if place.after:
        cause = place.after.cause
        told += [place.after.recorded_at.isoformat(), cause.kind.value, cause.reference, place.after.position]
    check = sha256(repr((account_id, told)).encode()).hexdigest()[:16]
    return urlsafe_b64encode(json.dumps([check, told]).encode()).decode()


def _read(cursor: str, program_id: str) -> ExportPlace | None:
    """Where a cursor says that it stands, if it says anything at all that could be."""
    try:
        match json.loads(urlsafe_b64decode(cursor.encode())):
            case [str(), [int(before)]]:
                return ExportPlace(before=before) if 0 < before < 2**53 else None
            case [str(), [int(before), str(recorded), str(kind), str(reference), int(position)]]:
                at = datetime.fromisoformat(recorded)
                known = at.tzinfo is UTC and reference.isprintable() and 0 < position < 10**8
                after = RecordPlace(at, Cause(program_id, CauseKind(kind), reference), position)
                return ExportPlace(before=before, after=after) if known else None
    except (ValueError, RecursionError):
        return None
    return None
