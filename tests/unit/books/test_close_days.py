"""Closing: once, in order, resumed after any end; what is closed is what was there, and stays."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.books.sums import Booked, DaySums, ShardSums
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import Unavailable
from loyalty.usecases.books.close_days import Closed, close_days
from loyalty.usecases.books.days import all_days, closed_days
from loyalty.usecases.books.journal import BookedEntry, view_journal
from loyalty.usecases.books.liability import view_liability
from tests.support.builders import DAY, issuing, member, program
from tests.support.fakes.books import MemoryBooks
from tests.support.fakes.memory import MemoryLedger
from tests.support.worlds import Clock, World, purge, save, world_in_memory

TODAY = date(2026, 1, 31)
FIRST = TODAY - DAY
"""The first day that a program made now can have movements on: it is still the 30th in some zone."""


class Killed(BaseException):
    """The function ends here."""


def shop(clock: Clock) -> World:
    return world_in_memory(program(expiry={"policy": "after_days", "days": 3}), clock=clock)


def give(world: World, customer_id: str, points: int, days: int | None = None) -> None:
    """Issues points that expire at the end of `days` days."""
    account = world.ledger.account(member(customer_id), consistent=True)
    at = world.clock()
    world.ledger.write([issuing(account, Lot(at + timedelta(days=days) if days else None, points), at=at)])


def trading(world: World, clock: Clock, days: int = 6) -> None:
    """Some days on which points are given, expire and are purged."""
    for number in range(days):
        for name in ("ann", "ben", "cid"):
            give(world, f"{name}-{number}", 10 + number, days=2)
        purge(world, "shop")
        clock.let_pass(DAY)


def days_of(world: World, last: date = date.max) -> list[DaySums]:
    return list(all_days(world, "shop", date.min, last))


def journal(world: World, *, write_offs_only: bool) -> list[BookedEntry]:
    return list(view_journal(world, "shop", date.min, date.max, write_offs_only=write_offs_only))


def test_days_that_are_over_everywhere_are_closed_and_no_others() -> None:
    clock = Clock(datetime(2026, 2, 2, 12, 9, 59, tzinfo=UTC))
    world = shop(clock)
    assert close_days(world) == [Closed(program_id="shop", days=0, closed_through=None, behind=0)]
    clock.now = datetime(2026, 2, 4, 12, 9, 59, tzinfo=UTC)
    assert close_days(world) == [Closed(program_id="shop", days=2, closed_through=date(2026, 2, 2), behind=0)]
    clock.let_pass(timedelta(seconds=1))
    [closed] = close_days(world)
    assert closed.closed_through == date(2026, 2, 3)
    assert close_days(world) == [Closed(program_id="shop", days=0, closed_through=date(2026, 2, 3), behind=0)]


def test_closed_days_are_what_they_were_while_open() -> None:
    clock = Clock()
    world = shop(clock)
    trading(world, clock)
    before = days_of(world)
    [closed] = close_days(world)
    after = days_of(world)
    assert closed.days > 3
    assert [replace(day, closed=False) for day in after] == [replace(day, closed=False) for day in before]
    assert [day.closed for day in after] == [day.day <= (closed.closed_through or date.min) for day in after]
    assert any(day.closed and day.sums for day in after)


def test_write_offs_of_closed_days_are_those_that_the_purge_recorded() -> None:
    clock = Clock()
    world = shop(clock)
    trading(world, clock)
    before = journal(world, write_offs_only=True)
    assert before
    close_days(world)
    after = journal(world, write_offs_only=True)
    assert [booked.entry for booked in after] == [booked.entry for booked in before]
    assert {booked.closed for booked in after} == {True, False}
    every = journal(world, write_offs_only=False)
    assert [booked for booked in every if booked.entry.kind == "expire"] == after


def test_a_closed_day_stays_whatever_happens_to_settings_and_points() -> None:
    clock = Clock()
    world = shop(clock)
    trading(world, clock)
    close_days(world)
    closed = [booked for booked in journal(world, write_offs_only=False) if booked.closed]
    changed = program(version=2, timezone="Etc/GMT+12", redeem={"point_value": "5"}, books={"liability": "Other"})
    save(world.programs, changed, clock())
    give(world, "ann", 1_000)
    purge(world, "shop")
    clock.let_pass(10 * DAY)
    give(world, "ann", 1_000)
    close_days(world)
    assert [booked for booked in journal(world, write_offs_only=False) if booked.closed][: len(closed)] == closed
    assert {booked.accounts.liability for booked in closed} == {"points_liability"}


class EndingBooks(MemoryBooks):
    """Ends the run at one of its steps: before or after one of its writes."""

    def __init__(self, ledger: MemoryLedger, store: dict[Any, ShardSums], steps: int) -> None:
        super().__init__(ledger, store)
        self._left = steps

    def close(self, sums: ShardSums, at: datetime) -> None:
        self._step()
        super().close(sums, at)
        self._step()

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Killed


def test_a_run_killed_at_any_step_is_gone_on_with() -> None:
    clock = Clock()
    world = shop(clock)
    trading(world, clock, days=4)
    assert isinstance(world.ledger, MemoryLedger)
    close_days(world)
    expected = days_of(world)
    for steps in range(2 * MemoryBooks.shards * len(expected)):
        kept: dict[Any, ShardSums] = {}
        with suppress(Killed):
            close_days(replace(world, books=EndingBooks(world.ledger, kept, steps)))
        survived = replace(world, books=MemoryBooks(world.ledger, kept))
        assert [replace(day, closed=True) for day in days_of(survived)] == [
            replace(day, closed=True) for day in expected
        ]
        assert [closed.behind for closed in close_days(survived)] == [0]
        assert days_of(survived) == expected


def test_two_runs_at_once_close_each_shard_once() -> None:
    clock = Clock()
    world = shop(clock)
    trading(world, clock, days=4)
    assert isinstance(world.ledger, MemoryLedger)
    kept: dict[Any, ShardSums] = {}

    class Books(MemoryBooks):
        """Another run closes each shard just before."""

        def close(self, sums: ShardSums, at: datetime) -> None:
            with suppress(Exception):
                super().close(sums, at)
            super().close(sums, at)

    [closed] = close_days(replace(world, books=Books(world.ledger, kept)))
    assert closed.behind == 0
    assert len(kept) == closed.days * MemoryBooks.shards


def test_a_run_out_of_time_stops_and_says_what_is_left() -> None:
    clock = Clock()
    world = shop(clock)
    trading(world, clock)
    looks = iter([False] * 9 + [True] * 10_000)
    [closed] = close_days(world, out_of_time=lambda: next(looks))
    assert closed.behind > 0
    [rest] = close_days(world)
    assert rest.behind == 0
    assert closed.days + rest.days == len(list(closed_days(world, "shop", date.min, date.max)))


def test_a_program_that_cannot_be_read_does_not_hold_up_the_others() -> None:
    clock = Clock()
    world = world_in_memory(program("a"), program("b"), clock=clock)
    clock.let_pass(5 * DAY)
    assert isinstance(world.ledger, MemoryLedger)

    class Books(MemoryBooks):
        def movements(self, program_id: str, day: date, shard: int) -> Iterator[list[Booked]]:
            if program_id == "a":
                raise Unavailable
            return super().movements(program_id, day, shard)

    first, second = close_days(replace(world, books=Books(world.ledger)))
    assert (first.days, first.closed_through) == (0, None)
    assert first.behind > 0
    assert (second.days > 0, second.behind) == (True, 0)


def test_all_programs_take_turns() -> None:
    clock = Clock()
    world = world_in_memory(program("a"), program("b"), clock=clock)
    clock.let_pass(30 * DAY)
    looks = iter([False] * 5 + [True] * 10_000)
    first, second = close_days(world, out_of_time=lambda: next(looks))
    assert abs(first.days - second.days) <= 1
    assert first.days


def test_days_that_do_not_fit_the_time_are_refused() -> None:
    clock = Clock()
    world = shop(clock)
    give(world, "ann", 5)
    with pytest.raises(Refused) as refused:
        list(all_days(world, "shop", date.min, date.max, lambda: True))
    assert refused.value.code == "open_days_too_large"


@given(moves=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=12), cut=st.integers(0, 12))
def test_the_liability_is_what_accounts_hold_closed_or_not(moves: list[tuple[int, int]], cut: int) -> None:
    clock = Clock()
    world = shop(clock)
    for number, (hours, points) in enumerate(moves):
        clock.let_pass(timedelta(hours=hours))
        give(world, f"c{number % 3}", points, days=1)
        purge(world, "shop")
        if number == cut:
            close_days(world)
    view = view_liability(world, "shop", FIRST, clock().date() + DAY)
    assert view.rolled.closing.points == view.outstanding
    assert view.rolled.closing.amount == view.rolled.closing.points * Decimal("0.01")


def test_accounts_that_cannot_be_read_in_time_are_not_guessed_at() -> None:
    clock = Clock()
    world = shop(clock)
    give(world, "ann", 5)
    clock.let_pass(3 * DAY)
    close_days(world)
    view = view_liability(world, "shop", FIRST, TODAY, lambda: True)
    assert view.outstanding is None
    assert view.rolled.closing.points == 5
