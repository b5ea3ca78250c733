"""An order was refunded, in part or in whole."""

from dataclasses import dataclass

from loyalty.domain.ledger.facts import Refunded
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.orders.order import cause_of_order
from loyalty.domain.orders.refund import Return, suggested, take_back
from loyalty.domain.values.money import exact
from loyalty.usecases.commands.command import Command, CommandPorts, Outcome, carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefunded:
    """How many points this refund took back, and how many the refunded share of the order would be."""

    order_id: str
    points_reversed: int
    points_suggested: int
    balance: int | None
    outcome: Outcome


def refund_order(ports: CommandPorts, program_id: str, order_id: str, request: Return, sender: Sender) -> OrderRefunded:
    """Take back points for a refund. The same cumulative amount again is answered as the first time."""
    transaction = carry_out(ports, _command(program_id, order_id, request, sender))
    history, account = transaction.history, transaction.account
    recorded = history.refund_of(exact(request.refunded_total, transaction.program.currency))
    if recorded is None:
        return OrderRefunded(
            order_id=order_id,
            points_reversed=0,
            points_suggested=suggested(history, request.refunded_total),
            balance=account.balance(transaction.now) if account else None,
            outcome=Outcome.SKIPPED,
        )
    return OrderRefunded(
        order_id=order_id,
        points_reversed=recorded.points,
        points_suggested=recorded.facts_as(Refunded).suggested,
        balance=recorded.balance_after,
        outcome=Outcome.of(transaction),
    )


def _command(program_id: str, order_id: str, request: Return, sender: Sender) -> Command[None]:
    return Command(
        cause=cause_of_order(program_id, order_id),
        account_id=None,
        sender=sender,
        decide=lambda begun, _: [take_back(begun, request)],
    )
