"""What days sum up to: the same whichever way they are taken apart, and all that was booked."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.books.sums import (
    DEBT,
    LATER,
    NEVER,
    Booked,
    Worth,
    expiry_month,
    merge,
    month_of,
    sum_of,
    sum_up_movements,
)
from loyalty.domain.ledger.kinds import CauseKind, Kind
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import Cause
from tests.support.builders import NOW, member
from tests.support.days import BOOKED

CAUSE = Cause("shop", CauseKind.ORDER, "#1")


def moved(kind: Kind, *lots: Lot, debt: int = 0, value: str = "0.01", basis: str = "0") -> Booked:
    points = kind.sign * (sum(lot.points for lot in lots) - debt)
    return Booked(
        cause=CAUSE,
        position=1,
        day=date(2026, 1, 31),
        kind=kind,
        account=member(),
        points=points,
        point_value=Decimal(value),
        currency="EUR",
        allocation=lots,
        debt=debt,
        basis=Decimal(basis),
        recorded_at=NOW,
    )


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "America/New_York", "UTC", "Europe/Berlin", "Pacific/Auckland"])
def test_points_that_expire_at_a_midnight_are_of_the_month_that_ends_there(zone: str) -> None:
    for year, month in ((2026, 1), (2026, 3), (2026, 7), (2026, 12)):
        for day in (1, 2, 15, 28):
            midnight = datetime(year, month, day, tzinfo=ZoneInfo(zone))
            before = (midnight - timedelta(days=1)).date()
            assert expiry_month(midnight.astimezone(UTC)) == month_of(before)


def test_what_has_no_month_is_named() -> None:
    assert expiry_month(None) == NEVER
    assert expiry_month(datetime(2100, 1, 1, 10, 59, tzinfo=UTC)) == "2099-12"
    assert expiry_month(datetime(2100, 1, 1, 11, tzinfo=UTC)) == LATER
    assert expiry_month(datetime(2999, 1, 1, tzinfo=UTC)) == LATER


def test_a_movement_counts_once_and_its_points_where_they_expire() -> None:
    soon, later = datetime(2026, 6, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    movements = [
        moved(Kind.EARN, Lot(soon, 3), Lot(later, 4), Lot(None, 5), debt=-8, basis="20.00"),
        moved(Kind.EARN, Lot(later, 1), value="0.02", basis="1.50"),
        moved(Kind.REVERSE, Lot(later, -2), debt=6),
    ]
    earned, reversed_ = sum_up_movements(movements)
    assert (earned.kind, earned.movements, earned.basis) == (Kind.EARN, 2, Decimal("21.50"))
    assert earned.by_expiry == {
        "2026-05": Worth(3, Decimal("0.03")),
        "2026-12": Worth(5, Decimal("0.06")),
        NEVER: Worth(5, Decimal("0.05")),
        DEBT: Worth(8, Decimal("0.08")),
    }
    assert earned.worth == Worth(21, Decimal("0.22"))
    assert reversed_.by_expiry == {"2026-12": Worth(2, Decimal("0.02")), DEBT: Worth(6, Decimal("0.06"))}


def test_nothing_sums_to_nothing() -> None:
    assert sum_up_movements([]) == ()
    assert merge([(), ()]) == ()


@given(st.lists(BOOKED, max_size=30))
def test_sums_hold_every_movement_and_all_its_points_and_money(movements: list[Booked]) -> None:
    sums = sum_up_movements(movements)
    assert sum(one.movements for one in sums) == len(movements)
    assert sum_of(one.worth for one in sums) == Worth(
        sum(m.points for m in movements), sum((m.amount for m in movements), Decimal(0))
    )
    assert sum((one.basis for one in sums), Decimal(0)) == sum((m.basis for m in movements), Decimal(0))


@given(st.lists(BOOKED, max_size=30), st.data())
def test_sums_of_shards_are_the_sums_of_the_day(movements: list[Booked], data: st.DataObject) -> None:
    shards: list[list[Booked]] = [[], [], [], []]
    for movement in movements:
        data.draw(st.sampled_from(shards)).append(movement)
    assert merge(sum_up_movements(shard) for shard in shards) == sum_up_movements(data.draw(st.permutations(movements)))
