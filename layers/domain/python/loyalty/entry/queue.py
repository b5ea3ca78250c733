"""Order events in: EventBridge puts them into a queue, the queue hands over a batch.

Each event succeeds or fails by itself. What the store can fix only by sending something else (a
malformed order, a conflict) is made visible again at once, so that it is soon in the dead-letter
queue, with the reason in the log; what may pass (a busy table) waits for the queue's own time.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from loyalty.domain.refusal import Refused
from loyalty.entry.contracts.fields import parse, read_json
from loyalty.entry.observing import logger, metrics
from loyalty.entry.problems import Problem
from loyalty.entry.settings import Settings
from loyalty.ports import UnknownProgram

type Event = dict[str, Any]
type Handler = Callable[[Event, Any], Event]


def consume[Fact: BaseModel](model: type[Fact], carry_out: Callable[[Fact], None]) -> Handler:
    """A Lambda handler that hands each event's detail, as a `model`, to `carry_out`.

    Its answer names the messages that failed, and only those come back.
    """

    def process(record: dict[str, Any]) -> None:
        message_id = record["messageId"]
        try:
            carry_out(_fact(record["body"], model))
        except (Problem, Refused, UnknownProgram) as reason:
            logger.error("event_refused", message_id=message_id, reason=_why(reason))
            _give_back_now(record)
            raise
        except Exception as error:
            logger.error("event_failed", message_id=message_id, error=type(error).__name__)
            raise

    @logger.inject_lambda_context
    @metrics.log_metrics
    def handler(event: Event, context: Any) -> Event:
        # Imported by the first batch: a function that only ever answers HTTP does not pay for it.
        from aws_lambda_powertools.utilities.batch import (
            BatchProcessor,
            EventType,
        )

        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        with processor(event["Records"], process, lambda_context=context):
            processor.process()
        response: Event = dict(processor.response())
        return response

    return handler


def _fact[Fact: BaseModel](body: str, model: type[Fact]) -> Fact:
    """The detail of the EventBridge event in `body`."""
    try:
        envelope = read_json(body)
    except (ValueError, RecursionError):
        raise Problem("malformed_json", "The message must be an EventBridge event.") from None
    if not isinstance(envelope, dict):
        raise Problem("not_an_object", "The message must be an EventBridge event.")
    return parse(model, envelope.get("detail"))


def _why(reason: Exception) -> dict[str, object]:
    match reason:
        case Problem():
            faults = [{"pointer": f.place, "code": f.code} for f in reason.faults]
            return {"code": reason.rule.code, "faults": faults}
        case Refused():
            return {"code": reason.code, "faults": []}
        case _:
            return {"code": "unknown_program", "faults": []}


def _give_back_now(record: Mapping[str, Any]) -> None:
    """Make a message visible at once. Should that fail, the queue does it after its own time."""
    try:
        _sqs().change_message_visibility(
            QueueUrl=Settings.from_environment().queue_url,
            ReceiptHandle=record["receiptHandle"],
            VisibilityTimeout=0,
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("not_given_back", error=type(error).__name__)


@cache
def _sqs() -> Any:
    return boto3.client("sqs")
