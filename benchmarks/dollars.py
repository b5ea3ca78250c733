"""Dollars for a million orders on AWS, itemised, and the same for two other designs: all three run the same mix."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
from botocore.config import Config

from benchmarks import prices
from benchmarks.alternatives.lots_as_items import LotsAsItems
from benchmarks.alternatives.separate_writes import SeparateWrites
from benchmarks.functions import Functions, deployed
from benchmarks.machine import emulated, machine
from benchmarks.report import Cell, Section, Table
from loyalty.domain.ledger.lots import Lot
from loyalty.entry import wiring
from tests.support.builders import issuing, member, program
from tests.support.meter import WRITES, Bill, Meter, size
from tests.support.shop import yearly
from tools import emulator

ORDERS, CUSTOMERS, LOTS = 200, 40, 30
REPEATS, REDEMPTIONS, CANCELLATIONS = 20, 40, 10
"""Among so many orders. Those that are cancelled had used points, too."""
POINTS = 300
"""That a redemption uses: of three lots."""

MEMORY_GB, CPU_SHARE = 0.5, 512 / 1769
"""Of a function; Lambda gives a whole processor at 1,769 MB."""
WAITS = {"TransactWriteItems": 0.012, "PutItem": 0.006, "UpdateItem": 0.006}
READ_WAIT = 0.004
"""Seconds that DynamoDB takes to answer, assumed."""
ACCESS_LOG, PLATFORM_LOG = 350, 320
"""Bytes of the API's line and of Lambda's own for each request, about."""
TRACED = 0.05
"""X-Ray's default rule, beyond one request a second."""
ITEM_OVERHEAD = 100
"""Bytes that DynamoDB adds to each item and each index entry that it stores."""


@dataclass
class Bought:
    """What a design used for the mix."""

    bills: dict[str, Bill] = field(default_factory=dict)
    """By what was done."""
    calls: dict[str, int] = field(default_factory=dict)
    cpu: float = 0.0
    logged: int = 0
    stored: int = 0

    @property
    def requests(self) -> int:
        return sum(self.calls.values())

    def units(self, which: str) -> float:
        """Of one sort: write, index or read."""
        if which == "index":
            return sum(sum(bill.index_units.values()) for bill in self.bills.values())
        if which == "write":
            return sum(bill.write_units for bill in self.bills.values())
        return sum(bill.read_units for bill in self.bills.values())

    @property
    def waited(self) -> float:
        """Seconds, as assumed; calls under way at once wait for the longest."""
        return sum(_waited(bill) for bill in self.bills.values())


def measure() -> Section:
    with emulated() as url:
        bought = {
            "this ledger": _ledger(url),
            "idempotency utility, separate writes": _alternative(url, SeparateWrites),
            "lots as items": _alternative(url, LotsAsItems),
        }
    logged = bought["this ledger"].logged
    for one in bought.values():
        one.logged = logged
    names = list(bought)
    items = {name: _dollars(one) for name, one in bought.items()}
    rows: list[list[Cell]] = [[what, *(items[name][what] for name in names)] for what in items[names[0]]]
    rows.append(["together", *(round(sum(items[name].values()), 3) for name in names)])
    rows.append(["of it DynamoDB", *(round(sum(list(items[name].values())[:3]), 3) for name in names)])
    return Section(
        title="Dollars for a million orders",
        how=_HOW,
        tables=[
            Table("Dollars at list prices, us-east-1", ("item", *names), rows, note=_NOTE),
            Table("Units of one command", ("command", "design", *_UNITS), _units(bought)),
            Table(
                "Prices, in dollars",
                ("what", "price"),
                [
                    ["DynamoDB on demand, a million write request units", prices.WRITE_UNIT * prices.MILLION],
                    ["DynamoDB on demand, a million read request units", prices.READ_UNIT * prices.MILLION],
                    ["DynamoDB, a GB stored for a month", prices.STORED_GB_MONTH],
                    ["Lambda, a million requests", prices.LAMBDA_REQUEST * prices.MILLION],
                    ["Lambda on arm64, 100,000 GB-seconds", round(prices.LAMBDA_GB_SECOND * 100_000, 5)],
                    ["HTTP API, a million requests", prices.HTTP_API_REQUEST * prices.MILLION],
                    ["CloudWatch Logs, a GB taken in", prices.LOG_GB],
                    ["X-Ray, a million traces recorded", prices.TRACE * prices.MILLION],
                    ["EventBridge, a million custom events", prices.CUSTOM_EVENT * prices.MILLION],
                    ["SQS, a million requests", prices.SQS_REQUEST * prices.MILLION],
                ],
                note="On AWS's pricing pages in November 2026, first tier, without free tiers.",
            ),
        ],
        machine=machine(),
    )


