"""What goods earn: the one function, of a completion, of what is left of it, and of a quote.

Each layer earns by the version and the promotions of its own moment; a bonus counts once for an order; minimum, maximum
and rounding count once, by the version of the first layer. All is reckoned exactly and rounded once: how an order is
split into lines changes nothing, and less goods never earn more. A cap on the customer is not asked here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor, prod

from loyalty.domain.ledger.movement import MAX_POINTS
from loyalty.domain.ledger.standing import Counted, Standing
from loyalty.domain.ledger.tiers import after
from loyalty.domain.orders.basket import Rest
from loyalty.domain.orders.goods import ALL, NONE, TAX, Key, Layer, Line, Pot, total_of
from loyalty.domain.orders.statement import Statement
from loyalty.domain.orders.steps import Programs, Rule, Step, decimal
from loyalty.domain.program.settings import (
    EarningBasis,
    Expiry,
    Goods,
    OnRedeemedOrder,
    Program,
    Promotion,
    Rate,
    TiersApply,
)

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
    """Some of a layer's goods or of a pot, and what they earn: exactly, before the order is rounded.

    `worth` is their money, `money` what the basis counts of it, less what may not earn. `rate` is the number of the
    rate that counts, None is the program's own. `points` are those before promotions and tier.
    """

    layer: int
    key: Key
    worth: Fraction
    money: Fraction
    pieces: Fraction
    rate: int | None
    excluded: bool
    factor: Fraction = ALL
    points: Fraction = NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """What an order earns: `points`, which is the sum of its `steps`. `reason` says why it is nothing.

    `basis` is the money that it is reckoned on, `spend` the money of it that counts towards tiers. `bonuses` are those
    of the points that live as long as a promotion says. `earners` say what earned how much. `counts` says whether it is
    an order at all, for which a referral pays and which is a customer's first.
    """

    points: int = 0
    basis: Fraction = NONE
    spend: Fraction = NONE
    steps: tuple[Step, ...] = ()
    reason: str | None = "no_points"
    bonuses: tuple[tuple[Expiry, int], ...] = ()
    earners: tuple[Earner, ...] = ()
    tier: str | None = None
    counts: bool = False


def accrue(rest: Rest, customer: Customer, programs: Programs) -> Accrual:
    """What is left of an order earns, whoever's cap is reached."""
    if not rest.goods:
        return Accrual()
    scope = _Scope(rest, customer, programs)
    basis = sum((earner.worth * scope.counted(earner.layer, earner.key) for earner in scope.earners), NONE)
    if scope.total < scope.first.earn.min_order_total:
        return Accrual(basis=basis, reason="below_min_order_total", tier=scope.tier)
    promoted = [list(scope.on(number)) for number in range(len(rest.layers))]
    earners = _with_points(scope, promoted)
    found = [*_goods(scope, earners, promoted), *_referral(scope)]
    points, steps, bonuses = _rounded(found, scope.first)
    used = rest.statement.points_off and scope.first.earn.on_redeemed_order is OnRedeemedOrder.NONE
    return Accrual(
        points=points,
        basis=basis,
        spend=scope.spend,
        steps=steps,
        reason=None if points else "points_used_on_order" if used else "no_points",
        bonuses=bonuses,
        earners=tuple(earners),
        tier=scope.tier,
        counts=scope.is_paid,
    )


def choose(rest: Rest, customer: Customer, programs: Programs) -> tuple[str, ...]:
    """The promotions under which the latest layer of `rest` comes in, the highest priority first.

    One that is not stackable counts alone: it is left out where one before it counts, and leaves out all behind it.
    Those that are stackable count also later, where their conditions are not met yet.
    """
    scope = _Scope(rest, customer, programs)
    latest = len(rest.layers) - 1
    running = sorted(scope.running(rest.layers[latest]), key=lambda promotion: -promotion.priority)
    found: list[Promotion] = []
    for promotion in running:
        if scope.meets(promotion) and (not found or (promotion.stackable and found[-1].stackable)):
            found.append(promotion)
    if all(promotion.stackable for promotion in found):
        waiting = [one for one in running if one.stackable and one not in found and scope.is_for(one)]
        found = [promotion for promotion in running if promotion in found or promotion in waiting]
    return tuple(promotion.id for promotion in found)


