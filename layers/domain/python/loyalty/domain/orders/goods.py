"""Goods in layers: what is in an order, under which rules it came in, and what of it came back.

The completion puts in the first layer, an edit puts another one on top. What comes back is taken from the latest layers
of its line. Money is an exact fraction, so are pieces: a share of an order is a share of each piece.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

NONE = Fraction(0)
ALL = Fraction(1)


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """Goods that an order names apart: by the store's own id of the line, if it has one, and by what they are.

    `line` and `category` are empty where there is none.
    """

    line: str
    sku: str
    category: str = ""

    @property
    def name(self) -> str:
        """What to call it."""
        return f"{self.sku} ({self.line})" if self.line else self.sku


class Pot(StrEnum):
    """Money of an order that no goods cost."""

    SHIPPING = "shipping"
    ITEMS_TAX = "items_tax"
    OTHER_TAX = "other_tax"
    FEES = "fees"
    """What a total holds beyond goods, shipping and tax."""


SHIPPING = (Pot.SHIPPING,)
TAX = (Pot.ITEMS_TAX, Pot.OTHER_TAX)
POTS = (*SHIPPING, *TAX, Pot.FEES)

type Key = Line | Pot


@dataclass(frozen=True, slots=True)
class Part:
    """So much money, and so many pieces of a line; `off` is what points took off that money."""

    money: Fraction = NONE
    pieces: Fraction = NONE
    off: Fraction = NONE

    @property
    def cash(self) -> Fraction:
        """The part of the money that was paid in money."""
        return self.money - self.off

    def __add__(self, other: "Part") -> "Part":
        return Part(self.money + other.money, self.pieces + other.pieces, self.off + other.off)

    def __sub__(self, other: "Part") -> "Part":
        return Part(self.money - other.money, self.pieces - other.pieces, self.off - other.off)

    def times(self, money: Fraction, pieces: Fraction) -> "Part":
        """These shares of its money and of its pieces, whoever paid them."""
        return Part(self.money * money, self.pieces * pieces)


NO_PART = Part()

type Content = Mapping[Key, Part]


@dataclass(frozen=True, slots=True)
class Moment:
    """Under which rules goods came in: the version of the settings, and the instant.

    Without `promotions` none of that version counts.
    """

    version: int
    at: datetime
    promotions: bool = True


@dataclass(frozen=True, slots=True)
class Layer:
    """What came in at one moment, as far as it is still there.

    `chosen` are the promotions under which it came in, as places among those of its version.
    """

    moment: Moment
    chosen: tuple[int, ...]
    parts: Content


type Layers = tuple[Layer, ...]
"""What is in an order, in the order in which it came in."""


def total_of(layers: Layers) -> Content:
    """What is in all layers together."""
    if len(layers) == 1:
        return layers[0].parts
    found: dict[Key, Part] = {}
    for layer in layers:
        for key, part in layer.parts.items():
            found[key] = found[key] + part if key in found else part
    return found


def lines_of(content: Content) -> Iterator[tuple[Line, Part]]:
    """The goods in `content`."""
    return ((key, part) for key, part in content.items() if isinstance(key, Line))


def worth_of(content: Content) -> Fraction:
    """The money of the goods in `content`."""
    return total(part.money for _, part in lines_of(content))


def total(fractions: Iterable[Fraction]) -> Fraction:
    """The sum of `fractions`, of which many have the same denominator: ten times as fast as one after the other."""
    sums: dict[int, int] = {}
    for fraction in fractions:
        sums[fraction.denominator] = sums.get(fraction.denominator, 0) + fraction.numerator
    return sum((Fraction(numerator, denominator) for denominator, numerator in sums.items()), NONE)


def changed(layers: Layers, before: Content, stated: Content, moment: Moment) -> Layers:
    """`layers` after an edit at `moment`, which states `stated` where `before` was stated.

    What it states more is a layer of its own, on top. What it states less is taken from the latest layers.
    """
    more: dict[Key, Part] = {}
    less: dict[Key, Part] = {}
    for key in dict.fromkeys((*before, *stated)):
        now, then = stated.get(key, NO_PART), before.get(key, NO_PART)
        up = Part(max(now.money - then.money, NONE), max(now.pieces - then.pieces, NONE))
        down = Part(max(then.money - now.money, NONE), max(then.pieces - now.pieces, NONE))
        if up != NO_PART:
            more[key] = up
        if down != NO_PART:
            less[key] = down
    rest = _without(layers, less)
    return (*rest, Layer(moment, (), more)) if more else rest


def with_points(layers: Layers, off: Fraction) -> Layers:
    """`layers`, of which points took `off` in all: what a line has of it, it keeps.

    What is more lies on all goods alike, by what was paid of them in money, and beyond the goods on shipping, tax and
    fees. What is less is less of all alike.
    """
    had = total(part.off for layer in layers for part in layer.parts.values())
    if off < had:
        return tuple(_off_times(layer, Fraction(off, had)) for layer in layers)
    due = off - had
    for keys in (None, *POTS):
        room = total(part.cash for layer in layers for key, part in layer.parts.items() if _is_among(key, keys))
        taken = min(due, room)
        if taken:
            layers = tuple(_with_off(layer, keys, Fraction(taken, room)) for layer in layers)
        due -= taken
    return layers


def _is_among(key: Key, pot: Pot | None) -> bool:
    """Whether `key` is goods, for None, or the pot."""
    return key is pot if pot else isinstance(key, Line)


def _off_times(layer: Layer, share: Fraction) -> Layer:
    return replace(layer, parts={key: replace(part, off=part.off * share) for key, part in layer.parts.items()})


def _with_off(layer: Layer, pot: Pot | None, share: Fraction) -> Layer:
    """`layer`, of which points pay `share` of what was paid in money for its goods, or for the pot."""
    parts = {
        key: replace(part, off=part.off + part.cash * share) if _is_among(key, pot) else part
        for key, part in layer.parts.items()
    }
    return replace(layer, parts=parts)


type Lines = frozenset[Line]
"""Lines that a refund does not tell apart: one that it names, or all of a SKU."""


@dataclass(frozen=True, slots=True)
class Back:
    """What came back of lines: money, the pieces that it was for, and the part of the money that names no pieces."""

    money: Fraction = NONE
    pieces: Fraction = NONE
    loose: Fraction = NONE

    def __add__(self, other: "Back") -> "Back":
        return Back(self.money + other.money, self.pieces + other.pieces, self.loose + other.loose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What came back since the order was last stated, as sums: the order in which it came back leaves no trace.

    `named` is what came back of lines. `untaxed` is the money of goods that came back without a word on their tax,
    which goes with them. `other` is money for no goods. `share` is what refunds by amount have left.
    """

    named: Mapping[Lines, Back] = field(default_factory=dict)
    shipping: Fraction = NONE
    tax: Fraction = NONE
    untaxed: Fraction = NONE
    other: Fraction = NONE
    share: Fraction = ALL

    def __add__(self, more: "Returned") -> "Returned":
        return Returned(
            named=added(self.named, more.named),
            shipping=self.shipping + more.shipping,
            tax=self.tax + more.tax,
            untaxed=self.untaxed + more.untaxed,
            other=self.other + more.other,
            share=self.share * more.share,
        )


