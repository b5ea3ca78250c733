"""Meters what operations cost in DynamoDB, at the wire: whatever the adapter calls is counted.

Write units are those that DynamoDB reports (`ReturnConsumedCapacity`). Read units are reckoned from the items that an
answer holds, by the documented rule - started blocks of 4 KB, half a unit each, a whole one when consistent, never
less than one block - because the emulator reports reads without looking at sizes. The larger of the two counts.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from threading import Lock
from typing import Any

READS = ("GetItem", "BatchGetItem", "TransactGetItems", "Query")
WRITES = ("TransactWriteItems", "PutItem", "UpdateItem")
METERED = (*READS, *WRITES)
READ_BLOCK, WRITE_BLOCK = 4096, 1024
HOLD = 0.02
"""Seconds for which each answer is held back, so that what runs side by side is seen to overlap."""


@dataclass(frozen=True)
class Call:
    """One request and its answer."""

    operation: str
    started: float
    ended: float
    read_units: float
    write_units: float
    index_units: Mapping[str, float]
    bytes_read: int
    bytes_written: int


@dataclass
class Bill:
    """The calls that an operation made."""

    calls: list[Call] = field(default_factory=list)

    @property
    def write_units(self) -> float:
        """On the base table."""
        return sum(call.write_units for call in self.calls)

    @property
    def index_units(self) -> Mapping[str, float]:
        """Written to the indexes, by name."""
        return Counter({}) + sum((Counter(call.index_units) for call in self.calls), Counter())

    @property
    def read_units(self) -> float:
        return sum(call.read_units for call in self.calls)

    @property
    def bytes_read(self) -> int:
        """Of the items in answers."""
        return sum(call.bytes_read for call in self.calls)

    @property
    def bytes_written(self) -> int:
        """Of the items put, each as a whole."""
        return sum(call.bytes_written for call in self.calls)

    @property
    def writes(self) -> int:
        """Write requests."""
        return sum(call.operation in WRITES for call in self.calls)

    @property
    def queries(self) -> int:
        return sum(call.operation == "Query" for call in self.calls)

    @property
    def round_trips(self) -> int:
        """How often somebody waits for an answer; calls under way at the same time are one wait."""
        trips, until = 0, float("-inf")
        for call in sorted(self.calls, key=lambda call: call.started):
            if call.started >= until:
                trips += 1
            until = max(until, call.ended)
        return trips


class Meter:
    """Sits in a boto3 client's event system."""

    def __init__(self, client: Any) -> None:
        self._lock = Lock()
        self._bill: Bill | None = None
        self._hold = 0.0
        events = client.meta.events
        for operation in METERED:
            events.register(f"provide-client-params.dynamodb.{operation}", self._ask)
        events.register("before-call.dynamodb", self._start)
        events.register("after-call.dynamodb", self._end)

    @contextmanager
    def metering(self, *, trips: bool = True) -> Iterator[Bill]:
        """Counts what is called inside. With `trips`, at a price in time, round trips too."""
        bill = Bill()
        self._bill, self._hold = bill, HOLD if trips else 0.0
        try:
            yield bill
        finally:
            self._bill = None

    def _ask(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
        context["asked"] = params
        return {**params, "ReturnConsumedCapacity": "INDEXES"}

    def _start(self, context: dict[str, Any], **_: Any) -> None:
        context["started"] = time.monotonic()

    def _end(self, model: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if self._bill is None:
            return
        assert model.name in METERED, f"{model.name} is not metered"
        time.sleep(self._hold)
        used = parsed.get("ConsumedCapacity", [])
        reports = used if isinstance(used, list) else [used]
        writing, asked = model.name in WRITES, context["asked"]
        reported = sum(float(report["CapacityUnits"]) for report in reports)
        indexes: Counter[str] = Counter()
        for report in reports:
            for name, index in report.get("GlobalSecondaryIndexes", {}).items():
                indexes[name] += index["CapacityUnits"]
        call = Call(
            operation=model.name,
            started=context["started"],
            ended=time.monotonic(),
            read_units=0.0 if writing else max(reported, read_units(model.name, asked, parsed)),
            write_units=_write_units(model.name, reported - sum(indexes.values()), parsed) if writing else 0.0,
            index_units=indexes if writing else {},
            bytes_read=0 if writing else sum(map(size, _items_read(model.name, parsed))),
            bytes_written=sum(map(size, _items_put(model.name, asked))) if writing else 0,
        )
        if writing and "Error" not in parsed:
            assert call.write_units > 0, "the store reports no write units"
        with self._lock:
            self._bill.calls.append(call)


def read_units(operation: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """What reading `answer` costs by the rule: a query is billed for all that it finds together."""
    sizes = [size(item) for item in _items_read(operation, answer)]
    if operation == "TransactGetItems":
        return 2.0 * sum(_blocks(size(found.get("Item", {}))) for found in answer.get("Responses", ()))
    blocks = sum(map(_blocks, sizes)) if operation == "BatchGetItem" else _blocks(sum(sizes))
    return blocks * (1.0 if asked.get("ConsistentRead") else 0.5)


def refused_units(answer: Mapping[str, Any]) -> float:
    """What a single write costs that its condition refused: as much as the item that is there, in `answer`."""
    return float(_blocks(size(answer.get("Item", {})), WRITE_BLOCK))


def _write_units(operation: str, reported: float, answer: Mapping[str, Any]) -> float:
    """The emulator reports nothing of a single write that was refused; DynamoDB bills it."""
    refused = operation != "TransactWriteItems" and "Error" in answer
    return refused_units(answer) if refused else reported


def _items_read(operation: str, answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    match operation:
        case "GetItem":
            return [answer["Item"]] if "Item" in answer else []
        case "Query":
            return list(answer.get("Items", []))  # a count has none
        case "TransactGetItems":
            return [found["Item"] for found in answer.get("Responses", ()) if "Item" in found]
        case _:
            return list(chain.from_iterable(answer["Responses"].values()))


def _items_put(operation: str, asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if operation == "PutItem":
        return [asked["Item"]]
    return [action["Put"]["Item"] for action in asked.get("TransactItems", []) if "Put" in action]


def size(item: Mapping[str, Any]) -> int:
    """Bytes of an item, as DynamoDB bills them: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(wrapped: Mapping[str, Any]) -> int:
    [(kind, value)] = wrapped.items()
    match kind:
        case "S":
            return len(value.encode())
        case "B":
            return len(value)
        case "N":
            return _number_size(value)
        case "L":
            return 3 + sum(1 + _value_size(element) for element in value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(element) for name, element in value.items())
        case "NULL" | "BOOL":
            return 1
    raise ValueError(f"no size is known of a {kind}")


def _number_size(text: str) -> int:
    """A byte for each pair of significant digits, paired from the decimal point, one more, and one for a sign."""
    number = Decimal(text).normalize()
    _, digits, exponent = number.as_tuple()
    if not number:
        return 1
    paired = len(digits) + int(exponent) % 2
    return 1 + (paired + 1) // 2 + (number < 0)


def _blocks(size: int, block: int = READ_BLOCK) -> int:
    return max(1, -(-size // block))
