"""Does a purge get dearer with accounts that are not due? Counts requests and units on the emulator's DynamoDB.

`python -m benchmarks.purge` prints a table and writes docs/benchmarks/purge.json. It takes some minutes, nearly all of
them to make the accounts that are not due.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "layers/domain/python"))

from loyalty.domain.account import Account  # noqa: E402
from loyalty.domain.lots import Lot  # noqa: E402
from loyalty.ports import World  # noqa: E402
from tests.cost.meter import Bill, Meter  # noqa: E402
from tests.given import DAY, NOW, issuing, member, program  # noqa: E402
from tests.table import create_table, dynamodb_client  # noqa: E402
from tests.worlds import Clock, purge, world_in_dynamodb  # noqa: E402
from tools import emulator  # noqa: E402

RESULT = ROOT / "docs/benchmarks/purge.json"
OTHERS = (0, 1_000, 10_000, 100_000)
DUE = 1_000
ACCOUNTS_AT_ONCE = 50


@dataclass(frozen=True)
class Row:
    """A purge: how many accounts there were, and what it took. Units and requests are for each due account."""

    accounts_not_due: int
    accounts_due: int
    queries: int
    write_requests: float
    write_units: float
    index_units: float
    read_units: float


def main() -> None:
    rows = []
    with emulated() as client:
        meter = Meter(client)
        for others in OTHERS:
            table = create_table(client)
            clock = Clock()
            world = world_in_dynamodb(client, table, program(), clock=clock)
            began = time.monotonic()
            fill(world, "other", others, Lot(NOW + 400 * DAY, 5))
            print(f"{others} accounts that are not due: made in {time.monotonic() - began:.0f} s", flush=True)
            clock.let_pass(timedelta(seconds=1))
            rows.append(measured(world, meter, others, 0))
            fill(world, "due", DUE, Lot(NOW + DAY, 7), Lot(None, 5))
            clock.let_pass(2 * DAY)
            rows.append(measured(world, meter, others, DUE))
    show(rows)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    print(f"written to {RESULT.relative_to(ROOT)}")


@contextmanager
def emulated() -> Iterator[Any]:
    """A client of an emulator of its own."""
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        running = emulator.start(directory, emulator.free_port(), keep=False)
        try:
            yield dynamodb_client(running.url)
        finally:
            emulator.stop(directory)


def fill(world: World, name: str, accounts: int, *lots: Lot) -> None:
    new = [Account(account_id=member(f"{name}-{number}")) for number in range(accounts)]
    for start in range(0, accounts, ACCOUNTS_AT_ONCE):
        world.ledger.write([issuing(account, *lots) for account in new[start : start + ACCOUNTS_AT_ONCE]])


def measured(world: World, meter: Meter, others: int, due: int) -> Row:
    with meter.metering(trips=False) as bill:
        purged = purge(world, "shop")
    if (purged.accounts, purged.left) != (due, 0):
        raise AssertionError(f"{due} accounts were due, {purged} were written off")
    return row(bill, others, due)


def row(bill: Bill, others: int, due: int) -> Row:
    each = max(due, 1)
    return Row(
        accounts_not_due=others,
        accounts_due=due,
        queries=bill.queries,
        write_requests=round(bill.writes / each, 4),
        write_units=round(bill.write_units / each, 4),
        index_units=round(sum(bill.index_units.values()) / each, 4),
        read_units=round(bill.read_units / each, 4),
    )


def show(rows: list[Row]) -> None:
    print("\nfor each account that is due (in all, where none is):")
    print(f"{'not due':>8}{'due':>7}{'queries':>9}{'writes':>9}{'units':>8}{'index':>8}{'reads':>8}")
    for r in rows:
        print(
            f"{r.accounts_not_due:>8}{r.accounts_due:>7}{r.queries:>9}{r.write_requests:>9}{r.write_units:>8}"
            f"{r.index_units:>8}{r.read_units:>8}"
        )


if __name__ == "__main__":
    main()
