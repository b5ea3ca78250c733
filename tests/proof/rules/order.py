"""An order as a list of facts, and the fold that says what it holds."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any

from tests.proof.rules.goods import (
    ZERO,
    Chunk,
    Customer,
    Earned,
    Layer,
    Line,
    Money,
    Rules,
    allowed,
    earned,
    rate_of,
    worth,
)

type Stated = dict[str, Any]
"""An order as a store states it: items, discount, shipping, tax, total, points_discount."""


@dataclass
class Fact:
    """One fact. `kind`: completion, edit, refund, adjustment, cut, cancellation."""

    kind: str
    number: int
    at: datetime
    what: dict[str, Any] = field(default_factory=dict)
    counts: bool = True
    """False of a refund that is undone, undecided, or waits for the completion, and of a cancellation that is over."""


@dataclass
class Goods:
    """Money and pieces of a line."""

    money: Fraction = ZERO
    pieces: Fraction = ZERO


@dataclass
class State:
    """What the fold knows after some facts."""

    layers: list[Layer] = field(default_factory=list)
    money: Money = field(default_factory=Money)
    stated: dict[Line, Goods] = field(default_factory=dict)
    """The order as if nothing had come back."""
    back: dict[Line, Goods] = field(default_factory=dict)
    """What came back by lines, or by their share of an amount; pieces that came back for 0.00 do not count."""
    other: dict[Line, Fraction] = field(default_factory=dict)
    """Goodwill money, by line."""
    money_back: Fraction = ZERO
    """Money that the customer got back, of what they paid."""
    points_gone: Fraction = ZERO
    """What points paid of goods that came back."""
    total: Fraction = ZERO
    """The order's total before points, with tax."""
    discount: Fraction = ZERO
    """What the used points took off."""
    used: int = 0
    used_back: int = 0
    """Used points that refunds gave back."""
    edit_used_back: int = 0
    edit_worth: Fraction = ZERO
    """Given back, and the worth that was there, at the latest edit or the completion."""
    returned: Fraction = ZERO
    """Worth that came back since then."""
    full: bool = False
    kept: int = 0
    holds: int = 0
    let_go: int = 0
    """L: what decisions let go."""
    beside: int = 0
    """What adjustments took beside the order, because it did not hold it."""
    earned: Earned = field(default_factory=Earned)
    cancelled: bool = False
    suggested: int = 0
    restore_suggested: int = 0
    """Of the latest refund."""
    warnings: list[str] = field(default_factory=list)

    @property
    def on_account(self) -> int:
        """What the account has of the order: what it holds, less what adjustments took beside it."""
        return self.holds - self.beside

    @property
    def paid(self) -> Fraction:
        """What was paid in money."""
        return max(self.total - self.discount, ZERO)

    def left(self, line: Line) -> Goods:
        """What of a line has not come back, as the store sees it."""
        stated, back = self.stated.get(line, Goods()), self.back.get(line, Goods())
        return Goods(stated.money - back.money, stated.pieces - back.pieces)

    @property
    def worth_left(self) -> Fraction:
        return sum((self.left(line).money for line in self.stated), ZERO)


