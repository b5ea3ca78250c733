"""Accrual: an order earns on completion, only the first time, ever."""

from dataclasses import replace
from datetime import datetime

from loyalty.domain.ledger.facts import Completed, Step
from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.movement import Movement
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.earning import Earning, earning
from loyalty.domain.orders.order import Order
from loyalty.domain.orders.referral import Referral
from loyalty.domain.orders.tier_progress import count_order
from loyalty.domain.program.settings import Program
from loyalty.domain.values.calendar import business_day


def why_skipped(program: Program, order: Order) -> str | None:
    """Why nothing is recorded for the completed `order`, so that a completion sent again may earn."""
    if order.customer_id is None:
        return "no_customer"
    if not program.enabled:
        return "program_disabled"
    if not program.ways_to_earn.order.enabled:
        return "order_earning_disabled"
    return None


def complete(transaction: Transaction, order: Order, referral: Referral | None = None) -> Transaction:
    """Accrue `order`, unless its history says that it was completed or cancelled before."""
    history, program = transaction.history, transaction.program
    history.refuse_other_customer(order.account_id(program.program_id))
    if history.closed or why_skipped(program, order):
        return transaction
    program.refuse_other_currency(order.currency)
    standing, day = transaction.holder.standing, business_day(transaction.now, program.timezone)
    earned = earning(program, order, history.live_redemption, standing, day, referral.referee_points if referral else 0)
    lots = _lots(program, earned, transaction.now)
    referrer = referral.referrer.customer_id if referral and earned.reason != "below_min_order_total" else None
    return transaction.credit(
        Kind.EARN,
        Event.ORDER_COMPLETED,
        lots,
        expires_at=lots.next_expiry,
        reason=earned.reason,
        facts=replace(earned.recorded, lots=tuple(lots) if len(lots) > 1 else (), referrer=referrer),
        counted=count_order(transaction, order, earned.points),
    )


def _lots(program: Program, earned: Earning, now: datetime) -> Lots:
    """The points by the instant at which they expire: as the program says, or a promotion for what it added."""
    bonuses = [Lot(expiry.expires_at(now, program.timezone), points) for expiry, points in earned.bonuses]
    others = earned.points - sum(lot.points for lot in bonuses)
    return Lots([*bonuses, Lot(program.expires_at(now), others)])


def breakdown_of(completion: Movement) -> tuple[Step, ...]:
    """The steps that a completion recorded."""
    return completion.facts.steps if isinstance(completion.facts, Completed) else ()
