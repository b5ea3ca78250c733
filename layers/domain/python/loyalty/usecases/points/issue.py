"""Points are given by hand."""

from dataclasses import dataclass
from datetime import datetime

from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.points.issue import Issue, issue
from loyalty.usecases.commands.command import Command, CommandPorts, Outcome, carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsIssued:
    """What was issued, the first time that the key was used."""

    movement_id: str
    points: int
    expires_at: datetime | None
    balance: int
    outcome: Outcome


def issue_points(
    ports: CommandPorts,
    program_id: str,
    idempotency_key: str,
    request: Issue,
    sender: Sender,
) -> PointsIssued:
    """Issue points, once per idempotency key."""
    transaction = carry_out(ports, _command(program_id, idempotency_key, request, sender))
    issued = transaction.history.movements[0]
    return PointsIssued(
        movement_id=issued.movement_id,
        points=issued.points,
        expires_at=issued.expires_at,
        balance=issued.balance_after,
        outcome=Outcome.of(transaction),
    )


def _command(program_id: str, idempotency_key: str, request: Issue, sender: Sender) -> Command[None]:
    return Command(
        cause=cause_of_request(program_id, idempotency_key),
        account_id=request.account_id,
        sender=sender,
        decide=lambda begun, _: [issue(begun, request)],
        is_answered=lambda history: history.first is not None,
    )
