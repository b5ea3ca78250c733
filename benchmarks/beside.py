"""What trading costs beside a job: orders and redemptions with and without rows being carried out at the same time."""

import json
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median, quantiles
from threading import Event
from typing import Any

from benchmarks.machine import emulated, machine
from benchmarks.report import Cell, Section, Table
from benchmarks.shops import put_accounts
from benchmarks.throughput import CountingLedger
from loyalty.domain.jobs.job import JobKind
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.transaction import Transaction
from loyalty.entry.rows.codec import row_codec
from loyalty.ports.faults import Unavailable
from loyalty.ports.ledger import WriteOff
from loyalty.ports.world import World
from loyalty.usecases.commands.write_together import ACCOUNTS_PER_WRITE
from loyalty.usecases.jobs.start import JobRequest, start_job, view_job
from loyalty.usecases.jobs.work import ROWS_PER_PART, work_on
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.orders.redeem import redeem_points
from tests.support.builders import order, program
from tests.support.meter import Bill, Meter
from tests.support.shop import STOREFRONT, use, yearly
from tests.support.table import create_table, dynamodb_client
from tests.support.worlds import KeptJobs, world_in_dynamodb

ROUNDS = 3
SECONDS = 3.0
TRADERS = 4
WORKERS = 5
"""As many as the queue of jobs lets work at once (MaximumConcurrency in template.yaml)."""
CUSTOMERS = 250
ROWS = 10_000
"""More than are carried out in a run."""
BESIDE = ("nothing", "adjustments of others", "adjustments of the same customers", "cards")
HOW = (
    f"{TRADERS} threads of one process complete orders and redeem a point, by turns, for {CUSTOMERS} customers drawn "
    f"at random; {WORKERS} threads of another process work on the rows of a job, which touches other customers, the "
    f"same ones (with up to {ACCOUNTS_PER_WRITE * WORKERS} of them in its hands at any moment), or none. Each kind "
    f"took turns with the others, {ROUNDS} times {SECONDS:.0f} s. Counted: what the traders' commands cost, with what "
    "they did anew because another write was first. Timed: the rest. A job of any size gets no more workers on AWS, "
    f"where its queue's MaximumConcurrency is {WORKERS} for all programs together. There it shares no processor with "
    "the traders; here both share two cores with the emulator, which does one thing at a time: what is timed is mostly "
    "that."
)
NOTE = (
    "A command is two reads side by side and a write: three calls. The emulator reports no units for a write that came "
    "too late, which DynamoDB bills: there it is the calls that grow."
)


@dataclass
class Run:
    """What was traded in a run, and what the job beside it did meanwhile."""

    latencies: list[float]
    busy: int
    overtaken: int
    bill: Bill
    seconds: float
    rows: int
    """Of the job, that were written meanwhile."""
    rows_overtaken: int
    """Its writes that others overtook."""

    @property
    def done(self) -> int:
        return len(self.latencies)


def measure() -> Section:
    runs: dict[str, list[Run]] = {beside: [] for beside in BESIDE}
    with emulated() as url:
        for _ in range(ROUNDS):
            for beside, found in runs.items():
                found.append(_run(url, beside))
    alone = runs["nothing"]
    return Section(
        title="Trading beside a job",
        how=HOW,
        tables=[
            Table(
                "Counted",
                (
                    "beside",
                    "commands",
                    "write units each",
                    "ratio",
                    "index units each",
                    "calls each",
                    "calls ratio",
                    "overtaken, each",
                    "answered busy",
                    "rows of the job",
                    "its writes overtaken",
                ),
                [_counted(beside, found, alone) for beside, found in runs.items()],
                note=NOTE,
            ),
            Table(
                "Timed, medians of the runs",
                ("beside", "commands a second", "ratio", "p50 ms", "p95 ms", "p99 ms", "p50 ratio", "p95 ratio"),
                [_timed(beside, found, alone) for beside, found in runs.items()],
            ),
        ],
        machine=machine(),
    )


def _counted(beside: str, runs: Sequence[Run], alone: Sequence[Run]) -> list[Cell]:
    def each(found: Sequence[Run]) -> tuple[float, float, float]:
        commands = sum(run.done + run.busy for run in found)
        units = sum(run.bill.write_units for run in found)
        index = sum(sum(run.bill.index_units.values()) for run in found)
        return units / commands, index / commands, sum(len(run.bill.calls) for run in found) / commands

    units, index, calls = each(runs)
    units_alone, _, calls_alone = each(alone)
    done, busy = sum(run.done for run in runs), sum(run.busy for run in runs)
    return [
        beside,
        done,
        round(units, 3),
        round(units / units_alone, 3),
        round(index, 3),
        round(calls, 3),
        round(calls / calls_alone, 3),
        round(sum(run.overtaken for run in runs) / (done + busy), 4),
        busy,
        sum(run.rows for run in runs),
        sum(run.rows_overtaken for run in runs),
    ]


