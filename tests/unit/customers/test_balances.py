"""Outstanding balances: whoever is wanted is listed once, in order, however the pages are cut and whatever moves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.customers.balances import Balance, Place, Sort, Wanted, as_listed
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.lots import FOREVER, Lot, Lots
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.standing import Counted
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import UnknownProgram
from loyalty.ports.ledger import Due
from loyalty.usecases.books.liability import view_liability
from loyalty.usecases.customers import balances as listing
from loyalty.usecases.customers.balances import Page, list_balances
from tests.support.builders import DAY, NOW, begin, member, program
from tests.support.fakes.memory import MemoryLedger, shard_of
from tests.support.strategies import held
from tests.support.worlds import World, purge, world_in_memory

TODAY = date(2026, 1, 31)
TIERS = [{"name": "gold", "min_orders": 5}, {"name": "silver", "min_orders": 2}]
SHOP = program(tiers=TIERS, redeem={"point_value": "0.005"})
EVERYONE = Wanted()


@dataclass(frozen=True)
class Holds:
    """What somebody has: lots, a debt beside them, a tier that the program may have or not."""

    lots: Lots
    debt: int = 0
    tier: str | None = None


holdings = st.builds(Holds, held, st.sampled_from([0, 0, 0, 7, 300]), st.sampled_from([None, "gold", "silver", "gone"]))
account_ids = st.builds(AccountId, st.just("shop"), st.text("abøz#/ ~1", min_size=1, max_size=3), st.booleans())
instants = st.integers(-(10**12), 10**14).map(lambda n: NOW + timedelta(microseconds=n))
wanteds = st.builds(
    Wanted,
    min_balance=st.none() | st.integers(0, 15_000),
    tier=st.sampled_from([None, None, "gold", "silver"]),
    expiring_before=st.none() | instants | st.integers(-20, 1_000).map(lambda n: TODAY + n * DAY),
)


@dataclass(frozen=True)
class Small:
    """The bounds of the use case, made small, so that a few accounts meet them."""

    looked_at: int
    at_least: int
    spare: int
    batch: int
    keys: int

    def set(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(listing, "MOST_LOOKED_AT", self.looked_at)
        patch.setattr(listing, "LEAST_LOOKED_AT", self.at_least)
        patch.setattr(listing, "SPARE_KEYS", self.spare)
        patch.setattr(listing, "BATCH", self.batch)
        patch.setattr(listing, "PAGE_OF_KEYS", self.keys)


sizes = st.integers(1, 12)
bounds = st.builds(Small, sizes, sizes, st.integers(0, 3), sizes, sizes)


class Watched(MemoryLedger):
    """Counts the accounts that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_at = 0

    def accounts(self, account_ids: Sequence[AccountId]) -> list[Account]:
        self.looked_at += len(account_ids)
        return super().accounts(account_ids)[::-1]


def hold(world: World, account_id: AccountId, holds: Holds) -> None:
    """Writes what somebody has, as movements of one history."""
    account = world.ledger.account(account_id, consistent=True)
    history = History(Cause("shop", CauseKind.REQUEST, f"{account_id}/{account.version}"))
    counted = Counted(day=TODAY, tier=holds.tier)
    transaction = begin(SHOP, account, history=history)
    transaction = transaction.credit(Kind.ISSUE, Event.POINTS_ISSUED, holds.lots, counted=counted)
    if holds.debt:
        transaction = transaction.debit(Kind.REVERSE, Event.ORDER_CANCELLED, Lots(), debt=holds.debt, counted=counted)
    world.ledger.write([transaction])


def shop(accounts: dict[AccountId, Holds], using: Program = SHOP) -> World:
    world = world_in_memory(using, ledger=Watched())
    for account_id, holds in accounts.items():
        hold(world, account_id, holds)
    return world


def pages(world: World, wanted: Wanted, sort: Sort, limit: int) -> Iterator[Page]:
    after: Place | None = None
    while True:
        page = list_balances(world, "shop", wanted, sort, limit, after)
        yield page
        if page.after is None:
            return
        assert after is None or sort.key(page.after) > sort.key(after)
        after = page.after


