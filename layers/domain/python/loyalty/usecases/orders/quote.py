"""A quote is given. Nothing is written."""

from typing import Literal

from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.orders.order import Order, cause_of_order
from loyalty.domain.orders.quote import Quote, quote
from loyalty.domain.program.settings import Program
from loyalty.ports.world import World
from loyalty.usecases.orders.referral import referral_of


def quote_order(
    world: World, program_id: str, order: Order, use_points: int | Literal["max"] | None
) -> tuple[Quote, Program]:
    """What `order` would earn and may use, and the program that says so. One without an id is a cart.

    Raises Refused as the commands would, UnknownProgram and Unavailable.
    """
    program = world.programs.get(program_id)
    account_id = order.account_id(program_id)
    cause = cause_of_order(program_id, order.order_id)
    if order.order_id:
        history, account = world.ledger.read(cause, account_id, consistent=True)
    else:
        history, account = History(cause), world.ledger.account(account_id, consistent=True) if account_id else None
    origin = Origin(Sender("quote", "QUOTE", order.completed_at), world.clock())
    begun = Transaction.begin(program, origin, history, account)
    return quote(begun, order, use_points, referral_of(world, begun, order)), program