@dataclass
class Order:
    order_id: str
    facts: list[Fact] = field(default_factory=list)
    without_first: bool = False
    """Another order held the first order when this one's came back: from then on it earns without."""
    without_referral: bool = False

    def add(self, kind: str, at: datetime, counts: bool = True, **what: Any) -> Fact:
        fact = Fact(kind, len(self.facts) + 1, at, what, counts)
        self.facts.append(fact)
        return fact

    @property
    def completion(self) -> Fact | None:
        return next((fact for fact in self.facts if fact.kind == "completion"), None)

    @property
    def cancellation(self) -> Fact | None:
        return next((fact for fact in self.facts if fact.kind == "cancellation" and fact.counts), None)

    def refund(self, refund_id: str) -> Fact | None:
        found = (fact for fact in self.facts if fact.kind == "refund" and fact.what["refund_id"] == refund_id)
        return next(found, None)

    def counted_last(self, fact: Fact) -> None:
        """A fact that begins to count now does so behind all that counted before."""
        self.facts.remove(fact)
        self.facts.append(fact)
        fact.counts = True

    def fold(self) -> State:
        """What the order holds by all facts that count."""
        state = State()
        for fact in self.facts:
            if fact.counts:
                self.apply(state, fact)
        return state

    def with_fact(self, fact: Fact) -> State:
        """The state after one more fact, which is not added."""
        state = self.fold()
        self.apply(state, fact)
        return state

    # --- one fact ---

    def apply(self, state: State, fact: Fact) -> None:
        if fact.kind == "completion":
            self._completion(state, fact)
        elif fact.kind == "edit":
            self._edit(state, fact)
        elif fact.kind == "refund":
            self._refund(state, fact)
        elif fact.kind == "adjustment":
            taken = min(fact.what["points"], state.holds)
            state.holds -= taken
            state.beside += fact.what["points"] - taken
        elif fact.kind == "cut":
            state.holds = max(state.holds - fact.what["points"], 0)
        elif fact.kind == "cancellation":
            state.cancelled = True
            state.holds = 0

    def customer(self) -> Customer:
        assert self.completion
        known: Customer = self.completion.what["customer"]
        return Customer(
            known.tier, known.first and not self.without_first, known.referred and not self.without_referral
        )

    def _completion(self, state: State, fact: Fact) -> None:
        what = fact.what
        self._state_order(state, what["stated"], what["used"], what["discount"])
        layer = Layer(fact.number, what["rules"], what["moment"], [])
        for line, goods in state.stated.items():
            layer.chunks[line] = Chunk(goods.money, goods.pieces)
        state.layers = [layer]
        self._spread_points(state, state.discount)
        layer.allowed = what.setdefault("allowed", allowed(state.layers, self.customer()))
        self._keep(state)
        state.holds = max(state.kept - what.get("cut", 0), 0)
        self._since_now(state)

    def _edit(self, state: State, fact: Fact) -> None:
        what = fact.what
        used, discount = what["used"], what["discount"]
        self._state_order(state, what["stated"], used, discount)
        layer = Layer(fact.number, what["rules"], fact.at, [])
        for line in {**state.stated, **self._there(state)}:
            there = self._there(state).get(line, Goods())
            goods = state.left(line)
            wanted = max(goods.money - state.other.get(line, ZERO), ZERO)
            if wanted < there.money:
                self._take(state, line, there.money - wanted, ZERO)
            if goods.pieces < there.pieces:
                self._take(state, line, ZERO, there.pieces - goods.pieces)
            if wanted > there.money or goods.pieces > there.pieces:
                layer.chunks[line] = Chunk(max(wanted - there.money, ZERO), max(goods.pieces - there.pieces, ZERO))
        if layer.chunks:
            state.layers.append(layer)
        self._points_stay(state, discount, fact.number)
        if layer.chunks:
            layer.allowed = what.setdefault("allowed", allowed(state.layers, self.customer()))
        state.full = worth(state.layers) == 0
        before = state.kept
        self._keep(state)
        if state.kept > before:
            if not state.cancelled:
                rise = state.kept - before - what.get("cut", 0)
                meets = min(state.beside, max(rise, 0))
                state.beside -= meets
                state.holds = max(state.holds + rise - meets, 0)
        elif state.kept < before:
            state.holds = min(state.holds, state.kept + state.let_go)
        self._since_now(state)

    def _refund(self, state: State, fact: Fact) -> None:
        what = fact.what
        if what.get("refunded") is not None:
            worth_back, gives_back = self._by_amount(state, what["refunded"]), True
        else:
            worth_back, gives_back = self._by_lines(state, what)
        state.returned += worth_back
        self._keep(state)
        would_hold = min(state.holds, state.kept + state.let_go)
        state.suggested = state.holds - would_hold
        decided = what.get("points")
        if decided is None:
            state.holds = would_hold
        else:
            state.holds = max(state.holds - decided, 0)
            state.let_go += max(state.suggested - decided, 0)
        there = state.edit_worth
        back = state.edit_used_back
        if there:
            back += floor((state.used - back) * min(state.returned / there, Fraction(1)))
        if gives_back and (state.full or state.worth_left == 0):
            back = state.used
        state.restore_suggested = max(min(back, state.used) - state.used_back, 0)
        restored = what.get("restore")
        if restored is None:
            restored = state.restore_suggested if what["gives_back"] else 0
        state.used_back = min(state.used_back + restored, state.used)

    # --- goods that go ---

    def _by_amount(self, state: State, amount: Fraction) -> Fraction:
        left = state.paid - state.money_back
        amount = min(amount, left)
        share = amount / left if left else Fraction(0)
        state.money_back += amount
        money, gone = state.money, ZERO
        money.shipping_back += (money.shipping - money.shipping_back) * share
        money.tax_back += (money.tax - money.tax_back) * share
        money.surplus *= 1 - share
        for line in list(state.stated):
            goods = state.left(line)
            self._came_back(state, line, goods.money * share, goods.pieces * share)
            gone += goods.money * share
            there = self._there(state).get(line, Goods())
            state.points_gone += self._take(state, line, there.money * share, there.pieces * share)
        self._full_if_empty(state)
        return gone

    def _by_lines(self, state: State, what: dict[str, Any]) -> tuple[Fraction, bool]:
        gone, lines_only = ZERO, not what.get("other")
        for item in what["items"]:
            for line, amount, pieces in self.spread(state, item):
                gone += self._line_back(state, line, amount, pieces)
        money = state.money
        shipping = min(what.get("shipping", ZERO), money.shipping - money.shipping_back)
        tax = min(what.get("tax", ZERO), money.tax - money.tax_back)
        money.shipping_back += shipping
        money.tax_back += tax
        state.money_back += shipping + (ZERO if money.tax_inside else tax)
        was_full = worth(state.layers) == 0
        other = min(what.get("other", ZERO), max(state.paid - state.money_back, ZERO))
        if other:
            state.money_back += other
            self._goodwill(state, other)
        self._full_if_empty(state)
        return gone, lines_only or was_full

    def spread(self, state: State, item: dict[str, Any]) -> list[tuple[Line, Fraction, Fraction | None]]:
        """The lines of an item of a refund, with what of each comes back, cut to what there is."""
        lines = lines_of(state, item)
        left = sum((state.left(line).money for line in lines), ZERO)
        pieces_left = sum((state.left(line).pieces for line in lines), ZERO)
        amount = min(item["amount"], left)
        found = []
        for line in lines:
            goods = state.left(line)
            part = amount * goods.money / left if left else ZERO
            pieces = None
            if item.get("quantity") is not None and pieces_left:
                pieces = min(Fraction(item["quantity"]), pieces_left) * goods.pieces / pieces_left
            found.append((line, part, pieces))
        return found

    def _line_back(self, state: State, line: Line, amount: Fraction, pieces: Fraction | None) -> Fraction:
        """Some of a line comes back; returns its worth. All counted pieces are all of it."""
        goods = state.left(line)
        if not amount:
            return ZERO
        if pieces is None:
            pieces = goods.pieces * amount / goods.money
        if pieces >= goods.pieces or amount >= goods.money:
            amount, pieces = goods.money, goods.pieces
        self._came_back(state, line, amount, pieces)
        there = self._there(state).get(line, Goods())
        money, some = (there.money, there.pieces) if amount == goods.money else (amount, pieces)
        money = min(money, there.money)
        points = self._take(state, line, money, min(some, there.pieces))
        state.points_gone += points
        state.money_back += money - points
        return amount

    def _came_back(self, state: State, line: Line, amount: Fraction, pieces: Fraction) -> None:
        back = state.back.setdefault(line, Goods())
        back.money += amount
        back.pieces += pieces

    def _goodwill(self, state: State, amount: Fraction) -> None:
        """Money for nothing in particular, over the goods that remain: worth falls, what points paid stays."""
        chunks = [(line, chunk) for layer in state.layers for line, chunk in layer.chunks.items()]
        in_cash = sum((max(chunk.cash, ZERO) for _, chunk in chunks), ZERO)
        whole = worth(state.layers)
        for line, chunk in chunks:
            share = max(chunk.cash, ZERO) / in_cash if in_cash else chunk.money / whole if whole else ZERO
            taken = min(amount * share, chunk.money)
            chunk.money -= taken
            state.other[line] = state.other.get(line, ZERO) + taken

    def _full_if_empty(self, state: State) -> None:
        """No goods left is a full return."""
        state.full = worth(state.layers) == 0
        if state.full:
            for layer in state.layers:
                for chunk in layer.chunks.values():
                    chunk.pieces = chunk.points = ZERO

    def _take(self, state: State, line: Line, amount: Fraction, pieces: Fraction) -> Fraction:
        """Takes money and pieces of a line, from its latest layers; returns what points had paid of it."""
        points = ZERO
        for layer in reversed(state.layers):
            chunk = layer.chunks.get(line)
            if chunk is None:
                continue
            money, some = min(amount, chunk.money), min(pieces, chunk.pieces)
            if money:
                share = chunk.points * money / chunk.money
                chunk.points -= share
                points += share
            chunk.money -= money
            chunk.pieces -= some
            amount -= money
            pieces -= some
        return points

    def _there(self, state: State) -> dict[Line, Goods]:
        found: dict[Line, Goods] = {}
        for layer in state.layers:
            for line, chunk in layer.chunks.items():
                goods = found.setdefault(line, Goods())
                goods.money += chunk.money
                goods.pieces += chunk.pieces
        return found

    # --- what facts share ---

    def _state_order(self, state: State, stated: Stated, used: int, discount: Fraction) -> None:
        read = read_order(stated, discount)
        state.stated, state.total = read.lines, read.total
        back = state.money
        state.money = deepcopy(read.money)
        state.money.shipping_back = min(back.shipping_back, read.money.shipping)
        state.money.tax_back = min(back.tax_back, read.money.tax)
        state.used, state.discount = used, discount

    def _spread_points(self, state: State, discount: Fraction) -> None:
        """What points took off, over the goods; what exceeds them takes shipping, then tax."""
        goods = worth(state.layers)
        of_goods = min(discount, goods)
        for layer in state.layers:
            for chunk in layer.chunks.values():
                chunk.points = of_goods * chunk.money / goods if goods else ZERO
        state.money.points = discount - of_goods

    def _points_stay(self, state: State, discount: Fraction, edit: int) -> None:
        """After an edit: goods keep what points paid of them; new ones have none, unless it fits nowhere else."""
        chunks = [chunk for layer in state.layers for chunk in layer.chunks.values()]
        had = sum((chunk.points for chunk in chunks), ZERO)
        standing = max(discount - state.points_gone, ZERO)
        if had > standing:
            for chunk in chunks:
                chunk.points *= standing / had
        elif standing > had:
            old = [chunk for layer in state.layers if layer.number != edit for chunk in layer.chunks.values()]
            for some in (old or chunks, chunks):
                room = sum((chunk.cash for chunk in some), ZERO)
                more = min(standing - had, room)
                for chunk in some:
                    chunk.points += more * chunk.cash / room if room else ZERO
                had += more
        whole = sum((goods.money for goods in state.stated.values()), ZERO)
        state.money.points = max(discount - whole, ZERO)

    def _keep(self, state: State) -> None:
        state.earned = earned(state.layers, state.money, state.used, self.customer())
        state.kept = state.earned.points

    def _since_now(self, state: State) -> None:
        state.edit_used_back, state.edit_worth, state.returned = state.used_back, state.worth_left, ZERO


