"""Which promotions an order meets, and which of those count together."""

from collections.abc import Callable

from loyalty.domain.ledger.standing import Standing
from loyalty.domain.orders.order import Order
from loyalty.domain.program.settings import Program, Promotion


def chosen(
    program: Program, order: Order, standing: Standing, meets_goods: Callable[[Promotion], bool]
) -> list[Promotion]:
    """The promotions that count for `order`, the highest priority first; among equals the one that is listed first.

    One that is not stackable counts alone: it is left out where one before it counts, and leaves out all behind it.
    """
    met = [
        promotion
        for promotion in program.promotions
        if promotion.starts_at <= order.completed_at < promotion.ends_at
        if not promotion.tiers or standing.tier in promotion.tiers
        if not promotion.first_order or not standing.orders
        if meets_goods(promotion)
    ]
    found: list[Promotion] = []
    for promotion in sorted(met, key=lambda promotion: -promotion.priority):
        if not found or (promotion.stackable and found[-1].stackable):
            found.append(promotion)
    return found
