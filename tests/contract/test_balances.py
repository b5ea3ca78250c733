"""The list of balances on every store: complete, in order, and the liability, while points move and after."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from loyalty.domain.customers.balances import Balance, Sort, Wanted, as_listed
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import AccountId
from loyalty.usecases.books.liability import view_liability
from loyalty.usecases.customers.balances import list_balances
from tests.contract.conftest import Store
from tests.support.builders import DAY, NOW, issuing, program
from tests.support.worlds import Clock, World, purge, save, world

CUSTOMERS = [AccountId("shop", f"{letter}{number}", number % 7 == 0) for letter in "aøZ#" for number in range(22)]
TODAY = NOW.date()


@pytest.fixture
def shop(store: Store) -> World:
    """Customers with as many points as their place in the list; every third has one more, which is about to expire."""
    shop = world(store.ledger, store.programs, store.books, Clock(), erasures=store.erasures, audit=store.audit)
    save(store.programs, program())
    for number, account_id in enumerate(CUSTOMERS, start=1):
        give(shop, account_id, number, *([1] if number % 3 == 0 else []))
    give(shop, AccountId("shop-2", "a1"), 1)
    return shop


def give(shop: World, account_id: AccountId, *points: int) -> None:
    """So many points that stay, and so many that expire in a day."""
    lots = [Lot(until, some) for until, some in zip((None, NOW + DAY), points, strict=False)]
    shop.ledger.write([issuing(shop.ledger.account(account_id, consistent=True), *lots)])


def listed(
    shop: World, sort: Sort, wanted: Wanted, limit: int, between: Callable[[int], None] = lambda page: None
) -> Iterator[Balance]:
    after = None
    for number in count():
        page = list_balances(shop, "shop", wanted, sort, limit, after)
        yield from page.customers
        after = page.after
        if after is None:
            return
        between(number)


@pytest.mark.parametrize("limit", [13, 500])
def test_every_order_names_everybody_once(shop: World, limit: int) -> None:
    found = {sort: list(listed(shop, sort, Wanted(), limit)) for sort in Sort}
    assert [one.account_id for one in found[Sort.CUSTOMER]] == sorted(CUSTOMERS, key=as_listed)
    balances = [one.balance for one in found[Sort.LOWEST]]
    assert balances == sorted(balances)
    assert [one.balance for one in found[Sort.HIGHEST]] == balances[::-1]
    everybody = sorted(found[Sort.CUSTOMER], key=str)
    assert all(sorted(of_order, key=str) == everybody for of_order in found.values())
    soon = [one.account_id for one in listed(shop, Sort.NEXT_EXPIRY, Wanted(expiring_before=NOW + DAY), limit)]
    assert soon == sorted(CUSTOMERS[2::3], key=as_listed)
    assert soon == [one.account_id for one in found[Sort.NEXT_EXPIRY]][: len(soon)]


def test_the_sum_is_the_liability_before_a_purge_and_after(shop: World) -> None:
    clock = shop.clock
    assert isinstance(clock, Clock)
    clock.let_pass(DAY)
    for _ in range(2):
        liability = view_liability(shop, "shop", TODAY - DAY, TODAY + 2 * DAY)
        found = list(listed(shop, Sort.CUSTOMER, Wanted(), 50))
        assert sum(one.outstanding for one in found) == liability.outstanding == liability.rolled.closing.points
        purge(shop, "shop")


def test_nobody_is_missed_or_named_twice_while_points_move(shop: World) -> None:
    written: list[AccountId] = []

    def move(page: int) -> None:
        """Points come in and expire, for customers before and behind this page; others come."""
        for account_id in (CUSTOMERS[page], CUSTOMERS[-page - 1], AccountId("shop", f"{'aZø'[page % 3]}new{page}")):
            give(shop, account_id, 1_000)
            written.append(account_id)
        if page == 3:
            assert isinstance(shop.clock, Clock)
            shop.clock.let_pass(DAY)
            purge(shop, "shop")

    found = [one.account_id for one in listed(shop, Sort.CUSTOMER, Wanted(), 13, move)]
    assert len(written) > 15
    assert found == sorted(set(found), key=as_listed)
    assert set(CUSTOMERS) < set(found)