def added(named: Mapping[Lines, Back], more: Mapping[Lines, Back]) -> dict[Lines, Back]:
    """What came back of lines, and what came back more."""
    return {**named, **{lines: named.get(lines, Back()) + back for lines, back in more.items()}}


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of goods: in layers, and together; `named` is their worth before other money is taken off it."""

    layers: Layers
    content: Content
    named: Fraction


def left(layers: Layers, there: Content, goods: Fraction, returned: Returned, coin: Fraction) -> Left:
    """What is left in `layers` once `returned` came back. Together they hold `there`, whose goods are worth `goods`.

    First goes what was named by line, then by SKU, which takes of all lines of the SKU alike; then refunds by amount,
    which take of everything alike; then other money, which takes of all goods alike what was paid of them in money.
    So the same is left in whichever order it came back. `coin` is the smallest amount of money.
    """
    rest = _without_named(there, goods, returned, coin)
    less = {key: part - rest[key] for key, part in there.items() if part is not rest[key]}
    named = goods - worth_of(less)
    layers = _without(layers, less)
    content = total_of(layers)
    if returned.other:
        cash = total(part.cash for _, part in lines_of(content))
        share = ALL - _share(cash - returned.other, cash, coin)
        layers = _without(layers, {line: Part(part.cash * share) for line, part in lines_of(content)}, cash=True)
        content = total_of(layers)
    return Left(layers, content, named)


def _without(layers: Layers, less: Content, *, cash: bool = False) -> Layers:
    """`layers` without the money and pieces of `less`, taken from the latest of them; no more than is there.

    Of money that is taken points paid their share, or nothing where it is taken as `cash`.
    """
    if not less:
        return layers
    due = dict(less)
    kept: list[Layer] = []
    for layer in reversed(layers):
        parts = dict(layer.parts)
        for key in parts.keys() & due.keys():
            there, wanted = parts[key], due[key]
            money = min(there.cash if cash else there.money, wanted.money)
            pieces = min(there.pieces, wanted.pieces)
            off = NONE if cash or not money else Fraction(there.off * money, there.money)
            parts[key] = there - Part(money, pieces, off)
            due[key] = Part(wanted.money - money, wanted.pieces - pieces)
        kept.append(replace(layer, parts=parts))
    return tuple(reversed(kept))


def _without_named(there: Content, goods: Fraction, returned: Returned, coin: Fraction) -> dict[Key, Part]:
    rest = dict(there)
    for lines, back in sorted(returned.named.items(), key=lambda named: (len(named[0]), sorted(named[0]))):
        mine = [line for line in lines if line in rest]
        money, pieces = _shares_left(sum((rest[line] for line in mine), NO_PART), back, coin)
        rest |= {line: rest[line].times(money, pieces) for line in mine}
    tax = total(there[pot].money for pot in TAX if pot in there)
    untold = tax * min(Fraction(returned.untaxed, goods), ALL) if goods else NONE
    for pots, money_back in ((SHIPPING, returned.shipping), (TAX, returned.tax + untold)):
        if money_back:
            whole = total(rest[pot].money for pot in pots if pot in rest)
            rest |= {pot: rest[pot].times(_share(whole - money_back, whole), ALL) for pot in pots if pot in rest}
    if returned.share != ALL:
        rest = {key: part.times(returned.share, returned.share) for key, part in rest.items()}
    return rest


def _shares_left(whole: Part, back: Back, coin: Fraction) -> tuple[Fraction, Fraction]:
    """How much of the money and of the pieces of lines is left, of which there was `whole`.

    All pieces are all of it. Money that names no pieces takes as much of each piece.
    """
    if back.pieces >= whole.pieces > 0:
        return NONE, NONE
    money = _share(whole.money - back.money, whole.money, coin)
    return money, _share(whole.pieces - back.pieces, whole.pieces) * _share(whole.money - back.loose, whole.money)


def _share(rest: Fraction, whole: Fraction, coin: Fraction = NONE) -> Fraction:
    """How much of `whole` the `rest` is; less than a `coin` is nothing."""
    return Fraction(rest, whole) if whole > 0 and rest > 0 and rest >= coin else NONE
