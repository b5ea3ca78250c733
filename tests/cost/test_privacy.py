"""What erasing, handing out and auditing cost, and that nobody else pays for them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.points.issue import Issue
from loyalty.usecases.customers.erase import erase_customer
from loyalty.usecases.customers.export import export_customer
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.points.issue import issue_points
from tests.cost.conftest import Budgets
from tests.support.builders import member, order, program
from tests.support.shop import Metered

ADMIN = Sender("admin", "API", address="203.0.113.7")

type Make = Callable[..., Metered]


@pytest.mark.parametrize("orders", [10, 200])
def test_an_erasure_costs_little_for_each_movement(metered: Make, budgets: Budgets, orders: int) -> None:
    shop = metered(program())
    for number in range(orders):
        complete_order(shop.world, "shop", order(f"#{number}"), Sender("store", "API"))
    world = replace(shop.world, sleep=lambda seconds: None)
    with shop.meter.metering(trips=False) as bill:
        done = erase_customer(world, member(), ADMIN)
    assert (done.done, done.rewritten) == (True, orders)
    budgets.hold(f"erase, each of {orders} movements", bill, writes=2.125 + 12.0 / orders, reads=3.0, accounts=orders)
    assert bill.writes <= orders / 12 + 4


def test_an_export_costs_a_record_and_a_page(metered: Make, budgets: Budgets) -> None:
    shop = metered(program())
    for number in range(100):
        complete_order(shop.world, "shop", order(f"#{number}"), Sender("store", "API"))
    with shop.meter.metering() as bill:
        export_customer(shop.world, member(), ADMIN, "request")
    budgets.hold("export, 100 movements", bill, writes=2, trips=5, reads=12)


def test_an_act_costs_an_index_unit_and_an_order_none(metered: Make, budgets: Budgets) -> None:
    shop = metered(program())
    gift = Issue(account_id=member(), points=5, expires_at=None, reason="goodwill")
    bills = []
    for key, address in (("a", None), ("b", None), ("c", ADMIN.address)):
        with shop.meter.metering() as bill:
            issue_points(shop.world, "shop", key, gift, Sender("admin", "API", address=address))
        bills.append(bill)
    budgets.hold("issue, in the audit", bills[2], writes=4, trips=2, reads=1.5)
    assert bills[1].index_units.get("audit_by_month", 0) == 0
    assert bills[2].index_units["audit_by_month"] == 1
    assert sum(bills[2].index_units.values()) == sum(bills[1].index_units.values()) + 1