def listed(world: World, wanted: Wanted = EVERYONE, sort: Sort = Sort.CUSTOMER, limit: int = 100) -> list[Balance]:
    return [one for page in pages(world, wanted, sort, limit) for one in page.customers]


def names(found: Sequence[Balance]) -> list[str]:
    return [one.account_id.customer_id for one in found]


def next_expiry(account: Account) -> datetime | None:
    return min((lot.expires_at for lot in account.lots if lot.expires_at and lot.expires_at > NOW), default=None)


def expected(world: World, wanted: Wanted, sort: Sort) -> list[AccountId]:
    """By the plainest means: all accounts, filtered, sorted."""
    ids = [
        one for shard in range(world.ledger.shards) for page in world.ledger.accounts_of("shop", shard) for one in page
    ]
    before = wanted.expiring_before
    if before is not None and not isinstance(before, datetime):
        before = datetime(before.year, before.month, before.day, tzinfo=UTC)
    rows = []
    for account in (world.ledger.account(one, consistent=True) for one in ids):
        soon, balance, tier = next_expiry(account), account.balance(NOW), account.standing.tier
        if wanted.min_balance is None and account.outstanding == 0:
            continue
        if wanted.min_balance is not None and balance < wanted.min_balance:
            continue
        if wanted.tier and tier != wanted.tier:
            continue
        if before and not (soon and soon <= before):
            continue
        rank = {Sort.CUSTOMER: 0, Sort.LOWEST: balance, Sort.HIGHEST: -balance, Sort.NEXT_EXPIRY: soon or FOREVER}[sort]
        rows.append((rank, not account.account_id.guest, account.account_id.customer_id, account.account_id))
    return [row[-1] for row in sorted(rows, key=lambda row: row[:3])]


@given(
    accounts=st.dictionaries(account_ids, holdings, max_size=25),
    wanted=wanteds,
    sort=st.sampled_from(Sort),
    limit=st.integers(1, 9),
    bounds=bounds,
)
def test_pages_make_up_the_whole_list_each_customer_once_and_in_order(
    accounts: dict[AccountId, Holds], wanted: Wanted, sort: Sort, limit: int, bounds: Small
) -> None:
    world = shop(accounts)
    assert isinstance(world.ledger, Watched)
    with pytest.MonkeyPatch.context() as patch:
        bounds.set(patch)
        found: list[AccountId] = []
        for page in pages(world, wanted, sort, limit):
            assert len(page.customers) <= limit
            if sort is not Sort.CUSTOMER:
                assert len(page.customers) == limit or page.after is None
                assert page.customers or not found
            found += [one.account_id for one in page.customers]
            looked_at, world.ledger.looked_at = world.ledger.looked_at, 0
            assert looked_at <= (bounds.looked_at if sort is Sort.CUSTOMER else len(accounts))
    assert found == expected(world, wanted, sort)


@given(accounts=st.dictionaries(account_ids, holdings, max_size=25), limit=st.integers(1, 9))
def test_what_is_listed_sums_to_the_liability_before_the_purge_and_after(
    accounts: dict[AccountId, Holds], limit: int
) -> None:
    """With debts, and with points that have expired and are not written off."""
    world = shop(accounts)
    for _ in range(2):
        found = listed(world, limit=limit)
        liability = view_liability(world, "shop", TODAY - 9 * DAY, TODAY + 9 * DAY)
        assert sum(one.outstanding for one in found) == liability.outstanding == liability.rolled.closing.points
        assert all(one.outstanding for one in found)
        purge(world, "shop")


more = st.lists(st.tuples(account_ids, st.integers(1, 500), st.none() | st.integers(1, 90)), max_size=3)


@given(
    accounts=st.lists(account_ids, min_size=1, max_size=25, unique=True),
    moves=st.lists(more, max_size=12),
    limit=st.integers(1, 6),
    bounds=bounds,
)
def test_who_was_there_all_the_while_is_listed_once_whatever_is_written_meanwhile(
    accounts: list[AccountId], moves: list[list[tuple[AccountId, int, int | None]]], limit: int, bounds: Small
) -> None:
    world = shop({one: Holds(Lots([Lot(NOW + DAY, 5)])) for one in accounts})
    with pytest.MonkeyPatch.context() as patch:
        bounds.set(patch)
        found: list[AccountId] = []
        for number, page in enumerate(pages(world, EVERYONE, Sort.CUSTOMER, limit)):
            found += [one.account_id for one in page.customers]
            for account_id, points, days in moves[number] if number < len(moves) else ():
                hold(world, account_id, Holds(Lots([Lot(NOW + days * DAY if days else None, points)])))
    assert found == sorted(set(found), key=as_listed)
    assert set(accounts) <= set(found)


