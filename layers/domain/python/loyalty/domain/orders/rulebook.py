"""What the versions of a program's settings say about lines of goods; each line is looked up once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from loyalty.domain.orders.goods import Layer, Line
from loyalty.domain.program.settings import Goods, Program, Promotion

type Programs = Mapping[int, Program]
"""Versions of a program's settings by their number."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A promotion of one version of the settings, and its place there."""

    version: int
    number: int
    promotion: Promotion

    def ran(self, at: datetime) -> bool:
        """Whether it ran at `at`."""
        return self.promotion.starts_at <= at < self.promotion.ends_at


@dataclass(frozen=True, slots=True)
class Kind:
    """Goods that no rule tells apart: whether they earn nothing, the number of the rate that counts for them (None: the
    program's own), and which promotions name them, by version and place.
    """

    excluded: bool = False
    rate: int | None = None
    named: frozenset[tuple[int, int]] = frozenset()

    def is_of(self, offer: Offer) -> bool:
        """Whether they are goods that `offer` looks at: those that it names, or all where it names none."""
        return not offer.promotion.names_goods or (offer.version, offer.number) in self.named


NO_GOODS = Kind()
"""What shipping, tax and fees are."""


class Rulebook:
    """The versions under which the goods of an order came in."""

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self._offers = {
            version: [Offer(version, number, promotion) for number, promotion in enumerate(program.promotions)]
            for version, program in programs.items()
        }
        self._names: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
        self._kinds: dict[tuple[int, str, str], Kind] = {}

    def program(self, layer: Layer) -> Program:
        """The settings under which `layer` came in."""
        return self.programs[layer.moment.version]

    def version(self, number: int) -> Program:
        """A version of the settings."""
        return self.programs[number]

    def chosen(self, layer: Layer) -> Iterator[Offer]:
        """The promotions under which `layer` came in."""
        return (self._offers[layer.moment.version][number] for number in layer.chosen)

    def running(self, layer: Layer) -> Iterator[Offer]:
        """The promotions that ran when `layer` came in."""
        if layer.moment.promotions:
            yield from (offer for offer in self._offers[layer.moment.version] if offer.ran(layer.moment.at))

    def kind(self, version: int, line: Line) -> Kind:
        """What `line` is for the rules of `version`, and for the promotions of all versions."""
        key = (version, line.sku, line.category)
        if key not in self._kinds:
            earn = self.programs[version].earn
            excluded = self._is_of(earn.excluded, line)
            rates = (number for number, rate in enumerate(earn.rates) if self._is_of(rate, line))
            self._kinds[key] = Kind(
                excluded=excluded,
                rate=None if excluded else next(rates, None),
                named=frozenset(
                    (offer.version, offer.number)
                    for offers in self._offers.values()
                    for offer in offers
                    if self._is_of(offer.promotion, line)
                ),
            )
        return self._kinds[key]

    def _is_of(self, goods: Goods, line: Line) -> bool:
        # By identity: the settings live as long as this, and hashing up to a thousand names each time would be slow.
        if id(goods) not in self._names:
            self._names[id(goods)] = frozenset(goods.skus), frozenset(goods.categories)
        skus, categories = self._names[id(goods)]
        return line.sku in skus or (line.category != "" and line.category in categories)
