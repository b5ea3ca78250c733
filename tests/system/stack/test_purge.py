"""The purge on a deployed stack: by its real schedule, and at a size that it hands over."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import batched

import pytest

from loyalty.adapters.dynamodb.ledger import DynamoDBLedger
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import AccountId
from loyalty_cli.client import Json
from tests.support.builders import issuing
from tests.system.stack.api import Shop, eventually
from tests.system.stack.conftest import ShortLived
from tools import local_cloud
from tools.deployment import client

SCHEDULE_SECONDS = 75.0
"""A minute, and what a start takes."""


def test_the_schedule_writes_off_what_has_expired(short_lived: ShortLived) -> None:
    """Issued when the tests began, for a second; nobody but the schedule starts the purge for this program."""
    shop = short_lived.shop
    left = SCHEDULE_SECONDS - (time.monotonic() - short_lived.issued)
    [entry] = eventually(lambda: shop.journal("write_off"), seconds=max(left, 5))
    assert (entry["kind"], entry["movements"], entry["points"], entry["amount"]) == (
        "expire",
        1,
        short_lived.points,
        "0.07",
    )
    assert [(p["side"], p["account"], p["points"]) for p in entry["postings"]] == [
        ("debit", "points_liability", short_lived.points),
        ("credit", "points_distributed_expense", short_lived.points),
    ]
    written_off = shop.statement()[0]
    assert (written_off["event"], written_off["source"], written_off["points"]) == ("points_expired", "PURGE", -7)
    assert written_off["recorded_at"] >= short_lived.expires_at.strftime("%Y-%m-%dT%H:%M:%S")
    account = shop.account()
    assert (account["balance"], account["outstanding"], account["expired_total"]) == (40, 40, 7)


def test_a_purge_with_nothing_due_writes_nothing(short_lived: ShortLived) -> None:
    eventually(lambda: short_lived.shop.journal("write_off"), seconds=SCHEDULE_SECONDS)
    stack, before = short_lived.shop.api.stack, short_lived.shop.statement()
    for _ in range(2):
        answer = client(stack.endpoint_url, "lambda").invoke(FunctionName=stack.functions["ExpiryPurgeFunction"])
        assert b'"complete": true' in answer["Payload"].read()
    assert short_lived.shop.statement() == before
    [entry] = short_lived.shop.journal("write_off")
    assert entry["points"] == short_lived.points


DUE = 1_000
"""So many that shards are handed over: a write takes 49 accounts, and a program has 16 shards."""


@dataclass(frozen=True)
class Large:
    """A program of many customers with 7 points that are gone and 5 that stay, one of whom cannot be read."""

    shop: Shop
    broken: str
    lots: Json
    """What the broken account's lots were."""

    def set_lots(self, lots: Json) -> Json:
        """Puts something else for the broken account's lots; returns what was there."""
        stack = self.shop.api.stack
        before: Json = client(stack.endpoint_url, "dynamodb").update_item(
            TableName=stack.table_name,
            Key={"pk": {"S": self.broken}, "sk": {"S": "account"}},
            UpdateExpression="SET lots = :lots",
            ExpressionAttributeValues={":lots": lots},
            ReturnValues="UPDATED_OLD",
        )["Attributes"]["lots"]
        return before

    def invoke(self, function: str) -> Json:
        stack = self.shop.api.stack
        told = json.dumps({"program_id": self.shop.program_id}).encode()
        answer = client(stack.endpoint_url, "lambda").invoke(FunctionName=stack.functions[function], Payload=told)
        result: Json = json.load(answer["Payload"])
        return result

    def runs(self) -> list[Json]:
        found: list[Json] = self.shop.call("finance", "GET", "purges").body["runs"]
        return found


@pytest.fixture
def large(new_shop: Callable[[], Shop]) -> Large:
    shop = new_shop()
    assert shop.set_up().status == 201
    stack, now = shop.api.stack, datetime.now(UTC)
    ledger = DynamoDBLedger(client(stack.endpoint_url, "dynamodb"), stack.table_name)
    expires_at = now + timedelta(seconds=3)
    new = [Account(account_id=AccountId(shop.program_id, f"c{number}")) for number in range(DUE)]
    for some in batched(new, 49, strict=False):
        ledger.write([issuing(account, Lot(expires_at, 7), Lot(None, 5), at=now) for account in some])
    large = Large(shop, f"{shop.program_id}#member#c7", {})
    large = replace(large, lots=large.set_lots({"S": "not what it was"}))
    time.sleep(max(0.0, (expires_at - datetime.now(UTC)).total_seconds()))
    return large


def test_a_large_purge_sets_a_broken_account_aside_alone_and_is_checked(large: Large) -> None:
    shop, stack = large.shop, large.shop.api.stack
    large.invoke("ExpiryPurgeFunction")
    eventually(lambda: sum(run["accounts"] for run in large.runs()) == DUE - 1, 60)
    eventually(lambda: {run["status"] for run in large.runs()} == {"finished"}, 60)
    assert sum(run["points"] for run in large.runs()) == 7 * (DUE - 1)
    assert sum(run["left"] for run in large.runs()) >= 1
    [entry] = shop.journal("write_off")
    assert (entry["movements"], entry["points"]) == (DUE - 1, 7 * (DUE - 1))

    # Nobody asked for it: what the purge finished was checked, and the broken account was named.
    sqs = client(stack.endpoint_url, "sqs")

    def checked() -> bool:
        lines = [line for line in local_cloud.logged(stack) if line.function == "VerifyFunction"]
        return any('"LedgerDifferences":[1.0]' in line.message for line in lines)

    eventually(checked, 60)

    # The broken account's part is dead, and no other. Mended and sent back, it is written off too.
    def dead() -> set[str]:
        url = stack.queues["PurgeTaskDeadLetters"]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=1).get("Messages", [])
        return {message["Body"] for message in messages}

    letters = eventually(dead)
    assert {json.loads(letter)["account"] for letter in letters} == {large.broken}
    large.set_lots(large.lots)
    sqs.send_message(QueueUrl=stack.queues["PurgeTasks"], MessageBody=letters.pop())
    eventually(lambda: shop.journal("write_off")[0]["movements"] == DUE)
    [program] = large.invoke("VerifyFunction")["programs"]
    assert (program["accounts"], program["outstanding"], program["differences"]) == (DUE, 5 * DUE, [])
