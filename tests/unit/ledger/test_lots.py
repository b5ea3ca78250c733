"""Lots: merged by instant, spent soonest first, and no point is ever made or lost in between."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.ledger.lots import FOREVER, Lot, Lots
from tests.support.builders import NOW
from tests.support.strategies import expiries, held, instants, points

HOUR = timedelta(hours=1)


@given(st.lists(st.builds(Lot, expiries, points)))
def test_lots_of_one_instant_merge_and_the_total_stays(lots: list[Lot]) -> None:
    merged = Lots(lots)
    assert merged.total == sum(lot.points for lot in lots)
    assert len(merged) == len({lot.expires_at for lot in lots})
    assert Lots(reversed(lots)) == merged
    assert Lots(merged) == merged


@given(held)
def test_lots_stand_soonest_first_and_never_expiring_last(lots: Lots) -> None:
    order = [lot.expires_at or FOREVER for lot in lots]
    assert order == sorted(set(order))
    assert all(lot.expires_at is not None for lot in list(lots)[:-1])


@given(held, st.integers(0, 60_000))
def test_the_soonest_points_come_from_the_front(lots: Lots, wanted: int) -> None:
    taken = lots.soonest(wanted)
    assert taken.total == min(wanted, lots.total)
    rest = lots.minus(taken)
    assert rest.total == lots.total - taken.total
    if taken.total and rest.total:
        latest_taken = max(lot.expires_at or FOREVER for lot in taken)
        assert latest_taken <= min(lot.expires_at or FOREVER for lot in rest)


@given(held, instants)
def test_every_point_is_either_spendable_or_expired(lots: Lots, at: datetime) -> None:
    spendable, expired = lots.spendable(at), lots.expired(at)
    assert spendable.plus(expired) == lots
    assert all(lot.expires_at is None or lot.expires_at > at for lot in spendable)
    assert all(lot.expires_at is not None and lot.expires_at <= at for lot in expired)


@given(held, held)
def test_what_is_added_can_be_taken_again(lots: Lots, more: Lots) -> None:
    assert lots.plus(more).minus(more) == lots
    assert lots.plus(more).total == lots.total + more.total


def test_a_lot_is_spendable_strictly_before_its_instant() -> None:
    lot = Lot(NOW, 1)
    assert not lot.expired(NOW - timedelta(microseconds=1))
    assert lot.expired(NOW)
    assert not Lot(None, 1).expired(NOW + timedelta(days=10_000))


def test_no_lot_holds_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="less than nothing"):
        Lots([Lot(NOW, 5)]).minus([Lot(NOW, 6)])
    with pytest.raises(ValueError, match="less than nothing"):
        Lots([Lot(NOW, 5)]).minus([Lot(NOW + HOUR, 1)])


def test_an_empty_lot_is_none() -> None:
    assert len(Lots([Lot(NOW, 0), Lot(None, 5), Lot(None, -5)])) == 0
    assert Lots().next_expiry is None
    assert Lots([Lot(None, 5)]).next_expiry is None
    assert Lots([Lot(None, 5), Lot(NOW + HOUR, 1), Lot(NOW, 1)]).next_expiry == NOW


@given(expiries, st.integers(0, 10_000))
def test_points_that_share_an_end_are_one_lot_or_none(expires_at: datetime | None, points: int) -> None:
    assert list(Lots.single(expires_at, points)) == ([Lot(expires_at, points)] if points else [])


@given(held)
def test_what_takes_lots_out_says_which_lots_it_took(lots: Lots) -> None:
    assert lots.plus(lots.as_taken) == Lots()
    assert Lots.taken_by(lots.as_taken) == lots


@given(held, held)
def test_only_what_was_taken_counts_as_taken_where_points_move_from_lot_to_lot(taken: Lots, put: Lots) -> None:
    assert Lots.taken_by([*put, *taken.as_taken]) == taken
