"""What operations cost, beside what they may."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.machine import dynamodb
from benchmarks.report import Cell, Section, Table
from benchmarks.shops import open_shop
from loyalty.usecases.customers.account import view_account
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.redeem import redeem_points
from tests.support.builders import DAY, member, program
from tests.support.meter import Bill
from tests.support.shop import MIDNIGHT, STOREFRONT, Metered, complete, daily, fill, use, yearly
from tests.support.worlds import purge

CUSTOMER = "c-48151623"
COLUMNS = (
    "operation",
    "write units",
    "may be",
    "index units",
    "read units",
    "may be ",
    "round trips",
    "may be  ",
    "bytes written",
    "bytes read",
)


@dataclass(frozen=True)
class Operation:
    """Something that is metered, after `before` has set the stage."""

    name: str
    budget: tuple[float, float | None, int | None]
    """Write units, read units, round trips."""
    run: Callable[[Metered], object]
    lots: int = 0
    before: Callable[[Metered], object] = lambda shop: None


def redeem(shop: Metered, points: int, order_id: str = "#1001") -> None:
    redeem_points(shop.world, "shop", order_id, use(points), STOREFRONT)


def cancel(shop: Metered, order_id: str = "#1001") -> None:
    cancel_order(shop.world, "shop", order_id, CUSTOMER, "customer changed their mind", STOREFRONT)


def redeem_and_complete(shop: Metered) -> None:
    redeem(shop, 1_000)
    complete(shop)


def look(shop: Metered) -> None:
    view_account(shop.world, member(CUSTOMER))


def all_points(count: int) -> int:
    return sum(lot.points for lot in daily(count))


OPERATIONS = (
    Operation("accrue, a new account", (4, 1.5, 2), complete),
    Operation("accrue, 30 lots", (4, 1.5, 2), complete, 30),
    Operation("accrue, 365 lots", (12, 2, 2), complete, 365),
    Operation("repeat of an order", (0, 1, 1), complete, 30, complete),
    Operation("redeem, 1 of 30 lots", (4, 1.5, 2), lambda shop: redeem(shop, 50), 30),
    Operation("redeem, all of 30 lots", (4, 1.5, 2), lambda shop: redeem(shop, all_points(30)), 30),
    Operation("redeem, all of 365 lots", (12, 2, 2), lambda shop: redeem(shop, all_points(365)), 365),
    Operation("cancel, earned and redeemed", (6, 1.5, 2), cancel, 30, redeem_and_complete),
    Operation("balance, 30 lots", (0, 0.5, 1), look, 30),
    Operation("balance, 365 lots", (0, 0.5, 1), look, 365),
)
DUE = 1_000


def measure() -> Section:
    with dynamodb() as client:
        rows = [_row(client, operation) for operation in OPERATIONS]
        rows.append(_purge(client))
        rows.append(_idle_purge(client))
    return Section(
        title="What operations cost",
        how="Counted at the wire, so the same on every machine. Write units as DynamoDB reports them on the base "
        "table; index units come on top. Read units by DynamoDB's rule on the sizes of what was read. Reads side by "
        "side are one round trip. Bytes are those of whole items. Settings are in memory, as they are for all but one "
        "request a second and function.",
        tables=[Table("Units, round trips and bytes of an operation, and the budgets", COLUMNS, rows)],
    )


def _row(client: Any, operation: Operation) -> list[Cell]:
    shop, _ = open_shop(client, program(**yearly(earn={"on_redeemed_order": "full"})))
    if operation.lots:
        shop.give(member(CUSTOMER), *daily(operation.lots))
    operation.before(shop)
    with shop.meter.metering() as bill:
        operation.run(shop)
    return row(operation.name, bill, operation.budget, trips=bill.round_trips)


def row(
    name: str, bill: Bill, budget: tuple[float, float | None, int | None], *, each: int = 1, trips: int | None = None
) -> list[Cell]:
    """A bill, divided by `each`, beside its budget."""
    writes, reads, round_trips = budget
    index = sum(bill.index_units.values())
    numbers = (bill.write_units, index, bill.read_units, bill.bytes_written, bill.bytes_read)
    write_units, index_units, read_units, written, read = (round(number / each, 3) for number in numbers)
    return [
        name,
        write_units,
        writes,
        index_units,
        read_units,
        reads,
        trips,
        round_trips,
        round(written),
        round(read),
    ]


def _purge(client: Any) -> list[Cell]:
    shop, _ = open_shop(client, program(**yearly()))
    fill(shop, DUE, daily(10))
    shop.clock.now = MIDNIGHT + 2 * DAY
    with shop.meter.metering(trips=False) as bill:
        purged = purge(shop.world, "shop")
    if (purged.accounts, purged.left) != (DUE, 0):
        raise AssertionError(f"{DUE} accounts were due: {purged}")
    return row(f"purge, each of {DUE:,} accounts due", bill, (4.5, 1.5, None), each=DUE)


def _idle_purge(client: Any) -> list[Cell]:
    shop, _ = open_shop(client, program(**yearly()))
    fill(shop, DUE, daily(3))
    with shop.meter.metering(trips=False) as bill:
        purge(shop.world, "shop")
    return row(f"purge, nothing due of {DUE:,} accounts", bill, (0, None, None))
