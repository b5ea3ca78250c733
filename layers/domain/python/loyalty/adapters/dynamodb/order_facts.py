"""The facts of an order as bytes, and the steps in which it earned: both stand in the record of a movement.

DynamoDB bills a record by the kilobyte. The lines of an order stand in columns (ids, SKUs, categories, pieces,
amounts), since what is alike then stands side by side, and all is deflated where that makes it shorter. Amounts are
whole numbers of the smallest decimal that the fact needs. Nothing that settings say is stored: promotions, rates and
tiers are places in the version that the fact names.

The first byte is the kind of the fact, and whether the rest is deflated. A kind is never given another meaning: a new
shape is a new kind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zlib import MAX_WBITS, compressobj, decompress

from loyalty.adapters.dynamodb.standings import pack_standing, unpack_standing
from loyalty.adapters.dynamodb.varints import signed, varint, zigzag
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
from loyalty.domain.orders.order import Item, Stated, Tender
from loyalty.domain.orders.steps import Rule, Step
from loyalty.domain.values.money import decimals_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RULES = tuple(Rule)


def pack_fact(fact: Fact) -> bytes:
    """`fact` as bytes."""
    into = _Writer()
    kind = _write(into, fact)
    deflate = compressobj(level=9, wbits=-MAX_WBITS)
    small = deflate.compress(into.packed) + deflate.flush()
    deflated = len(small) < len(into.packed)
    return bytes([kind << 1 | deflated]) + (small if deflated else into.packed)


def unpack_fact(packed: bytes) -> Fact:
    """The fact that `pack_fact` packed."""
    kind, content = packed[0], packed[1:]
    return _read(_Reader(decompress(content, wbits=-MAX_WBITS) if kind & 1 else content), kind >> 1)


def pack_steps(steps: Sequence[Step]) -> bytes:
    """Steps as numbers: their words are said again from the settings of their version."""
    into = _Writer()
    for step in steps:
        into.number(_RULES.index(step.rule))
        into.signed(step.points)
        into.number(step.version)
        into.number(step.of)
        into.decimal(step.figure)
    return into.packed


def unpack_steps(packed: bytes) -> tuple[Step, ...]:
    """The steps that `pack_steps` packed."""
    of = _Reader(packed)
    found = []
    while of.has_more:
        rule, points = _RULES[of.number()], of.signed()
        found.append(Step(rule, points, of.number(), of.number(), of.decimal()))
    return tuple(found)


class _Writer:
    """Appends values to bytes."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    @property
    def packed(self) -> bytes:
        return bytes(self._bytes)

    def number(self, number: int) -> None:
        self._bytes += varint(number)

    def signed(self, number: int) -> None:
        self.number(zigzag(number))

    def optional(self, number: int | None) -> None:
        """A number that may be missing, which is 0."""
        self.number(0 if number is None else number + 1)

    def numbers(self, numbers: Sequence[int]) -> None:
        """A column of numbers: one of them, where all are the same."""
        same = len(set(numbers)) == 1
        self.number(len(numbers) << 1 | same)
        for number in numbers[:1] if same else numbers:
            self.number(number)

    def blob(self, content: bytes) -> None:
        self.number(len(content))
        self._bytes += content

    def text(self, text: str) -> None:
        self.blob(text.encode())

    def texts(self, texts: Sequence[str | None]) -> None:
        """A column of texts, some of which may be missing: all lengths, then all characters."""
        encoded = [None if text is None else text.encode() for text in texts]
        self.numbers([0 if text is None else len(text) + 1 for text in encoded])
        for text in encoded:
            self._bytes += text or b""

    def instant(self, at: datetime) -> None:
        self.number((at - _EPOCH) // _MICROSECOND)

    def decimal(self, amount: Decimal) -> None:
        """An amount with its own decimals."""
        digits = decimals_of(amount)
        self.number(digits)
        self.signed(int(amount.scaleb(digits)))

    def amounts(self, amounts: Sequence[Decimal | None]) -> None:
        """Amounts that are not negative, with as many decimals as one of them needs; 0 is missing."""
        digits = max((decimals_of(amount) for amount in amounts if amount is not None), default=0)
        self.number(digits)
        self.numbers([0 if amount is None else int(amount.scaleb(digits)) + 1 for amount in amounts])


class _Reader:
    """Reads what `_Writer` wrote, in the same order."""

    def __init__(self, packed: bytes) -> None:
        self._bytes = packed
        self._at = 0

    @property
    def has_more(self) -> bool:
        return self._at < len(self._bytes)

    def number(self) -> int:
        number = shift = 0
        while True:
            byte = self._bytes[self._at]
            self._at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return number

    def signed(self) -> int:
        return signed(self.number())

    def optional(self) -> int | None:
        number = self.number()
        return number - 1 if number else None

    def numbers(self) -> list[int]:
        length = self.number()
        if length & 1:
            return [self.number()] * (length >> 1)
        return [self.number() for _ in range(length >> 1)]

    def blob(self) -> bytes:
        return self._take(self.number())

    def _take(self, length: int) -> bytes:
        self._at += length
        return self._bytes[self._at - length : self._at]

    def text(self) -> str:
        return self.blob().decode()

    def texts(self) -> Iterator[str | None]:
        for length in self.numbers():
            yield self._take(length - 1).decode() if length else None

    def instant(self) -> datetime:
        return _EPOCH + self.number() * _MICROSECOND

    def decimal(self) -> Decimal:
        digits = self.number()
        return Decimal(self.signed()).scaleb(-digits)

    def amounts(self) -> list[Decimal | None]:
        digits = self.number()
        return [Decimal(number - 1).scaleb(-digits) if number else None for number in self.numbers()]


def _write_stated(into: _Writer, stated: Stated) -> None:
    categories = sorted({item.category for item in stated.items if item.category is not None})
    into.text(stated.currency)
    into.texts([item.line for item in stated.items])
    into.texts([item.sku for item in stated.items])
    into.texts(categories)
    if categories:
        into.numbers([0 if item.category is None else categories.index(item.category) + 1 for item in stated.items])
    into.numbers([item.quantity for item in stated.items])
    into.texts([tender.kind for tender in stated.tenders])
    into.amounts(
        [
            *(item.amount for item in stated.items),
            *(stated.discount, stated.shipping, stated.tax),
            *(stated.total, stated.items_tax, stated.points_discount),
            *(tender.amount for tender in stated.tenders),
        ]
    )


def _read_stated(of: _Reader) -> Stated:
    currency = of.text()
    lines, skus, categories = list(of.texts()), list(of.texts()), list(of.texts())
    kinds = [None, *categories]
    named = [kinds[number] for number in of.numbers()] if categories else [None] * len(skus)
    quantities, tenders = of.numbers(), list(of.texts())
    amounts = of.amounts()
    costs, money = amounts[: len(skus)], amounts[len(skus) :]
    return Stated(
        currency=currency,
        items=tuple(
            Item(line=line, sku=sku or "", category=category, quantity=quantity, amount=cost or Decimal(0))
            for line, sku, category, quantity, cost in zip(lines, skus, named, quantities, costs, strict=True)
        ),
        discount=money[0] or Decimal(0),
        shipping=money[1] or Decimal(0),
        tax=money[2] or Decimal(0),
        total=money[3],
        items_tax=money[4],
        points_discount=money[5],
        tenders=tuple(
            Tender(kind or "", amount or Decimal(0)) for kind, amount in zip(tenders, money[6:], strict=True)
        ),
    )


def _write_moment(into: _Writer, moment: Moment) -> None:
    into.number(moment.version << 1 | moment.promotions)
    into.instant(moment.at)


def _read_moment(of: _Reader) -> Moment:
    version = of.number()
    return Moment(version >> 1, of.instant(), bool(version & 1))


def _write_used(into: _Writer, used: Used) -> None:
    into.number(used.points)
    if used.points:
        into.amounts([used.discount, used.point_value])


def _read_used(of: _Reader) -> Used:
    points = of.number()
    if not points:
        return Used()
    discount, point_value = of.amounts()
    return Used(points, discount or Decimal(0), point_value)


def _write_completion(into: _Writer, fact: Completion) -> None:
    customer = fact.customer
    _write_moment(into, fact.moment)
    into.number(customer.first_order | (customer.tier is not None) << 1 | (customer.standing is not None) << 2)
    into.number(customer.referee_points)
    if customer.tier is not None:
        into.text(customer.tier)
    if customer.standing is not None:
        into.blob(pack_standing(customer.standing))
        into.text(customer.standing.tier or "")
        into.number(customer.day.toordinal())
    _write_used(into, fact.used)
    into.numbers(fact.chosen)
    into.number(fact.cut)
    _write_stated(into, fact.stated)


def _read_completion(of: _Reader) -> Completion:
    moment, flags, referee_points = _read_moment(of), of.number(), of.number()
    tier = of.text() if flags & 2 else None
    customer = Customer(tier=tier, first_order=bool(flags & 1), referee_points=referee_points)
    if flags & 4:
        standing = unpack_standing(of.blob(), of.text() or None)
        customer = replace(customer, standing=standing, day=date.fromordinal(of.number()))
    used, chosen, cut = _read_used(of), tuple(of.numbers()), of.number()
    return Completion(stated=_read_stated(of), moment=moment, customer=customer, used=used, chosen=chosen, cut=cut)


def _write_edit(into: _Writer, fact: Edit) -> None:
    into.number(fact.revision)
    _write_moment(into, fact.moment)
    into.optional(fact.asked)
    _write_used(into, fact.used)
    into.numbers(fact.chosen)
    into.number(fact.cut)
    _write_stated(into, fact.stated)


def _read_edit(of: _Reader) -> Edit:
    revision, moment, asked = of.number(), _read_moment(of), of.optional()
    used, chosen, cut = _read_used(of), tuple(of.numbers()), of.number()
    return Edit(
        revision=revision, stated=_read_stated(of), moment=moment, asked=asked, used=used, chosen=chosen, cut=cut
    )


def _write_refund(into: _Writer, fact: Refund) -> None:
    into.text(fact.refund_id)
    into.number(fact.counts | fact.restores << 1)
    into.optional(fact.points)
    into.optional(fact.restore)
    into.number(fact.cut)
    into.texts([item.line for item in fact.items])
    into.texts([item.sku for item in fact.items])
    for item in fact.items:
        into.optional(item.quantity)
    into.amounts(
        [
            *(item.amount for item in fact.items),
            *(fact.shipping, fact.tax, fact.other, fact.points_discount, fact.total, fact.money),
        ]
    )


def _read_refund(of: _Reader) -> Refund:
    refund_id, flags = of.text(), of.number()
    points, restore, cut = of.optional(), of.optional(), of.number()
    lines, skus = list(of.texts()), list(of.texts())
    quantities = [of.optional() for _ in lines]
    amounts = of.amounts()
    shipping, tax, other, points_discount, total, money = amounts[len(lines) :]
    return Refund(
        refund_id=refund_id,
        items=tuple(
            ReturnedItem(line=line, sku=sku, quantity=quantity, amount=amount or Decimal(0))
            for line, sku, quantity, amount in zip(lines, skus, quantities, amounts[: len(lines)], strict=True)
        ),
        shipping=shipping or Decimal(0),
        tax=tax,
        other=other or Decimal(0),
        points_discount=points_discount or Decimal(0),
        total=total,
        money=money or Decimal(0),
        points=points,
        restore=restore,
        counts=bool(flags & 1),
        restores=bool(flags & 2),
        cut=cut,
    )


def _write(into: _Writer, fact: Fact) -> int:
    """Write `fact` and answer its kind."""
    match fact:
        case Completion():
            _write_completion(into, fact)
            return 0
        case Edit():
            _write_edit(into, fact)
            return 1
        case Refund():
            _write_refund(into, fact)
            return 2
        case Decision():
            into.text(fact.refund_id)
            into.number(fact.points)
            into.optional(fact.restore)
            into.number(fact.cut)
            return 3
        case Adjustment():
            into.text(fact.name)
            into.number(fact.points)
            return 4
        case Cancellation():
            into.instant(fact.cancelled_at)
            return 5
        case Reopening():
            into.number(fact.cut)
            return 6
        case Undoing():
            into.texts([fact.refund_id, fact.adjustment])
            into.number(fact.cut)
            return 7
        case Yielding():
            into.number(fact.first_order | fact.referral << 1)
            return 8


def _read(of: _Reader, kind: int) -> Fact:
    match kind:
        case 0:
            return _read_completion(of)
        case 1:
            return _read_edit(of)
        case 2:
            return _read_refund(of)
        case 3:
            return Decision(of.text(), of.number(), of.optional(), of.number())
        case 4:
            return Adjustment(of.text(), of.number())
        case 5:
            return Cancellation(of.instant())
        case 6:
            return Reopening(of.number())
        case 7:
            refund_id, adjustment = of.texts()
            return Undoing(refund_id, adjustment, of.number())
        case 8:
            flags = of.number()
            return Yielding(bool(flags & 1), bool(flags & 2))
        case _:
            raise ValueError(f"no fact of an order is of kind {kind}")
