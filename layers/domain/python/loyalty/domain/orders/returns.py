"""What a refund brings back of an order: which lines, how much of them, and which money."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from loyalty.domain.orders.basket import Basket, Rest
from loyalty.domain.orders.facts import Refund, ReturnedItem
from loyalty.domain.orders.goods import ALL, NONE, SHIPPING, TAX, Back, Line, Lines, Returned, added, lines_of, total
from loyalty.domain.orders.statement import OrderWarning


@dataclass(frozen=True, slots=True)
class CameBack:
    """What a refund brought back, the money that the customer got for it, and what of it was not there."""

    returned: Returned
    money: Fraction
    warnings: tuple[OrderWarning, ...] = ()


def came_back(refund: Refund, basket: Basket, rest: Rest) -> CameBack:
    """What `refund` brings back of `basket`, of which `rest` is left. What the order does not have is left out."""
    if refund.by_amount:
        money = Fraction(refund.money)
        if not basket.paid_left or not money:
            return CameBack(Returned(), NONE)
        share = max(ALL - Fraction(money, basket.paid_left), NONE)
        return CameBack(Returned(share=share), min(money, basket.paid_left))
    named: dict[Lines, Back] = {}
    missing, money = [], Fraction(refund.other)
    lines_of_order = OrderLines(basket)
    for item, back in worths(refund):
        lines = lines_of_order.named(item)
        if not lines:
            missing.append(item.line or item.sku)
        elif back.money:
            named = added(named, {lines: back})
            money += back.money * rest.paid(lines)
    goods = total(back.money for back in named.values())
    returned = Returned(
        named=named,
        shipping=Fraction(refund.shipping),
        tax=Fraction(refund.tax or 0),
        untaxed=goods if refund.tax is None else NONE,
        other=Fraction(refund.other),
    )
    money += returned.shipping * rest.paid(SHIPPING)
    if not basket.statement.tax_inside:
        money += returned.tax * rest.paid(TAX)
    lost = (
        f"The order has no line {', '.join(map(str, missing))}: that part of the refund {refund.refund_id} is left out."
    )
    warnings = (OrderWarning("refund_cut", lost),) if missing else ()
    return CameBack(returned, min(money, basket.paid_left), warnings)


def worths(refund: Refund) -> Iterator[tuple[ReturnedItem, Back]]:
    """What goes back of the worth of each line that `refund` names, before points."""
    amounts = [Fraction(item.amount) for item in refund.items]
    pieces_of = (1 if item.quantity is None else item.quantity for item in refund.items)
    weights = amounts if any(amounts) else list(map(Fraction, pieces_of))
    whole = total(weights)
    for item, amount, weight in zip(refund.items, amounts, weights, strict=True):
        money = amount + (Fraction(Fraction(refund.points_discount) * weight, whole) if whole else NONE)
        pieces = Fraction(item.quantity or 0) if money else NONE
        yield item, Back(money, pieces, money if item.quantity is None else NONE)


class OrderLines:
    """The lines of an order by their ids, and by their SKUs."""

    def __init__(self, basket: Basket) -> None:
        self._of: dict[tuple[str, str], set[Line]] = defaultdict(set)
        for line, _ in lines_of(basket.there):
            self._of["line", line.line].add(line)
            self._of["sku", line.sku].add(line)

    def named(self, item: ReturnedItem) -> Lines:
        """The lines that `item` names: none, where the order has none of them."""
        key = ("line", item.line) if item.line is not None else ("sku", item.sku or "")
        return frozenset(self._of.get(key, ()))

    def of_skus(self, lines: Lines) -> Lines:
        """All lines of the SKUs of `lines`."""
        return frozenset(line for sku in {line.sku for line in lines} for line in self._of.get(("sku", sku), ()))
