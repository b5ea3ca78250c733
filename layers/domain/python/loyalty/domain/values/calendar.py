"""Days of a program: its midnights, business days and expiry dates.

All instants are UTC. A program's day starts at midnight of its own time zone, or, where a clock
change skips midnight, at the first instant that exists.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


def start_of_day(day: date, timezone: str) -> datetime:
    """The instant (UTC) at which `day` starts in `timezone`."""
    # fold=0 takes the first of two midnights, and the instant of the change where none exists.
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def business_day(at: datetime, timezone: str) -> date:
    """The day that `at` falls on in `timezone`."""
    return at.astimezone(ZoneInfo(timezone)).date()


def end_of_day_after(at: datetime, days: int, timezone: str) -> datetime:
    """The end of the `days`th day after the day of `at`, which is the midnight that follows it."""
    return start_of_day(business_day(at, timezone) + timedelta(days=days + 1), timezone)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last of that month: 31 January + 1 is 28 or 29 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class ExpiryPolicy(StrEnum):
    """When points awarded under a program stop being spendable."""

    NONE = "none"
    AFTER_DAYS = "after_days"
    AFTER_MONTHS = "after_months"
    END_OF_MONTH = "end_of_month"
    END_OF_YEAR = "end_of_year"

    def expires_at(self, awarded_at: datetime, timezone: str, length: int) -> datetime | None:
        """The first instant at which points awarded at `awarded_at` are gone; None is never.

        `length` is the number of days or months for the policies that count them.
        """
        day = business_day(awarded_at, timezone)
        match self:
            case ExpiryPolicy.NONE:
                return None
            case ExpiryPolicy.AFTER_DAYS:
                return end_of_day_after(awarded_at, length, timezone)
            case ExpiryPolicy.AFTER_MONTHS:
                return start_of_day(add_months(day, length) + timedelta(days=1), timezone)
            case ExpiryPolicy.END_OF_MONTH:
                return start_of_day(add_months(day.replace(day=1), 1), timezone)
            case ExpiryPolicy.END_OF_YEAR:
                return start_of_day(date(day.year + 1, 1, 1), timezone)


def sortable(at: datetime) -> str:
    """An instant (UTC) as text that sorts as time does, to the microsecond: `2026-01-31T09:30:00.000000Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