_HOW = (
    f"Measured by running each design against the emulator: {ORDERS} orders of {CUSTOMERS} members who hold {LOTS} "
    f"lots, of which {REPEATS} are completed a second time and {REDEMPTIONS} use {POINTS} points (of three lots); of "
    f"these {CANCELLATIONS} are cancelled; and {ORDERS} looks at a balance. Units are counted, CPU is timed. Assumed, "
    f"not measured: a function of 512 MB gets 512/1769 of a processor as fast as this one's and is billed for its CPU "
    f"at that share plus what DynamoDB takes to answer ({READ_WAIT * 1000:.0f} ms for a read, "
    f"{WAITS['PutItem'] * 1000:.0f} for a single write, {WAITS['TransactWriteItems'] * 1000:.0f} for a transaction; "
    f"reads side by side wait once); {ACCESS_LOG + PLATFORM_LOG} bytes of log a request come from AWS itself; "
    f"{TRACED:.0%} of requests are traced. Both other designs are taken to log as much as this one."
)
_NOTE = (
    "Over events instead of HTTP, a completion costs 1.00 for its event and up to 1.20 for three requests to SQS, in "
    "place of 1.00 for the API; batches of ten bring SQS near 0.50. Storage is of what a million orders leave, for one "
    "month. Cognito, alarms and data leaving AWS are not in it."
)
_UNITS = ("write units", "index units", "read units", "requests to DynamoDB", "waits", "bytes written")


def _ledger(url: str) -> Bought:
    settings = yearly(earn={"on_redeemed_order": "full"}, redeem={"point_value": "0.01", "max_order_share": "1"})
    functions = deployed(url, program(**settings))
    ledger = wiring.world().ledger
    for customer in _customers():
        account = ledger.account(member(customer), consistent=True)
        lots = [Lot(datetime.fromisoformat(at), points) for at, points in _lots().items()]
        ledger.write([issuing(account, *lots, at=datetime.now(UTC))])
    before = _stored(functions.client, (functions.table,))
    functions.call("GET p/customers/{customer_id}", "shop", "c-0")  # reads the settings
    functions.cpu = functions.logged = 0
    bought = _bought(Meter(functions.client), partial(_by_function, functions))
    bought.cpu, bought.logged = functions.cpu, functions.logged
    bought.stored = _stored(functions.client, (functions.table,)) - before
    return bought


def _alternative(url: str, design: type[SeparateWrites] | type[LotsAsItems]) -> Bought:
    client = boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name=emulator.REGION,
        aws_access_key_id=emulator.ACCOUNT,
        aws_secret_access_key="local",
        config=Config(proxies={}),
    )
    made = design(client)
    for customer in _customers():
        made.open(customer, _lots())
    before = _stored(client, made.tables)
    took = 0.0

    def do(what: str, order: Mapping[str, Any]) -> None:
        nonlocal took
        text = json.dumps(order)
        began = time.process_time()
        told = json.loads(text)
        answer = made.balance(told["customer_id"]) if what == "balance" else getattr(made, what)(told)
        json.dumps(answer)
        took += time.process_time() - began

    bought = _bought(Meter(client), do)
    bought.cpu, bought.stored = took, _stored(client, made.tables) - before
    return bought


