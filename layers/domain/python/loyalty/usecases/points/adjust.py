"""Points are adjusted by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.domain.ledger.movement import Cause
from loyalty.domain.ledger.transaction import Sender, Transaction
from loyalty.domain.orders.order import cause_of_order
from loyalty.domain.points.adjustment import Adjustment, adjust, note_in_order
from loyalty.ports.world import World
from loyalty.usecases.commands.command import Outcome, carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsAdjusted:
    """What the adjustment did, the first time: `points` is signed.

    `points_shortfall` is what it should have taken and was not there, where the program lets that go.
    """

    movement_id: str
    points: int
    points_shortfall: int
    expires_at: datetime | None
    balance: int
    debt: int
    outcome: Outcome


def adjust_points(
    world: World,
    program_id: str,
    idempotency_key: str,
    request: Adjustment,
    sender: Sender,
) -> PointsAdjusted:
    """Adjust a customer's points, once per idempotency key."""
    return adjust_for(world, cause_of_request(program_id, idempotency_key), request, sender)


def adjust_for(world: World, cause: Cause, request: Adjustment, sender: Sender) -> PointsAdjusted:
    """Adjust a customer's points, once for `cause`. Raises what `carry_out` does."""
    transaction = carry_out(
        world,
        cause.program_id,
        cause,
        request.account_id,
        sender,
        lambda transaction: adjust(transaction, request),
        answered=lambda history: history.first is not None,
        beside=lambda transaction: noting(world, transaction, request.order_id),
    )
    adjusted = transaction.history.movements[0]
    return PointsAdjusted(
        movement_id=adjusted.movement_id,
        points=adjusted.kind.sign * adjusted.points,
        points_shortfall=adjusted.shortfall,
        expires_at=adjusted.expires_at,
        balance=adjusted.balance_after,
        debt=adjusted.debt_after,
        outcome=Outcome.of(transaction),
    )


def noting(world: World, transaction: Transaction, order_id: str | None) -> Sequence[Transaction]:
    """What is written together with an adjustment: the note in the history of the order that it is on account of."""
    if order_id is None:
        return ()
    program = transaction.program
    history, _ = world.ledger.read(cause_of_order(program.program_id, order_id), None, consistent=True)
    begun = transaction.of(history, None)
    return (note_in_order(begun, transaction.movements[0]),)
