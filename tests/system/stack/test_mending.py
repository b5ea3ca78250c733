"""What the runbook says to do, on a deployed stack: dead letters are sent on, a restored table is verified."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.system.stack.api import Api, Shop, eventually, order
from tools import dead_letters, emulator
from tools.deployment import client

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def sqs(api: Api) -> Any:
    return client(api.stack.endpoint_url, "sqs")


def waiting(sqs: Any, queue: str) -> dict[str, str]:
    """The messages in a queue, by their ids."""
    found: dict[str, str] = {}
    dead_letters.look(sqs, queue, lambda message: found.update({message["MessageId"]: message["Body"]}))
    return found


@pytest.mark.parametrize("kind", ["OrderCompleted", "OrderCancelled"])
def test_a_dead_order_that_is_sent_on_counts_once(kind: str, api: Api, new_shop: Callable[[], Shop], sqs: Any) -> None:
    """Its program was not there yet. Sent on, and again by somebody who did not know that it was."""
    shop, dead, queue = new_shop(), api.stack.queues[f"{kind}DeadLetters"], api.stack.queues[f"{kind}Queue"]
    if kind == "OrderCompleted":
        shop.send("Order Completed", "1", order())
        events = [("order_completed", 100)]
    else:
        shop.send("Order Cancelled", "1", {"customer_id": "ann"})
        events = []
    letters = eventually(lambda: {n: b for n, b in waiting(sqs, dead).items() if shop.program_id in b}, 60)
    [(letter, body)] = letters.items()

    # Nothing is mended yet: it is sent on once, however soon it is back.
    assert dead_letters.send_on(sqs, dead, queue, [letter]) == 1
    [(letter, body)] = eventually(
        lambda: {n: b for n, b in waiting(sqs, dead).items() if shop.program_id in b}, 60
    ).items()

    assert shop.set_up().status == 201
    for _ in range(2):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    assert dead_letters.send_on(sqs, dead, queue, [letter]) == 1
    shop.await_status("1", kind.removeprefix("Order").lower())
    shop.await_quiet()
    assert [(m["event"], m["points"]) for m in shop.statement()] == events
    assert letter not in waiting(sqs, dead)


def test_dead_letters_are_sent_on_and_discarded_one_by_one(sqs: Any) -> None:
    """More than are received at once; looking at them takes none away and hides none."""
    here, there = (sqs.create_queue(QueueName=f"letters-{uuid4().hex[:8]}")["QueueUrl"] for _ in range(2))
    sent = {
        sqs.send_message(QueueUrl=here, MessageBody=f"letter\t{n}\n")["MessageId"]: f"letter\t{n}\n" for n in range(23)
    }
    assert waiting(sqs, here) == waiting(sqs, here) == sent
    first, second, *others = sent
    assert dead_letters.discard(sqs, here, [first, "unknown"]) == 1
    assert dead_letters.send_on(sqs, here, there, [second]) == 1
    assert list(waiting(sqs, there).values()) == [sent[second]]
    assert waiting(sqs, here).keys() == set(others)
    assert dead_letters.send_on(sqs, here, there) == len(others)
    assert waiting(sqs, here) == {}
    assert sorted(waiting(sqs, there).values()) == sorted(sent[letter] for letter in (second, *others))
    # Into itself, as what is not mended comes back: each once, and there is an end.
    assert dead_letters.send_on(sqs, there, there) == len(others) + 1


@pytest.fixture
def mend(api: Api) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs tools.mend as the runbook says, on a table."""

    def run(table: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        env = {
            **os.environ,
            "TABLE_NAME": table,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/domain/python'}",
            "AWS_ENDPOINT_URL": api.stack.endpoint_url,
            "AWS_DEFAULT_REGION": emulator.REGION,
            "AWS_ACCESS_KEY_ID": emulator.ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
        }
        command = [sys.executable, "-m", "tools.mend", *arguments]
        return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    return run


def test_a_damaged_account_is_mended_from_a_restored_table(
    api: Api, shop: Shop, mend: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    shop.complete("1")
    shop.complete("2")
    before = shop.account()
    table, dynamodb = api.stack.table_name, client(api.stack.endpoint_url, "dynamodb")
    copy = f"{table}-restored"
    dynamodb.restore_table_to_point_in_time(SourceTableName=table, TargetTableName=copy, UseLatestRestorableTime=True)
    line = f"{shop.program_id}: 1 accounts, 2 movements, 200 points outstanding, 200 in the books"
    verified = mend(copy, "verify")
    assert (verified.returncode, line in verified.stdout.splitlines()) == (0, True), verified

    earned = {"pk": {"S": f"{shop.program_id}#order#1"}, "sk": {"S": "00000001"}}
    dynamodb.delete_item(TableName=table, Key=earned)
    dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": f"{shop.program_id}#member#ann"}, "sk": {"S": "account"}},
        UpdateExpression="SET lots = :lots",
        ExpressionAttributeValues={":lots": {"S": "?"}},
    )
    verified = mend(table, "verify")
    assert (verified.returncode, "  customer ann: cannot be read: TypeError" in verified.stdout) == (1, True)
    refused = mend(table, "account", shop.program_id, "ann")
    assert (refused.returncode, refused.stdout, "put them back first" in refused.stderr) == (1, "", True)
    mended = mend(table, "movements", shop.program_id, "ann", "--from", copy)
    assert mended.stdout == f"put back: {shop.program_id}#order#1 00000001\n1 put back\n"
    mended = mend(table, "account", shop.program_id, "ann")
    assert mended.stdout == "rebuilt from 2 movements: 200 points outstanding\n"
    assert mend(table, "items", f"{shop.program_id}#order#2", "--from", copy).stdout == "0 put back\n"
    assert mend(table, "verify").returncode == 0
    assert shop.account() == before