@given(
    accounts=st.dictionaries(account_ids, holdings, min_size=2, max_size=20),
    moves=st.lists(more, max_size=12),
    sort=st.sampled_from([Sort.LOWEST, Sort.HIGHEST, Sort.NEXT_EXPIRY]),
    limit=st.integers(1, 6),
)
def test_who_does_not_move_is_listed_once_also_in_an_order_that_changes(
    accounts: dict[AccountId, Holds], moves: list[list[tuple[AccountId, int, int | None]]], sort: Sort, limit: int
) -> None:
    world = shop(accounts)
    still = set(expected(world, EVERYONE, sort))
    found: list[AccountId] = []
    for number, page in enumerate(pages(world, EVERYONE, sort, limit)):
        found += [one.account_id for one in page.customers]
        for account_id, points, days in moves[number] if number < len(moves) else ():
            hold(world, account_id, Holds(Lots([Lot(NOW + days * DAY if days else None, points)])))
            still.discard(account_id)
    assert [one for one in found if one in still] == [one for one in expected(world, EVERYONE, sort) if one in still]


def test_a_customer_is_described_as_their_account_is() -> None:
    lots = Lots([Lot(NOW, 3), Lot(NOW + DAY, 40), Lot(None, 7)])
    world = shop({member("ann"): Holds(lots, debt=10, tier="gold"), member("ben"): Holds(Lots(), debt=4, tier="gone")})
    ann, ben = listed(world)
    assert (ann.balance, ann.outstanding, ann.debt, ann.next_expiry, ann.tier) == (
        37,
        40,
        10,
        Lot(NOW + DAY, 40),
        "gold",
    )
    assert str(ann.value) == "0.185"
    assert (ben.balance, ben.outstanding, ben.debt, ben.next_expiry, ben.tier) == (-4, -4, 4, None, None)
    assert str(ben.value) == "-0.02"


def test_points_that_never_expire_are_no_next_expiry() -> None:
    world = shop({member("ann"): Holds(Lots([Lot(None, 7)])), member("ben"): Holds(Lots([Lot(NOW + DAY, 7)]))})
    ben, ann = listed(world, sort=Sort.NEXT_EXPIRY)
    assert (ann.next_expiry, ben.next_expiry) == (None, Lot(NOW + DAY, 7))


class Moving(Watched):
    """An index of expiries in which an account moves back while it is read."""

    def due(
        self, program_id: str, shard: int, as_of: datetime, size: int, after: Due | None = None
    ) -> Iterator[list[Due]]:
        for page in super().due(program_id, shard, as_of, size, after):
            yield page
            yield [replace(one, at=one.at + DAY) for one in page]


def test_an_account_that_is_met_twice_in_one_look_is_listed_once() -> None:
    world = world_in_memory(SHOP, ledger=Moving())
    for name in ("ann", "ben", "cid"):
        hold(world, member(name), Holds(Lots([Lot(NOW + DAY, 5)])))
    assert names(listed(world, Wanted(expiring_before=NOW + DAY), Sort.NEXT_EXPIRY)) == ["ann", "ben", "cid"]


def test_points_that_are_gone_but_not_written_off_are_outstanding_and_not_expiring() -> None:
    world = shop({member("ann"): Holds(Lots([Lot(NOW - DAY, 5)]))})
    [ann] = listed(world)
    assert (ann.balance, ann.outstanding, ann.next_expiry) == (0, 5, None)
    assert listed(world, Wanted(expiring_before=NOW + DAY), Sort.NEXT_EXPIRY) == []
    assert listed(world, Wanted(min_balance=1)) == []
    assert names(listed(world, Wanted(min_balance=0))) == ["ann"]


