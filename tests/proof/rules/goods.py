"""The goods of an order, in layers, and what they earn: one function of what is there.

Money and pieces are fractions. A layer has the rules of the moment at which it came in. Nothing here knows accounts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from math import ceil, floor
from typing import Any

type Rules = dict[str, Any]
"""The settings of a program, every group of them."""
type Line = tuple[str | None, str, str | None]
"""A line's id (None where the store has none), its SKU and its category."""
type Part = tuple[Any, ...]
"""Which points: `("goods", layer)`, `("extra", layer, promotion)`, `("bonus", promotion)`, `("referee",)`."""

ZERO = Fraction(0)
ROUND: dict[str, Callable[[Fraction], int]] = {
    "floor": floor,
    "ceil": ceil,
    "half_up": lambda number: floor(number + Fraction(1, 2)),
}


@dataclass
class Chunk:
    """What one layer has of one line: money after discounts and before points, pieces, what points paid."""

    money: Fraction = ZERO
    pieces: Fraction = ZERO
    points: Fraction = ZERO

    @property
    def cash(self) -> Fraction:
        return self.money - self.points


@dataclass
class Layer:
    """Goods that came in together. `allowed` are the promotions that may count for them."""

    number: int
    rules: Rules
    at: datetime
    allowed: list[str]
    chunks: dict[Line, Chunk] = field(default_factory=dict)

    @property
    def running(self) -> list[Rules]:
        """The promotions that ran when this came in, the highest priority first."""
        return running(self.rules, self.at)

    def promotion(self, promotion_id: str) -> Rules | None:
        return next((each for each in self.running if each["id"] == promotion_id), None)


@dataclass
class Money:
    """What an order states beside its goods, and how much of it came back."""

    shipping: Fraction = ZERO
    tax: Fraction = ZERO
    items_tax: Fraction | None = None
    tax_inside: bool = False
    """Whether the amounts of the goods have the tax in them."""
    surplus: Fraction = ZERO
    """What the total is above goods, shipping and tax."""
    shipping_back: Fraction = ZERO
    tax_back: Fraction = ZERO
    points: Fraction = ZERO
    """What points paid of shipping and tax: what they took off beyond the goods."""

    @property
    def beside(self) -> Fraction:
        """All of it that counts in a total."""
        return self.shipping + self.surplus + (ZERO if self.tax_inside else self.tax)

    @property
    def beside_left(self) -> Fraction:
        tax = ZERO if self.tax_inside else self.tax - self.tax_back
        return self.shipping - self.shipping_back + self.surplus + tax


@dataclass
class Customer:
    """What the completion knew of the customer."""

    tier: Rules | None = None
    first: bool = False
    """Whether this is the customer's first order."""
    referred: bool = False


@dataclass
class Earned:
    """Whole points, and which parts of them, exactly."""

    points: int = 0
    parts: dict[Part, Fraction] = field(default_factory=dict)


def running(rules: Rules, at: datetime) -> list[Rules]:
    found = [each for each in rules["promotions"] if instant(each["starts_at"]) <= at < instant(each["ends_at"])]
    return sorted(found, key=lambda each: -each.get("priority", 0))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def names(goods: Rules, line: Line) -> bool:
    return line[1] in goods.get("skus", []) or line[2] in goods.get("categories", [])


def excluded(rules: Rules, line: Line) -> bool:
    return names(rules["earn"]["excluded"], line)


def rate_of(rules: Rules, line: Line) -> Rules:
    """How a line earns: `points_per_unit` or `points_per_item`; nothing, if it is excluded."""
    if excluded(rules, line):
        return {"points_per_unit": "0"}
    found = next((rate for rate in rules["earn"]["rates"] if names(rate, line)), None)
    return found or {"points_per_unit": rules["earn"]["points_per_unit"]}


def worth(layers: Iterable[Layer]) -> Fraction:
    """Money of the goods, after discounts and before points."""
    return sum((chunk.money for layer in layers for chunk in layer.chunks.values()), ZERO)


def cash(layers: Iterable[Layer]) -> Fraction:
    """Money of the goods less what points paid of it."""
    return sum((chunk.cash for layer in layers for chunk in layer.chunks.values()), ZERO)


def at_least_the_minimum(layers: list[Layer], money: Money) -> bool:
    """Whether what is left of the order's total reaches the minimum of its first layer."""
    return worth(layers) + money.beside_left >= Fraction(layers[0].rules["earn"]["min_order_total"])


def counts(layers: list[Layer], money: Money) -> bool:
    """Whether it is an order at all: something was paid, and it reaches the minimum."""
    return bool(layers) and cash(layers) > 0 and at_least_the_minimum(layers, money)


def spent(layers: Iterable[Layer]) -> Fraction:
    """Money of goods that could earn, as tiers count it."""
    return sum(
        (chunk.cash for layer in layers for line, chunk in layer.chunks.items() if not excluded(layer.rules, line)),
        ZERO,
    )


def meets(promotion: Rules, layers: list[Layer], customer: Customer) -> bool:
    """Whether the goods that came in while a promotion ran, and the customer, are what it asks for."""
    promotion_id = promotion["id"]
    mine = [layer for layer in layers if layer.promotion(promotion_id)]
    if promotion.get("first_order") and not customer.first:
        return False
    if promotion.get("tiers") and (customer.tier is None or customer.tier["name"] not in promotion["tiers"]):
        return False
    if promotion.get("min_spend") is not None and worth(mine) < Fraction(promotion["min_spend"]):
        return False
    if promotion.get("bonus_points") and cash(mine) <= 0:
        return False
    if promotion.get("skus") or promotion.get("categories"):
        return any(
            names(promotion, line) and not excluded(layer.rules, line) and chunk.cash > 0
            for layer in mine
            for line, chunk in layer.chunks.items()
        )
    return True


