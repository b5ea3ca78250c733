"""When a business day is closed: once it is over everywhere on Earth, and then a little.

A movement belongs to the day that it was recorded on in its program's time zone. No zone is further
behind than UTC-12, so whatever zone the program has or is given later, a movement recorded at an
instant cannot be on an earlier day than that instant has at UTC-12. Once a day is over there,
nothing can be recorded on it any more, only be on its way: between reading the clock and the end of
the write. `SPARE` covers that way, which the client's timeouts bound to seconds, and what the clocks
of who writes and who closes differ by: five minutes for each. So a closed day's movements are a set
that never changes.

An erasure may give a movement another name, and then an index shows it under both for a moment, or under none. So
from `LEFT_ALONE` before a day may be closed until it is, none of its movements is renamed. That is ten minutes for the
clocks of who renames and of who closes, and fifty for the way of the write and for the index behind it.

The farthest zone in use the other way is UTC+14: no movement is on a later day than that one's.

Source: the IANA time zone database; the offsets in use today are -12 (Etc/GMT+12) to +14 (Pacific/Kiritimati).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

SPARE = timedelta(minutes=10)
LEFT_ALONE = timedelta(hours=1)
_BEHIND = timedelta(hours=12)
_AHEAD = timedelta(hours=14)
_DAY = timedelta(days=1)


def closes_at(day: date) -> datetime:
    """The instant (UTC) from which on nothing can be recorded on `day`, in any time zone."""
    return datetime.combine(day + _DAY, time(), UTC) + _BEHIND + SPARE


def last_to_close(now: datetime) -> date:
    """The latest day that may be closed at `now`."""
    return (now - _BEHIND - SPARE).date() - _DAY


def first_day(made_at: datetime) -> date:
    """The earliest day that a program made at `made_at` can have a movement on."""
    return (made_at - _BEHIND - SPARE).date()


def last_day(now: datetime) -> date:
    """The latest day that anything recorded by `now` can be on."""
    return (now + _AHEAD + SPARE).date()


def closed_through(latest: tuple[date, int] | None, shards: int) -> date | None:
    """The latest day of which all `shards` are closed, when `latest` (day, shard) was closed last; None: no day."""
    if latest is None:
        return None
    day, shard = latest
    return day if shard + 1 == shards else day - _DAY


@dataclass(frozen=True, slots=True)
class Closing:
    """The days from `first` to `last`, which are being closed or are about to be: none when all are closed."""

    first: date
    last: date

    @classmethod
    def at(cls, now: datetime, through: date | None) -> "Closing":
        """What is left of it at `now`, when the days are closed through `through`."""
        return cls(through + _DAY if through else date.min, last_to_close(now + LEFT_ALONE))

    def __bool__(self) -> bool:
        return self.first <= self.last

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last
