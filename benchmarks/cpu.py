"""The CPU of a handler beside that of the DynamoDB calls that it makes."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.functions import Functions, deployed
from benchmarks.machine import emulated, machine
from benchmarks.report import Cell, Section, Table
from tests.function.api.cloud import NOW, order
from tests.support.builders import program
from tests.support.table import create_table, dynamodb_client
from tools import emulator

CALLS, BLOCK = 600, 20
"""How often each is called, and how often in a row before the others have their turn."""
BUDGET = 1.3
ORDER = {"Query": 0, "GetItem": 1, "TransactWriteItems": 2}

type Raw = tuple[str, Mapping[str, Any]]
type Prepared = tuple[Callable[..., Any], Mapping[str, Any]]


def measure() -> Section:
    with emulated() as url:
        rows = [_row(url, name, call) for name, call in (("accrue", _accrue), ("redeem", _redeem))]
    return Section(
        title="CPU of a handler",
        how=f"Timed: CPU of this process, not the emulator's, in {CALLS} calls each, {BLOCK} of one kind at a time in "
        "turns; the median of the turns. Raw are the same reads and the same transaction, recorded from the handler "
        "and sent again to another table, one after the other: by the client that boto3 makes when nobody configures "
        "it, and by the ledger's own. The handler's two reads are under way at once, in two threads.",
        tables=[
            Table(
                f"Milliseconds of CPU, and the ratio (at most {BUDGET})",
                (
                    "handler",
                    "handler ms",
                    "raw ms, plain boto3",
                    "ratio",
                    "may be",
                    "raw ms, the ledger's client",
                    "ratio to that",
                    "raw ms, that client, two threads",
                    "ratio to those",
                ),
                rows,
            )
        ],
        machine=machine(),
    )


def _accrue(functions: Functions, number: int) -> None:
    body = order(customer_id="c-48151623", completed_at=NOW.isoformat())
    functions.call("POST p/orders/{order_id}/completed", "shop", f"#{number}", body=body)


def _redeem(functions: Functions, number: int) -> None:
    body = {"customer_id": "c-48151623", "order_total": "20.00", "currency": "EUR", "points": 1}
    functions.call("PUT p/orders/{order_id}/redemption", "shop", f"#{number}", body=body)


def _ready(url: str, name: str) -> Functions:
    functions = deployed(url, program())
    if name == "redeem":  # and has enough to spend
        body = order(customer_id="c-48151623", completed_at=NOW.isoformat(), total="100000.00")
        body["items"] = [{"sku": "A", "quantity": 1, "amount": "100000.00"}]
        functions.call("POST p/orders/{order_id}/completed", "shop", "#first", body=body)
    return functions


def _row(url: str, name: str, call: Callable[[Functions, int], None]) -> list[Cell]:
    recorded = _recorded(_ready(url, name), call)
    clients = [
        boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name=emulator.REGION,
            aws_access_key_id=emulator.ACCOUNT,
            aws_secret_access_key="local",
            config=Config(proxies={}),
        ),
        dynamodb_client(url),
        dynamodb_client(url),
    ]
    raws = [_prepared(url, name, client, recorded) for client in clients]
    functions = _ready(url, name)
    call(functions, -1)
    turns: list[list[float]] = []
    for start in range(0, CALLS, BLOCK):
        functions.cpu = 0.0
        for number in range(start, start + BLOCK):
            call(functions, number)
        turn = [functions.cpu]
        for raw, send in zip(raws, WAYS, strict=True):
            began = time.process_time()
            send(raw[start * 3 : (start + BLOCK) * 3])
            turn.append(time.process_time() - began)
        turns.append([seconds * 1000 / BLOCK for seconds in turn])
    handler, *others = (round(median(column), 3) for column in zip(*turns, strict=True))
    ratios = [round(median(turn[0] / turn[place] for turn in turns), 2) for place in (1, 2, 3)]
    return [name, handler, others[0], ratios[0], BUDGET, others[1], ratios[1], others[2], ratios[2]]


def _recorded(functions: Functions, call: Callable[[Functions, int], None]) -> list[Raw]:
    """What the handler asks of DynamoDB: each time a query, a get and a transaction."""
    recorded: list[Raw] = []

    def record(params: dict[str, Any], model: Any, **_: Any) -> None:
        if params.get("Key", {}).get("pk") != {"S": "programs"}:  # settings: once a second
            recorded.append((model.name, params))

    functions.client.meta.events.register("provide-client-params.dynamodb", record)
    for number in range(CALLS):
        call(functions, number)
    if len(recorded) != 3 * CALLS:
        raise RuntimeError(f"{len(recorded)} calls were recorded, not {3 * CALLS}")
    # The first two are under way at once, so either may be the first.
    return [
        one
        for start in range(0, 3 * CALLS, 3)
        for one in sorted(recorded[start : start + 3], key=lambda one: ORDER[one[0]])
    ]


def _one_after_the_other(calls: Sequence[Prepared]) -> None:
    for send, asked in calls:
        send(**asked)


def _side_by_side(calls: Sequence[Prepared]) -> None:
    """The two reads at once, as the ledger does it."""
    for start in range(0, len(calls), 3):
        (query, sought), (get, wanted), (write, transaction) = calls[start : start + 3]
        beside = _BESIDE.submit(get, **wanted)
        query(**sought)
        beside.result()
        write(**transaction)


_BESIDE = ThreadPoolExecutor(max_workers=1)


def _prepared(url: str, name: str, client: Any, recorded: Sequence[Raw]) -> list[Prepared]:
    """The recorded calls as calls of `client`, to a table that is as the handler's was."""
    table = _ready(url, name).table if name == "redeem" else create_table(client)
    send = {"Query": client.query, "GetItem": client.get_item, "TransactWriteItems": client.transact_write_items}
    prepared: list[Prepared] = []
    for operation, asked in recorded:
        mine = {name: value for name, value in asked.items() if name != "ClientRequestToken"}
        if "TransactItems" in mine:
            mine["TransactItems"] = [{"Put": {**put["Put"], "TableName": table}} for put in mine["TransactItems"]]
        else:
            mine["TableName"] = table
        prepared.append((send[operation], mine))
    return prepared


WAYS = (_one_after_the_other, _one_after_the_other, _side_by_side)
