"""Lots as bytes.

DynamoDB bills by the kilobyte, and an account with a lot for every day of a year would take nine of
them written out. Packed, a lot takes three or four bytes: a year fits two kilobytes, and 150 lots fit
one.

Each lot is two variable-length integers (seven bits a byte, lowest first): how long after the lot
before it (the first: after 1970) it expires, and its points, zigzag-encoded as they are signed. The
first number's lowest bit says its unit: 0 whole hours, 1 microseconds; 0 alone means never.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from loyalty.adapters.dynamodb.varints import signed, varint, varints, zigzag
from loyalty.domain.ledger.lots import Lot

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)


def pack(lots: Iterable[Lot]) -> bytes:
    """`lots`, soonest-expiring first, as bytes."""
    packed = bytearray()
    before = _EPOCH
    for lot in lots:
        if lot.expires_at is None:
            packed += varint(0)
        else:
            gap = lot.expires_at - before
            hours, rest = divmod(gap, _HOUR)
            packed += varint(hours << 1 if not rest else (gap // _MICROSECOND) << 1 | 1)
            before = lot.expires_at
        packed += varint(zigzag(lot.points))
    return bytes(packed)


def unpack(packed: bytes) -> tuple[Lot, ...]:
    """The lots that `pack` packed."""
    numbers = varints(packed)
    lots = []
    before = _EPOCH
    for gap in numbers:
        points = signed(next(numbers))
        if gap:
            before += (gap >> 1) * (_MICROSECOND if gap & 1 else _HOUR)
        lots.append(Lot(before if gap else None, points))
    return tuple(lots)
