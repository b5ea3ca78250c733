"""The purge, killed anywhere, started twice, throttled, among broken accounts, loses nothing and doubles nothing."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from loyalty.domain.books.journal import sum_up
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Transaction
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.ledger import WriteOff
from loyalty.ports.purges import PurgeTask
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.commands.write_together import ACCOUNTS_PER_WRITE
from loyalty.usecases.points.purge import carry_on, purge_program
from tests.support.builders import DAY, NOW, issuing, member, program
from tests.support.fakes.memory import MemoryLedger, MemoryPurges
from tests.support.worlds import Clock, World, purge, world_in_memory

ACCOUNTS = 200


class Killed(BaseException):
    """The process is gone. No code of ours may catch it."""


@dataclass
class Fault:
    """Does `harm` at the `at`th call that reaches the world, before it or after it was carried out."""

    harm: BaseException
    at: int
    after: bool
    calls: int = field(default=0)

    def around[Result](self, call: Callable[[], Result], *, writes: bool = False) -> Result:
        self.calls += 1
        # Only who writes to an account can lose a race.
        if self.calls != self.at or (isinstance(self.harm, LostRace) and not writes):
            return call()
        if self.after:
            call()
        raise self.harm


class FaultyLedger(MemoryLedger):
    """A ledger on which a fault strikes, once."""

    fault: Fault | None = None

    def _strike[Result](self, call: Callable[[], Result]) -> Result:
        return self.fault.around(call) if self.fault else call()

    def accounts(self, account_ids: Sequence[AccountId]) -> list[Account]:
        return self._strike(lambda: MemoryLedger.accounts(self, account_ids))

    def account(self, account_id: AccountId, *, consistent: bool) -> Account:
        return self._strike(lambda: MemoryLedger.account(self, account_id, consistent=consistent))

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        if self.fault:
            self.fault.around(lambda: MemoryLedger.write(self, transactions, write_off), writes=True)
        else:
            super().write(transactions, write_off)


class FaultyPurges(MemoryPurges):
    """Hand-overs and records on which the ledger's fault strikes too."""

    def __init__(self, ledger: FaultyLedger) -> None:
        super().__init__()
        self._ledger = ledger

    def hand_over(self, tasks: Sequence[PurgeTask]) -> None:
        self._ledger._strike(lambda: MemoryPurges.hand_over(self, tasks))

    def begin(self, run: Any) -> None:
        self._ledger._strike(lambda: MemoryPurges.begin(self, run))

    def finish(self, *facts: Any) -> bool:
        return self._ledger._strike(lambda: MemoryPurges.finish(self, *facts))

    def announce(self, *facts: Any) -> None:
        self._ledger._strike(lambda: MemoryPurges.announce(self, *facts))


def shop(accounts: int, ledger: MemoryLedger | None = None) -> tuple[World, Clock]:
    """Accounts with 7 points that are due, 11 that are not, and 5 that never are."""
    ledger, clock = ledger or MemoryLedger(), Clock()
    for number in range(accounts):
        empty = Account(account_id=member(f"c{number}"))
        ledger.write([issuing(empty, Lot(NOW + DAY, 7), Lot(NOW + 9 * DAY, 11), Lot(None, 5))])
    clock.let_pass(DAY)
    world = world_in_memory(program(), clock=clock, ledger=ledger)
    return replace(world, sleep=lambda seconds: None), clock


def work_off(world: World) -> None:
    """What the queue does: each part until it is done, however often it fails."""
    assert isinstance(world.purges, MemoryPurges)
    while task := world.purges.take():
        try:
            carry_on(world, task)
        except (Killed, Unavailable, ConnectionError):
            world.purges.hand_over([task])


def written_off(world: World) -> tuple[int, int]:
    """(accounts, points) by the journal of the purges."""
    entries = sum_up(world.ledger.write_offs("shop", (NOW + DAY).date()))
    return sum(entry.movements for entry in entries), sum(entry.points for entry in entries)


