"""What is in an order: what was stated last, in layers, and what came back since.

An edit turns the page: what came back before it is gone from the layers, and what comes back after it is a share of
what was there at the edit. Points lie on all goods alike, then on shipping, tax and fees: so they do on what is left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor

from loyalty.domain.orders.goods import (
    ALL,
    NONE,
    POTS,
    Back,
    Content,
    Layer,
    Layers,
    Lines,
    Moment,
    Pot,
    Returned,
    added,
    changed,
    left,
    total,
    total_of,
    worth_of,
)
from loyalty.domain.orders.statement import Statement


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of an order.

    It is left in `layers`, which hold `content` together; `goods` is the worth of its goods, `named` before other money
    is taken off it. `unpaid` is the share that points paid: of all goods, under None, and of each pot.
    """

    statement: Statement
    layers: Layers
    content: Content
    goods: Fraction
    named: Fraction
    unpaid: Mapping[Pot | None, Fraction]

    def paid(self, pot: Pot | None = None) -> Fraction:
        """The share that was paid in money: of the goods, or of a pot."""
        return ALL - self.unpaid.get(pot, NONE)

    @property
    def off(self) -> Fraction:
        """The money that points took off what is left."""
        pots = (self.content[pot].money * self.unpaid[pot] for pot in POTS if pot in self.content)
        return self.goods * self.unpaid.get(None, NONE) + total(pots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """An order's goods and money.

    `layers`, which hold `there` together, its goods' `worth`, and `off` (the money that points took off it all) are as
    of the last statement, `returned` is what came back since. Of `used` points (all that the order ever used)
    `given_back` came back before that statement. `back` is the money that came back, and `named` what came back of
    lines, both since the order is there.
    """

    statement: Statement
    layers: Layers = ()
    there: Content = field(default_factory=dict)
    worth: Fraction = NONE
    off: Fraction = NONE
    used: int = 0
    given_back: int = 0
    returned: Returned = field(default_factory=Returned)
    back: Fraction = NONE
    named: Mapping[Lines, Back] = field(default_factory=dict)

    @classmethod
    def of(cls, statement: Statement, moment: Moment, used: int) -> "Basket":
        """An order as it comes in, in one layer."""
        there = statement.content
        return cls(
            statement=statement,
            layers=(Layer(moment, (), there),),
            there=there,
            worth=worth_of(there),
            off=statement.points_off,
            used=used,
        )

    def restated(self, rest: Rest, statement: Statement, moment: Moment, used: int, given_back: int) -> "Basket":
        """The order after an edit at `moment`, when `rest` of it was left.

        It uses `used` points by now, of which `given_back` came back.
        """
        layers = changed(rest.layers, self.statement.content, statement.content, moment)
        there = total_of(layers)
        return replace(
            self,
            statement=statement,
            layers=layers,
            there=there,
            worth=worth_of(there),
            off=max(rest.off + statement.points_off - self.statement.points_off, NONE),
            used=max(used, given_back),
            given_back=given_back,
            returned=Returned(),
        )

    def less(self, returned: Returned, money: Fraction) -> "Basket":
        """The order once `returned` came back, for which the customer got `money`."""
        return replace(
            self, returned=self.returned + returned, back=self.back + money, named=added(self.named, returned.named)
        )

    @property
    def paid_left(self) -> Fraction:
        """The money that was paid and is not back."""
        return max(self.statement.paid - self.back, NONE)

    def rest(self) -> Rest:
        """What is left of it. Other money that came back was paid in money: what points paid stays as it is."""
        rest = left(self.layers, self.there, self.worth, self.returned, self.statement.coin)
        unpaid = self._unpaid()
        if rest.goods:
            unpaid[None] = min(Fraction(unpaid[None] * rest.named, rest.goods), ALL)
        return Rest(self.statement, rest.layers, rest.content, rest.goods, rest.named, unpaid)

    def restorable(self, rest: Rest) -> int:
        """Used points of what came back since the last statement: all that are left, where no goods are."""
        open_ = self.used - self.given_back
        return floor(Fraction(open_ * (self.worth - rest.named), self.worth)) if rest.goods else open_

    def _unpaid(self) -> dict[Pot | None, Fraction]:
        due = self.off
        found: dict[Pot | None, Fraction] = {}
        for pot in (None, *POTS):
            money = self.worth if pot is None else self.there[pot].money if pot in self.there else NONE
            taken = min(due, money)
            found[pot] = Fraction(taken, money) if money else NONE
            due -= taken
        return found
