"""What orders, cancellations and refunds change about a customer's standing."""

from dataclasses import replace
from decimal import Decimal

from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.standing import Counted
from loyalty.domain.ledger.tiers import tier_after
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.order import Order
from loyalty.domain.values.calendar import business_day


def count_order(transaction: Transaction, order: Order, points: int) -> Counted | None:
    """That the order was completed and earned `points`."""
    program = transaction.program
    day = business_day(transaction.now, program.timezone)
    cap = program.earn.max_points_per_customer
    counted = Counted(
        day=day,
        orders=1,
        spend=program.in_minor_units(order.total),
        period=cap.period.first_day(day) if cap else None,
        points=points if cap else 0,
    )
    return _complete(transaction, counted, points)


def count_back(transaction: Transaction, points: int, refunded_total: Decimal | None = None) -> Counted | None:
    """That `points` of an order were taken back, and that it was cancelled or `refunded_total` of it refunded."""
    first = next((movement.counted for movement in transaction.history if movement.counted), None)
    if first is None:
        return None
    orders, spend = _net(transaction.history)
    left, whole = 0, True
    if refunded_total is not None:
        left = min(max(first.spend - transaction.program.in_minor_units(refunded_total), 0), spend)
        whole = bool(refunded_total) and not left
    counted = replace(first, orders=-orders if whole else 0, spend=left - spend, points=-points if first.period else 0)
    if not (counted.orders or counted.spend or counted.points):
        return None
    return _complete(transaction, counted, points)


def _complete(transaction: Transaction, counted: Counted, points: int) -> Counted | None:
    """With the tier after it; nothing where no points move and the program does not care."""
    program = transaction.program
    if transaction.account is None or not (points or program.counts_orders):
        return None
    counted = replace(counted, window=program.widest_window)
    today = business_day(transaction.now, program.timezone)
    standing = transaction.account.standing.plus(replace(counted, tier=transaction.account.standing.tier))
    return replace(counted, tier=tier_after(program, standing, today))


def _net(history: History) -> tuple[int, int]:
    """What still counts of an order: itself, and how much was spent on it."""
    counted = [movement.counted for movement in history if movement.counted]
    return sum(one.orders for one in counted), sum(one.spend for one in counted)
