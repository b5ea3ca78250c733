"""The meter itself: a meter that counts too little would prove everything."""

from collections.abc import Callable

import pytest

from loyalty.domain.ledger.lots import Lot
from tests.cost.conftest import Budgets
from tests.support.builders import member, program
from tests.support.meter import Bill, Call, read_units, refused_units, size
from tests.support.shop import Metered


def call(started: float, ended: float, **units: float) -> Call:
    return Call("Query", started, ended, units.get("read", 0.5), units.get("write", 0.0), {}, 0, 0)


def test_calls_side_by_side_are_one_round_trip_and_others_are_not() -> None:
    assert Bill([call(0, 2), call(1, 3)]).round_trips == 1
    assert Bill([call(0, 2), call(2, 3)]).round_trips == 2
    assert Bill([call(2, 3), call(0, 9), call(10, 11)]).round_trips == 2


def test_over_budget_in_anything_fails() -> None:
    bill = Bill([call(0, 1, write=5.0), call(1, 2)])
    Budgets().hold("", bill, writes=5, trips=2, reads=1)
    for budget in ({"writes": 4.9}, {"writes": 5, "trips": 1}, {"writes": 5, "reads": 0.9}):
        with pytest.raises(AssertionError, match="over budget"):
            Budgets().hold("", bill, **budget)


def test_reads_are_billed_in_started_blocks_of_four_kilobytes() -> None:
    item = {"pk": {"S": "x" * 4094}}
    assert size(item) == 4096
    larger = {"pk": {"S": "x" * 4095}}
    assert read_units("GetItem", {}, {}) == 0.5
    assert read_units("GetItem", {}, {"Item": item}) == 0.5
    assert read_units("GetItem", {"ConsistentRead": True}, {"Item": larger}) == 2.0
    assert read_units("Query", {}, {"Items": [item, item]}) == 1.0
    assert read_units("BatchGetItem", {}, {"Responses": {"t": [item, larger]}}) == 1.5


def test_a_write_that_is_refused_costs_what_was_in_its_way() -> None:
    assert refused_units({}) == 1
    assert refused_units({"Item": {"pk": {"S": "x" * 1023}}}) == 2


def test_bytes_are_those_of_items_read_and_put(metered: Callable[..., Metered]) -> None:
    shop = metered(program())
    with shop.meter.metering() as written:
        shop.give(member("ann"), Lot(None, 5))
    with shop.meter.metering() as read:
        shop.world.ledger.account(member("ann"), consistent=True)
    assert 400 < written.bytes_written < 2_000
    assert 100 < read.bytes_read < written.bytes_written
    assert read.bytes_written == 0


def test_calls_one_after_the_other_are_seen_as_two_waits(metered: Callable[..., Metered]) -> None:
    shop = metered(program())
    with shop.meter.metering() as bill:
        for _ in range(2):
            shop.world.ledger.account(member(), consistent=True)
    assert (bill.round_trips, bill.read_units) == (2, 2.0)