@dataclass(slots=True)
class _Scope:
    """An order as the rules look at it."""

    rest: Rest
    customer: Customer
    programs: Programs
    first: Program = field(init=False)
    earners: list[Earner] = field(init=False)
    spend: Fraction = field(init=False)
    tier: str | None = field(init=False)
    total: Fraction = field(init=False)

    def __post_init__(self) -> None:
        self.first = self.program(self.rest.layers[0])
        self.total = self._total()
        self.earners = list(self._earners())
        self.spend = self._spend()
        self.tier = self._tier()

    def program(self, layer: Layer) -> Program:
        return self.programs[layer.moment.version]

    def program_of(self, earner: Earner) -> Program:
        return self.program(self.rest.layers[earner.layer])

    @property
    def is_paid(self) -> bool:
        """Whether any money was paid for what is left of the goods."""
        return self.rest.paid() > 0

    def counted(self, layer: int, key: Key) -> Fraction:
        """The share of the money of `key` that the layer's basis counts."""
        return _counted(self.rest.statement, self.program(self.rest.layers[layer]).earn.basis, key)

    def paid(self, layer: int) -> Fraction:
        """The share of bonuses, and of points a piece, that an order earns which points or some tenders paid."""
        program = self.program(self.rest.layers[layer])
        return _earning_share(self.rest, program, ALL, None) if self.is_paid else NONE

    def running(self, layer: Layer) -> Iterator[Promotion]:
        """The promotions that ran when `layer` came in."""
        if layer.moment.promotions:
            for promotion in self.program(layer).promotions:
                if promotion.starts_at <= layer.moment.at < promotion.ends_at:
                    yield promotion

    def is_for(self, promotion: Promotion) -> bool:
        """Whether `promotion` is for the customer and their order."""
        mine = not promotion.tiers or self.tier in promotion.tiers
        return mine and (self.customer.first_order or not promotion.first_order)

    def meets(self, promotion: Promotion) -> bool:
        """Whether the goods that came in while `promotion` ran meet its conditions."""
        came_in = {
            number
            for number, layer in enumerate(self.rest.layers)
            if any(promotion.id == one.id for one in self.running(layer))
        }
        mine = [
            earner
            for earner in self.earners
            if earner.layer in came_in and isinstance(earner.key, Line)
            if not promotion.names_goods or _is_of(promotion, earner.key)
        ]
        worth = sum((earner.worth for earner in mine), NONE)
        enough = worth > 0 if promotion.min_spend is None else worth >= promotion.min_spend
        earning = not promotion.names_goods or any(earner.worth and not earner.excluded for earner in mine)
        paid = promotion.bonus_points is None or self.is_paid
        return self.is_for(promotion) and enough and earning and paid

    def on(self, number: int) -> Iterator[Promotion]:
        """The promotions that a layer came in under, and whose conditions are met."""
        layer = self.rest.layers[number]
        by_id = {promotion.id: promotion for promotion in self.program(layer).promotions}
        return (by_id[chosen] for chosen in layer.chosen if chosen in by_id and self.meets(by_id[chosen]))

    def _earners(self) -> Iterator[Earner]:
        worth = total_of(self.rest.layers)
        kinds: dict[tuple[int, str, str], tuple[bool, int | None]] = {}
        for number, layer in enumerate(self.rest.layers):
            program = self.program(layer)
            for key, part in layer.parts.items():
                excluded, rate = False, None
                if isinstance(key, Line):
                    kind = (layer.moment.version, key.sku, key.category)
                    if kind not in kinds:
                        kinds[kind] = _kind(program, key)
                    excluded, rate = kinds[kind]
                counted = _counted(self.rest.statement, program.earn.basis, key)
                yield Earner(
                    layer=number,
                    key=key,
                    worth=part.money,
                    money=part.money * _earning_share(self.rest, program, counted, key),
                    pieces=part.pieces * self.paid(number) if worth[key].money else NONE,
                    rate=rate,
                    excluded=excluded,
                )

    def _total(self) -> Fraction:
        """What is left of the order costs, before points."""
        statement = self.rest.statement
        pots = sum((part.money for key, part in total_of(self.rest.layers).items() if isinstance(key, Pot)), NONE)
        held = _counted(statement, EarningBasis.TOTAL, None)
        return self.rest.goods * held + pots

    def _spend(self) -> Fraction:
        """The money that could earn: paid, and neither for goods nor by tenders that are excluded."""
        if self.total < self.first.earn.min_order_total:
            return NONE
        found = NONE
        for earner in self.earners:
            if not earner.excluded:
                program = self.program_of(earner)
                counted = _counted(self.rest.statement, program.earn.basis, earner.key)
                found += earner.worth * _cash_share(self.rest, program, counted, earner.key)
        return found

    def _tier(self) -> str | None:
        standing = self.customer.standing
        if standing is None or self.first.tiers_apply is not TiersApply.THIS_ORDER:
            return self.customer.tier
        spend = floor(Fraction(self.spend, self.rest.statement.coin))
        window = max((tier.window_days or 0 for tier in self.first.tiers), default=0)
        orders = 1 if self.is_paid and self.total >= self.first.earn.min_order_total else 0
        counted = Counted(day=self.customer.day, orders=orders, spend=spend, window=window, tier=standing.tier)
        return after(self.first, standing.plus(counted), self.customer.day)


