"""A ledger in memory, empty or in use: a simulated table, and queues and files that moto holds."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from random import Random
from threading import RLock
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from loyalty.entry import wiring
from loyalty.entry.http import serve as http
from loyalty.entry.observing import logger, metrics
from tests.function.api.cloud import BLOCKED_CARD, CARD, FREE_CARD, TABLE, Cloud, Stored, order
from tests.proof.simulation.cloud import Cloud as Surroundings
from tests.proof.simulation.cloud import DynamoDBClient, clear
from tests.support.table import create_table


def pytest_configure(config: pytest.Config) -> None:
    # The functions say so to Python once, when they start; pytest forgets it with each test.
    config.addinivalue_line("filterwarnings", "ignore:No application metrics to publish")


@contextmanager
def running(*, on_the_wire: bool = False) -> Iterator[Cloud]:
    """An empty ledger, and a clock that stands. One at a time: the functions share what is patched here.

    `on_the_wire`: the table is moto's, so that calls pass through botocore.
    """
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        if on_the_wire:
            patch.setattr(BotocoreStubber, "process_request", one_at_a_time(BotocoreStubber.process_request))
        else:
            surroundings = Surroundings(wire=one_at_a_time(clear))
            patch.setattr(wiring, "connect", lambda: DynamoDBClient(surroundings))
        patch.setenv("TABLE_NAME", TABLE)
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        patch.setattr(metrics.provider, "namespace", "LoyaltyLedger")
        patch.setattr(metrics.provider, "service", "a-stack")
        numbers = count(1)
        for module in (http, wiring):
            patch.setattr(module, "token_hex", lambda size: f"{next(numbers):0{2 * size}x}")
        patch.setattr(wiring, "time", SimpleNamespace(sleep=lambda seconds: None))
        cloud = Cloud(create_scanned() if on_the_wire else surroundings.table.items)
        patch.setenv("QUEUE_URL", boto3.client("sqs").create_queue(QueueName="orders")["QueueUrl"])
        patch.setenv("JOB_QUEUE_URL", boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"])
        patch.setenv("JOB_BUCKET", "jobs")
        boto3.client("s3").create_bucket(
            Bucket="jobs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        patch.setenv("EVENT_BUS", boto3.client("events").create_event_bus(Name="ledger")["EventBusArn"])
        patch.setattr(wiring, "randbelow", Random(26).randrange)
        patch.setattr(wiring, "datetime", SimpleNamespace(now=lambda zone: cloud.now))
        for handler in logger.handlers:
            patch.setattr(handler, "stream", cloud.log)
        forget()
        yield cloud
        forget()


def one_at_a_time[**P, T](answer: Callable[P, T]) -> Callable[P, T]:
    """`answer`, for callers side by side one after another."""
    turn = RLock()

    def answer_in_turn(*args: P.args, **kwargs: P.kwargs) -> T:
        with turn:
            return answer(*args, **kwargs)

    return answer_in_turn


def create_scanned() -> Stored:
    """An empty table of moto's, as all that it holds."""
    client = boto3.client("dynamodb")
    create_table(client, TABLE)
    pages = client.get_paginator("scan")

    def items() -> Mapping[tuple[str, str], Mapping[str, Any]]:
        found = [item for page in pages.paginate(TableName=TABLE) for item in page["Items"]]
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}

    return items


def forget() -> None:
    """The next call makes its clients anew."""
    wiring.world.cache_clear()
    wiring.queues.cache_clear()
    wiring.events.cache_clear()
    wiring.files.cache_clear()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """An empty ledger."""
    with running() as cloud:
        yield cloud


@pytest.fixture
def shop(cloud: Cloud) -> Cloud:
    """A ledger in use."""
    open_shop(cloud)
    return cloud


@pytest.fixture(scope="module")
def standing_shop() -> Iterator[Cloud]:
    """A ledger in use, for all tests of a module that change nothing and use no other."""
    with running() as cloud:
        open_shop(cloud)
        yield cloud


def open_shop(cloud: Cloud) -> None:
    """Programs `shop`, `jpy`, `kwd` and `off`; ann has 20 points of `#1`, completed, and 1000 issued with the key `k`;
    ben has 50 points, 10 of which the open order `#2` uses; ann has a card, another one is nobody's, and a third is
    blocked.
    """
    for program_id, currency in (("shop", "EUR"), ("jpy", "JPY"), ("kwd", "KWD")):
        settings = {"name": "Shop", "currency": currency}
        assert cloud.call("PUT p", program_id, body=settings).status == 201
    off = {"name": "Shop", "currency": "EUR", "enabled": False}
    assert cloud.call("PUT p", "off", body=off).status == 201
    assert cloud.call("POST p/orders/{order_id}/completed", "shop", "#1", body=order()).status == 201
    for customer_id, points, key in (("ann", 1000, "k"), ("ben", 50, "k2")):
        gift = {"points": points, "reason": "goodwill"}
        answer = cloud.call(
            "POST p/customers/{customer_id}/issues", "shop", customer_id, body=gift, idempotency_key=key
        )
        assert answer.status == 201
    use = {"customer_id": "ben", "order_total": "20.00", "currency": "EUR", "points": 10}
    assert cloud.call("PUT p/orders/{order_id}/redemption", "shop", "#2", body=use).status == 200
    cards = cloud.call("POST p/cards", "shop", body={"count": 3}, idempotency_key="cards")
    assert [card["number"] for card in cards.body["cards"]] == [CARD, FREE_CARD, BLOCKED_CARD]
    whose = {"customer_id": "ann"}
    assigned = cloud.call("POST p/cards/{number}/assignment", "shop", CARD, body=whose, idempotency_key="assign")
    blocked = cloud.call("POST p/cards/{number}/block", "shop", BLOCKED_CARD, idempotency_key="block")
    assert (assigned.status, blocked.status) == (200, 200)
