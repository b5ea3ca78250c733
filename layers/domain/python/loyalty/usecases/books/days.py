"""Business days as finance reads them: closed days as they were closed, open days as they are now."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import groupby

from loyalty.domain.books.closing import first_day, last_day
from loyalty.domain.books.sums import DaySums, ShardSums, merge
from loyalty.domain.values.refusal import Refused
from loyalty.usecases.books.close_days import BooksPorts, shard_sums
from loyalty.usecases.commands.time_limit import NEVER_OUT_OF_TIME, OutOfTime, TimeLimit

_DAY = timedelta(days=1)


def closed_days(ports: BooksPorts, program_id: str, first: date, last: date) -> Iterator[DaySums]:
    """The days from `first` on that are closed, up to `last` or the first one that is not: one query."""
    expected = max(first, earliest_day(ports, program_id))
    shards = ports.books.closed(program_id, expected, last)
    for day, of_day in groupby(shards, key=lambda one: one.day):
        closed = list(of_day)
        if day != expected or len(closed) < ports.books.shards:
            return
        yield _day_of(closed, closed=True)
        expected += _DAY


def all_days(
    ports: BooksPorts,
    program_id: str,
    first: date,
    last: date,
    out_of_time: TimeLimit = NEVER_OUT_OF_TIME,
) -> Iterator[DaySums]:
    """The days from `first` to `last` that can have movements, oldest first.

    Raises Refused when there is no time to sum the days that are not closed.
    """
    day = max(first, earliest_day(ports, program_id))
    for closed in closed_days(ports, program_id, day, last):
        yield closed
        day = closed.day + _DAY
    last = min(last, last_day(ports.clock()))
    while day <= last:
        yield live_day(ports, program_id, day, out_of_time)
        day += _DAY


def earliest_day(ports: BooksPorts, program_id: str) -> date:
    """The earliest day that the program can have movements on. Raises UnknownProgram."""
    return first_day(ports.programs.made_at(program_id))


def live_day(ports: BooksPorts, program_id: str, day: date, out_of_time: TimeLimit) -> DaySums:
    """A day as its movements are now, all shards side by side."""
    accounts = ports.programs.get(program_id).books

    def of(shard: int) -> ShardSums:
        return shard_sums(ports, program_id, day, shard, accounts, out_of_time)

    try:
        with ThreadPoolExecutor(ports.books.shards) as beside:
            return _day_of(list(beside.map(of, range(ports.books.shards))), closed=False)
    except OutOfTime:
        raise Refused(
            "open_days_too_large",
            f"{day} is not closed, and has more movements than can be summed in time; days before it can be had.",
        ) from None


def _day_of(shards: list[ShardSums], *, closed: bool) -> DaySums:
    """One day from its shards. The names of accounts are those of the first shard: all were closed in one go."""
    one = shards[0]
    return DaySums(
        program_id=one.program_id,
        day=one.day,
        closed=closed,
        accounts=one.accounts,
        sums=merge(shard.sums for shard in shards),
    )