def _kind(program: Program, line: Line) -> tuple[bool, int | None]:
    """Whether a line is of goods that earn nothing, and the number of the rate that counts for it."""
    if _is_of(program.earn.excluded, line):
        return True, None
    return False, next((number for number, rate in enumerate(program.earn.rates) if _is_of(rate, line)), None)


def _is_of(goods: Goods, line: Line) -> bool:
    return goods.include(line.sku, line.category or None)


def _counted(statement: Statement, basis: EarningBasis, key: Key | None) -> Fraction:
    """The share of the money of goods (None: of all of them), or of a pot, that `basis` counts."""
    if isinstance(key, Pot) and key not in POTS_OF[basis]:
        return NONE
    if basis not in TOTALS:
        return ALL
    goods = statement.worth
    missing = statement.unstated + (statement.tax_inside if basis in WITHOUT_TAX else NONE)
    if isinstance(key, Pot):
        pots = statement.total + statement.unstated - goods
        return max(ALL - Fraction(max(missing - goods, NONE), pots), NONE) if pots > 0 else ALL
    return max(ALL - Fraction(missing, goods), NONE) if goods else NONE


def _earning_share(rest: Rest, program: Program, counted: Fraction, key: Key | None) -> Fraction:
    """The share of money, of which the basis has `counted`, that earns: as `on_redeemed_order` says, less tenders."""
    if not rest.statement.points_off or program.earn.on_redeemed_order is OnRedeemedOrder.FULL:
        return counted * (ALL - rest.statement.paid_by(program.earn.excluded.tenders))
    if program.earn.on_redeemed_order is OnRedeemedOrder.NONE:
        return NONE
    return _cash_share(rest, program, counted, key)


def _cash_share(rest: Rest, program: Program, counted: Fraction, key: Key | None) -> Fraction:
    """The share of money, of which the basis has `counted`, that was paid in money that may earn."""
    unpaid = ALL - rest.paid(key)
    return max(counted - unpaid, NONE) * (ALL - rest.statement.paid_by(program.earn.excluded.tenders))