def lines_of(state: State, item: dict[str, Any]) -> list[Line]:
    """The lines that an item of a refund means."""
    if item.get("line") is not None:
        return [line for line in state.stated if line[0] == item["line"]]
    return [line for line in state.stated if line[1] == item["sku"]]


def rates_differ(state: State, lines: list[Line]) -> bool:
    """Whether lines of one SKU earn at different rates, so that it matters which of them comes back."""
    rules = state.layers[0].rules if state.layers else None
    return rules is not None and len({str(sorted(rate_of(rules, line).items())) for line in lines}) > 1


@dataclass
class Read:
    """What a store states, read once: lines after the discount and before points, and the total before points."""

    lines: dict[Line, Goods]
    money: Money
    total: Fraction
    total_read_as: str | None


def read_order(stated: Stated, discount_of_points: Fraction) -> Read:
    """Rule 12: the order's own discount over the lines; its total before points with tax added, with tax inside, or
    after points, whichever adds up first; else the larger reading.
    """
    items = list(stated["items"])
    goods = sum((Fraction(item["amount"]) for item in items), ZERO)
    discount = Fraction(stated.get("discount", "0"))
    shipping, tax = Fraction(stated.get("shipping", "0")), Fraction(stated.get("tax", "0"))
    off_shipping = min(max(discount - goods, ZERO), shipping)
    off_tax = min(max(discount - goods - off_shipping, ZERO), tax)
    shipping, tax = shipping - off_shipping, tax - off_tax
    net = max(goods - discount, ZERO)
    told = stated.get("points_discount")
    said = Fraction(stated["total"]) if stated.get("total") is not None else net + shipping + tax
    off = ZERO
    if told is not None:
        if said + Fraction(told) not in (net + shipping + tax, net + shipping):
            off = Fraction(told)  # the lines are stated after points too
        said += Fraction(told)
    net += off
    read_as: str | None
    if said == net + shipping + tax:
        read_as, inside, total = "before_points", False, said
    elif said == net + shipping:
        read_as, inside, total = "tax_inside", True, said
    elif said == max(net + shipping + tax - discount_of_points, ZERO):
        read_as, inside, total = "after_points", False, net + shipping + tax
    elif said == max(net + shipping - discount_of_points, ZERO):
        read_as, inside, total = "after_points_tax_inside", True, net + shipping
    else:
        read_as, inside, total = None, False, max(said, net + shipping + tax)
    lines: dict[Line, Goods] = {}
    for item in items:
        line = item.get("line"), item["sku"], item.get("category")
        amount = Fraction(item["amount"])
        share = amount / goods if goods else ZERO
        found = lines.setdefault(line, Goods())
        found.money += net * share
        found.pieces += item.get("quantity", 1)
    surplus = total - (net + shipping + (ZERO if inside else tax))
    items_tax = stated.get("items_tax")
    money = Money(shipping, tax, None if items_tax is None else Fraction(items_tax), inside, surplus)
    return Read(lines, money, total, read_as)


def rules_of(settings: Rules, promotions: bool = True) -> Rules:
    """The settings that decide what goods earn, as they stand."""
    return {**deepcopy(settings), "promotions": deepcopy(settings["promotions"]) if promotions else []}
