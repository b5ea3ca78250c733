"""Orders told fact by fact, as they are recorded, and what each fact moved."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from loyalty.domain.orders.accrual import Customer
from loyalty.domain.orders.facts import (
    Adjustment,
    Cancellation,
    Completion,
    Decision,
    Edit,
    Fact,
    Refund,
    Reopening,
    ReturnedItem,
    Undoing,
    Used,
    Yielding,
)
from loyalty.domain.orders.goods import Moment
from loyalty.domain.orders.holding import Holding, change, hold, recorded
from loyalty.domain.orders.order import Item, Stated
from loyalty.domain.program.settings import Program
from tests.support.builders import DAY, NOW, program

LATER = NOW + 10 * DAY
"""When what ran at NOW has ended."""


def item(text: str) -> Item:
    """`line:sku/category*quantity=amount`; only the amount and the SKU must be there: `plain*2=30.00`."""
    name, amount = text.split("=")
    name, _, quantity = name.partition("*")
    line, _, name = name.rpartition(":")
    sku, _, category = name.partition("/")
    return Item(
        sku=sku, quantity=int(quantity or 1), amount=Decimal(amount), category=category or None, line=line or None
    )


def stated(*items: str, **money: Any) -> Stated:
    """What a store states: items, and money as text. The total is what it all adds up to, before points."""
    currency = money.pop("currency", "EUR")
    facts: dict[str, Any] = {name: Decimal(it) if isinstance(it, str) else it for name, it in money.items()}
    made = Stated(currency=currency, items=tuple(map(item, items)), **facts)
    if made.total is None and "total" not in money:
        goods = max(sum((one.amount for one in made.items), Decimal(0)) - made.discount, Decimal(0))
        made = replace(made, total=goods + made.shipping + made.tax)
    return made


def returned(text: str) -> ReturnedItem:
    """As `item`, but by line (`line:`) or by SKU, and of no known number of pieces where none is named."""
    name, amount = text.split("=")
    name, _, quantity = name.partition("*")
    line, _, sku = name.rpartition(":")
    pieces = int(quantity) if quantity else None
    return ReturnedItem(line=line or None, sku=sku or None, quantity=pieces, amount=Decimal(amount))


def refund(refund_id: str, *items: str, **facts: Any) -> Refund:
    """A refund by lines; money as text."""
    money: dict[str, Any] = {name: Decimal(it) if isinstance(it, str) else it for name, it in facts.items()}
    return Refund(refund_id=refund_id, items=tuple(map(returned, items)), **money)


def window(starts_at: datetime = NOW - DAY, ends_at: datetime = NOW + DAY) -> dict[str, str]:
    """When a promotion runs."""
    return {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}


class Told:
    """An order of `told.facts`. Each call records a fact and answers how many points it moved."""

    def __init__(self, shop: Program | None = None, later: Program | None = None) -> None:
        shop = shop or program()
        self.programs: Mapping[int, Program] = {one.version: one for one in (shop, later) if one}
        self.facts: list[Fact] = []

    @property
    def holding(self) -> Holding:
        return hold(self.facts, self.programs)

    @property
    def holds(self) -> int:
        return self.holding.holds

    def tell(self, fact: Fact, room: int | None = None) -> int:
        """Record `fact`; a cap leaves the customer `room` points."""
        before = self.holding
        after = recorded(before, fact, room)
        self.facts.append(after.facts[-1])
        return change(before, after).points

    def complete(
        self,
        *items: str,
        at: datetime = NOW,
        version: int = 1,
        customer: Customer | None = None,
        used: Used | None = None,
        room: int | None = None,
        **money: Any,
    ) -> int:
        return self.tell(
            Completion(
                stated=stated(*items, **money),
                moment=Moment(version, at),
                customer=customer or Customer(first_order=True),
                used=used or Used(),
            ),
            room,
        )

    def edit(
        self,
        *items: str,
        at: datetime = NOW,
        version: int = 1,
        used: Used | None = None,
        revision: int | None = None,
        room: int | None = None,
        **money: Any,
    ) -> int:
        uses = used if used is not None else self._used()
        number = revision or self.holding.revision + 1
        told = Edit(revision=number, stated=stated(*items, **money), moment=Moment(version, at), used=uses)
        return self.tell(told, room)

    def refund(self, refund_id: str, *items: str, **facts: Any) -> int:
        return self.tell(refund(refund_id, *items, **facts))

    def refund_money(self, total: str, **facts: Any) -> int:
        before = sum((one.money for one in self.facts if isinstance(one, Refund)), Decimal(0))
        money = Decimal(total) - before
        return self.tell(Refund(refund_id=f"total-{total}", total=Decimal(total), money=money, **facts))

    def decide(self, refund_id: str, points: int, restore: int | None = None) -> int:
        return self.tell(Decision(refund_id, points, restore))

    def adjust(self, points: int, name: str = "a1") -> int:
        return self.tell(Adjustment(name, -points))

    def cancel(self) -> int:
        return self.tell(Cancellation(NOW))

    def reopen(self, room: int | None = None) -> int:
        return self.tell(Reopening(), room)

    def undo(self, refund_id: str | None = None, adjustment: str | None = None, room: int | None = None) -> int:
        return self.tell(Undoing(refund_id, adjustment), room)

    def yield_(self, *, first_order: bool = False, referral: bool = False) -> int:
        return self.tell(Yielding(first_order, referral))

    def _used(self) -> Used:
        told = [one.used for one in self.facts if isinstance(one, Completion | Edit)]
        return told[-1] if told else Used()
