"""How many orders a second, how late, and how often somebody was overtaken: from 1 to 32 threads."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import quantiles
from threading import Lock
from typing import Any

from benchmarks.machine import dynamodb, machine
from benchmarks.plots import curves
from benchmarks.report import Cell, Section, Table
from loyalty.domain.ledger.transaction import Transaction
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.ledger import Ledger, WriteOff
from loyalty.ports.world import World
from loyalty.usecases.orders.complete import complete_order
from tests.support.builders import order, program
from tests.support.shop import STOREFRONT, yearly
from tests.support.table import create_table
from tests.support.worlds import world_in_dynamodb

THREADS = (1, 2, 4, 8, 16, 32)
SECONDS = 4.0
CUSTOMERS = 1_000
COLUMNS = (
    "threads",
    "orders a second",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "worst ms",
    "overtaken, each order",
    "answered busy",
)


class CountingLedger:
    """Passes everything on to a ledger, and counts writes that lost their race."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = Lock()
        self.lost = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        try:
            self._ledger.write(transactions, write_off)
        except LostRace:
            with self._lock:
                self.lost += 1
            raise


@dataclass
class Run:
    """What the threads of one run did."""

    latencies: list[float]
    busy: int
    seconds: float
    lost: int

    def row(self, threads: int) -> list[Cell]:
        done = len(self.latencies)
        cuts = [cut * 1000 for cut in quantiles(self.latencies, n=100)]
        worst = max(self.latencies) * 1000
        shown = [round(number, 1) for number in (cuts[49], cuts[94], cuts[98], worst)]
        return [threads, round(done / self.seconds, 1), *shown, round(self.lost / (done + self.busy), 3), self.busy]


def measure() -> Section:
    with dynamodb() as client:
        spread = [_run(client, threads, CUSTOMERS).row(threads) for threads in THREADS]
        one = [_run(client, threads, 1).row(threads) for threads in THREADS]
    series = {
        "spread over customers": [(row[0], row[1]) for row in spread],
        "all on one customer": [(row[0], row[1]) for row in one],
    }
    plot = curves("throughput", "Orders a second, in one process against the emulator", series, x="threads")
    return Section(
        title="Throughput and latency",
        how=f"Timed: orders completed in {SECONDS:.0f} s by threads of one Python process, use case to DynamoDB, "
        "against the emulator. Client and emulator each fill about one core, which is where the curve of spread orders "
        "goes flat: it says nothing about AWS. What carries over is how often orders on one customer overtake one "
        "another, and that all are answered.",
        tables=[
            Table(f"Spread over {CUSTOMERS:,} customers", COLUMNS, spread),
            Table("All on one customer", COLUMNS, one),
        ],
        machine=machine(),
        plots=[plot],
    )


def _run(client: Any, threads: int, customers: int) -> Run:
    world = world_in_dynamodb(client, create_table(client), program(**yearly()))
    counting = CountingLedger(world.ledger)
    world = replace(world, ledger=counting, clock=lambda: datetime.now(UTC))
    until = time.monotonic() + SECONDS
    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda thread: _orders(world, thread, customers, until), range(threads)))
    latencies = [latency for mine, _ in parts for latency in mine]
    return Run(latencies, sum(busy for _, busy in parts), time.monotonic() - began, counting.lost)


def _orders(world: World, thread: int, customers: int, until: float) -> tuple[list[float], int]:
    """Completes orders until it is time: how long each took, and how many were answered with busy."""
    latencies, busy, number = [], 0, 0
    chance = random.Random(thread)
    while time.monotonic() < until:
        number += 1
        mine = order(f"#{thread}-{number}", f"c-{chance.randrange(customers)}")
        began = time.monotonic()
        try:
            complete_order(world, "shop", mine, STOREFRONT)
        except Unavailable:
            busy += 1
        else:
            latencies.append(time.monotonic() - began)
    return latencies, busy
