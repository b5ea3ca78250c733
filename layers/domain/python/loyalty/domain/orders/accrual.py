"""What goods earn: the one function, of a completion, of what is left of it, and of a quote.

Each layer earns by the version and the promotions of its own moment; a bonus counts once for an order; minimum, maximum
and rounding count once, by the version of the first layer. All is reckoned exactly and rounded once: how an order is
split into lines changes nothing, and less goods never earn more. A cap on the customer is not asked here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor, prod

from loyalty.domain.ledger.movement import MAX_POINTS
from loyalty.domain.ledger.standing import Counted, Standing
from loyalty.domain.ledger.tiers import tier_after
from loyalty.domain.orders.basket import Rest
from loyalty.domain.orders.goods import ALL, NONE, POTS, TAX, Layer, Lines, Part, Pot, total
from loyalty.domain.orders.rulebook import NO_GOODS, Kind, Offer, Rulebook
from loyalty.domain.orders.statement import Statement
from loyalty.domain.orders.steps import Rule, Step, decimal
from loyalty.domain.program.settings import EarningBasis, Expiry, OnRedeemedOrder, Program, Rate, TiersApply

BEYOND_COUNTING = Fraction(10**30)
"""No sum of points is larger, far over every cap: a stored number has 38 digits, and 50 multipliers make more."""

POTS_OF = {
    EarningBasis.ITEMS: (),
    EarningBasis.ITEMS_WITH_SHIPPING: (Pot.SHIPPING,),
    EarningBasis.ITEMS_WITH_TAX: (Pot.ITEMS_TAX,),
    EarningBasis.ITEMS_WITH_SHIPPING_AND_TAX: (Pot.SHIPPING, *TAX),
    EarningBasis.TOTAL: (Pot.SHIPPING, *TAX, Pot.FEES),
    EarningBasis.TOTAL_WITHOUT_SHIPPING: (*TAX, Pot.FEES),
    EarningBasis.TOTAL_WITHOUT_TAX: (Pot.SHIPPING, Pot.FEES),
    EarningBasis.TOTAL_WITHOUT_SHIPPING_AND_TAX: (Pot.FEES,),
}
"""What counts beside the goods. A total counts of the goods what it holds of them."""
TOTALS = frozenset(basis for basis in EarningBasis if basis.startswith("total"))
WITHOUT_TAX = frozenset({EarningBasis.TOTAL_WITHOUT_TAX, EarningBasis.TOTAL_WITHOUT_SHIPPING_AND_TAX})


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Whose order it is, as the completion found them: their tier, whether it is their first order.

    `referee_points` are for a customer who was referred. Where a tier multiplies the order by which it is reached,
    `standing` is what the customer had before the order, on `day`.
    """

    tier: str | None = None
    first_order: bool = False
    referee_points: int = 0
    standing: Standing | None = None
    day: date = date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class Earner:
    """Goods of one kind in a layer, or a pot of it, and what they earn: exactly, before the order is rounded.

    `worth` is their money, `off` what points took off it, `money` what the basis counts of it, less what may not earn.
    `factor` is what promotions multiply, `points` are those before that and before the tier.
    """

    layer: int
    pot: Pot | None
    kind: Kind
    worth: Fraction
    off: Fraction
    money: Fraction
    pieces: Fraction
    factor: Fraction = ALL
    points: Fraction = NONE


@dataclass(frozen=True, slots=True)
class LivingApart:
    """Points that came in with a layer and live as long as a promotion says, and not as the program does."""

    layer: int
    expiry: Expiry
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """What an order earns: `points`, which is the sum of its `steps`. `reason` says why it is nothing.

    `basis` is the money that it is reckoned on, `spend` the money of it that counts towards tiers. `apart` are those
    of the points that live as long as a promotion says. `earners` say what earned how much. `counts` says whether it is
    an order at all, for which a referral pays and which is a customer's first.
    """

    points: int = 0
    basis: Fraction = NONE
    spend: Fraction = NONE
    steps: tuple[Step, ...] = ()
    reason: str | None = "no_points"
    apart: tuple[LivingApart, ...] = ()
    earners: tuple[Earner, ...] = ()
    tier: str | None = None
    counts: bool = False


NOTHING = Accrual()


