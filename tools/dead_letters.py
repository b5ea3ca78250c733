"""Dead letters, looked at and sent on: `python -m tools.dead_letters QUEUE_URL [--to QUEUE_URL | --discard ID...]`.

docs/operating/runbook.md says when. On AWS `aws sqs start-message-move-task` moves a whole queue too; this also takes
some messages alone, and works where there is no such task: on a queue that is nobody's dead-letter queue, and locally.
"""

import argparse
import sys
from collections.abc import Callable, Collection
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

AT_ONCE = 10
WAIT_SECONDS = 1
"""How long a look waits for messages: without, it asks only some of the servers that a queue is spread over."""
HIDDEN_SECONDS = 120


def look(sqs: Any, queue: str, then: Callable[[Any], bool | None]) -> int:
    """Have `then` see each message once; how many there were. Those for which it says so are deleted, others left."""
    kept: dict[str, str] = {}
    seen: set[str] = set()
    request = {"QueueUrl": queue, "MaxNumberOfMessages": AT_ONCE, "VisibilityTimeout": HIDDEN_SECONDS}
    try:
        while messages := sqs.receive_message(**request, WaitTimeSeconds=WAIT_SECONDS).get("Messages", []):
            for message in messages:
                kept[message["MessageId"]] = message["ReceiptHandle"]
            for message in messages:
                if message["MessageId"] not in seen and then(message):
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=kept.pop(message["MessageId"]))
                seen.add(message["MessageId"])
    finally:
        for receipt in kept.values():
            sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=0)
    return len(seen)


def send_on(sqs: Any, queue: str, to: str, only: Collection[str] = ()) -> int:
    """Move messages to the queue `to`, all or those with the ids `only`; how many were.

    Each is sent before it is deleted: what fails in between is there twice, which does no harm, and never lost. What
    comes back at once, since its cause is not mended, is left.
    """
    sent: set[str] = set()

    def then(message: Any) -> bool:
        if message["MessageId"] in sent or (only and message["MessageId"] not in only):
            return False
        sent.add(sqs.send_message(QueueUrl=to, MessageBody=message["Body"])["MessageId"])
        return True

    look(sqs, queue, then)
    return len(sent)


def discard(sqs: Any, queue: str, only: Collection[str]) -> int:
    """Delete the messages with the ids `only`; how many were there."""
    gone: set[str] = set()

    def then(message: Any) -> bool:
        if message["MessageId"] in only:
            gone.add(message["MessageId"])
        return message["MessageId"] in gone

    look(sqs, queue, then)
    return len(gone)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.dead_letters", description=__doc__.partition(":")[0])
    parser.add_argument("queue", metavar="QUEUE_URL")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--to", metavar="QUEUE_URL", help="send the messages on to this queue")
    what.add_argument("--discard", metavar="ID", nargs="+", help="delete these messages")
    parser.add_argument("--only", metavar="ID", nargs="+", default=(), help="with --to: only these messages")
    told = parser.parse_args()
    if told.only and not told.to:
        parser.error("--only needs --to")
    try:
        sqs = boto3.client("sqs")
        if told.to:
            print(f"{send_on(sqs, told.queue, told.to, told.only)} sent on")
        elif told.discard:
            print(f"{discard(sqs, told.queue, told.discard)} discarded")
        else:
            lines: list[str] = []
            number = look(sqs, told.queue, lambda message: lines.append(f"{message['MessageId']}  {message['Body']}"))
            print("\n".join([*lines, f"{number} in the queue"]))
    except (BotoCoreError, ClientError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
