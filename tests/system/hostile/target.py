"""A deployed stack in use, and what it looks like from outside when it is attacked: answers, table, logs, books."""

import hashlib
import json
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from loyalty_cli.client import Json
from tests.system.infra.test_template import consumers, queues_of
from tests.system.stack.api import Api, Reply, Shop, eventually
from tools.deployment import client
from tools.local_cloud import Line, Stack, logged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

PERSONAL = "personal-"
"""Begins every id and text here that is somebody's own: where it must not be it is easily found."""
ANN, BEN, EVE = (f"{PERSONAL}{name}@example.com" for name in ("ann", "ben", "eve"))
BOUGHT, RESERVED = f"{PERSONAL}order-1", f"{PERSONAL}order-2"
REASON = f"{PERSONAL}reason"

CONSUMED = {name for consumer in consumers() for name in queues_of(consumer)}
"""The queues that functions are fed from; the others keep what is dead."""


@dataclass
class Target:
    """The shop that is attacked, with customers, orders, cards and a job; and `other`, which the same people run."""

    api: Api
    shop: Shop
    other: Shop
    cards: list[str] = field(default_factory=list)
    other_cards: list[str] = field(default_factory=list)
    job: str = ""
    other_job: str = ""
    upload: str = ""
    other_upload: str = ""
    cursor: str = ""
    """Of the shop's list of cards."""

    @classmethod
    def of(cls, stack: Stack) -> "Target":
        api = Api(stack)
        target = cls(api, Shop(api, "shop"), Shop(api, "other"))
        for shop in (target.shop, target.other):
            assert shop.set_up(expiry={"policy": "after_days", "days": 30}).status == 201
            for customer_id, order_id in ((ANN, BOUGHT), (BEN, f"{BOUGHT}-ben")):
                assert shop.complete(order_id, customer_id=customer_id).status == 201
            assert shop.redeem(RESERVED, 10, customer_id=ANN).status == 200
        target.cards, target.other_cards = box(target.shop), box(target.other)
        target.job, target.other_job = import_of(target.shop), import_of(target.other)
        target.upload, target.other_upload = upload(target.shop), upload(target.other)
        target.cursor = target.shop.call("admin", "GET", "cards", query={"limit": "1"}).body["cursor"]
        target.settle()
        return target

    @property
    def endpoint_url(self) -> str:
        return self.api.stack.endpoint_url

    @cached_property
    def _dynamodb(self) -> "DynamoDBClient":
        made: DynamoDBClient = client(self.endpoint_url, "dynamodb")
        return made

    @cached_property
    def _sqs(self) -> "SQSClient":
        made: SQSClient = client(self.endpoint_url, "sqs")
        return made

    def digest(self) -> str:
        """Of everything in the table."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self.api.stack.table_name)
        items = [json.dumps(item, sort_keys=True, default=str) for page in pages for item in page["Items"]]
        return hashlib.sha256("\n".join(sorted(items)).encode()).hexdigest()

    def settle(self) -> None:
        """Until no queue has anything to do."""
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def quiet() -> bool:
            told = [
                self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]  # type: ignore[arg-type]
                for name, url in self.api.stack.queues.items()
                if name in CONSUMED
            ]
            return not any(int(number) for attributes in told for number in attributes.values())

        eventually(quiet, 60)

    def differences(self) -> int:
        """What `verify` finds in all programs."""
        functions: LambdaClient = client(self.endpoint_url, "lambda")
        name = self.api.stack.functions["VerifyFunction"]
        answer = json.load(functions.invoke(FunctionName=name, Payload=b"{}")["Payload"])
        assert answer["complete"]
        return int(answer["differences"])

    def logged(self) -> list[Line]:
        """All that was logged, without what Lambda itself writes."""
        time.sleep(1)  # The emulator drains logs after it has answered.
        return logged(self.api.stack)


def box(shop: Shop) -> list[str]:
    """The numbers of new cards: ann's, and two that are nobody's."""
    made = shop.call("admin", "POST", "cards", body={"count": 3}, key="box")
    numbers = [str(card["number"]) for card in made.body["cards"]]
    whose = {"customer_id": ANN}
    assert shop.call("admin", "POST", "cards", numbers[0], "assignment", body=whose, key="whose").status == 200
    return numbers


def import_of(shop: Shop) -> str:
    """A job that adjusts ann's and ben's points."""
    rows = [{"customer_id": customer_id, "points": 5, "reason": REASON} for customer_id in (ANN, BEN)]
    started = shop.call("admin", "POST", "jobs", body={"kind": "adjustments", "rows": rows}, key="import")
    assert started.status == 202
    return str(started.body["job_id"])


def upload(shop: Shop) -> str:
    """A link for a file that nobody has uploaded yet."""
    return str(shop.call("admin", "POST", "uploads", body={}).body["upload_id"])


def personal(document: Json | str) -> bool:
    """Whether anything in it is somebody's own."""
    return PERSONAL in (document if isinstance(document, str) else json.dumps(document))


def refused(reply: Reply, *codes: str) -> None:
    """Asserts that it was, with one of `codes`, and without a word about anybody."""
    assert 400 <= reply.status < 500, reply.body
    assert reply.code in codes, reply.body
    assert not personal(reply.body), reply.body


def unchanged(target: Target, call: Any) -> Reply:
    """The answer to `call`, which changes nothing in the table."""
    before = target.digest()
    reply: Reply = call()
    assert target.digest() == before
    return reply
