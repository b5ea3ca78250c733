"""Standings, and what changes them, as bytes: both are in items that have a kilobyte."""

from datetime import date
from itertools import batched

from loyalty.adapters.dynamodb.varints import signed, varint, varints, zigzag
from loyalty.domain.ledger.standing import Counted, Ordered, Standing


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
    return b"".join(map(varint, numbers))


def unpack_standing(packed: bytes, tier: str | None) -> Standing:
    """The standing that `pack_standing` packed, in `tier`."""
    if not packed:
        return Standing(tier=tier)
    orders, spend, period, points, *rest = varints(packed)
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


def pack_counted(counted: Counted) -> bytes:
    """What a movement counted: six numbers, then the tier's name, if there is one."""
    tier = counted.tier.encode() if counted.tier is not None else b""
    numbers = [
        counted.day.toordinal(),
        zigzag(counted.orders),
        zigzag(counted.spend),
        counted.window,
        counted.period.toordinal() if counted.period else 0,
        zigzag(counted.points),
    ]
    return b"".join(map(varint, numbers)) + tier


def unpack_counted(packed: bytes) -> Counted:
    """What `pack_counted` packed."""
    end = 0
    for _ in range(NUMBERS):
        while packed[end] & 0x80:
            end += 1
        end += 1
    day, orders, spend, window, period, points = varints(packed[:end])
    return Counted(
        day=date.fromordinal(day),
        orders=signed(orders),
        spend=signed(spend),
        window=window,
        period=date.fromordinal(period) if period else None,
        points=signed(points),
        tier=packed[end:].decode() or None,
    )


NUMBERS = 6
"""How many numbers stand before the tier's name."""
