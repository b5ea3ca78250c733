"""What an order earns, reckoned exactly and rounded once.

Rules add, multipliers multiply what the goods earn, a bonus is added as it is. Discounts are spread over the lines in
proportion to what they cost, as exact fractions: how an order is split into lines changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

from loyalty.domain.ledger.facts import Completed, Redeemed, Step
from loyalty.domain.ledger.movement import MAX_POINTS, Movement
from loyalty.domain.ledger.standing import Standing
from loyalty.domain.ledger.tiers import tier_of
from loyalty.domain.orders.order import Order
from loyalty.domain.orders.promotions import chosen
from loyalty.domain.program.settings import Expiry, Goods, OnRedeemedOrder, Program, Promotion, Rate
from loyalty.domain.values.money import Rounding, exact, ratio, round_half_up_to_minor

BEYOND_COUNTING = Fraction(10**30)
"""No sum of points is larger, far over every cap: a stored number has 38 digits, and 50 multipliers make more."""
NEWCOMER = Standing()
"""Of somebody who has never ordered."""


@dataclass(frozen=True, slots=True)
class Earning:
    """What an order earns: `points` is the sum of its steps. `reason` says why it is nothing.

    `basis` is the money that it is reckoned on. `bonuses` are those of the points that live as long as
    a promotion says, and not as the program does.
    """

    points: int
    basis: Decimal
    steps: tuple[Step, ...] = ()
    reason: str | None = None
    bonuses: tuple[tuple[Expiry, int], ...] = ()

    @property
    def recorded(self) -> Completed:
        """How the points came about, as the movement records it."""
        return Completed(basis=self.basis, steps=self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Some of an order's money, what it earns and by which rule; `pieces` of one SKU, or what is no goods at all."""

    sku: str | None = None
    category: str | None = None
    money: Fraction
    pieces: int = 0
    rate: Rate | None = None
    excluded: bool = False
    points: Fraction = field(default=Fraction(0))

    def of(self, goods: Goods) -> bool:
        return not self.excluded and self.sku is not None and goods.include(self.sku, self.category)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a rule adds, exactly; `expiry` where its points live otherwise than the program says."""

    name: str
    points: Fraction
    detail: str
    expiry: Expiry | None = None


def earning(
    program: Program,
    order: Order,
    redemption: Movement | None,
    standing: Standing = NEWCOMER,
    day: date = date.min,
    referee_points: int = 0,
) -> Earning:
    """What `order` earns on `day` under `program`, having used the points of `redemption`.

    It is judged by the `standing` that the customer had before it. `referee_points` are for a customer who was
    referred.
    """
    rules = program.earn
    money = order.amount(rules.basis)
    if redemption and rules.on_redeemed_order is OnRedeemedOrder.NONE:
        return Earning(0, money, reason="points_used_on_order")
    if order.total < rules.min_order_total:
        return Earning(0, money, reason="below_min_order_total")
    cash = money
    if redemption and rules.on_redeemed_order is OnRedeemedOrder.CASH_PART:
        # Less what the points really took off, which is whole cents.
        cash = max(money - redemption.facts_as(Redeemed).discount, Decimal(0))
    paid = _share(cash, money) if redemption else Fraction(1)
    parts = _parts(program, order, money, paid)
    found = [
        *_base(program, parts),
        *_promotions(program, order, standing, parts, paid),
        *_tier(program, standing, parts),
    ]
    if referee_points:
        found.append(_Rule("referral", referee_points * paid, f"{referee_points} for a customer who was referred"))
    return _rounded(found, program.earn.rounding, cash, _caps(program, standing, day))


def _share(part: Decimal, whole: Decimal) -> Fraction:
    return Fraction(Fraction(part), Fraction(whole)) if whole else Fraction(0)


def _parts(program: Program, order: Order, money: Decimal, paid: Fraction) -> list[_Part]:
    """The order's money by SKU and category, and the rest of it: shipping and the like.

    Of all of it, what is `paid` in cash.
    """
    goods: dict[tuple[str, str | None], tuple[Decimal, int]] = {}
    for item in order.items:
        amount, pieces = goods.get((item.sku, item.category), (Decimal(0), 0))
        goods[item.sku, item.category] = amount + item.amount, pieces + item.quantity
    lines = min(money, order.items_net)
    net = _share(lines, order.items_total) * paid
    found = [
        _Part(sku=sku, category=category, money=Fraction(amount) * net, pieces=pieces)
        for (sku, category), (amount, pieces) in goods.items()
    ]
    rest = _Part(money=Fraction(money - lines) * paid)
    return [_earning_part(program, part, paid) for part in [*found, rest]]


def _earning_part(program: Program, part: _Part, paid: Fraction) -> _Part:
    rules = program.earn
    if part.of(rules.excluded):
        return replace(part, excluded=True)
    rate = next((rate for rate in rules.rates if part.of(rate)), None)
    if rate and rate.points_per_item is not None:
        return replace(part, rate=rate, points=part.pieces * rate.points_per_item * paid)
    per_unit = rates_per_unit(program, rate)
    return replace(part, rate=rate, points=part.money * Fraction(per_unit))


def rates_per_unit(program: Program, rate: Rate | None) -> Decimal:
    """Points for one unit of the currency: by `rate`, or by the program's own."""
    return rate.points_per_unit if rate and rate.points_per_unit is not None else program.earn.points_per_unit


