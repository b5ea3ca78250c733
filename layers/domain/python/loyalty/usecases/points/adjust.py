"""Points are adjusted by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.domain.ledger.movement import Cause
from loyalty.domain.ledger.transaction import Sender, Transaction
from loyalty.domain.orders.order import cause_of_order
from loyalty.domain.points.adjustment import Adjustment, adjust, note_in_order
from loyalty.usecases.commands.command import Command, CommandPorts, Outcome, Sources, carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsAdjusted:
    """What the adjustment did, the first time: `points` is signed.

    `points_shortfall` is how many points should have been taken, but were not there and are waived by the program.
    """

    movement_id: str
    points: int
    points_shortfall: int
    expires_at: datetime | None
    balance: int
    debt: int
    outcome: Outcome


def adjust_points(
    ports: CommandPorts, program_id: str, idempotency_key: str, request: Adjustment, sender: Sender
) -> PointsAdjusted:
    """Adjust a customer's points, once per idempotency key."""
    transaction = carry_out(ports, adjusting(cause_of_request(program_id, idempotency_key), request, sender))
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


def adjusting(cause: Cause, request: Adjustment, sender: Sender) -> Command[History | None]:
    """The command that adjusts a customer's points, once for `cause`.

    With the adjustment, a note is written in the history of the order that it is on account of.
    """

    def gather(sources: Sources, begun: Transaction) -> History | None:
        if request.order_id is None or begun.history.first:
            return None
        history, _ = sources.ledger.read(cause_of_order(cause.program_id, request.order_id), None, consistent=True)
        return history

    def decide(begun: Transaction, order: History | None) -> Sequence[Transaction]:
        done = adjust(begun, request)
        return [done, note_in_order(done.of(order, None), done.movements[0])] if order else [done]

    return Command(
        cause=cause,
        account_id=request.account_id,
        sender=sender,
        gather=gather,
        decide=decide,
        is_answered=lambda history: history.first is not None,
    )