def accrue(rest: Rest, customer: Customer, rules: Rulebook) -> Accrual:
    """What the `rest` of an order earns, a cap on the customer apart."""
    if not rest.goods:
        return NOTHING
    scope = _Scope(rest, customer, rules)
    basis = total(earner.worth * scope.counted(earner) for earner in scope.earners)
    if scope.is_below_minimum:
        return Accrual(basis=basis, reason="below_min_order_total", tier=scope.tier)
    promoted = [scope.on(layer) for layer in rest.layers]
    earners = _with_points(scope, promoted)
    found = [*_goods(scope, earners, promoted), *_referral(scope)]
    points, steps, apart = _rounded(found, scope.first)
    unpaid = rest.statement.points_off and scope.first.earn.on_redeemed_order is OnRedeemedOrder.NONE
    return Accrual(
        points=points,
        basis=basis,
        spend=scope.spend,
        steps=steps,
        reason=None if points else "points_used_on_order" if unpaid else "no_points",
        apart=apart,
        earners=tuple(earners),
        tier=scope.tier,
        counts=scope.is_paid,
    )


def choose(rest: Rest, customer: Customer, rules: Rulebook) -> tuple[int, ...]:
    """The promotions under which the latest layer of `rest` comes in, the highest priority first.

    One that is not stackable counts alone: it is left out where one before it counts, and leaves out all behind it.
    Those that are stackable count also later, where their conditions are not met yet.
    """
    scope = _Scope(rest, customer, rules)
    running = sorted(rules.running(rest.layers[-1]), key=lambda offer: -offer.promotion.priority)
    found: list[Offer] = []
    for offer in running:
        if scope.meets(offer) and (not found or (offer.promotion.stackable and found[-1].promotion.stackable)):
            found.append(offer)
    if all(offer.promotion.stackable for offer in found):
        found = [offer for offer in running if offer in found or (offer.promotion.stackable and scope.is_for(offer))]
    return tuple(offer.number for offer in found)


def earns_alike(rest: Rest, customer: Customer, rules: Rulebook, lines: Lines) -> bool:
    """Whether what is left of all `lines` earns at one rate: then nobody needs to say which of them came back."""
    there = [line for line in lines if line in rest.content and rest.content[line].money]
    if len(there) < 2:
        return True
    scope = _Scope(rest, customer, rules)
    ways = set()
    for layer in rest.layers:
        program, offers = rules.program(layer), scope.on(layer)
        for line in there:
            if line in layer.parts and layer.parts[line].money:
                kind = rules.kind(layer.moment.version, line)
                rate = program.earn.rates[kind.rate] if kind.rate is not None else None
                named = frozenset(
                    offer.promotion.id
                    for offer in rules.chosen(layer)
                    if offer.promotion.names_goods and kind.is_of(offer)
                )
                by_piece = rate.points_per_item if rate else None
                ways.add(
                    (kind.excluded, by_piece, per_unit(program, rate), program.earn.per, _factor(offers, kind), named)
                )
    return len(ways) == 1


