"""An order is cancelled: what it earned is taken back, what it used is given back."""

from dataclasses import dataclass

from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender, Transaction
from loyalty.domain.orders.cancellation import cancel
from loyalty.domain.orders.order import cause_of_order
from loyalty.ports.world import World
from loyalty.usecases.commands.command import Outcome, carry_out
from loyalty.usecases.orders.referral import taking_back


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """What the cancellation did, the first time.

    `points_shortfall` is what it should have taken back but was spent, where the program lets that
    go. Without a customer known there is neither `debt` nor `balance`.
    """

    order_id: str
    status: str
    points_reversed: int
    points_restored: int
    points_shortfall: int
    debt: int | None
    balance: int | None
    outcome: Outcome


def cancel_order(
    world: World,
    program_id: str,
    order_id: str,
    customer_id: str | None,
    reason: str | None,
    sender: Sender,
) -> OrderCancelled:
    """Cancel an order. A repeat answers what the first one answered.

    Naming the customer saves a round trip: the account is then read beside the order.
    """

    def decide(transaction: Transaction) -> Transaction:
        transaction.history.refuse_other_customer_id(customer_id)
        return cancel(transaction, reason)

    transaction = carry_out(
        world,
        program_id,
        cause_of_order(program_id, order_id),
        AccountId(program_id, customer_id) if customer_id is not None else None,
        sender,
        decide,
        answered=lambda history: history.shows_all_of_cancellation,
        beside=lambda transaction: taking_back(world, transaction),
    )
    movements = transaction.history.cancellation
    last = movements[-1]
    return OrderCancelled(
        order_id=order_id,
        status="cancelled",
        points_reversed=sum(m.points for m in movements if m.kind is Kind.REVERSE),
        points_restored=sum(m.points for m in movements if m.kind is Kind.RESTORE),
        points_shortfall=sum(m.shortfall for m in movements),
        debt=last.debt_after if last.account else None,
        balance=last.balance_after if last.account else None,
        outcome=Outcome.of(transaction),
    )
