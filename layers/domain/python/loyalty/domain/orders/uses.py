"""How many points an order uses, once it turns out what it is worth."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil

from loyalty.domain.orders.facts import Edit, Used
from loyalty.domain.orders.goods import NONE, total
from loyalty.domain.orders.holding import Holding
from loyalty.domain.orders.order import Stated
from loyalty.domain.orders.statement import Reading, read, rounded_down
from loyalty.domain.values.money import round_down_to_minor
from loyalty.domain.values.refusal import Refused


def used_by_completion(reserved: Used, stated: Stated) -> Used:
    """What a completed order uses of the points that it reserved: the fewest that give the discount, as far as the
    order is worth it. Where its total is unclear none are released.
    """
    statement = read(stated, reserved.discount)
    if statement.read_as is Reading.UNCLEAR:
        return reserved
    return _at_discount(reserved, min(Fraction(reserved.discount), statement.total), stated.currency)


def used_after_edit(holding: Holding, asked: Edit, point_value: Decimal) -> Used:
    """All points that the order uses after an edit: as many as asked for or, left out, cut to what it is worth now.

    Points that it uses in addition are worth `point_value`. Raises Refused: `exceeds_order_limit`.
    """
    before, currency = holding.latest.used, asked.stated.currency
    used = before if asked.asked is None else _so_many(before, asked.asked, point_value, currency)
    statement = read(asked.stated, used.discount, holding.basket.statement)
    if statement.read_as is Reading.UNCLEAR:
        return used
    basket = holding.basket.restated(holding.rest, statement, asked.moment, used.points, holding.given_back)
    there = total(part.money for part in basket.there.values())
    over = holding.rest.off + Fraction(used.discount) - holding.basket.statement.points_off - there
    if over <= 0:
        return used
    if asked.asked is not None:
        raise Refused("exceeds_order_limit", "Points take more off the order than it is worth.", pointer="/redemption")
    return _at_discount(before, max(Fraction(before.discount) - over, NONE), currency)


def _so_many(before: Used, points: int, point_value: Decimal, currency: str) -> Used:
    """`points`: fewer of those that were used, or more."""
    if points == before.points:
        return before
    if points < before.points:
        return replace(before, points=points, discount=rounded_down(points * _value(before), currency))
    discount = before.discount + round_down_to_minor((points - before.points) * point_value, currency)
    one_value = not before.points or before.point_value == point_value
    return Used(points, discount, point_value if one_value else None)


def _at_discount(used: Used, discount: Fraction, currency: str) -> Used:
    """The fewest points of `used` that take `discount` off, in whole minor units."""
    if not used.points:
        return used
    whole = rounded_down(discount, currency)
    return replace(used, points=min(ceil(Fraction(Fraction(whole), _value(used))), used.points), discount=whole)


def _value(used: Used) -> Fraction:
    """What one of the used points is worth: all of them alike, where not all are worth the same."""
    return Fraction(used.point_value or Fraction(Fraction(used.discount), used.points))
