"""A day is closed once nothing can be recorded on it any more, in any time zone, by any clock that is roughly right."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.books.closing import LEFT_ALONE, SPARE, Closing, closes_at, first_day, last_day, last_to_close
from loyalty.domain.values.calendar import business_day

INSTANTS = st.timedeltas(timedelta(0), timedelta(days=36_500)).map(
    lambda after: datetime(2000, 1, 1, tzinfo=UTC) + after
)
ZONES = st.sampled_from(sorted(available_timezones()))
OFF = st.timedeltas(-timedelta(minutes=5), timedelta(minutes=5))
"""By how much a clock is wrong."""


def test_a_day_closes_when_it_is_over_at_utc_12_and_ten_minutes_more() -> None:
    assert closes_at(date(2026, 1, 31)) == datetime(2026, 2, 1, 12, 10, tzinfo=UTC)
    assert last_to_close(closes_at(date(2026, 1, 31))) == date(2026, 1, 31)
    assert last_to_close(closes_at(date(2026, 1, 31)) - timedelta(microseconds=1)) == date(2026, 1, 30)


@given(true=INSTANTS, zone=ZONES, closers=OFF, writers=OFF)
def test_nothing_is_recorded_on_a_day_that_is_closed_by_then(
    true: datetime, zone: str, closers: timedelta, writers: timedelta
) -> None:
    """Whatever zone the program has, and whichever clocks are wrong."""
    closed = last_to_close(true + closers)
    assert business_day(true + writers, zone) > closed


@given(recorded=INSTANTS, zone=ZONES, closers=OFF, way=st.timedeltas(timedelta(0), SPARE - timedelta(minutes=5)))
def test_no_write_on_its_way_is_overtaken_by_closing(
    recorded: datetime, zone: str, closers: timedelta, way: timedelta
) -> None:
    """A write that takes five minutes from reading the clock still comes before its day is closed."""
    assert business_day(recorded, zone) > last_to_close(recorded + way + min(closers, timedelta(0)))
    assert last_to_close(recorded + way) < business_day(recorded, zone)


@given(made=INSTANTS, age=st.timedeltas(timedelta(0), timedelta(days=9_000)), zone=ZONES, off=OFF)
def test_all_days_with_movements_are_between_the_first_and_the_last(
    made: datetime, age: timedelta, zone: str, off: timedelta
) -> None:
    recorded = made + age + off
    assert first_day(made) <= business_day(recorded, zone) <= last_day(made + age)


@given(
    recorded=INSTANTS,
    age=st.timedeltas(timedelta(0), timedelta(days=9)),
    open_days=st.integers(0, 9),
    zone=ZONES,
    renamers=OFF,
    closers=OFF,
    way=st.timedeltas(timedelta(0), LEFT_ALONE - timedelta(minutes=10)),
)
def test_what_is_renamed_is_of_a_day_that_is_closed_or_will_not_be_for_a_while(
    recorded: datetime,
    age: timedelta,
    open_days: int,
    zone: str,
    renamers: timedelta,
    closers: timedelta,
    way: timedelta,
) -> None:
    """Fifty minutes are left for the write, and for the index behind it."""
    true, day = recorded + age, business_day(recorded, zone)
    through = last_to_close(true) - timedelta(days=open_days)
    if day not in Closing.at(true + renamers, through):
        assert day <= through or day > last_to_close(true + way + closers)


def test_once_all_days_are_closed_nothing_has_to_wait() -> None:
    day = date(2026, 1, 31)
    before, almost = day - timedelta(days=1), closes_at(day) - LEFT_ALONE
    assert not Closing.at(closes_at(day), day)
    assert day in Closing.at(closes_at(day), before)
    assert day in Closing.at(closes_at(day), None)
    assert day in Closing.at(almost, before)
    assert not Closing.at(almost - timedelta(microseconds=1), before)
