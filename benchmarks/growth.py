"""What does not grow, and how what grows does: orders of a customer, lots, accounts, items of an order."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from benchmarks.costs import CUSTOMER, all_points, cancel, look, redeem
from benchmarks.machine import dynamodb
from benchmarks.plots import curves
from benchmarks.report import Cell, Section, Table
from benchmarks.shops import open_shop, put_accounts
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.orders.order import Item
from loyalty.usecases.orders.complete import complete_order
from tests.support.builders import DAY, NOW, member, order, program
from tests.support.meter import Bill
from tests.support.shop import MIDNIGHT, STOREFRONT, Metered, complete, daily, yearly
from tests.support.worlds import purge

ORDERS = (1, 100, 10_000)
LOTS = (1, 10, 70, 365)
ACCOUNTS = (1, 100, 10_000, 100_000)
ITEMS = (1, 10, 100, 500)
DUE = 100
COLUMNS = ("operation", "write units", "index units", "read units", "round trips", "bytes written", "bytes read")

type Run = Callable[[Metered], object]


def measure() -> Section:
    with dynamodb() as client:
        orders = list(_by_orders(client))
        lots = list(_by_lots(client))
        accounts = list(_by_accounts(client))
        items = list(_by_items(client))
    lots_of = {
        f"{name}: write units": [(row[0], row[2]) for row in lots if row[1] == name]
        for name in ("accrue", "redeem all")
    }
    plot = curves("growth", "Write units by lots in the account (the budget at 365 is 12)", lots_of, x="lots")
    return Section(
        title="How costs grow",
        how="Counted, as above. Orders are really completed, one after the other. Accounts beside the measured one are "
        "put as items, since no operation reads them.",
        tables=[
            Table("By orders that the customer completed before", ("orders", *COLUMNS), orders),
            Table("By lots in the account", ("lots", *COLUMNS), lots),
            Table(
                "By accounts in the program that have nothing to do with it",
                ("accounts", *COLUMNS),
                accounts,
                note=f"The purge is that of {DUE} accounts that are due, whole.",
            ),
            Table(
                "By items of the order",
                ("items", *COLUMNS),
                items,
                note="Lines are not kept: what an order earned by which rule is. Every third line is of a promotion.",
            ),
        ],
        plots=[plot],
    )


def _measured(shop: Metered, name: str, run: Run, *, trips: bool = True) -> list[Cell]:
    with shop.meter.metering(trips=trips) as bill:
        run(shop)
    return _row(name, bill, bill.round_trips if trips else None)


def _row(name: str, bill: Bill, trips: int | None) -> list[Cell]:
    index = sum(bill.index_units.values())
    return [name, bill.write_units, index, bill.read_units, trips, bill.bytes_written, bill.bytes_read]


def _everything(shop: Metered, points: int, order_id: str = "#1001") -> Iterator[list[Cell]]:
    """Points of an order come on top of the lots; then another order uses `points`, and is completed and cancelled."""
    other = f"{order_id}-other"
    yield _measured(shop, "balance", look)
    yield _measured(shop, "accrue", lambda shop: complete(shop, order_id))
    yield _measured(shop, "repeat", lambda shop: complete(shop, order_id))
    yield _measured(shop, "redeem all" if points > 1 else "redeem", lambda shop: redeem(shop, points, other))
    complete(shop, other)
    yield _measured(shop, "cancel", lambda shop: cancel(shop, other))


def _settings() -> dict[str, Any]:
    return yearly(earn={"on_redeemed_order": "full"})


def _by_orders(client: Any) -> Iterator[Sequence[Cell]]:
    shop, _ = open_shop(client, program(**_settings()))
    done = 0
    for orders in ORDERS:
        for number in range(done, orders):
            complete(shop, f"#before-{number}")
        done = orders
        yield from ([orders, *row] for row in _everything(shop, 1, f"#after-{orders}"))


def _by_lots(client: Any) -> Iterator[Sequence[Cell]]:
    for lots in LOTS:
        shop, _ = open_shop(client, program(**_settings()))
        shop.give(member(CUSTOMER), *daily(lots))
        yield from ([lots, *row] for row in _everything(shop, all_points(lots)))


def _by_accounts(client: Any) -> Iterator[Sequence[Cell]]:
    for accounts in ACCOUNTS:
        shop, table = open_shop(client, program(**_settings()))
        shop.give(member(CUSTOMER), *daily(30))
        put_accounts(client, table, "other", accounts - 1, Lot(MIDNIGHT + 400 * DAY, 5))
        yield from ([accounts, *row] for row in _everything(shop, all_points(30)))
        put_accounts(client, table, "due", DUE, Lot(NOW + DAY, 7), Lot(None, 5))
        shop.clock.now = NOW + DAY
        yield [accounts, *_measured(shop, "purge", lambda shop: purge(shop.world, "shop"), trips=False)]


def _by_items(client: Any) -> Iterator[Sequence[Cell]]:
    window = {"starts_at": (NOW - DAY).isoformat(), "ends_at": (NOW + DAY).isoformat()}
    promotion = {"id": "winter-sale", **window, "multiplier": "1.5", "categories": ["winter"]}
    for count in ITEMS:
        shop, _ = open_shop(client, program(**yearly(promotions=[promotion])))
        shop.give(member(CUSTOMER), *daily(30))
        lines = tuple(
            Item(sku=f"SKU-{n:05d}", quantity=1, amount=Decimal("9.99"), category="winter" if n % 3 == 0 else None)
            for n in range(count)
        )
        large = order("#1001", CUSTOMER, items=lines, total=sum((line.amount for line in lines), Decimal(0)))
        with shop.meter.metering() as bill:
            complete_order(shop.world, "shop", large, STOREFRONT)
        yield [count, *_row("accrue", bill, bill.round_trips)]