def _timed(beside: str, runs: Sequence[Run], alone: Sequence[Run]) -> list[Cell]:
    def middle(found: Sequence[Run]) -> tuple[float, list[float]]:
        cuts = [quantiles(run.latencies, n=100) for run in found]
        percentiles = [median(cut[place] for cut in cuts) * 1000 for place in (49, 94, 98)]
        return median(run.done / run.seconds for run in found), percentiles

    speed, percentiles = middle(runs)
    speed_alone, percentiles_alone = middle(alone)
    ratios = [mine / theirs for mine, theirs in zip(percentiles[:2], percentiles_alone[:2], strict=True)]
    return [
        beside,
        round(speed, 1),
        round(speed / speed_alone, 2),
        *(round(number, 1) for number in percentiles),
        *(round(ratio, 2) for ratio in ratios),
    ]


def _run(url: str, beside: str) -> Run:
    client = dynamodb_client(url)
    table = create_table(client)
    settings = program(**yearly())
    world = world_in_dynamodb(client, table, settings)
    put_accounts(client, table, "c", CUSTOMERS, Lot(None, 1_000_000))
    counting, meter = CountingLedger(world.ledger), Meter(client)
    world = replace(world, ledger=counting, clock=lambda: datetime.now(UTC))
    with _job(url, table, beside) as look:
        before, began = look(), time.monotonic()
        with meter.metering(trips=False) as bill, ThreadPoolExecutor(TRADERS) as pool:
            parts = list(pool.map(lambda trader: _trade(world, trader, began + SECONDS), range(TRADERS)))
        seconds, after = time.monotonic() - began, look()
    client.close()
    latencies = [latency for mine, _ in parts for latency in mine]
    return Run(
        latencies,
        sum(busy for _, busy in parts),
        counting.lost,
        bill,
        seconds,
        after[0] - before[0],
        after[1] - before[1],
    )


def _trade(world: World, trader: int, until: float) -> tuple[list[float], int]:
    """Completes an order, redeems for another, and so on: how long each took, and how many were answered with busy."""
    latencies, busy, number = [], 0, 0
    chance = random.Random(trader)
    while time.monotonic() < until:
        number += 1
        customer_id, order_id = f"c-{chance.randrange(CUSTOMERS):06d}", f"#{trader}-{number}"
        began = time.monotonic()
        try:
            if number % 2:
                complete_order(world, "shop", order(order_id, customer_id), STOREFRONT)
            else:
                redeem_points(world, "shop", order_id, use(1, customer_id), STOREFRONT)
        except Unavailable:
            busy += 1
        else:
            latencies.append(time.monotonic() - began)
    return latencies, busy


@contextmanager
def _job(url: str, table: str, beside: str) -> Iterator[Callable[[], tuple[int, int]]]:
    """A job that another process works on meanwhile; gives its rows written and its writes lost so far."""
    if beside == "nothing":
        yield lambda: (0, 0)
        return
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_work, args=(url, table, beside, there))
    process.start()
    try:
        here.recv()

        def look() -> tuple[int, int]:
            here.send("look")
            rows, lost = here.recv()
            return rows, lost

        yield look
        here.send("end")
        if not here.recv():
            raise RuntimeError(f"the job failed: {beside}")
    finally:
        process.kill()
        process.join()


def _work(url: str, table: str, beside: str, there: Any) -> None:
    """Has workers do the parts of a job until it is told to end; it is checked before the trading begins."""
    client = dynamodb_client(url)
    world = world_in_dynamodb(client, table)
    done = CountingRows(world.ledger)
    world = replace(world, clock=lambda: datetime.now(UTC), ledger=done)
    assert isinstance(world.jobs, KeptJobs)
    jobs, ended = world.jobs, Event()
    job_id = start_job(world, "shop", "key", lambda _: _request(beside), STOREFRONT).job.job_id
    if (task := jobs.take()) is None:
        raise RuntimeError("the job was not handed over")
    work_on(world, task, row_codec(world))
    parts = view_job(world, "shop", job_id).job.parts

    def part(_: int) -> None:
        task = None if ended.is_set() else jobs.take()
        if task:
            work_on(world, task, row_codec(world))

    with ThreadPoolExecutor(WORKERS) as workers:
        under_way = [workers.submit(part, number) for number in range(parts)]
        there.send("ready")
        while there.recv() != "end":
            there.send((done.rows, done.lost))
        ended.set()
        there.send(not any(one.exception() for one in under_way if one.done()))


class CountingRows(CountingLedger):
    """Counts the rows that were written too; of a batch of cards each is one."""

    rows = 0

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        super().write(transactions, write_off)
        with self._lock:
            self.rows += sum(len(transaction.movements) for transaction in transactions)


def _request(beside: str) -> JobRequest:
    if beside == "cards":
        return JobRequest(kind=JobKind.CARDS, dry_run=False, form="jsonl", content=json.dumps({"count": ROWS}).encode())
    lines = (
        json.dumps({"customer_id": _customer(beside, row), "points": 1 + row // CUSTOMERS, "reason": "ported"})
        for row in range(ROWS)
    )
    return JobRequest(kind=JobKind.ADJUSTMENTS, dry_run=False, form="jsonl", content="\n".join(lines).encode())


def _customer(beside: str, row: int) -> str:
    """Whom a row is about. Parts, which are worked on side by side, begin with different customers."""
    if beside == "adjustments of others":
        return f"other-{row:06d}"
    return f"c-{(row + row // ROWS_PER_PART * (CUSTOMERS // WORKERS)) % CUSTOMERS:06d}"