def _base(program: Program, parts: Sequence[_Part]) -> Iterable[_Rule]:
    """What the goods earn before anything multiplies it: by the program's own rate, then by each other one."""
    for rate in (None, *program.earn.rates):
        mine = [part for part in parts if part.rate is rate and not part.excluded]
        if rate and not mine:
            continue
        points = sum((part.points for part in mine), Fraction(0))
        if rate and rate.points_per_item is not None:
            what = f"{sum(part.pieces for part in mine)} pieces x {rate.points_per_item}"
        else:
            per_unit = f"{rates_per_unit(program, rate).normalize():f}"
            money = sum((part.money for part in mine), Fraction(0))
            what = f"{_money(money, program.currency)} x {per_unit} per {program.currency}"
        if rate:
            yield _Rule("rate", points, f"{what}, {_names(rate)}")
        else:
            yield _Rule("base", points, f"{what}, {program.earn.rounding}")
    excluded = sum((part.money for part in parts if part.excluded), Fraction(0))
    if excluded:
        yield _Rule("excluded", Fraction(0), f"{_money(excluded, program.currency)} of goods that earn nothing")


def _promotions(
    program: Program, order: Order, standing: Standing, parts: list[_Part], paid: Fraction
) -> Iterable[_Rule]:
    """What the promotions add, one after the other; `parts` earn what they multiplied."""

    def meets_goods(promotion: Promotion) -> bool:
        return not promotion.names_goods or any(part.of(promotion) for part in parts)

    for promotion in chosen(program, order, standing, meets_goods):
        where = _names(promotion) if promotion.names_goods else "the order"
        added = Fraction(promotion.bonus_points or 0) * paid
        what = f"{promotion.bonus_points} for {where}"
        if promotion.multiplier is not None:
            more = Fraction(promotion.multiplier) - 1
            what = f"x {promotion.multiplier.normalize():f} on {where}"
            for number, part in enumerate(parts):
                if not promotion.names_goods or part.of(promotion):
                    added += part.points * more
                    parts[number] = replace(part, points=part.points * (more + 1))
        yield _Rule("promotion", added, f"{promotion.id}: {what}", promotion.expiry)


def _tier(program: Program, standing: Standing, parts: Sequence[_Part]) -> Iterable[_Rule]:
    """What the customer's tier adds to what the goods earn so far."""
    tier = tier_of(program, standing)
    if tier and tier.multiplier != 1:
        more = (Fraction(tier.multiplier) - 1) * sum((part.points for part in parts), Fraction(0))
        yield _Rule("tier", more, f"{tier.name}: x {tier.multiplier.normalize():f}")


def _rounded(
    found: Iterable[_Rule], rounding: Rounding, basis: Decimal, caps: Iterable[tuple[str, int, str]]
) -> Earning:
    """The sum of what was found, rounded once and capped. Each step has what it adds to the whole points so far."""
    steps: list[tuple[Step, Expiry | None]] = []
    total = Fraction(0)
    for rule in found:
        sum_ = min(total + rule.points, BEYOND_COUNTING)
        steps.append((Step(rule.name, floor(sum_) - floor(total), rule.detail), rule.expiry))
        total = sum_
    points, cut = rounding.points(total), floor(total)
    if total != cut:
        steps.append((Step("rounding", points - cut, f"{_decimal(total):f}, {rounding}"), None))
    for name, cap, words in caps:
        if points > cap:
            steps.append((Step(name, cap - points, words), None))
            points = cap
    plain = tuple(step for step, _ in steps)
    return Earning(points, basis, plain, None if points else "no_points", _bonuses(steps, points))


def _caps(program: Program, standing: Standing, day: date) -> Iterable[tuple[str, int, str]]:
    """The most points that the order may earn: the rule, the number, and words."""
    cap = MAX_POINTS if program.earn.max_points_per_order is None else program.earn.max_points_per_order
    yield "max_points_per_order", cap, f"at most {cap} an order"
    if mine := program.earn.max_points_per_customer:
        had = standing.points_in(mine.period.first_day(day))
        words = f"at most {mine.points} a {mine.period}, {had} of them earned"
        yield "max_points_per_customer", max(mine.points - had, 0), words


def _bonuses(steps: Iterable[tuple[Step, Expiry | None]], points: int) -> tuple[tuple[Expiry, int], ...]:
    """Which of `points` live as a promotion says. What a cap took away were these first, the last of them first."""
    others = sum(step.points for step, expiry in steps if expiry is None and step.points > 0)
    left = max(points - others, 0)
    found: dict[Expiry, int] = {}
    for step, expiry in steps:
        if expiry is not None:
            kept = min(step.points, left)
            left -= kept
            found[expiry] = found.get(expiry, 0) + kept
    return tuple((expiry, kept) for expiry, kept in found.items() if kept)


def _decimal(number: Fraction) -> Decimal:
    """`number` in at most six decimals, for words: what is reckoned with is the number."""
    text = round(number, 6)
    return ratio(Decimal(text.numerator), Decimal(text.denominator)).normalize()


def _money(amount: Fraction, currency: str) -> str:
    money = ratio(Decimal(amount.numerator), Decimal(amount.denominator))
    return f"{exact(round_half_up_to_minor(money, currency), currency)} {currency}"


def _names(goods: Goods) -> str:
    """What goods are called, in words: the first names of them, and how many more there are."""
    names = [*goods.categories, *goods.skus]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more