def _bought(meter: Meter, do: Callable[[str, Mapping[str, Any]], None]) -> Bought:
    """Runs the mix; the meter holds each answer back, so that what is side by side is seen to be."""
    bought = Bought()

    def buy(label: str, what: str, order: Mapping[str, Any]) -> None:
        with meter.metering() as bill:
            do(what, order)
        bought.bills.setdefault(label, Bill()).calls.extend(bill.calls)
        bought.calls[label] = bought.calls.get(label, 0) + 1

    for number in range(ORDERS):
        order = {
            "order_id": f"#{number}",
            "customer_id": f"c-{number % CUSTOMERS}",
            "currency": "EUR",
            "completed_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
            "items": [
                {"sku": "SKU-1", "quantity": 2, "amount": "49.90"},
                {"sku": "SKU-2", "quantity": 1, "amount": "9.90"},
            ],
            "total": "59.80",
        }
        buy("balance", "balance", order)
        if number % (ORDERS // REDEMPTIONS) == 0:
            buy("redeem", "redeem", {**order, "points": POINTS})
        buy("complete", "complete", order)
        if number % (ORDERS // REPEATS) == 1:
            buy("repeat", "complete", order)
        if number % (ORDERS // CANCELLATIONS) == 0:
            buy("cancel", "cancel", order)
    return bought


def _by_function(functions: Functions, what: str, order: Mapping[str, Any]) -> None:
    order_id, customer_id = order["order_id"], order["customer_id"]
    match what:
        case "complete":
            body = {name: value for name, value in order.items() if name != "order_id"}
            functions.call("POST p/orders/{order_id}/completed", "shop", order_id, body=body)
        case "redeem":
            use = {"customer_id": customer_id, "order_total": "59.80", "currency": "EUR", "points": order["points"]}
            functions.call("PUT p/orders/{order_id}/redemption", "shop", order_id, body=use)
        case "cancel":
            functions.call("POST p/orders/{order_id}/cancelled", "shop", order_id, body={"customer_id": customer_id})
        case _:
            functions.call("GET p/customers/{customer_id}", "shop", customer_id)


def _customers() -> list[str]:
    return [f"c-{number}" for number in range(CUSTOMERS)]


def _lots() -> dict[str, int]:
    """Of the coming days, a hundred points each and a bit."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return {(midnight + timedelta(days=day)).isoformat(): 100 for day in range(1, LOTS + 1)}


def _stored(client: Any, tables: tuple[str, ...]) -> int:
    """Bytes in tables and indexes, as DynamoDB bills them."""
    total = 0
    for table in tables:
        indexes = client.describe_table(TableName=table)["Table"].get("GlobalSecondaryIndexes", [])
        for index in [None, *(index["IndexName"] for index in indexes)]:
            which = {"IndexName": index} if index else {}
            for page in client.get_paginator("scan").paginate(TableName=table, **which):
                total += sum(size(item) + ITEM_OVERHEAD for item in page["Items"])
    return total


def _waited(bill: Bill) -> float:
    waited, until, longest = 0.0, float("-inf"), 0.0
    for call in sorted(bill.calls, key=lambda call: call.started):
        wait = WAITS.get(call.operation, READ_WAIT)
        if call.started >= until:
            waited, longest = waited + longest, 0.0
        until, longest = max(until, call.ended), max(longest, wait)
    return waited + longest


def _dollars(bought: Bought) -> dict[str, float]:
    """For a million orders, by what it is paid for."""
    times = prices.MILLION / ORDERS
    seconds = bought.cpu / CPU_SHARE + bought.waited
    logged = bought.logged + bought.requests * (ACCESS_LOG + PLATFORM_LOG)
    spent = {
        "DynamoDB writes": bought.units("write") * prices.WRITE_UNIT,
        "DynamoDB writes to indexes": bought.units("index") * prices.WRITE_UNIT,
        "DynamoDB reads": bought.units("read") * prices.READ_UNIT,
        "DynamoDB storage, a month": bought.stored / 1e9 * prices.STORED_GB_MONTH,
        "Lambda requests": bought.requests * prices.LAMBDA_REQUEST,
        "Lambda duration": seconds * MEMORY_GB * prices.LAMBDA_GB_SECOND,
        "HTTP API": bought.requests * prices.HTTP_API_REQUEST,
        "logs": logged / 1e9 * prices.LOG_GB,
        "traces": bought.requests * TRACED * prices.TRACE,
    }
    return {what: round(dollars * times, 3) for what, dollars in spent.items()}


def _units(bought: Mapping[str, Bought]) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for label in ("complete", "repeat", "redeem", "cancel", "balance"):
        for name, one in bought.items():
            bill, calls = one.bills[label], one.calls[label]
            numbers = (
                bill.write_units,
                sum(bill.index_units.values()),
                bill.read_units,
                len(bill.calls),
                bill.round_trips,
            )
            rows.append([label, name, *(round(number / calls, 2) for number in numbers), _written(bill, calls)])
    return rows


def _written(bill: Bill, calls: int) -> int | None:
    """Whole items only: of an update nobody says how large the item is."""
    puts = [call.bytes_written for call in bill.calls if call.operation in WRITES]
    return round(sum(puts) / calls) if all(puts) else None
