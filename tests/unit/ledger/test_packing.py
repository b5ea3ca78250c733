"""What goes into DynamoDB comes out of it equal, and small."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.adapters.dynamodb import keys
from loyalty.adapters.dynamodb.items import account_from, account_item, movement_from, movement_item
from loyalty.adapters.dynamodb.lots import pack, unpack
from loyalty.domain.ledger.facts import Facts, form_of
from loyalty.domain.ledger.kinds import Event
from loyalty.domain.ledger.lots import FOREVER, Lot, Lots
from tests.support.builders import DAY, NOW, holding, issuing, program
from tests.support.strategies import FAR, expiries, history, recorded, steps

MIDNIGHT = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
signed = st.lists(
    st.builds(Lot, expiries | st.just(FAR), st.integers(-(10**12), 10**12)),
    max_size=12,
    unique_by=lambda lot: lot.expires_at,
).map(lambda lots: sorted(lots, key=lambda lot: lot.expires_at or FOREVER))


@given(signed)
def test_lots_are_unpacked_as_they_were_packed(lots: list[Lot]) -> None:
    assert unpack(pack(lots)) == tuple(lots)


@pytest.mark.parametrize("points", [0, 1, -1, 63, 64, -64, -65, 10**15, -(10**15)])
@pytest.mark.parametrize("expires_at", [None, MIDNIGHT, NOW, FAR, FAR + timedelta(microseconds=1)])
def test_one_lot_is_unpacked_as_it_was_packed(expires_at: datetime | None, points: int) -> None:
    assert unpack(pack([Lot(expires_at, points)])) == (Lot(expires_at, points),)


def test_no_lots_take_no_bytes() -> None:
    assert pack([]) == b""
    assert unpack(b"") == ()


def test_a_year_of_daily_lots_takes_less_than_1600_bytes() -> None:
    assert len(pack(Lot(MIDNIGHT + n * DAY, 100 + n) for n in range(365))) < 1_600
    assert len(pack(Lot(MIDNIGHT + n * DAY, 8_000) for n in range(365))) < 1_600


def test_a_hundred_daily_lots_leave_room_in_a_kilobyte() -> None:
    assert len(pack(Lot(MIDNIGHT + n * DAY, 5_000) for n in range(100))) < 500


@given(steps)
def test_accounts_and_movements_are_stored_without_loss(steps: list[tuple[str, int, int | None]]) -> None:
    for _, movement, account in history(steps):
        assert account_from(account_item(account)) == account
        assert movement_from(movement_item(movement, "Asia/Tokyo")) == movement


@given(
    recorded=recorded,
    point_value=st.decimals("0.000001", "1000", places=6),
    reason=st.none() | st.text(min_size=1, max_size=20),
)
def test_facts_and_point_values_are_stored_to_the_letter(
    recorded: tuple[Event, Facts], point_value: Decimal, reason: str | None
) -> None:
    event, facts = recorded
    [movement] = issuing(holding(), Lot(None, 5), using=program()).movements
    movement = replace(movement, event=event, facts=facts, point_value=point_value, reason=reason)
    stored = movement_from(movement_item(movement, "UTC"))
    assert stored == movement
    assert str(stored.point_value) == str(point_value)
    assert form_of(stored.facts) == form_of(facts)


def test_an_account_that_cannot_expire_is_in_no_index_of_expiries() -> None:
    assert not {"due", "expiry_shard"} & account_item(holding(Lot(None, 5))).keys()
    assert {"due", "expiry_shard"} <= account_item(holding(Lot(NOW + DAY, 5))).keys()


def test_an_empty_account_that_had_points_is_stored_without_loss() -> None:
    account = replace(holding(Lot(None, 5)), lots=Lots())
    assert account_from(account_item(account)) == account


def test_stored_instants_are_microseconds_since_1970() -> None:
    """The order of records that are stored already rests on it."""
    assert keys.microseconds(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert keys.microseconds(datetime(2026, 1, 31, 9, 30, 0, 123456, tzinfo=UTC)) == 1_769_851_800_123_456
