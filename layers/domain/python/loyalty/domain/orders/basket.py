"""What is in an order: what was stated last, in layers, and what came back since.

An edit turns the page: what came back before it is gone from the layers, and what comes back after it is a share of
what was there at the edit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor

from loyalty.domain.orders.goods import (
    ALL,
    NO_PART,
    NONE,
    Back,
    Content,
    Key,
    Layer,
    Layers,
    Lines,
    Moment,
    Returned,
    added,
    changed,
    left,
    lines_of,
    total,
    total_of,
    with_points,
    worth_of,
)
from loyalty.domain.orders.statement import Statement


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of an order.

    It is left in `layers`, which hold `content` together; `goods` is the worth of its goods, `named` before other money
    is taken off it, and `cash` what was paid of it in money.
    """

    statement: Statement
    layers: Layers
    content: Content
    goods: Fraction
    named: Fraction
    cash: Fraction

    @property
    def off(self) -> Fraction:
        """The money that points took off what is left."""
        return total(part.off for part in self.content.values())

    def paid(self, keys: Iterable[Key]) -> Fraction:
        """The share of what is left of `keys` that was paid in money; of nothing, as of all goods."""
        parts = sum((self.content[key] for key in keys if key in self.content), NO_PART)
        if parts.money:
            return Fraction(parts.cash, parts.money)
        return Fraction(self.cash, self.goods) if self.goods else ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """An order's goods and money.

    `layers`, which hold `there` together, and its goods' `worth` are as of the last statement, `returned` is what came
    back since. Of `used` points (all that the order ever used) `given_back` came back before that statement. `back` is
    the money that came back, and `named` what came back of lines, both since the order is there.
    """

    statement: Statement
    layers: Layers = ()
    there: Content = field(default_factory=dict)
    worth: Fraction = NONE
    used: int = 0
    given_back: int = 0
    returned: Returned = field(default_factory=Returned)
    back: Fraction = NONE
    named: Mapping[Lines, Back] = field(default_factory=dict)

    @classmethod
    def of(cls, statement: Statement, moment: Moment, used: int) -> "Basket":
        """An order as it comes in, in one layer."""
        layers = with_points((Layer(moment, (), statement.content),), statement.points_off)
        there = total_of(layers)
        return cls(statement=statement, layers=layers, there=there, worth=worth_of(there), used=used)

    def restated(self, rest: Rest, statement: Statement, moment: Moment, used: int, given_back: int) -> "Basket":
        """The order after an edit at `moment`, when `rest` of it was left.

        It uses `used` points by now, of which `given_back` came back.
        """
        layers = changed(rest.layers, self.statement.content, statement.content, moment)
        off = max(rest.off + statement.points_off - self.statement.points_off, NONE)
        layers = with_points(layers, off)
        there = total_of(layers)
        return replace(
            self,
            statement=statement,
            layers=layers,
            there=there,
            worth=worth_of(there),
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
        """What is left of it."""
        rest = left(self.layers, self.there, self.worth, self.returned, self.statement.coin)
        cash = total(part.cash for _, part in lines_of(rest.content))
        return Rest(self.statement, rest.layers, rest.content, worth_of(rest.content), rest.named, cash)

    def restorable(self, rest: Rest) -> int:
        """Used points of what came back since the last statement: all that are left, where no goods are."""
        open_ = self.used - self.given_back
        return floor(Fraction(open_ * (self.worth - rest.named), self.worth)) if rest.goods else open_