def assert_all_is_written_off_once(world: World, accounts: int) -> None:
    assert written_off(world) == (accounts, 7 * accounts)
    expired = [entry for entry in world.ledger.journal("shop", (NOW + DAY).date()) if entry.kind is Kind.EXPIRE]
    assert sum(entry.points for entry in expired) == 7 * accounts
    for number in range(accounts):
        account = world.ledger.account(member(f"c{number}"), consistent=True)
        assert (account.expired_total, account.outstanding) == (7, 16)
    assert verify_program(world, "shop").found == []


def test_what_fits_one_write_is_done_when_the_purge_answers() -> None:
    world, _ = shop(20)
    purged = purge_program(world, "shop")
    assert (purged.expired.accounts, purged.expired.points, purged.complete) == (20, 140, True)
    assert_all_is_written_off_once(world, 20)


def test_fuller_shards_are_handed_over_and_done_side_by_side() -> None:
    accounts = MemoryLedger.shards * (ACCOUNTS_PER_WRITE + 10)
    world, _ = shop(accounts)
    started = purge_program(world, "shop")
    assert not started.complete
    assert started.parts > 1
    work_off(world)
    assert_all_is_written_off_once(world, accounts)
    [run] = world.purges.runs("shop", 10)
    assert run.finished_at is not None
    assert (run.parts, run.left) == (started.parts + 1, 0)
    assert isinstance(world.purges, MemoryPurges)
    assert world.purges.announced == [run.run_id]


def test_a_night_with_nothing_due_writes_nothing_and_leaves_no_record() -> None:
    world, clock = shop(20)
    clock.now = NOW
    purged = purge_program(world, "shop")
    assert (purged.expired.accounts, purged.complete) == (0, True)
    assert world.purges.runs("shop", 10) == []


def test_a_part_out_of_time_hands_on_the_rest_from_where_it_stopped() -> None:
    accounts = MemoryLedger.shards * (3 * ACCOUNTS_PER_WRITE)
    world, _ = shop(accounts)
    purge_program(world, "shop")
    assert isinstance(world.purges, MemoryPurges)
    places = []
    while task := world.purges.take():
        looks = iter([False, True, True])
        carry_on(world, task, out_of_time=lambda looks=looks: next(looks))  # type: ignore[misc]
        places.append((task.shard, task.after))
    assert len(set(places)) == len(places) > MemoryLedger.shards
    assert_all_is_written_off_once(world, accounts)
    [run] = world.purges.runs("shop", 10)
    assert run.finished_at is not None


def steps() -> int:
    """How many calls a purge of `ACCOUNTS` accounts makes, its parts included."""
    ledger = FaultyLedger()
    world, _ = shop(ACCOUNTS, ledger)
    ledger.fault = counter = Fault(Killed(), at=0, after=False)
    world = replace(world, purges=FaultyPurges(ledger))
    purge_program(world, "shop")
    work_off(world)
    return counter.calls


STEPS = steps()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_purge_killed_at_any_step_is_finished_by_the_next(step: int, after: bool) -> None:
    ledger = FaultyLedger()
    world, _ = shop(ACCOUNTS, ledger)
    world = replace(world, purges=FaultyPurges(ledger))
    ledger.fault = Fault(Killed(), at=step, after=after)
    try:
        purge_program(world, "shop")
    except Killed:
        pass
    else:
        work_off(world)
    ledger.fault = None
    purge(world, "shop")
    work_off(world)
    assert_all_is_written_off_once(world, ACCOUNTS)


@pytest.mark.parametrize("harm", [Unavailable("throttled"), LostRace(), LostRace([0]), ConnectionError()], ids=repr)
@pytest.mark.parametrize("step", range(1, STEPS + 1, 3))
def test_a_fault_at_any_step_loses_nothing(step: int, harm: Exception) -> None:
    ledger = FaultyLedger()
    world, _ = shop(ACCOUNTS, ledger)
    world = replace(world, purges=FaultyPurges(ledger))
    ledger.fault = Fault(harm, at=step, after=isinstance(harm, Unavailable) and step % 2 == 0)
    for _ in range(2):
        try:
            purge_program(world, "shop")
        except (Unavailable, ConnectionError):
            continue
        work_off(world)
    work_off(world)
    assert_all_is_written_off_once(world, ACCOUNTS)