def allowed(layers: list[Layer], customer: Customer) -> list[str]:
    """The promotions that may ever count for the last of `layers`, chosen when it comes in.

    One that is not stackable counts alone: it is left out where one before it counts, and leaves out all behind it.
    Those that are stackable may come to count later, unless one was chosen alone.
    """
    last = layers[-1]
    chosen: list[Rules] = []
    for promotion in last.running:
        if meets(promotion, layers, customer) and (
            not chosen or (promotion.get("stackable", True) and chosen[-1].get("stackable", True))
        ):
            chosen.append(promotion)
    if chosen and not chosen[0].get("stackable", True):
        return [chosen[0]["id"]]
    return [promotion["id"] for promotion in last.running if promotion.get("stackable", True)]


def earned(layers: list[Layer], money: Money, uses: int, customer: Customer) -> Earned:
    """What an order with these goods earns, having used `uses` points. The quote's function too."""
    if not layers or worth(layers) == 0:
        return Earned()
    rules = layers[0].rules["earn"]
    if uses and rules["on_redeemed_order"] == "none":
        return Earned()
    if not at_least_the_minimum(layers, money):
        return Earned()
    in_cash = bool(uses) and rules["on_redeemed_order"] == "cash_part"
    scale, beside = _basis(rules["basis"], layers, money)
    whole = worth(layers) * scale + beside
    paid_of_beside = min(money.points, beside) if in_cash else ZERO
    paid = Fraction(1)
    if in_cash and whole:
        paid = max(cash(layers) * scale + beside - paid_of_beside, ZERO) / whole
    parts: dict[Part, Fraction] = {}
    first = layers[0]
    beside_points = (beside - paid_of_beside) * Fraction(rules["points_per_unit"])
    for layer in layers:
        of_goods = {line: _points_of(layer, line, layers, scale, in_cash, paid) for line in layer.chunks}
        of_beside = beside_points if layer is first else ZERO
        plain, extra = sum(of_goods.values(), ZERO) + of_beside, ZERO
        for promotion in layer.running:
            if promotion["id"] not in layer.allowed or not promotion.get("multiplier"):
                continue
            if not meets(promotion, layers, customer):
                continue
            more = Fraction(promotion["multiplier"]) - 1
            of_some = bool(promotion.get("skus") or promotion.get("categories"))
            added = ZERO
            for line in of_goods:
                if not of_some or names(promotion, line):
                    added += of_goods[line] * more
                    of_goods[line] *= more + 1
            if not of_some:
                added += of_beside * more
                of_beside *= more + 1
            if lives_apart(promotion):
                _add(parts, ("extra", layer.number, promotion["id"]), added)
            else:
                plain += added
            extra += added
        if customer.tier:
            before_tier = sum(of_goods.values(), ZERO) + of_beside
            plain += before_tier * (Fraction(customer.tier.get("multiplier", "1")) - 1)
        _add(parts, ("goods", layer.number), plain)
    for promotion in _bonuses(layers):
        if meets(promotion, layers, customer):
            _add(parts, ("bonus", promotion["id"]), promotion["bonus_points"] * paid)
    if customer.referred:
        _add(parts, ("referee",), first.rules["ways_to_earn"]["referral"].get("referee_points", 0) * paid)
    total = ROUND[rules["rounding"]](sum(parts.values(), ZERO))
    if rules["max_points_per_order"] is not None:
        total = min(total, rules["max_points_per_order"])
    return Earned(total, parts)


def lives_apart(promotion: Rules) -> bool:
    """Whether what a promotion adds has a life or a release of its own."""
    return promotion.get("expiry") is not None or promotion.get("pending_days") is not None


def _add(parts: dict[Part, Fraction], part: Part, points: Fraction) -> None:
    if points:
        parts[part] = parts.get(part, ZERO) + points


def _bonuses(layers: list[Layer]) -> list[Rules]:
    """The promotions with a bonus that may count, each once, as the first layer says that it is allowed in."""
    found: dict[str, Rules] = {}
    for layer in layers:
        for promotion in layer.running:
            if promotion.get("bonus_points") and promotion["id"] in layer.allowed:
                found.setdefault(promotion["id"], promotion)
    return list(found.values())


def _points_of(
    layer: Layer, line: Line, layers: list[Layer], scale: Fraction, in_cash: bool, paid: Fraction
) -> Fraction:
    chunk, rate = layer.chunks[line], rate_of(layer.rules, line)
    if rate.get("points_per_item") is None:
        return (chunk.cash if in_cash else chunk.money) * scale * Fraction(rate["points_per_unit"])
    of_line = sum((each.chunks[line].cash for each in layers if line in each.chunks), ZERO)
    return chunk.pieces * rate["points_per_item"] * paid if of_line > 0 else ZERO


def _basis(basis: str, layers: list[Layer], money: Money) -> tuple[Fraction, Fraction]:
    """What of the goods' money counts, as a share, and the money beside goods that counts."""
    shipping, tax = money.shipping - money.shipping_back, money.tax - money.tax_back
    if basis.startswith("items"):
        beside = shipping if "shipping" in basis else ZERO
        if basis.endswith("tax") and not money.tax_inside:
            share = tax / money.tax if money.tax else ZERO
            beside += share * (money.tax if money.items_tax is None else money.items_tax)
        return Fraction(1), beside
    beside = money.beside_left
    if "without_shipping" in basis:
        beside -= shipping
    if basis.startswith("total_without") and basis.endswith("tax"):
        if not money.tax_inside:
            return Fraction(1), beside - tax
        goods = worth(layers)
        return max(goods - tax, ZERO) / goods, beside
    return Fraction(1), beside
