"""How many accounts a purge writes off in a second, and for a dollar."""

import time
from typing import Any

from benchmarks import prices
from benchmarks.machine import dynamodb, machine
from benchmarks.report import Cell, Section, Table
from benchmarks.shops import open_shop, put_accounts
from loyalty.domain.ledger.lots import Lot
from tests.support.builders import DAY, NOW, program
from tests.support.worlds import purge

DUE = (1_000, 10_000, 100_000)


def measure() -> Section:
    with dynamodb() as client:
        rows = [_row(client, due) for due in DUE]
    return Section(
        title="The purge",
        how="Units are counted, seconds are timed: all parts of a purge one after the other in one process, against "
        "the emulator. Dollars are DynamoDB's list prices for units of table and indexes; Lambda and SQS come to less "
        "than a hundredth of that. Accounts are put as items, with two lots of which one has expired.",
        tables=[
            Table(
                "Purges of accounts that are due",
                (
                    "due",
                    "seconds",
                    "of it in queries",
                    "accounts a second",
                    "accounts a dollar",
                    "write units each",
                    "index units each",
                    "read units each",
                    "write requests each",
                ),
                rows,
                note="Each part asks an index once for each 49 accounts. The emulator goes through the whole table for "
                "each such query, so their time grows with the square of the accounts. DynamoDB does not do that.",
            )
        ],
        machine=machine(),
    )


def _row(client: Any, due: int) -> list[Cell]:
    shop, table = open_shop(client, program())
    put_accounts(client, table, "due", due, Lot(NOW + DAY, 7), Lot(None, 5))
    shop.clock.now = NOW + DAY
    began = time.monotonic()
    with shop.meter.metering(trips=False) as bill:
        purged = purge(shop.world, "shop")
    seconds = time.monotonic() - began
    if (purged.accounts, purged.left) != (due, 0):
        raise AssertionError(f"{due} accounts were due: {purged}")
    querying = sum(call.ended - call.started for call in bill.calls if call.operation == "Query")
    index = sum(bill.index_units.values())
    dollars = (bill.write_units + index) * prices.WRITE_UNIT + bill.read_units * prices.READ_UNIT
    each = (round(number / due, 3) for number in (bill.write_units, index, bill.read_units, bill.writes))
    return [due, round(seconds, 1), round(querying, 1), round(due / seconds), round(due / dollars), *each]