def _with_points(scope: _Scope, promoted: Sequence[Sequence[Promotion]]) -> list[Earner]:
    """The earners with what multiplies them, and their points before that."""
    found = [
        replace(earner, factor=prod((_factor(one, earner) for one in promoted[earner.layer]), start=ALL))
        for earner in scope.earners
    ]
    whole = _in_blocks(scope, found)
    return [replace(earner, points=whole(number, earner)) for number, earner in enumerate(found)]


def _factor(promotion: Promotion, earner: Earner) -> Fraction:
    """What `promotion` multiplies: the goods that it names, or all there is where it names none."""
    if promotion.multiplier is None or earner.excluded:
        return ALL
    named = isinstance(earner.key, Line) and _is_of(promotion, earner.key)
    return Fraction(promotion.multiplier) if named or not promotion.names_goods else ALL


def _in_blocks(scope: _Scope, earners: Sequence[Earner]) -> Callable[[int, Earner], Fraction]:
    """How many points an earner has before anything multiplies it.

    Where whole blocks of money earn, they are those of the rate's summed money: first of what is multiplied most, so
    that less goods never earn more.
    """
    blocks: dict[int, int] = {}
    counted: dict[tuple[object, int | None], Fraction] = defaultdict(Fraction)
    for number, earner in sorted(enumerate(earners), key=lambda one: -one[1].factor):
        program = scope.program_of(earner)
        if program.earn.per is not None and not earner.excluded:
            rate = (program.earn, earner.rate)
            before = floor(Fraction(counted[rate], Fraction(program.earn.per)))
            counted[rate] += earner.money
            blocks[number] = floor(Fraction(counted[rate], Fraction(program.earn.per))) - before

    def points(number: int, earner: Earner) -> Fraction:
        if earner.excluded:
            return NONE
        program = scope.program_of(earner)
        rate = program.earn.rates[earner.rate] if earner.rate is not None else None
        if rate and rate.points_per_item is not None:
            return earner.pieces * rate.points_per_item
        return Fraction(per_unit(program, rate)) * blocks.get(number, earner.money)

    return points


def per_unit(program: Program, rate: Rate | None) -> Decimal:
    """Points for one unit of money: by `rate`, or by the program's own."""
    return rate.points_per_unit if rate and rate.points_per_unit is not None else program.earn.points_per_unit


@dataclass(frozen=True, slots=True)
class _Added:
    """What a rule adds, exactly; `expiry` where its points live otherwise than the program says."""

    step: Step
    points: Fraction
    expiry: Expiry | None = None


def _goods(scope: _Scope, earners: Sequence[Earner], promoted: Sequence[Sequence[Promotion]]) -> Iterable[_Added]:
    """What the goods earn, layer by layer, then what the tier adds to it."""
    bonuses = _bonuses(scope, promoted)
    multiplied: dict[int, Fraction] = {}
    for number, layer in enumerate(scope.rest.layers):
        mine = [earner for earner in earners if earner.layer == number]
        program, version = scope.program(layer), layer.moment.version
        yield from _base(program, mine)
        points = [earner.points for earner in mine]
        for promotion in promoted[number]:
            added = NONE
            if promotion.multiplier is not None:
                more = [have * (_factor(promotion, earner) - 1) for have, earner in zip(points, mine, strict=True)]
                added, points = sum(more, NONE), [have + one for have, one in zip(points, more, strict=True)]
            elif bonuses.get(promotion.id) == number:
                added = (promotion.bonus_points or 0) * scope.paid(number)
            else:
                continue
            step = Step(Rule.PROMOTION, 0, version, program.promotions.index(promotion))
            yield _Added(step, added, promotion.expiry)
        multiplied[version] = multiplied.get(version, NONE) + sum(points, NONE)
    for version, points_ in multiplied.items():
        tiers = scope.programs[version].tiers
        of = next((number for number, tier in enumerate(tiers) if tier.name == scope.tier), None)
        if of is not None and tiers[of].multiplier != 1:
            yield _Added(Step(Rule.TIER, 0, version, of), (Fraction(tiers[of].multiplier) - 1) * points_)


