"""An order uses points: their number is set, changed, or the points are given back."""

from dataclasses import dataclass
from decimal import Decimal

from loyalty.domain.ledger.facts import Redeemed
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.orders.order import cause_of_order
from loyalty.domain.orders.redemption import RedemptionRequest, discount, redeem, void
from loyalty.usecases.commands.command import Command, CommandPorts, Outcome, carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRedeemed:
    """What the order uses now, the money that it takes off, and the balance after."""

    order_id: str
    points_redeemed: int
    discount: Decimal
    currency: str
    balance: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionVoided:
    """How many points the order gave back. `balance` is None while the order has no customer."""

    order_id: str
    points_restored: int
    balance: int | None
    outcome: Outcome


def redeem_points(
    ports: CommandPorts,
    program_id: str,
    order_id: str,
    request: RedemptionRequest,
    sender: Sender,
) -> PointsRedeemed:
    """Set how many points an order uses. The same request again changes nothing and is answered the same."""
    transaction = carry_out(ports, _redeeming(program_id, order_id, request, sender))
    live = transaction.history.live_redemption
    return PointsRedeemed(
        order_id=order_id,
        points_redeemed=live.points if live else 0,
        discount=live.facts_as(Redeemed).discount if live else discount(transaction.program, 0),
        currency=transaction.program.currency,
        balance=live.balance_after if live else transaction.holder.balance(transaction.now),
        outcome=Outcome.of(transaction, recorded=live is not None),
    )


def void_redemption(ports: CommandPorts, program_id: str, order_id: str, sender: Sender) -> RedemptionVoided:
    """Give back the points that an order uses. A repeat answers what was given back the last time."""
    transaction = carry_out(ports, _voiding(program_id, order_id, sender))
    if voided := transaction.history.voided_redemption:
        return RedemptionVoided(
            order_id=order_id,
            points_restored=voided.points,
            balance=voided.balance_after,
            outcome=Outcome.of(transaction),
        )
    account = transaction.account
    return RedemptionVoided(
        order_id=order_id,
        points_restored=0,
        balance=account.balance(transaction.now) if account else None,
        outcome=Outcome.SKIPPED,
    )


def _redeeming(program_id: str, order_id: str, request: RedemptionRequest, sender: Sender) -> Command[None]:
    return Command(
        cause=cause_of_order(program_id, order_id),
        account_id=request.account_id,
        sender=sender,
        decide=lambda begun, _: [redeem(begun, request)],
    )


def _voiding(program_id: str, order_id: str, sender: Sender) -> Command[None]:
    return Command(
        cause=cause_of_order(program_id, order_id),
        account_id=None,
        sender=sender,
        decide=lambda begun, _: [void(begun)],
    )