@dataclass(slots=True)
class _Scope:
    """An order as the rules look at it."""

    rest: Rest
    customer: Customer
    rules: Rulebook
    first: Program = field(init=False)
    earners: list[Earner] = field(init=False)
    is_paid: bool = field(init=False)
    is_below_minimum: bool = field(init=False)
    spend: Fraction = field(init=False)
    tier: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.first = self.rules.program(self.rest.layers[0])
        # Whether any money was paid for what is left of the goods.
        self.is_paid = self.rest.cash > 0
        self.is_below_minimum = self._total() < self.first.earn.min_order_total
        self.earners = list(self._earners())
        self.spend = self._spend()
        self.tier = self._tier()

    def program(self, earner: Earner) -> Program:
        return self.rules.program(self.rest.layers[earner.layer])

    def counted(self, earner: Earner) -> Fraction:
        """The share of the money of `earner` that its basis counts."""
        return _counted(self.rest.statement, self.program(earner).earn.basis, earner.pot)

    def is_for(self, offer: Offer) -> bool:
        """Whether `offer` is for the customer and their order."""
        promotion = offer.promotion
        mine = not promotion.tiers or self.tier in promotion.tiers
        return mine and (self.customer.first_order or not promotion.first_order)

    def looked_at(self, offer: Offer) -> list[Earner]:
        """The goods that came in while `offer` ran, and that it looks at."""
        id_ = offer.promotion.id
        came_in = {
            number
            for number, layer in enumerate(self.rest.layers)
            if any(id_ == running.promotion.id for running in self.rules.running(layer))
        }
        return [one for one in self.earners if one.pot is None and one.layer in came_in and one.kind.is_of(offer)]

    def meets(self, offer: Offer) -> bool:
        """Whether the goods that came in while `offer` ran meet its conditions."""
        promotion, goods = offer.promotion, self.looked_at(offer)
        worth = total(one.worth for one in goods)
        enough = worth > 0 if promotion.min_spend is None else worth >= promotion.min_spend
        earning = not promotion.names_goods or any(one.worth and not one.kind.excluded for one in goods)
        return self.is_for(offer) and enough and earning

    def bonus(self, layer: Layer, offer: Offer) -> Fraction:
        """The points that `offer` gives once, of goods that brought money."""
        goods = self.looked_at(offer)
        part = Part(total(one.worth for one in goods), off=total(one.off for one in goods))
        return (offer.promotion.bonus_points or 0) * paid_share(self.rest.statement, self.rules.program(layer), part)

    def on(self, layer: Layer) -> list[Offer]:
        """The promotions that `layer` came in under, and whose conditions are met."""
        return [offer for offer in self.rules.chosen(layer) if self.meets(offer)]

    def _earners(self) -> Iterator[Earner]:
        for number, layer in enumerate(self.rest.layers):
            program = self.rules.program(layer)
            parts: dict[tuple[Pot | None, Kind], list[Part]] = defaultdict(list)
            pieces: dict[tuple[Pot | None, Kind], list[Fraction]] = defaultdict(list)
            for key, part in layer.parts.items():
                if isinstance(key, Pot):
                    parts[key, NO_GOODS].append(part)
                elif self.rest.content[key].money:
                    of = None, self.rules.kind(layer.moment.version, key)
                    parts[of].append(part)
                    if part.pieces:
                        paid = paid_share(self.rest.statement, program, self.rest.content[key])
                        pieces[of].append(part.pieces * paid)
            for (pot, kind), some in parts.items():
                worth, off = total(part.money for part in some), total(part.off for part in some)
                counted = _counted(self.rest.statement, program.earn.basis, pot)
                yield Earner(
                    layer=number,
                    pot=pot,
                    kind=kind,
                    worth=worth,
                    off=off,
                    money=_earning(self.rest.statement, program, worth * counted, off if counted else NONE),
                    pieces=total(pieces[pot, kind]),
                )

    def _total(self) -> Fraction:
        """What is left of the order costs, before points."""
        pots = total(self.rest.content[pot].money for pot in POTS if pot in self.rest.content)
        return self.rest.goods * _counted(self.rest.statement, EarningBasis.TOTAL, None) + pots

    def _spend(self) -> Fraction:
        """The money that could earn: paid, and neither for goods nor by tenders that are excluded."""
        if self.is_below_minimum:
            return NONE
        return total(
            _in_cash(self.rest.statement, self.program(earner), earner.worth * self.counted(earner), earner.off)
            for earner in self.earners
            if not earner.kind.excluded
        )

    def _tier(self) -> str | None:
        standing = self.customer.standing
        if standing is None or self.first.tiers_apply is not TiersApply.THIS_ORDER:
            return self.customer.tier
        counted = Counted(
            day=self.customer.day,
            orders=1 if self.is_paid and not self.is_below_minimum else 0,
            spend=floor(Fraction(self.spend, self.rest.statement.coin)),
            window=max((tier.window_days or 0 for tier in self.first.tiers), default=0),
            tier=standing.tier,
        )
        return tier_after(self.first, standing.plus(counted), self.customer.day)


def _counted(statement: Statement, basis: EarningBasis, pot: Pot | None) -> Fraction:
    """The share of the money of goods (None), or of a pot, that `basis` counts."""
    if pot is not None and pot not in POTS_OF[basis]:
        return NONE
    if basis not in TOTALS:
        return ALL
    missing = statement.unstated + (statement.tax_inside if basis in WITHOUT_TAX else NONE)
    if not missing:
        return ALL
    goods = statement.worth
    whole, lost = (goods, missing) if pot is None else (statement.pots, max(missing - goods, NONE))
    return max(ALL - Fraction(lost, whole), NONE) if whole else NONE


def paid_share(statement: Statement, program: Program, part: Part) -> Fraction:
    """The share that counts of a bonus, or of points a piece, where points or tenders paid a part of the goods."""
    if not part.cash:
        return NONE
    return Fraction(_earning(statement, program, part.money, part.off), part.money)


def earning_money(statement: Statement, program: Program, part: Part) -> Fraction:
    """What earns of the money of some goods."""
    return _earning(statement, program, part.money * _counted(statement, program.earn.basis, None), part.off)