@pytest.mark.parametrize("sort", [Sort.CUSTOMER, Sort.NEXT_EXPIRY])
def test_a_date_is_the_program_s_midnight_and_what_ends_at_it_is_before_it(sort: Sort) -> None:
    midnight = datetime(2026, 2, 28, 23, tzinfo=UTC)  # of 1 March in Berlin
    later = midnight + timedelta(microseconds=1)
    accounts = {member("last day"): Holds(Lots([Lot(midnight, 5)])), member("first day"): Holds(Lots([Lot(later, 5)]))}
    world = shop(accounts, replace(SHOP, timezone="Europe/Berlin"))
    for before, found in (
        (date(2026, 3, 1), ["last day"]),
        (midnight, ["last day"]),
        (midnight - timedelta(microseconds=1), []),
        (later, ["first day", "last day"]),
        (date(2026, 2, 28), []),
    ):
        assert sorted(names(listed(world, Wanted(expiring_before=before), sort))) == found


@pytest.mark.parametrize("crowded", range(MemoryLedger.shards))
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_a_shard_that_is_fuller_than_others_loses_nobody(crowded: int, limit: int) -> None:
    """Many of the first customers share a shard: the others' keys reach further, and must wait for its."""
    first = [member(f"a{number:04}") for number in range(400)]
    crowd = [one for one in first if shard_of(one, MemoryLedger.shards) == crowded]
    others = [member(f"b{number:04}") for number in range(400)]
    world = shop({one: Holds(Lots([Lot(None, 1)])) for one in (*crowd, *others)})
    assert [one.account_id for one in listed(world, limit=limit)] == [*crowd, *others]


def test_many_accounts_of_which_few_are_wanted_are_read_in_bounded_parts() -> None:
    accounts = {member(f"c{number:04}"): Holds(Lots([Lot(None, 1)])) for number in range(5_000)}
    world = shop({**accounts, member("zoe"): Holds(Lots([Lot(None, 100)]))})
    found = [page.customers for page in pages(world, Wanted(min_balance=100), Sort.CUSTOMER, 10)]
    assert [names(some) for some in found] == [[], [], ["zoe"]]


@pytest.mark.parametrize("sort", [Sort.LOWEST, Sort.HIGHEST, Sort.NEXT_EXPIRY])
def test_only_so_many_accounts_are_sorted(sort: Sort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_SORTED", 20)
    world = shop({member(f"c{number:02}"): Holds(Lots([Lot(None, number + 1)])) for number in range(20)})
    assert len(listed(world, sort=sort)) == 20
    hold(world, member("one more"), Holds(Lots()))
    assert isinstance(world.ledger, Watched)
    world.ledger.looked_at = 0
    with pytest.raises(Refused, match="too_many_to_sort") as refused:
        listed(world, sort=sort)
    assert (refused.value.pointer, world.ledger.looked_at) == ("/sort", 0)
    assert len(listed(world)) == 20
    # Of those in which something expires in time there may be as many, beside any number of others.
    hold(world, member("c01"), Holds(Lots([Lot(NOW + DAY, 1)])))
    assert names(listed(world, Wanted(expiring_before=NOW + DAY), sort)) == ["c01"]


def test_what_cannot_be_sorted_in_time_is_refused() -> None:
    world = shop({member("ann"): Holds(Lots([Lot(None, 1)]))})
    with pytest.raises(Refused, match="too_many_to_sort"):
        list_balances(world, "shop", EVERYONE, Sort.HIGHEST, 1, None, lambda: True)
    assert names(list_balances(world, "shop", EVERYONE, Sort.CUSTOMER, 1, None, lambda: True).customers) == ["ann"]


def test_a_tier_that_the_program_does_not_have_is_refused() -> None:
    world = shop({member("ann"): Holds(Lots([Lot(None, 1)]), tier="gone")})
    with pytest.raises(Refused, match="unknown_tier") as refused:
        listed(world, Wanted(tier="gone"))
    assert refused.value.pointer == "/tier"
    assert listed(world, Wanted(tier="gold")) == []


def test_a_program_without_customers_and_one_that_is_not_there() -> None:
    world = shop({})
    for sort in Sort:
        assert list_balances(world, "shop", EVERYONE, sort, 1) == Page(SHOP, [], None)
    with pytest.raises(UnknownProgram):
        list_balances(world, "nowhere", EVERYONE, Sort.CUSTOMER, 1)
