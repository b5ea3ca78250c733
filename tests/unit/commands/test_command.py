"""Commands read cheaply at first. What they read may be old; what they do and answer may not."""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.domain.points.issue import Issue
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import LostRace, Unavailable, UnknownProgram
from loyalty.ports.ledger import WriteOff
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.commands.retry import ATTEMPTS, LONGEST_PAUSE
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.orders.redeem import redeem_points, void_redemption
from loyalty.usecases.points.issue import issue_points
from tests.support.builders import DAY, NOW, SENDER, issuing, member, order, program
from tests.support.fakes.memory import MemoryLedger, nobody
from tests.support.replay import audit
from tests.support.worlds import Clock, Purged, World, purge, world_in_memory


class StaleLedger(MemoryLedger):
    """Answers reads that are not consistent from some earlier moment."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._still = False
        self._before: list[tuple[dict[Cause, dict[int, Any]], dict[AccountId, Account]]] = []

    def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> tuple[History, Account | None]:
        if consistent or not self._before:
            return super().read(cause, account_id, consistent=True)
        histories, _ = self._chance.choice(self._before)
        movements = histories.get(cause, {})
        history = History(cause, tuple(movements[position] for position in sorted(movements)))
        return history, self.account(account_id, consistent=False) if account_id else None

    def account(self, account_id: AccountId, *, consistent: bool) -> Account:
        if consistent or not self._before:
            return super().account(account_id, consistent=True)
        _, accounts = self._chance.choice(self._before)
        return accounts.get(account_id, nobody(account_id))

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        super().write(transactions, write_off)
        if not self._still:
            self._before.append(self._now())

    def keep_showing_now(self) -> None:
        """From here on, reads that are not consistent are answered as of this moment."""
        self._before, self._still = [self._now()], True

    def _now(self) -> tuple[dict[Cause, dict[int, Any]], dict[AccountId, Account]]:
        histories = {cause: dict(movements) for cause, movements in self._histories.items()}
        return histories, dict(self._accounts)


class Overtaken(MemoryLedger):
    """Loses every race."""

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        raise LostRace(range(len(transactions)))


def world(ledger: MemoryLedger, clock: Clock | None = None, pauses: list[float] | None = None) -> World:
    """One in which waiting takes no time."""
    shop = program(
        earn={"on_redeemed_order": "full"},
        expiry={"policy": "after_days", "days": 1},
        cancel={"on_shortfall": "clamp"},
    )
    slept = [] if pauses is None else pauses
    return replace(world_in_memory(shop, clock=clock), ledger=ledger, sleep=slept.append, jitter=lambda: 1.0)


type Command = tuple[str, str, int]

commands = st.lists(
    st.tuples(
        st.sampled_from(["complete", "redeem", "max", "void", "cancel", "issue", "wait", "purge"]),
        st.sampled_from(["#1", "#2"]),
        st.integers(1, 120),
    ),
    max_size=14,
)


def answer(world: World, command: Command) -> object:
    """What a command is answered, without whether this was the call that wrote it."""
    what, order_id, number = command
    calls: dict[str, Callable[[], Any]] = {
        "complete": lambda: complete_order(world, "shop", order(order_id, amount=f"{number}.00"), SENDER),
        "redeem": lambda: redeem(world, order_id, number),
        "max": lambda: redeem(world, order_id, "max"),
        "void": lambda: void_redemption(world, "shop", order_id, SENDER),
        "cancel": lambda: cancel_order(world, "shop", order_id, "ann", None, SENDER),
        "issue": lambda: issue_points(world, "shop", f"{order_id}/{number % 3}", gift(number), SENDER),
        "purge": lambda: purge(world, "shop"),
    }
    try:
        return asdict(calls[what]())
    except Refused as refused:
        return refused.code, refused.facts


def redeem(world: World, order_id: str, points: Any) -> object:
    request = RedemptionRequest(account_id=member(), order_total=Decimal(1), currency="EUR", points=points)
    return redeem_points(world, "shop", order_id, request, SENDER)


def gift(number: int) -> Issue:
    expires_at = NOW + number * timedelta(hours=1) + 5 * DAY
    return Issue(account_id=member(), points=number, expires_at=expires_at, reason="a gift")


@given(commands=commands, seed=st.integers(0, 99))
def test_old_reads_change_no_answer_and_no_account(commands: list[Command], seed: int) -> None:
    clocks = Clock(), Clock()
    fresh = world(MemoryLedger(), clocks[0])
    stale = world(StaleLedger(random.Random(seed)), clocks[1])
    for command in commands:
        if command[0] == "wait":
            for clock in clocks:
                clock.let_pass(timedelta(hours=command[2]))
            continue
        assert answer(stale, command) == answer(fresh, command)
        assert audit(stale.ledger, member()) == audit(fresh.ledger, member())


@given(commands)
def test_whatever_happens_an_account_is_what_its_movements_say(commands: list[Command]) -> None:
    clock = Clock()
    shop = world(MemoryLedger(), clock)
    for command in commands:
        if command[0] == "wait":
            clock.let_pass(timedelta(hours=command[2]))
        else:
            answer(shop, command)
        account = audit(shop.ledger, member())
        assert account.balance(clock.now) == account.available(clock.now) - account.debt


def test_what_moves_nothing_is_not_decided_on_an_old_read() -> None:
    """Points that came in just now are there to be taken back, though the first look may not see them yet."""
    ledger = StaleLedger(random.Random(0))
    shop = world(ledger)
    complete_order(shop, "shop", order(), SENDER)
    redeem_points(
        shop,
        "shop",
        "#2",
        RedemptionRequest(account_id=member(), order_total=Decimal(99), currency="EUR", points=100),
        SENDER,
    )
    ledger.keep_showing_now()
    issue_points(shop, "shop", "key", gift(100), SENDER)
    cancelled = cancel_order(shop, "shop", "#1001", "ann", None, SENDER)
    assert (cancelled.points_reversed, cancelled.points_shortfall, cancelled.balance) == (100, 0, 0)


class TornLedger(MemoryLedger):
    """Something happens between the reads of a history and of its account, that are made side by side.

    What is not read consistently is as it was at the very beginning.
    """

    meanwhile: Callable[[], object] | None = None

    def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> tuple[History, Account | None]:
        if not consistent:
            return History(cause), Account(account_id=account_id) if account_id else None
        history, account = super().read(cause, account_id, consistent=True)
        if self.meanwhile and account_id:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
            account = self.account(account_id, consistent=True)
        return history, account


def test_a_request_that_is_sent_twice_at_once_is_answered_twice_alike() -> None:
    ledger = TornLedger()
    world = world_in_memory(program(), ledger=ledger)
    gift = Issue(account_id=member(), points=100, expires_at=None, reason="x")
    issue_points(world, "shop", "k", gift, SENDER)
    spend = RedemptionRequest(account_id=member(), order_total=Decimal("9.00"), currency="EUR", points=100)

    def redeem() -> tuple[int, int]:
        done = redeem_points(world, "shop", "#1", spend, SENDER)
        return done.points_redeemed, done.balance

    ledger.meanwhile = redeem
    assert redeem() == (100, 0)
    assert audit(ledger, member()).balance(NOW) == 0


class HalfLedger(MemoryLedger):
    """A look that is not consistent misses some of the movements that were written together."""

    unseen: frozenset[int] = frozenset()

    def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> tuple[History, Account | None]:
        history, account = super().read(cause, account_id, consistent=consistent)
        if consistent:
            return history, account
        return replace(history, movements=tuple(m for m in history if m.position not in self.unseen)), account


@pytest.mark.parametrize("unseen", [(), (3,), (4,), (3, 4), (2, 3), (1,)], ids=str)
def test_a_cancellation_that_a_look_shows_half_of_is_answered_as_a_whole(unseen: tuple[int, ...]) -> None:
    ledger = HalfLedger()
    shop = world_in_memory(program(earn={"on_redeemed_order": "full"}), ledger=ledger)
    issue_points(shop, "shop", "k", Issue(account_id=member(), points=100, expires_at=None, reason="x"), SENDER)
    spend = RedemptionRequest(account_id=member(), order_total=Decimal("9.00"), currency="EUR", points=100)
    redeem_points(shop, "shop", "#1001", spend, SENDER)
    complete_order(shop, "shop", order(), SENDER)
    first = cancel_order(shop, "shop", "#1001", "ann", None, SENDER)
    assert (first.points_restored, first.points_reversed > 0) == (100, True)
    ledger.unseen = frozenset(unseen)
    assert cancel_order(shop, "shop", "#1001", "ann", None, SENDER) == replace(first, outcome=Outcome.REPEATED)


def test_who_keeps_losing_is_told_to_try_again_and_has_written_nothing() -> None:
    pauses: list[float] = []
    shop = world(Overtaken(), pauses=pauses)
    with pytest.raises(Unavailable):
        complete_order(shop, "shop", order(), SENDER)
    assert len(pauses) == ATTEMPTS
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST_PAUSE
    assert shop.ledger.account(member(), consistent=True) == Account(account_id=member())


def test_an_unknown_program_is_said_to_be_unknown() -> None:
    with pytest.raises(UnknownProgram):
        complete_order(world(MemoryLedger()), "another", order(), SENDER)


def test_a_purge_that_loses_every_race_leaves_the_accounts_and_says_so() -> None:
    ledger, clock = MemoryLedger(), Clock()
    for name in ("ann", "bob"):
        ledger.write([issuing(ledger.account(member(name), consistent=True), Lot(NOW + DAY, 5))])
    clock.let_pass(DAY)
    ledger.__class__ = Overtaken
    assert purge(world(ledger, clock), "shop") == Purged(accounts=0, points=0, left=2)
    ledger.__class__ = MemoryLedger
    assert purge(world(ledger, clock), "shop") == Purged(accounts=2, points=10, left=0)


@pytest.mark.parametrize("ahead", [timedelta(0), 400 * DAY])
def test_a_purge_expires_nothing_before_its_instant_whatever_it_is_told(ahead: timedelta) -> None:
    ledger, clock = MemoryLedger(), Clock()
    ledger.write([issuing(ledger.account(member(), consistent=True), Lot(NOW + DAY, 5))])
    clock.now = NOW + DAY - timedelta(microseconds=1)
    assert purge(world(ledger, clock), "shop", clock.now + ahead).accounts == 0
    clock.now = NOW + DAY
    assert purge(world(ledger, clock), "shop", clock.now - timedelta(microseconds=1)).accounts == 0
    assert purge(world(ledger, clock), "shop", clock.now + ahead).points == 5
