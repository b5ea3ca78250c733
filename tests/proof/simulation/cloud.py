"""What AWS is to the ledger's code, in this process: clients that look like boto3's, queues, a bus, a clock.

Everything that leaves a function goes through one seam, the `wire` of its cloud: it is handed each call and decides
what becomes of it and what the function is told. `clear` is the wire on which nothing goes wrong.
"""

import io
import json
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from loyalty.adapters.dynamodb.audit import DynamoDBAudit
from loyalty.adapters.dynamodb.books import DynamoDBBooks
from loyalty.adapters.dynamodb.erasures import DynamoDBErasures
from loyalty.adapters.dynamodb.jobs import QueuedJobs
from loyalty.adapters.dynamodb.ledger import DynamoDBLedger
from loyalty.adapters.dynamodb.programs import DynamoDBPrograms
from loyalty.adapters.dynamodb.purges import QueuedPurges
from loyalty.adapters.s3 import S3Files
from tests.proof.simulation.dynamodb import Rejected, Request, Steps, Table, at_once
from tests.support.worlds import World

START = datetime.fromisoformat("2026-03-27T21:30:00.000001Z")
"""A Friday: in Berlin, summer time starts on the night from Saturday to Sunday."""
LEDGER = "ledger"
COMPLETED, CANCELLED, PURGES, JOBS = "order_completed", "order_cancelled", "purge_worker", "job_worker"
"""Queues, by the function that they feed."""
READS = frozenset({"GetItem", "BatchGetItem", "TransactGetItems", "Query", "HeadObject", "GetObject"})


class Killed(BaseException):
    """The process is gone, in the middle of what it did."""


@cache
def _exceptions() -> Any:
    """boto3's own classes of DynamoDB's errors."""
    client = boto3.client("dynamodb", region_name="eu-central-1", aws_access_key_id="-", aws_secret_access_key="-")
    exceptions = client.exceptions
    client.close()
    return exceptions


def error(code: str, operation: str, reasons: Iterable[str] = (), status: int = 400) -> ClientError:
    """The error that boto3 raises for what a service answers."""
    response: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    if reasons:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    made: ClientError = _exceptions().from_code(code)(response, operation)
    return made


@dataclass(frozen=True)
class Call:
    """One call that leaves a process: `operation` of a service, and what is asked of it."""

    operation: str
    request: Request
    do: Callable[[Request], Any]
    rival: Callable[[], None] = lambda: None
    """Has somebody else, in a process of their own, do all that this call is part of."""

    @property
    def writes(self) -> bool:
        return self.operation not in READS

    @property
    def transaction(self) -> bool:
        return self.operation == "TransactWriteItems"

    def apply(self, **changes: Any) -> Any:
        """What the service answers, once it has done it."""
        try:
            return self.do({**self.request, **changes})
        except Rejected as no:
            raise error(no.code, self.operation, no.reasons) from no


type Wire = Callable[[Call], Any]


def clear(call: Call) -> Any:
    return call.apply()


@dataclass(eq=False)
class Message:
    """A message in a queue, and how often it was handed out."""

    body: str
    received: int = 0


@dataclass
class Cloud:
    """A deployed ledger's surroundings."""

    table: Table = field(default_factory=Table)
    queues: dict[str, list[Message]] = field(
        default_factory=lambda: {COMPLETED: [], CANCELLED: [], PURGES: [], JOBS: []}
    )
    announced: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    now: datetime = START
    wire: Wire = clear
    transact: Callable[[Steps], Any] = at_once
    """Takes the steps of a transaction, and answers."""
    sleep: Callable[[float], None] = lambda seconds: None
    jitter: Callable[[], float] = lambda: 0.5
    digits: Callable[[int], str] = lambda count: "7" * count
    token: Callable[[], str] = lambda: "ab" * 16
    late: Callable[[], bool] = lambda: False
    """Whether what is done side by side with something else is done after it, not before."""
    tokens: int = 0

    def __post_init__(self) -> None:
        self.table.seconds = self.seconds

    def copy(self) -> "Cloud":
        """Another cloud in which the same has happened."""
        other = copy(self)
        other.table, other.announced, other.files = self.table.copy(), list(self.announced), dict(self.files)
        other.queues = {name: [copy(message) for message in queue] for name, queue in self.queues.items()}
        other.table.seconds = other.seconds
        return other

    def state(self) -> Any:
        """All that is there, to be compared."""
        stored = frozenset((key, repr(item)) for key, item in self.table.items().items())
        waiting = tuple((name, tuple(message.body for message in queue)) for name, queue in self.queues.items())
        return stored, waiting, frozenset(self.files.items())

    def seconds(self) -> float:
        return (self.now - START).total_seconds()

    def let_pass(self, time: timedelta) -> None:
        self.now += time

    def process(self) -> "Process":
        """A process of a function, new: it remembers nothing."""
        return Process(self)


