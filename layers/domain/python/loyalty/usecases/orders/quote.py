"""A quote is given. Nothing is written."""

from typing import Literal, Protocol

from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.orders.order import Order, cause_of_order
from loyalty.domain.orders.quote import Quote, quote
from loyalty.domain.program.settings import Program
from loyalty.ports.world import HasClock, HasLedger, HasPrograms
from loyalty.usecases.orders.referral import referral_of


class QuotePorts(HasLedger, HasPrograms, HasClock, Protocol):
    """What a quote is read from."""


def quote_order(
    ports: QuotePorts, program_id: str, order: Order, use_points: int | Literal["max"] | None
) -> tuple[Quote, Program]:
    """What `order` would earn and may use, and the program by which. An order without an id is a cart.

    Raises Refused as the commands would, UnknownProgram and Unavailable.
    """
    program = ports.programs.get(program_id)
    account_id = order.account_id(program_id)
    cause = cause_of_order(program_id, order.order_id)
    if order.order_id:
        history, account = ports.ledger.read(cause, account_id, consistent=True)
    else:
        history, account = History(cause), ports.ledger.account(account_id, consistent=True) if account_id else None
    origin = Origin(Sender("quote", "QUOTE", order.completed_at), ports.clock())
    begun = Transaction.begin(program, origin, history, account)
    return quote(begun, order, use_points, referral_of(ports.ledger, begun, order)), program
