"""The deployed functions, in this process: the real handlers, each call of them in a process that the harness chose."""

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from loyalty.adapters.dynamodb import keys
from loyalty.adapters.dynamodb.books import DynamoDBBooks
from loyalty.adapters.dynamodb.ledger import DynamoDBLedger
from loyalty.entry import observing, wiring
from loyalty.entry.observing import logger, metrics
from loyalty.usecases.customers.export import export_customer
from tests.function.api.cloud import MESSAGE, Answer, Context, as_json, http_event, load, route_of
from tests.proof.simulation.cloud import Process

SHARDS = 2
ACCOUNTS_PER_WRITE = 2
ROWS_PER_PART = 2
MOVEMENTS_PER_PAGE = 3
"""Few, so that a handful of accounts is spread, collides, fills a write and a shard."""

HERE: ContextVar[Process] = ContextVar("HERE")
"""The process that runs now. Each greenlet has its own."""


@dataclass(frozen=True)
class Ask:
    """A request over HTTP: a route ("PUT p"), the ids of its path, and what goes with it."""

    route: str
    ids: tuple[str, ...]
    body: Any = None
    key: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)

    def event(self) -> dict[str, Any]:
        event = http_event(route_of(self.route), self.ids, self.query, self.key)
        return event if self.body is None else {**event, "body": as_json(self.body)}


def ask(process: Process, what: Ask) -> Answer:
    """What the function behind the route answers."""
    result = _invoke(process, route_of(what.route).function, what.event())
    body = result["body"]
    if result["headers"]["content-type"].endswith("json"):
        body = json.loads(body)
    return Answer(result["statusCode"], result["headers"], body)


def deliver(process: Process, function: str, bodies: list[str]) -> list[int]:
    """Have a queue hand messages to a function: the places of those that are not done."""
    records = [{**MESSAGE, "messageId": str(place), "body": body} for place, body in enumerate(bodies)]
    result = _invoke(process, function, {"Records": records})
    return [int(failure["itemIdentifier"]) for failure in result["batchItemFailures"]]


def start(process: Process, function: str, event: Mapping[str, Any]) -> Any:
    """Have a schedule invoke a function."""
    return _invoke(process, function, dict(event))


class Broken(AssertionError):
    """A function failed with an error that is not foreseen."""


_unforeseen: list[BaseException] = []


def _invoke(process: Process, function: str, event: dict[str, Any]) -> Any:
    before = HERE.set(process)
    try:
        result = _function(function).handler(event, Context())
    finally:
        HERE.reset(before)
    if _unforeseen:
        raise Broken(function) from _unforeseen.pop()
    return result


def _unforeseen_in(error: BaseException) -> list[str]:
    _unforeseen.append(error)
    return []


@cache
def _function(name: str) -> ModuleType:
    module = load(name)
    module.__dict__["world"] = lambda: HERE.get().world
    return module


class Beside(Executor):
    """Does side by side one after the other: at once, or only when it is waited for."""

    def __init__(self, max_workers: int = 1) -> None:
        pass

    def submit[**P, T](self, do: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = _Later(lambda: do(*args, **kwargs))
        if not HERE.get().cloud.late():
            future.settle()
        return future


class _Later[T](Future[T]):
    def __init__(self, do: Callable[[], T]) -> None:
        super().__init__()
        self._do = do

    def settle(self) -> None:
        if not self.done():
            try:
                self.set_result(self._do())
            except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
                self.set_exception(error)

    def result(self, timeout: float | None = None) -> T:
        self.settle()
        return super().result(timeout)


GIVEN: dict[str, Any] = {
    "ThreadPoolExecutor": Beside,
    "ACCOUNTS_PER_WRITE": ACCOUNTS_PER_WRITE,
    "ROWS_PER_PART": ROWS_PER_PART,
    "token_bytes": lambda number: b"\xab" * number,
    "token_hex": lambda size: HERE.get().world.token(),
}
"""What every module of the ledger has instead of its own."""


@contextmanager
def deployed() -> Iterator[pytest.MonkeyPatch]:
    """Everything that a process of a function has of its own is given by the harness, and tables are small."""
    _unforeseen.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
        patch.setenv("TABLE_NAME", "ledger")
        patch.setenv("QUEUE_URL", "orders")
        patch.setattr(metrics, "add_metric", lambda **metric: None)
        before = logger.log_level
        logger.setLevel(logging.CRITICAL)
        patch.setattr(wiring, "queues", lambda: HERE.get().queues)
        patch.setattr(observing, "frames", _unforeseen_in)
        for name in ("EXPIRY_SHARDS", "DAY_SHARDS", "CARD_SHARDS"):
            patch.setattr(keys, name, SHARDS)
        for adapter in (DynamoDBLedger, DynamoDBBooks):
            patch.setattr(adapter, "shards", SHARDS)
        patch.setattr(export_customer, "__defaults__", (None, MOVEMENTS_PER_PAGE))
        for module in [module for name, module in sys.modules.items() if name.startswith("loyalty.")]:
            for name, given in GIVEN.items():
                if name in vars(module):
                    patch.setattr(module, name, given)
        yield patch
        logger.setLevel(before)
