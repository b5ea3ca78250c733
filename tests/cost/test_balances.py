"""What a page of outstanding balances costs: it must not grow with the program, where it need not look at all of it."""

from collections.abc import Callable
from itertools import batched

import pytest

from loyalty.domain.customers.balances import Sort, Wanted
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.lots import Lot
from loyalty.usecases.customers import balances as listing
from loyalty.usecases.customers.balances import list_balances
from tests.cost.conftest import Budgets
from tests.support.builders import DAY, NOW, issuing, member, program
from tests.support.meter import Bill
from tests.support.shop import Metered

type Make = Callable[..., Metered]

SHARDS = 16


@pytest.fixture
def shop(metered: Make) -> Callable[[int], Metered]:
    """Makes a shop of so many customers with 30 lots each, of whom every twentieth has points that expire tomorrow."""

    def make(customers: int) -> Metered:
        shop = metered(program())
        later = [Lot(NOW + number * DAY, 10 + number) for number in range(2, 32)]
        new = [Account(account_id=member(f"gid://shop/Customer/{number:012}")) for number in range(customers)]
        for some in batched(enumerate(new), 49, strict=False):
            soon = [[Lot(NOW + DAY, 5)] if number % 20 == 0 else [] for number, _ in some]
            shop.world.ledger.write(
                [issuing(account, *more, *later) for more, (_, account) in zip(soon, some, strict=True)]
            )
        return shop

    return make


def bill_of(shop: Metered, sort: Sort, limit: int, wanted: Wanted | None = None) -> tuple[Bill, int]:
    """What a page costs, and how many customers are on it."""
    with shop.meter.metering() as bill:
        page = list_balances(shop.world, "shop", wanted or Wanted(), sort, limit)
    return bill, len(page.customers)


def test_a_page_by_customer_costs_the_accounts_on_it_whatever_the_program_has(
    shop: Callable[[int], Metered], budgets: Budgets
) -> None:
    bills = []
    for customers in (700, 1_400):
        filled = shop(customers)
        for limit, reads in ((100, 0.6), (500, 0.56)):
            bill, found = bill_of(filled, Sort.CUSTOMER, limit)
            assert found == limit
            name = f"balances, each of a page of {limit}, {customers} accounts"
            budgets.hold(name, bill, writes=0, trips=2, reads=reads, accounts=limit)
            bills.append((limit, bill.read_units, len(bill.calls)))
    assert bills[:2] == bills[2:]


def test_a_page_on_which_nobody_is_reads_so_many_accounts_and_no_more(
    shop: Callable[[int], Metered], budgets: Budgets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", 500)
    bill, found = bill_of(shop(700), Sort.CUSTOMER, 100, Wanted(min_balance=10**9))
    assert found == 0
    budgets.hold("balances, each of 500 accounts looked at in vain", bill, writes=0, reads=0.56, accounts=500)


def test_a_sorted_page_costs_all_accounts(shop: Callable[[int], Metered], budgets: Budgets) -> None:
    filled = shop(700)
    bill, found = bill_of(filled, Sort.HIGHEST, 100)
    assert found == 100
    budgets.hold("balances, sorted, each of 700 accounts", bill, writes=0, trips=2, reads=0.54, accounts=700)


def test_who_has_points_that_expire_costs_them_alone(shop: Callable[[int], Metered], budgets: Budgets) -> None:
    bills = []
    for customers in (700, 1_400):
        bill, found = bill_of(shop(customers), Sort.NEXT_EXPIRY, 100, Wanted(expiring_before=NOW + DAY))
        assert found == customers // 20
        name = f"balances, each of {found} that expire, of {customers}"
        budgets.hold(name, bill, writes=0, trips=2, reads=0.5 + 0.5 * SHARDS / found, accounts=found)
        bills.append(bill.read_units - found / 2)
    assert bills == [0.5 * SHARDS] * 2
