"""Whatever somebody did before they were erased: no record says so, and the books say what they said."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.books.closing import closes_at, first_day
from loyalty.domain.books.sums import ShardSums
from loyalty.domain.customers.erasure import erase, without_person
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.domain.ledger.replay import differences
from loyalty.domain.ledger.seal import NO_SEAL, is_sealed, sealed
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.points.adjustment import Adjustment
from loyalty.domain.points.issue import Issue
from loyalty.domain.values.refusal import Refused
from loyalty.usecases.books.close_days import close_days
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.customers.erase import erase_customer
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.points.adjust import adjust_points
from loyalty.usecases.points.issue import issue_points
from loyalty.usecases.points.sign_up import sign_customer_up
from tests.support.builders import DAY, NOW, holding, issued, member, order, origin, program
from tests.support.fakes.books import MemoryBooks
from tests.support.fakes.memory import MemoryLedger
from tests.support.worlds import Clock, World, purge, world_in_memory

NAMES = ("ann@example.com", "bob")
SECRET = "her mother called"
FIRST = first_day(NOW)
ADMIN, STORE = Sender("admin", "API"), Sender("store", "API")
SALT, OTHER = b"s" * 16, b"t" * 16

commands = st.lists(
    st.tuples(
        st.sampled_from(["complete", "cancel", "issue", "adjust", "sign up", "purge"]),
        st.integers(0, 4),
        st.sampled_from(NAMES),
        st.integers(-20, 90),
    ),
    max_size=15,
)


def carry_out(world: World, clock: Clock, what: str, number: int, name: str, points: int) -> None:
    account_id, other = member(name), NAMES[1 - NAMES.index(name)]
    key = f"{what}-{number}-{name}"
    match what:
        case "complete":
            one = order(f"#{number}", name, f"{abs(points)}.00", referrer_id=other)
            complete_order(world, "shop", one, STORE)
        case "cancel":
            cancel_order(world, "shop", f"#{number}", name, SECRET, STORE)
        case "issue":
            gift = Issue(account_id=account_id, points=abs(points) + 1, expires_at=clock() + DAY, reason=SECRET)
            issue_points(world, "shop", key, gift, ADMIN)
        case "adjust":
            fix = Adjustment(account_id=account_id, points=points or 1, reason=SECRET, order_id=f"#{number}")
            adjust_points(world, "shop", key, fix, ADMIN)
        case "sign up":
            sign_customer_up(world, account_id, STORE)
        case _:
            clock.let_pass(DAY)
            purge(world, "shop")


@given(commands=commands, cut_short=st.integers(0, 6))
def test_whatever_was_done_nobody_finds_the_customer_and_everything_adds_up(
    commands: list[tuple[str, int, str, int]], cut_short: int
) -> None:
    clock, ledger = Clock(), MemoryLedger()
    ways = {"sign_up": {"points": 11}, "referral": {"points": 50, "referee_points": 20}}
    rules = program(ways_to_earn=ways, earn={"min_order_total": "10.00"})
    world = replace(world_in_memory(rules, clock=clock, ledger=ledger), sleep=lambda seconds: None)
    for command in commands:
        try:
            carry_out(world, clock, *command)
        except Refused:
            continue
    clock.now = closes_at(clock().date())
    close_days(world)
    before = sorted((m.recorded_at, m.kind, m.points, m.debt) for m in ledger.every())
    other = ledger.account(member("bob"), consistent=True)
    ann = member(NAMES[0])
    looks = iter(range(cut_short))
    erase_customer(world, ann, ADMIN, out_of_time=lambda: next(looks, None) is None)
    assert erase_customer(world, ann, ADMIN).done
    assert [m for m in ledger.every() if NAMES[0] in repr(m)] == []
    assert [m for m in ledger.every() if SECRET in repr(m) and m.account not in (other.account_id, None)] == []
    assert verify_program(world, "shop").found == []
    assert ledger.account(other.account_id, consistent=True) == other
    ours = (Event.POINTS_FORFEITED, Event.CUSTOMER_ERASED)
    after = sorted((m.recorded_at, m.kind, m.points, m.debt) for m in ledger.every() if m.event not in ours)
    assert after == before


class Interrupted(MemoryBooks):
    """Books in which something happens once so many shards are closed."""

    def __init__(self, ledger: MemoryLedger, happens: Callable[[], object], shards: int) -> None:
        super().__init__(ledger)
        self._happens, self._left = happens, shards

    def close(self, sums: ShardSums, at: datetime) -> None:
        super().close(sums, at)
        self._left -= 1
        if self._left == 0:
            self._happens()


@pytest.mark.parametrize("shards", [1, 2, 3])
def test_whoever_is_erased_while_a_day_is_closed_is_in_its_sums_once(shards: int) -> None:
    """Their movements get other names, and stand in other shards then."""
    clock, ledger, ann = Clock(), MemoryLedger(), member(NAMES[0])
    world = replace(world_in_memory(program(), clock=clock, ledger=ledger), token=lambda: "0" * 32)
    gift = Issue(account_id=ann, points=5, expires_at=None, reason=SECRET)
    for number in range(12):
        issue_points(world, "shop", f"{number} {NAMES[0]}", gift, ADMIN)
    clock.now = closes_at(NOW.date())

    def send() -> bool:
        with suppress(Refused):
            return erase_customer(world, ann, ADMIN).done
        return False

    days = (NOW.date() - FIRST).days
    world = replace(world, sleep=lambda seconds: None)
    world = replace(world, books=Interrupted(ledger, send, days * MemoryBooks.shards + shards))
    close_days(world)
    assert sum(one.movements for closed in world.books.closed("shop", FIRST, NOW.date()) for one in closed.sums) == 12
    assert send()
    assert verify_program(world, "shop").found == []


def erased(account: Account) -> Account:
    pseudonym = account.account_id.pseudonym("0" * 32)
    return erase(program(), origin(NOW), account, pseudonym, OTHER)[-1].holder


def test_all_lots_are_forfeited_also_those_that_were_not_written_off_yet() -> None:
    account = erased(holding(Lot(NOW - DAY, 5), Lot(NOW + DAY, 7), Lot(None, 1), at=NOW - 2 * DAY))
    assert (account.outstanding, account.lots.total, account.debt, account.purge_at) == (0, 0, 0, None)
    assert (account.salt, account.account_id.is_erased) == (OTHER, True)


def movements_of(account_id: AccountId) -> tuple[list[Movement], Account]:
    account = issued(Account(account_id=account_id, salt=SALT), [Lot(None, 5)])
    begun = Movement(
        cause=Cause("shop", CauseKind.REQUEST, "key"),
        position=1,
        event=Event.POINTS_ISSUED,
        kind=Kind.ISSUE,
        account=account_id,
        points=5,
        allocation=(Lot(None, 5),),
        sequence=1,
        balance_after=5,
        debt_after=0,
        program_version=1,
        point_value=program().redeem.point_value,
        currency="EUR",
        occurred_at=NOW,
        recorded_at=NOW,
        source="API",
        actor="admin",
        reason=SECRET,
    )
    one = sealed(begun, NO_SEAL, SALT)
    return [one], replace(account, seal=one.seal)


def test_a_seal_proves_the_rest_once_the_person_is_gone() -> None:
    ann = member("ann")
    [movement], _ = movements_of(ann)
    gone = without_person(movement, ann, ann.pseudonym("0" * 32), SALT)
    assert (gone.reason, gone.account, gone.seal) == (None, ann.pseudonym("0" * 32), movement.seal)
    assert is_sealed(gone, NO_SEAL, OTHER)
    assert without_person(gone, ann, ann.pseudonym("0" * 32), SALT) == gone
    for altered in (replace(gone, points=6), replace(gone, actor="other"), replace(gone, redacted=b"x" * 32)):
        assert not is_sealed(altered, NO_SEAL, OTHER)


def test_nobody_finds_out_by_trying_who_it_was() -> None:
    """All that is left but the salt, and the right guess: the seal says neither yes nor no."""
    ann = member("ann")
    [movement], _ = movements_of(ann)
    guess = without_person(movement, ann, ann.pseudonym("0" * 32), OTHER)
    assert guess.redacted != without_person(movement, ann, ann.pseudonym("0" * 32), SALT).redacted


def test_a_movement_of_somebody_who_is_there_may_not_be_redacted() -> None:
    [movement], account = movements_of(member("ann"))
    assert list(differences(account, [movement])) == []
    hidden = replace(movement, redacted=b"x" * 32)
    assert any("redacted" in line for line in differences(account, [sealed(hidden, NO_SEAL, SALT)]))


@pytest.mark.parametrize("key", ["gift-ann", "ann", "ANN"])
def test_a_key_that_holds_the_id_is_replaced_and_any_other_stays_used(key: str) -> None:
    ann = member("ann")
    [movement], _ = movements_of(ann)
    named = replace(movement, cause=Cause("shop", CauseKind.REQUEST, key))
    gone = without_person(named, ann, ann.pseudonym("0" * 32), SALT)
    assert (gone.cause == named.cause) is ("ann" not in key)