def _earning(statement: Statement, program: Program, money: Fraction, off: Fraction) -> Fraction:
    """What earns of `money`, off which points took `off`: as `on_redeemed_order` says, less tenders that may not."""
    if not statement.points_off or program.earn.on_redeemed_order is OnRedeemedOrder.FULL:
        return _in_cash(statement, program, money, NONE)
    if program.earn.on_redeemed_order is OnRedeemedOrder.NONE:
        return NONE
    return _in_cash(statement, program, money, off)


def _in_cash(statement: Statement, program: Program, money: Fraction, off: Fraction) -> Fraction:
    """What was paid of `money` in money that may earn: not by points, and not by tenders that are excluded."""
    return max(money - off, NONE) * (ALL - statement.paid_by(program.earn.excluded.tenders))


def _with_points(scope: _Scope, promoted: Sequence[Sequence[Offer]]) -> list[Earner]:
    """The earners with what multiplies them, and their points before that."""
    found = [replace(earner, factor=_factor(promoted[earner.layer], earner.kind)) for earner in scope.earners]
    blocks = _blocks(scope, found)
    return [replace(earner, points=_points(scope, earner, blocks.get(number))) for number, earner in enumerate(found)]


def _factor(offers: Iterable[Offer], kind: Kind) -> Fraction:
    """What `offers` multiply goods of `kind` by, or what is no goods: that only offers multiply which name none."""
    return prod((_times(offer, kind) for offer in offers), start=ALL)


def _times(offer: Offer, kind: Kind) -> Fraction:
    multiplier = offer.promotion.multiplier
    return Fraction(multiplier) if multiplier is not None and kind.is_of(offer) and not kind.excluded else ALL


def _blocks(scope: _Scope, earners: Sequence[Earner]) -> dict[int, int]:
    """How many whole blocks of money each earner has, by its number, where whole blocks earn.

    They are blocks of the rate's summed money: first of what is multiplied most, so that less never earns more.
    """
    found: dict[int, int] = {}
    counted: dict[tuple[object, int | None], Fraction] = defaultdict(Fraction)
    for number, earner in sorted(enumerate(earners), key=lambda one: -one[1].factor):
        earn = scope.program(earner).earn
        if earn.per is not None and not earner.kind.excluded:
            rate = (earn, earner.kind.rate)
            before = floor(Fraction(counted[rate], Fraction(earn.per)))
            counted[rate] += earner.money
            found[number] = floor(Fraction(counted[rate], Fraction(earn.per))) - before
    return found


def _points(scope: _Scope, earner: Earner, blocks: int | None) -> Fraction:
    """What an earner earns before anything multiplies it."""
    if earner.kind.excluded:
        return NONE
    program = scope.program(earner)
    rate = program.earn.rates[earner.kind.rate] if earner.kind.rate is not None else None
    if rate and rate.points_per_item is not None:
        return earner.pieces * rate.points_per_item
    return Fraction(per_unit(program, rate)) * (earner.money if blocks is None else blocks)


def per_unit(program: Program, rate: Rate | None) -> Decimal:
    """Points for one unit of money: by `rate`, or by the program's own."""
    return rate.points_per_unit if rate and rate.points_per_unit is not None else program.earn.points_per_unit


@dataclass(frozen=True, slots=True)
class _Added:
    """What a rule adds, exactly; `expiry` where its points live otherwise than the program says."""

    step: Step
    points: Fraction
    layer: int = 0
    expiry: Expiry | None = None


def _goods(scope: _Scope, earners: Sequence[Earner], promoted: Sequence[Sequence[Offer]]) -> Iterable[_Added]:
    """What the goods earn, layer by layer, then what the tier adds to it."""
    bonuses = _bonuses(scope, promoted)
    multiplied: dict[int, Fraction] = defaultdict(Fraction)
    for number, layer in enumerate(scope.rest.layers):
        mine = [earner for earner in earners if earner.layer == number]
        yield from _base(scope.rules.program(layer), mine)
        points = [earner.points for earner in mine]
        for offer in promoted[number]:
            if offer.promotion.multiplier is not None:
                times = [_times(offer, earner.kind) for earner in mine]
                added = total(have * (more - 1) for have, more in zip(points, times, strict=True))
                points = [have * more for have, more in zip(points, times, strict=True)]
            elif (number, offer.number) in bonuses:
                added = scope.bonus(layer, offer)
            else:
                continue
            step = Step(Rule.PROMOTION, 0, offer.version, offer.number)
            yield _Added(step, added, number, offer.promotion.expiry)
        multiplied[layer.moment.version] += total(points)
    for version, points_ in multiplied.items():
        tiers = scope.rules.version(version).tiers
        of = next((number for number, tier in enumerate(tiers) if tier.name == scope.tier), None)
        if of is not None and tiers[of].multiplier != 1:
            yield _Added(Step(Rule.TIER, 0, version, of), (Fraction(tiers[of].multiplier) - 1) * points_)


