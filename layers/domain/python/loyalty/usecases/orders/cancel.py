"""An order is cancelled: points it earned are taken back, points it used are given back."""

from collections.abc import Sequence
from dataclasses import dataclass

from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender, Transaction
from loyalty.domain.orders.cancellation import cancel
from loyalty.domain.orders.order import cause_of_order
from loyalty.domain.orders.referral import take_back_payment
from loyalty.usecases.commands.command import Command, CommandPorts, Outcome, carry_out
from loyalty.usecases.orders.referral import recorded_referral


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """What the cancellation did, the first time.

    `points_shortfall` is how many points should have been taken back, but were spent and are waived by the program.
    `debt` and `balance` are None while no customer is known.
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
    ports: CommandPorts,
    program_id: str,
    order_id: str,
    customer_id: str | None,
    reason: str | None,
    sender: Sender,
) -> OrderCancelled:
    """Cancel an order. A repeat answers what the first one answered.

    Naming the customer saves a round trip: the account is then read beside the order.
    """

    transaction = carry_out(ports, _command(program_id, order_id, customer_id, reason, sender))
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


def _command(
    program_id: str, order_id: str, customer_id: str | None, reason: str | None, sender: Sender
) -> Command[Transaction | None]:
    def decide(begun: Transaction, referral: Transaction | None) -> Sequence[Transaction]:
        begun.history.refuse_other_customer_id(customer_id)
        taken = take_back_payment(referral) if referral else None
        return [cancel(begun, reason), *([taken] if taken and taken.decided else [])]

    return Command(
        cause=cause_of_order(program_id, order_id),
        account_id=AccountId(program_id, customer_id) if customer_id is not None else None,
        sender=sender,
        gather=recorded_referral,
        decide=decide,
        is_answered=lambda history: history.shows_all_of_cancellation,
    )
