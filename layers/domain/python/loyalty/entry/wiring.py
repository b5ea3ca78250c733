"""The world as a function meets it: the real table, clock and chance."""

import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, cached_property
from secrets import randbelow, token_hex
from typing import TYPE_CHECKING, Any

from loyalty.adapters.dynamodb.client import connect
from loyalty.adapters.dynamodb.ledger import DynamoDBLedger
from loyalty.adapters.dynamodb.programs import DynamoDBPrograms
from loyalty.entry.settings import Settings

if TYPE_CHECKING:
    from loyalty.ports.audit import Audit
    from loyalty.ports.books import Books
    from loyalty.ports.erasures import Erasures
    from loyalty.ports.files import Files
    from loyalty.ports.jobs import Jobs, JobTask
    from loyalty.ports.ledger import Ledger
    from loyalty.ports.programs import Programs
    from loyalty.ports.purges import Purges, PurgeTask


class AWS:
    """The world as a function meets it. What only some functions reach is imported when it is first reached."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._table = settings.table_name
        self._client = connect()
        self.ledger: Ledger = DynamoDBLedger(self._client, self._table)
        self.programs: Programs = DynamoDBPrograms(self._client, self._table)

    @cached_property
    def books(self) -> "Books":
        from loyalty.adapters.dynamodb.books import DynamoDBBooks

        return DynamoDBBooks(self._client, self._table)

    @cached_property
    def purges(self) -> "Purges":
        from loyalty.adapters.dynamodb.purges import QueuedPurges

        to = self._settings
        return QueuedPurges(self._client, self._table, queues, to.purge_queue_url, events, to.event_bus)

    @cached_property
    def jobs(self) -> "Jobs":
        from loyalty.adapters.dynamodb.jobs import QueuedJobs

        return QueuedJobs(self._client, self._table, queues, self._settings.job_queue_url)

    @cached_property
    def files(self) -> "Files":
        from loyalty.adapters.s3 import S3Files

        return S3Files(files, self._settings.job_bucket, self.clock)

    @cached_property
    def erasures(self) -> "Erasures":
        from loyalty.adapters.dynamodb.erasures import DynamoDBErasures

        return DynamoDBErasures(self._client, self._table)

    @cached_property
    def audit(self) -> "Audit":
        from loyalty.adapters.dynamodb.audit import DynamoDBAudit

        return DynamoDBAudit(self._client, self._table)

    def clock(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds)

    def jitter(self) -> float:
        return random.random()

    def digits(self, count: int, /) -> str:
        return f"{randbelow(10**count):0{count}}"

    def token(self) -> str:
        return token_hex(16)


@cache
def world() -> AWS:
    """Made once in the life of a function, and kept from request to request."""
    return AWS(Settings.from_environment())


@cache
def files() -> Any:
    """The S3 client, made by the first who needs it."""
    from loyalty.adapters import s3

    return s3.connect()


@cache
def queues() -> Any:
    """The SQS client, made by the first who needs it: most functions never do."""
    from loyalty.adapters import sqs

    return sqs.connect()


def give_back(receipt_handle: str, seconds: int) -> None:
    """Have the function's own queue hand a message over again in so many seconds. Raises Unavailable."""
    from loyalty.adapters import sqs

    sqs.give_back(queues(), Settings.from_environment().queue_url, receipt_handle, seconds)


@cache
def events() -> Any:
    """The EventBridge client, made by the first who needs it."""
    from loyalty.adapters import eventbridge

    return eventbridge.connect()


def publish(kind: str, detail: Mapping[str, object]) -> None:
    """Put an event on the ledger's bus. Raises Unavailable."""
    from loyalty.adapters import eventbridge

    eventbridge.publish(events(), Settings.from_environment().event_bus, kind, detail)


def purge_task(body: str) -> "PurgeTask":
    """The part of a purge that a message asks for."""
    from loyalty.adapters.dynamodb.purges import task_from

    return task_from(body)


def job_task(body: str) -> "JobTask":
    """The work on a job that a message asks for."""
    from loyalty.adapters.dynamodb.jobs import job_task_from

    return job_task_from(body)
