"""Days of a program, over every clock change that its time zone makes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.values.calendar import (
    ExpiryPolicy,
    add_months,
    business_day,
    end_of_day_after,
    sortable,
    start_of_day,
)
from tests.support.strategies import instants

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
zones = st.sampled_from(sorted(available_timezones()))
days = st.dates(date(2012, 1, 1), date(2037, 12, 31))
POLICIES = [
    (ExpiryPolicy.AFTER_DAYS, 30),
    (ExpiryPolicy.AFTER_MONTHS, 3),
    (ExpiryPolicy.END_OF_MONTH, 0),
    (ExpiryPolicy.END_OF_YEAR, 0),
]


@given(day=days, zone=zones)
def test_a_day_starts_at_its_first_instant_in_every_zone(day: date, zone: str) -> None:
    start = start_of_day(day, zone)
    assert start.tzinfo is UTC
    assert business_day(start, zone) == day
    assert business_day(start - MICROSECOND, zone) == day - DAY


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        # The clock skips midnight: the day starts at one.
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),
        ("Africa/Cairo", date(2024, 4, 26), datetime(2024, 4, 25, 22, tzinfo=UTC)),
        ("Asia/Beirut", date(2024, 3, 31), datetime(2024, 3, 30, 22, tzinfo=UTC)),
        # Midnight comes twice: the day starts with the first.
        ("America/Havana", date(2025, 11, 2), datetime(2025, 11, 2, 4, tzinfo=UTC)),
        # The clock goes back to the evening before: the day starts when midnight has come to stay.
        ("America/Sao_Paulo", date(2018, 2, 18), datetime(2018, 2, 18, 3, tzinfo=UTC)),
        ("Africa/Cairo", date(2024, 11, 1), datetime(2024, 10, 31, 22, tzinfo=UTC)),
        # The days before and after are whole.
        ("America/Sao_Paulo", date(2018, 11, 3), datetime(2018, 11, 3, 3, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2018, 11, 5), datetime(2018, 11, 5, 2, tzinfo=UTC)),
        # The change is at another hour: the midnights on both sides of it.
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 30), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("Asia/Kathmandu", date(2026, 1, 1), datetime(2025, 12, 31, 18, 15, tzinfo=UTC)),
        # A day that the island never had.
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 31), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_midnights_by_example(zone: str, day: date, start: datetime) -> None:
    assert start_of_day(day, zone) == start


@given(at=instants, zone=zones)
def test_an_instant_is_inside_its_business_day(at: datetime, zone: str) -> None:
    day = business_day(at, zone)
    assert start_of_day(day, zone) <= at < start_of_day(day + DAY, zone)
    assert day == at.astimezone(ZoneInfo(zone)).date()


@given(at=instants, zone=zones, count=st.integers(0, 800))
def test_points_live_through_the_end_of_the_nth_day(at: datetime, zone: str, count: int) -> None:
    end = end_of_day_after(at, count, zone)
    assert business_day(end - MICROSECOND, zone) == business_day(at, zone) + count * DAY
    assert end > at


@given(at=instants, other=instants, zone=zones)
def test_points_of_one_day_expire_together_and_later_ones_not_earlier(at: datetime, other: datetime, zone: str) -> None:
    for policy, length in POLICIES:
        first, second = (policy.expires_at(awarded, zone, length) for awarded in sorted((at, other)))
        assert first is not None
        assert second is not None
        assert at < first or other < first
        assert first <= second
        if business_day(at, zone) == business_day(other, zone):
            assert first == second


@given(at=instants, zone=zones)
def test_policies_expire_on_midnights_of_the_program(at: datetime, zone: str) -> None:
    for policy, length in POLICIES:
        expires_at = policy.expires_at(at, zone, length)
        assert expires_at
        assert expires_at == start_of_day(business_day(expires_at, zone), zone)
    assert ExpiryPolicy.NONE.expires_at(at, zone, 0) is None


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 5, 31), 0, date(2026, 5, 31)),
    ],
)
def test_months_later_by_example(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


@given(day=days, months=st.integers(0, 120))
def test_months_later_is_the_same_day_or_the_last_of_the_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + DAY).day == 1)


@pytest.mark.parametrize(
    ("policy", "length", "expires_at"),
    [
        # Awarded on 31 January at 23:30 in Berlin, which is 22:30 UTC.
        (ExpiryPolicy.AFTER_DAYS, 1, datetime(2028, 2, 1, 23, tzinfo=UTC)),
        (ExpiryPolicy.AFTER_DAYS, 60, datetime(2028, 3, 31, 22, tzinfo=UTC)),
        (ExpiryPolicy.AFTER_MONTHS, 1, datetime(2028, 2, 29, 23, tzinfo=UTC)),
        (ExpiryPolicy.END_OF_MONTH, 0, datetime(2028, 1, 31, 23, tzinfo=UTC)),
        (ExpiryPolicy.END_OF_YEAR, 0, datetime(2028, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_policies_by_example(policy: ExpiryPolicy, length: int, expires_at: datetime) -> None:
    awarded = datetime(2028, 1, 31, 22, 30, tzinfo=UTC)
    assert policy.expires_at(awarded, "Europe/Berlin", length) == expires_at


def test_new_year_comes_when_it_comes_to_the_program() -> None:
    just_before = datetime(2026, 12, 31, 14, 59, 59, tzinfo=UTC)
    assert ExpiryPolicy.END_OF_YEAR.expires_at(just_before, "Asia/Tokyo", 0) == datetime(2026, 12, 31, 15, tzinfo=UTC)
    assert ExpiryPolicy.END_OF_YEAR.expires_at(just_before + timedelta(seconds=1), "Asia/Tokyo", 0) == datetime(
        2027, 12, 31, 15, tzinfo=UTC
    )


@given(instants, instants)
def test_instants_as_text_sort_as_time_does_and_are_read_again(one: datetime, other: datetime) -> None:
    assert (sortable(one) < sortable(other)) == (one < other)
    assert datetime.fromisoformat(sortable(one)) == one
    assert len(sortable(one)) == len("2026-01-31T09:30:00.000000Z")
