"""Movements as an answer shows them: a line of a statement or of an order's history."""

from datetime import datetime

from loyalty.domain.ledger.movement import Movement
from loyalty.entry.contracts.fields import Answer


def type_of(movement: Movement) -> str:
    """What a till or a dashboard calls a movement."""
    return movement.event.label or movement.kind.label


class MovementAnswer(Answer):
    """A line of a statement or of an order's history. `points` is signed; `type` is what a till calls it.

    `tier` is the one that the customer was in after it, where it changed what counts towards tiers.
    """

    movement_id: str
    sequence: int | None
    type: str
    event: str
    kind: str
    points: int
    balance: int
    debt: int
    order_id: str | None
    expires_at: datetime | None
    reason: str | None
    source: str
    actor: str
    program_version: int
    tier: str | None
    occurred_at: datetime
    recorded_at: datetime

    @classmethod
    def of(cls, movement: Movement) -> "MovementAnswer":
        return cls(
            movement_id=movement.movement_id,
            sequence=movement.sequence,
            type=type_of(movement),
            event=movement.event.value,
            kind=movement.kind.value,
            points=movement.kind.sign * movement.points,
            balance=movement.balance_after,
            debt=movement.debt_after,
            order_id=movement.cause.order_id,
            expires_at=movement.expires_at,
            reason=movement.reason,
            source=movement.source,
            actor=movement.actor,
            program_version=movement.program_version,
            tier=movement.counted.tier if movement.counted else None,
            occurred_at=movement.occurred_at,
            recorded_at=movement.recorded_at,
        )
