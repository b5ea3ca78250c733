"""The steps in which an order earns: numbers, and the words for them.

A step names the settings whose rule it is, so that the words can be said again from the numbers.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from loyalty.domain.program.settings import Goods, Program
from loyalty.domain.values.money import exact, ratio, round_half_up_to_minor


class Rule(StrEnum):
    """What added points or took them."""

    BASE = "base"
    RATE = "rate"
    EXCLUDED = "excluded"
    PROMOTION = "promotion"
    TIER = "tier"
    REFERRAL = "referral"
    ROUNDING = "rounding"
    LEAST = "min_points_per_order"
    MOST = "max_points_per_order"
    CUSTOMER_CAP = "max_points_per_customer"


@dataclass(frozen=True, slots=True)
class Step:
    """What a rule of the settings `version` added or took, in whole points.

    `of` says which of the version's rates, promotions or tiers it is. `figure` is what it counted: money, pieces or
    points.
    """

    rule: Rule
    points: int
    version: int
    of: int = 0
    figure: Decimal = Decimal(0)


def words(step: Step, program: Program) -> str:
    """What `step` did, under `program`, for a person."""
    earn = program.earn
    match step.rule:
        case Rule.BASE:
            return f"{_money(step.figure, program)} x {_per_unit(program, earn.points_per_unit)}, {earn.rounding}"
        case Rule.RATE:
            rate = earn.rates[step.of]
            if rate.points_per_item is not None:
                return f"{plain(step.figure)} pieces x {rate.points_per_item}, {names_of(rate)}"
            per_unit = rate.points_per_unit if rate.points_per_unit is not None else earn.points_per_unit
            return f"{_money(step.figure, program)} x {_per_unit(program, per_unit)}, {names_of(rate)}"
        case Rule.EXCLUDED:
            return f"{_money(step.figure, program)} of goods that earn nothing"
        case Rule.PROMOTION:
            promotion = program.promotions[step.of]
            where = names_of(promotion) if promotion.names_goods else "the order"
            if promotion.multiplier is not None:
                return f"{promotion.id}: x {plain(promotion.multiplier)} on {where}"
            return f"{promotion.id}: {promotion.bonus_points} for {where}"
        case Rule.TIER:
            tier = program.tiers[step.of]
            return f"{tier.name}: x {plain(tier.multiplier)}"
        case Rule.REFERRAL:
            return f"{plain(step.figure)} for a customer who was referred"
        case Rule.ROUNDING:
            return f"{plain(step.figure)}, {earn.rounding}"
        case Rule.LEAST:
            return f"at least {plain(step.figure)} an order"
        case Rule.MOST:
            return f"at most {plain(step.figure)} an order"
        case Rule.CUSTOMER_CAP:
            return f"{plain(step.figure)} points of the customer's cap were left"


def money(amount: Fraction, currency: str) -> str:
    """`amount` in whole minor units, for words: what is reckoned with is the fraction."""
    rounded = round_half_up_to_minor(ratio(Decimal(amount.numerator), Decimal(amount.denominator)), currency)
    return f"{exact(rounded, currency)} {currency}"


def decimal(number: Fraction) -> Decimal:
    """`number` in at most six decimals, for words."""
    text = round(number, 6)
    return ratio(Decimal(text.numerator), Decimal(text.denominator)).normalize()


def plain(number: Decimal) -> str:
    """A number written out, without an exponent and without zeros at its end."""
    return f"{number.normalize():f}"


def names_of(goods: Goods) -> str:
    """What goods are called: the first names of them, and how many more there are."""
    names = [*goods.categories, *goods.skus]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more


def _money(figure: Decimal, program: Program) -> str:
    return money(Fraction(figure), program.currency)


def _per_unit(program: Program, points: Decimal) -> str:
    per = program.earn.per
    unit = program.currency if per is None else f"whole {money(Fraction(per), program.currency)}"
    return f"{plain(points)} per {unit}"