def test_two_purges_started_at_once_write_nothing_twice() -> None:
    world, _ = shop(ACCOUNTS)
    first, second = purge_program(world, "shop"), purge_program(world, "shop")
    work_off(world)
    assert first.expired.accounts + second.expired.accounts <= ACCOUNTS
    assert_all_is_written_off_once(world, ACCOUNTS)


class Broken(MemoryLedger):
    """A ledger with accounts that cannot be read."""

    broken: frozenset[AccountId] = frozenset()

    def accounts(self, account_ids: Sequence[AccountId]) -> list[Account]:
        return [self.account(account_id, consistent=False) for account_id in account_ids]

    def account(self, account_id: AccountId, *, consistent: bool) -> Account:
        if account_id in self.broken:
            raise KeyError("lots")
        return super().account(account_id, consistent=consistent)


def test_a_broken_account_is_set_aside_alone_and_done_once_it_is_mended() -> None:
    ledger = Broken()
    world, _ = shop(ACCOUNTS, ledger)
    ledger.broken = frozenset({member("c3"), member("c77")})
    purge_program(world, "shop")
    dead_letters = []
    assert isinstance(world.purges, MemoryPurges)
    while task := world.purges.take():
        try:
            carry_on(world, task)
        except KeyError:
            dead_letters.append(task)
    assert {task.account_id for task in dead_letters} == ledger.broken
    assert written_off(world) == (ACCOUNTS - 2, 7 * (ACCOUNTS - 2))
    [run] = world.purges.runs("shop", 1)
    assert run.finished_at is not None
    assert run.left == 2
    ledger.broken = frozenset()
    world.purges.hand_over(dead_letters)
    work_off(world)
    assert_all_is_written_off_once(world, ACCOUNTS)


class Contended(MemoryLedger):
    """A ledger in which somebody writes to an account each time that the purge is about to."""

    busy: frozenset[AccountId] = frozenset()

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        lost = [n for n, t in enumerate(transactions) if t.account and t.account.account_id in self.busy]
        if write_off and lost:
            raise LostRace(lost)
        super().write(transactions, write_off)


def test_a_contended_account_holds_nobody_else_up() -> None:
    ledger = Contended()
    world, _ = shop(ACCOUNTS, ledger)
    ledger.busy = frozenset({member("c5"), member("c6"), member("c150")})
    purge_program(world, "shop")
    assert isinstance(world.purges, MemoryPurges)
    waiting = []
    while task := world.purges.take():
        try:
            carry_on(world, task)
        except Unavailable:
            waiting.append(task)
    assert {task.account_id for task in waiting} == ledger.busy
    assert written_off(world) == (ACCOUNTS - 3, 7 * (ACCOUNTS - 3))
    ledger.busy = frozenset()
    world.purges.hand_over(waiting)
    work_off(world)
    assert_all_is_written_off_once(world, ACCOUNTS)


@pytest.mark.parametrize("wrong", [timedelta(minutes=-5), timedelta(minutes=5)], ids=["slow", "fast"])
def test_a_clock_that_is_wrong_by_minutes_loses_no_point(wrong: timedelta) -> None:
    world, clock = shop(ACCOUNTS)
    skewed = replace(world, clock=lambda: clock() + wrong)
    purge_program(skewed, "shop")
    work_off(skewed)
    assert written_off(world)[0] in (0, ACCOUNTS)
    purge(world, "shop")
    assert_all_is_written_off_once(world, ACCOUNTS)


def test_a_part_never_expires_what_is_not_gone_whatever_it_was_handed() -> None:
    world, clock = shop(1)
    clock.now = NOW + DAY - timedelta(microseconds=1)
    for shard, as_of in itertools.product(range(world.ledger.shards), [NOW + DAY, NOW + 99 * DAY]):
        task = PurgeTask(program_id="shop", run_id="r", as_of=as_of, shard=shard)
        assert carry_on(world, task).accounts == 0
    account = PurgeTask(
        program_id="shop", run_id="r", as_of=datetime.max.replace(tzinfo=NOW.tzinfo), account_id=member("c0")
    )
    assert carry_on(world, account).accounts == 0
    assert written_off(world) == (0, 0)
