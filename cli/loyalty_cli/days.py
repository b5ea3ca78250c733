"""Business days on the command line."""

import calendar
import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import click


@dataclass(frozen=True)
class Days:
    """Business days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def query(self) -> dict[str, str]:
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    def months(self) -> list["Days"]:
        """These days cut at the ends of months: each part is small, however long the whole is."""
        parts, first = [], self.first
        while first <= self.last:
            last = min(_end_of_month(first), self.last)
            parts.append(Days(first, last))
            if last == self.last:
                break
            first = last + timedelta(days=1)
        return parts

    def halves(self) -> Iterator["Days"]:
        """These days, of which there are at least two, as two parts."""
        middle = self.first + (self.last - self.first) // 2
        yield Days(self.first, middle)
        yield Days(middle + timedelta(days=1), self.last)


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


class _Day(click.ParamType[date]):
    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):  # fromisoformat alone reads weeks too
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2026-01-31", param, ctx)


class _Month(click.ParamType[Days]):
    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Days:
        if isinstance(value, Days):
            return value
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", value):
                raise ValueError
            first = date.fromisoformat(f"{value}-01")
        except ValueError:
            self.fail(f"{value!r} is not a month such as 2026-01", param, ctx)
        return Days(first, _end_of_month(first))


DAY = _Day()


def of_days(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command --from and --to, or --month, as its argument `days`."""

    @click.option("--from", "first", type=DAY, metavar="DAY", help="First business day.")
    @click.option("--to", "last", type=DAY, metavar="DAY", help="Last business day.")
    @click.option("--month", type=_Month(), metavar="MONTH", help="All of a month instead, such as 2026-01.")
    @functools.wraps(command)
    def with_days(*args: Any, first: date | None, last: date | None, month: Days | None, **options: Any) -> None:
        if month is not None:
            if first or last:
                raise click.UsageError("--month is instead of --from and --to")
            days = month
        elif first is None or last is None:
            raise click.UsageError("which days? Give --from and --to, or --month")
        elif last < first:
            raise click.UsageError(f"--to {last} is before --from {first}")
        else:
            days = Days(first, last)
        command(*args, days=days, **options)

    return with_days