def _base(program: Program, earners: Sequence[Earner]) -> Iterable[_Added]:
    """What a layer's goods earn before anything multiplies it: by the program's own rate, then by each other one."""
    for rate in (None, *range(len(program.earn.rates))):
        mine = [earner for earner in earners if earner.kind.rate == rate and not earner.kind.excluded]
        if rate is None or mine:
            by_piece = rate is not None and program.earn.rates[rate].points_per_item is not None
            figure = total(earner.pieces if by_piece else earner.money for earner in mine)
            rule = Rule.BASE if rate is None else Rule.RATE
            step = Step(rule, 0, program.version, rate or 0, decimal(figure))
            yield _Added(step, total(earner.points for earner in mine))
    excluded = total(earner.money for earner in earners if earner.kind.excluded)
    if excluded:
        yield _Added(Step(Rule.EXCLUDED, 0, program.version, 0, decimal(excluded)), NONE)


def _bonuses(scope: _Scope, promoted: Sequence[Sequence[Offer]]) -> set[tuple[int, int]]:
    """Which bonuses count, by layer and place: each once, and the largest where versions differ.

    One that is not stackable is not added to others, also not to those of other layers: what is more counts.
    """
    best: dict[str, tuple[Fraction, Offer, int]] = {}
    for number, (layer, offers) in enumerate(zip(scope.rest.layers, promoted, strict=True)):
        for offer in offers:
            points = scope.bonus(layer, offer)
            if points and (offer.promotion.id not in best or points > best[offer.promotion.id][0]):
                best[offer.promotion.id] = (points, offer, number)
    together = [one for one in best.values() if one[1].promotion.stackable]
    alone = max((one for one in best.values() if not one[1].promotion.stackable), key=lambda one: one[0], default=None)
    counting = [alone] if alone and alone[0] >= total(points for points, _, _ in together) else together
    return {(number, offer.number) for _, offer, number in counting}


def _referral(scope: _Scope) -> Iterable[_Added]:
    points = scope.customer.referee_points
    if points:
        step = Step(Rule.REFERRAL, 0, scope.first.version, 0, Decimal(points))
        goods = Part(scope.rest.goods, off=scope.rest.goods - scope.rest.cash)
        yield _Added(step, points * paid_share(scope.rest.statement, scope.first, goods))


def _rounded(found: Iterable[_Added], program: Program) -> tuple[int, tuple[Step, ...], tuple[LivingApart, ...]]:
    """The sum of what was found, rounded once, then not less than the least and not more than the most of an order.

    Each step has what it adds to the whole points so far.
    """
    added: list[_Added] = []
    sum_ = NONE
    for one in found:
        next_ = min(sum_ + one.points, BEYOND_COUNTING)
        added.append(replace(one, step=replace(one.step, points=floor(next_) - floor(sum_))))
        sum_ = next_
    steps = [one.step for one in added]
    earn, version, whole = program.earn, program.version, floor(sum_)
    points = earn.rounding.points(sum_)
    if sum_ != whole:
        steps.append(Step(Rule.ROUNDING, points - whole, version, 0, decimal(sum_)))
    if sum_ and points < (least := earn.min_points_per_order or 0):
        steps.append(Step(Rule.LEAST, least - points, version, 0, Decimal(least)))
        points = least
    if points > (most := MAX_POINTS if earn.max_points_per_order is None else earn.max_points_per_order):
        steps.append(Step(Rule.MOST, most - points, version, 0, Decimal(most)))
        points = most
    others = sum(step.points for step in steps if step.points > 0) - sum(one.step.points for one in added if one.expiry)
    return points, tuple(steps), tuple(_living_apart(added, max(points - others, 0)))


def _living_apart(added: Iterable[_Added], room: int) -> Iterator[LivingApart]:
    """What promotions let live otherwise, `room` points in all: what a cap took away were these first, the last of them
    first.
    """
    found: dict[tuple[int, Expiry], int] = defaultdict(int)
    for one in added:
        if one.expiry:
            kept = min(one.step.points, room)
            room -= kept
            found[one.layer, one.expiry] += kept
    return (LivingApart(layer, expiry, kept) for (layer, expiry), kept in found.items() if kept)