class Process:
    """A function's process: the real adapters and use cases, and in place of AWS this cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        client = DynamoDBClient(cloud)
        self.queues, self.events = SQSClient(cloud), EventBridgeClient(cloud)
        files = S3Client(cloud)
        purges = QueuedPurges(client, LEDGER, lambda: self.queues, PURGES, lambda: self.events, "bus")
        self.world = World(
            ledger=DynamoDBLedger(client, LEDGER),
            programs=DynamoDBPrograms(client, LEDGER, cloud.seconds),
            purges=purges,
            clock=lambda: cloud.now,
            sleep=lambda seconds: cloud.sleep(seconds),
            jitter=lambda: cloud.jitter(),
            digits=lambda count: cloud.digits(count),
            token=lambda: cloud.token(),
            books=DynamoDBBooks(client, LEDGER),
            erasures=DynamoDBErasures(client, LEDGER),
            audit=DynamoDBAudit(client, LEDGER),
            jobs=QueuedJobs(client, LEDGER, lambda: self.queues, JOBS),
            files=S3Files(lambda: files, "files", lambda: cloud.now),
        )


@dataclass(frozen=True)
class DynamoDBClient:
    """Looks like boto3's low-level client."""

    cloud: Cloud

    @property
    def exceptions(self) -> Any:
        return _exceptions()

    def get_item(self, **request: Any) -> Any:
        return self.cloud.wire(Call("GetItem", request, self.cloud.table.get_item))

    def batch_get_item(self, **request: Any) -> Any:
        return self.cloud.wire(Call("BatchGetItem", request, self.cloud.table.batch_get_item))

    def transact_get_items(self, **request: Any) -> Any:
        return self.cloud.wire(Call("TransactGetItems", request, self.cloud.table.transact_get_items))

    def query(self, **request: Any) -> Any:
        return self.cloud.wire(Call("Query", request, self.cloud.table.query))

    def transact_write_items(self, **request: Any) -> Any:
        # boto3 makes a token where there is none, one for all tries of a call.
        self.cloud.tokens += 1
        request.setdefault("ClientRequestToken", f"token {self.cloud.tokens}")

        def transact(request: Mapping[str, Any]) -> Any:
            return self.cloud.transact(self.cloud.table.transaction(request))

        return self.cloud.wire(Call("TransactWriteItems", request, transact))


@dataclass(frozen=True)
class SQSClient:
    """Looks like boto3's low-level client."""

    cloud: Cloud

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> Any:  # noqa: N803
        def send(request: Mapping[str, Any]) -> Any:
            self.cloud.queues[QueueUrl].append(Message(MessageBody))
            return {"MessageId": "m"}

        return self.cloud.wire(Call("SendMessage", {}, send))

    def change_message_visibility(self, **request: Any) -> Any:
        return self.cloud.wire(Call("ChangeMessageVisibility", {}, lambda request: {}))


@dataclass(frozen=True)
class EventBridgeClient:
    """Looks like boto3's low-level client."""

    cloud: Cloud

    def put_events(self, *, Entries: list[dict[str, str]]) -> Any:  # noqa: N803
        def put(request: Mapping[str, Any]) -> Any:
            self.cloud.announced.extend(json.loads(entry["Detail"])["run_id"] for entry in Entries)
            return {"FailedEntryCount": 0}

        return self.cloud.wire(Call("PutEvents", {}, put))


@dataclass(frozen=True)
class S3Client:
    """Looks like boto3's low-level client."""

    cloud: Cloud

    def head_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803
        def head(request: Mapping[str, Any]) -> Any:
            if Key not in self.cloud.files:
                raise error("404", "HeadObject", status=404)
            return {"ContentLength": len(self.cloud.files[Key])}

        return self.cloud.wire(Call("HeadObject", {}, head))

    def get_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803
        return self.cloud.wire(Call("GetObject", {}, lambda request: {"Body": io.BytesIO(self.cloud.files[Key])}))

    def put_object(self, *, Bucket: str, Key: str, Body: Any) -> Any:  # noqa: N803
        data = Body if isinstance(Body, bytes) else Body.read()
        return self.cloud.wire(Call("PutObject", {}, lambda request: self.cloud.files.update({Key: data})))

    def upload_fileobj(self, file: Any, bucket: str, key: str) -> Any:
        return self.put_object(Bucket=bucket, Key=key, Body=file.read())
