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
    Key,
    Layers,
    Line,
    Lines,
    Moment,
    Pot,
    Returned,
    added,
    changed,
    goods_back,
    left,
    total_of,
    worth_of,
)
from loyalty.domain.orders.statement import Statement


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of an order: the layers, their goods' worth, and the shares of it that points paid.

    `unpaid` is the share that points paid: of all goods, under None, and of each pot.
    """

    statement: Statement
    layers: Layers
    goods: Fraction
    unpaid: Mapping[Pot | None, Fraction]

    def paid(self, key: Key | None = None) -> Fraction:
        """The share that was paid in money: of the goods, or of a pot."""
        return ALL - self.unpaid.get(None if isinstance(key, Line) else key, NONE)

    @property
    def off(self) -> Fraction:
        """The money that points took off what is left."""
        there = total_of(self.layers)
        pots = sum((there[pot].money * share for pot, share in self.unpaid.items() if pot in there), NONE)
        return self.goods * self.unpaid.get(None, NONE) + pots


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """An order's goods and money.

    `layers` and `off` (the money that points took off them) are as of the last statement, `returned` is what came back
    since. Of `used` points (all that the order ever used) `given_back` came back before that statement. `back` is the
    money that came back, and `named` what came back of lines, both since the order is there.
    """

    statement: Statement
    layers: Layers = ()
    off: Fraction = NONE
    used: int = 0
    given_back: int = 0
    returned: Returned = field(default_factory=Returned)
    back: Fraction = NONE
    named: Mapping[Lines, Back] = field(default_factory=dict)

    @classmethod
    def of(cls, statement: Statement, moment: Moment, used: int) -> "Basket":
        """An order as it comes in, in one layer."""
        layers = changed((), {}, statement.content, moment)
        return cls(statement=statement, layers=layers, off=statement.points_off, used=used)

    def restated(self, statement: Statement, moment: Moment, used: int, given_back: int) -> "Basket":
        """The order after an edit at `moment`; it uses `used` points by now, of which `given_back` came back."""
        rest = self.rest()
        off = rest.off + statement.points_off - self.statement.points_off
        return replace(
            self,
            statement=statement,
            layers=changed(rest.layers, self.statement.content, statement.content, moment),
            off=max(off, NONE),
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
        layers = left(self.layers, self.returned, self.statement.coin)
        goods = worth_of(total_of(layers))
        unpaid = self._unpaid()
        if self.returned.other and goods:
            named = worth_of(total_of(self.layers)) - goods_back(self.layers, self.returned, self.statement.coin)
            unpaid[None] = min(Fraction(unpaid[None] * named, goods), ALL)
        return Rest(self.statement, layers, goods, unpaid)

    def restorable(self, rest: Rest) -> int:
        """Used points of what came back since the last statement: all that are left, where no goods are."""
        open_ = self.used - self.given_back
        if not rest.goods:
            return open_
        worth = worth_of(total_of(self.layers))
        return floor(Fraction(open_ * goods_back(self.layers, self.returned, self.statement.coin), worth))

    def _unpaid(self) -> dict[Pot | None, Fraction]:
        there, due = total_of(self.layers), self.off
        found: dict[Pot | None, Fraction] = {}
        for pot in (None, *POTS):
            money = worth_of(there) if pot is None else there[pot].money if pot in there else NONE
            taken = min(due, money)
            found[pot] = Fraction(taken, money) if money else NONE
            due -= taken
        return found
