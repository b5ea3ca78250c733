"""The world as a function meets it: the real table, clock and chance."""

import random
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from loyalty.adapters import eventbridge, s3, sqs
from loyalty.adapters.dynamodb.audit import DynamoDBAudit
from loyalty.adapters.dynamodb.books import DynamoDBBooks
from loyalty.adapters.dynamodb.client import connect
from loyalty.adapters.dynamodb.erasures import DynamoDBErasures
from loyalty.adapters.dynamodb.ledger import DynamoDBLedger
from loyalty.adapters.dynamodb.programs import DynamoDBPrograms
from loyalty.adapters.jobs import QueuedJobs, job_task_from
from loyalty.adapters.purges import QueuedPurges, task_from
from loyalty.adapters.s3 import S3Files
from loyalty.entry.settings import Settings
from loyalty.ports import JobTask, PurgeTask, World


@cache
def world() -> World:
    """Made once in the life of a function, and kept from request to request."""
    settings = Settings.from_environment()
    table = settings.table_name
    client = connect()
    return World(
        ledger=DynamoDBLedger(client, table),
        programs=DynamoDBPrograms(client, table),
        purges=QueuedPurges(client, table, queues, settings.purge_queue_url, events, settings.event_bus),
        clock=now,
        sleep=time.sleep,
        jitter=random.random,
        digits=lambda count: f"{secrets.randbelow(10**count):0{count}}",
        books=DynamoDBBooks(client, table),
        jobs=QueuedJobs(client, table, queues, settings.job_queue_url),
        files=S3Files(files, settings.job_bucket, now),
        erasures=DynamoDBErasures(client, table),
        audit=DynamoDBAudit(client, table),
    )


def now() -> datetime:
    """The current instant, UTC."""
    return datetime.now(UTC)


@cache
def files() -> Any:
    """The S3 client, made by the first who needs it."""
    return s3.connect()


@cache
def queues() -> Any:
    """The SQS client, made by the first who needs it: most functions never do."""
    return sqs.connect()


@cache
def events() -> Any:
    """The EventBridge client, made by the first who needs it."""
    return eventbridge.connect()


def publish(kind: str, detail: Mapping[str, object]) -> None:
    """Put an event on the ledger's bus. Raises Unavailable."""
    eventbridge.publish(events(), Settings.from_environment().event_bus, kind, detail)


def purge_task(body: str) -> PurgeTask:
    """The part of a purge that a message asks for."""
    return task_from(body)


def job_task(body: str) -> JobTask:
    """The work on a job that a message asks for."""
    return job_task_from(body)
