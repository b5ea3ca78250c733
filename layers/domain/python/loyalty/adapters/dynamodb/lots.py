"""Lots as bytes.

DynamoDB bills by the kilobyte, and an account with a lot for every day of a year would take nine of
them written out. Packed, a lot takes three or four bytes: a year fits two kilobytes, and 150 lots fit
one.

Each lot is two variable-length integers (seven bits a byte, lowest first): how long after the lot
before it (the first: after 1970) it expires, and its points, zigzag-encoded as they are signed. The
first number's lowest bit says its unit: 0 whole hours, 1 microseconds; 0 alone means never.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import batched

from loyalty.domain.lots import Lot
from loyalty.domain.standing import Ordered, Standing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)


def pack(lots: Iterable[Lot]) -> bytes:
    """`lots`, soonest-expiring first, as bytes."""
    packed = bytearray()
    before = _EPOCH
    for lot in lots:
        if lot.expires_at is None:
            packed += _varint(0)
        else:
            gap = lot.expires_at - before
            hours, rest = divmod(gap, _HOUR)
            packed += _varint(hours << 1 if not rest else (gap // _MICROSECOND) << 1 | 1)
            before = lot.expires_at
        packed += _varint(lot.points << 1 if lot.points >= 0 else (-lot.points << 1) - 1)
    return bytes(packed)


def unpack(packed: bytes) -> tuple[Lot, ...]:
    """The lots that `pack` packed."""
    numbers = _varints(packed)
    lots = []
    before = _EPOCH
    for gap in numbers:
        zigzag = next(numbers)
        points = -((zigzag + 1) >> 1) if zigzag & 1 else zigzag >> 1
        if gap:
            before += (gap >> 1) * (_MICROSECOND if gap & 1 else _HOUR)
        lots.append(Lot(before if gap else None, points))
    return tuple(lots)


def pack_standing(standing: Standing) -> bytes:
    """A customer's standing but for the tier's name, as bytes; nothing is no bytes. Days as gaps, in days."""
    if standing == Standing(tier=standing.tier):
        return b""
    period = standing.period.toordinal() if standing.period else 0
    numbers = [standing.orders, standing.spend, period, standing.points]
    before = 0
    for ordered in standing.days:
        numbers += [ordered.day.toordinal() - before, ordered.orders, ordered.spend]
        before = ordered.day.toordinal()
    return b"".join(map(_varint, numbers))


def unpack_standing(packed: bytes, tier: str | None) -> Standing:
    """The standing that `pack_standing` packed, in `tier`."""
    if not packed:
        return Standing(tier=tier)
    orders, spend, period, points, *rest = _varints(packed)
    days = []
    day = 0
    for gap, number, amount in batched(rest, 3, strict=True):
        day += gap
        days.append(Ordered(date.fromordinal(day), number, amount))
    return Standing(
        orders=orders,
        spend=spend,
        days=tuple(days),
        period=date.fromordinal(period) if period else None,
        points=points,
        tier=tier,
    )


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _varints(packed: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            yield number
            number = shift = 0