def _base(program: Program, earners: Sequence[Earner]) -> Iterable[_Added]:
    """What a layer's goods earn before anything multiplies it: by the program's own rate, then by each other one."""
    version = program.version
    for rate in (None, *range(len(program.earn.rates))):
        mine = [earner for earner in earners if earner.rate == rate and not earner.excluded]
        if rate is None or mine:
            points = sum((earner.points for earner in mine), NONE)
            by_piece = rate is not None and program.earn.rates[rate].points_per_item is not None
            figure = sum((earner.pieces if by_piece else earner.money for earner in mine), NONE)
            rule = Rule.BASE if rate is None else Rule.RATE
            yield _Added(Step(rule, 0, version, rate or 0, decimal(figure)), points)
    excluded = sum((earner.money for earner in earners if earner.excluded), NONE)
    if excluded:
        yield _Added(Step(Rule.EXCLUDED, 0, version, 0, decimal(excluded)), NONE)


def _bonuses(scope: _Scope, promoted: Sequence[Sequence[Promotion]]) -> dict[str, int]:
    """Which bonuses count, and for which layer: each once, and the largest where versions differ.

    One that is not stackable is not added to others, also not to those of other layers: what is more counts.
    """
    best: dict[str, tuple[Fraction, int, bool]] = {}
    for number, promotions in enumerate(promoted):
        for promotion in promotions:
            points = (promotion.bonus_points or 0) * scope.paid(number)
            if points and (promotion.id not in best or points > best[promotion.id][0]):
                best[promotion.id] = (points, number, promotion.stackable)
    together = {id_: number for id_, (_, number, stackable) in best.items() if stackable}
    alone = max((one for one in best.items() if not one[1][2]), key=lambda one: one[1][0], default=None)
    if alone and alone[1][0] >= sum((best[id_][0] for id_ in together), NONE):
        return {alone[0]: alone[1][1]}
    return together


def _referral(scope: _Scope) -> Iterable[_Added]:
    points = scope.customer.referee_points
    if points:
        step = Step(Rule.REFERRAL, 0, scope.first.version, 0, Decimal(points))
        yield _Added(step, points * scope.paid(0))


def _rounded(found: Iterable[_Added], program: Program) -> tuple[int, tuple[Step, ...], tuple[tuple[Expiry, int], ...]]:
    """The sum of what was found, rounded once, then not less than the least and not more than the most of an order.

    Each step has what it adds to the whole points so far.
    """
    steps: list[tuple[Step, Expiry | None]] = []
    total = NONE
    for added in found:
        sum_ = min(total + added.points, BEYOND_COUNTING)
        steps.append((replace(added.step, points=floor(sum_) - floor(total)), added.expiry))
        total = sum_
    earn, version, whole = program.earn, program.version, floor(total)
    points = earn.rounding.points(total)
    if total != whole:
        steps.append((Step(Rule.ROUNDING, points - whole, version, 0, decimal(total)), None))
    if total and points < (least := earn.min_points_per_order or 0):
        steps.append((Step(Rule.LEAST, least - points, version, 0, Decimal(least)), None))
        points = least
    if points > (most := MAX_POINTS if earn.max_points_per_order is None else earn.max_points_per_order):
        steps.append((Step(Rule.MOST, most - points, version, 0, Decimal(most)), None))
        points = most
    return points, tuple(step for step, _ in steps), _living_apart(steps, points)


def _living_apart(steps: Iterable[tuple[Step, Expiry | None]], points: int) -> tuple[tuple[Expiry, int], ...]:
    """Which of `points` live as a promotion says. What a cap took away were these first, the last of them first."""
    steps = list(steps)
    others = sum(step.points for step, expiry in steps if expiry is None and step.points > 0)
    room = max(points - others, 0)
    found: dict[Expiry, int] = {}
    for step, expiry in steps:
        if expiry is not None:
            kept = min(step.points, room)
            room -= kept
            found[expiry] = found.get(expiry, 0) + kept
    return tuple((expiry, kept) for expiry, kept in found.items() if kept)
