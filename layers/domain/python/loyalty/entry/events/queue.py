"""Messages in: a queue hands over a batch, each message succeeds or fails by itself.

What may pass (a busy table) is tried again after the queue's own time; where that is long, since the work is, the
first time after less. All else that fails (a malformed order, a conflict, an account that cannot be read) is made
visible again at once, so that it is soon in the dead-letter queue, with the reason in the log.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.values.refusal import Refused
from loyalty.entry.contracts.fields import parse, read_json
from loyalty.entry.http.problems import Problem
from loyalty.entry.observing import Handler, LambdaEvent, fault_of_ours, logger, observed
from loyalty.entry.wiring import give_back
from loyalty.ports.faults import Unavailable, UnknownProgram

LONG_WORK_AGAIN_SECONDS = 60
"""When work that may take minutes is tried again for the first time, if the table was busy."""

EVENT_SENDER = Sender("storefront", "EVENT")
"""Who sends events about orders: whatever may put events on the bus."""


def consume[Fact](
    read: Callable[[str], Fact], carry_out: Callable[[Fact, Any], None], *, again_seconds: int | None = None
) -> Handler:
    """A Lambda handler that hands what `read` makes of each message, and its context, to `carry_out`.

    Its answer names the messages that failed, and only those come back: what met a busy table after the queue's own
    time, the first time after `again_seconds`.
    """

    def process(record: dict[str, Any], lambda_context: Any) -> None:
        message_id = record["messageId"]
        try:
            carry_out(read(record["body"]), lambda_context)
        except Unavailable as error:
            logger.warning("message_delayed", message_id=message_id, cause=str(error))
            if again_seconds is not None and record["attributes"]["ApproximateReceiveCount"] == "1":
                _give_back(record, again_seconds)
            raise
        except Exception as reason:
            logger.error("message_refused", message_id=message_id, reason=_why(reason))
            _give_back(record, 0)
            raise

    @observed
    def handler(event: LambdaEvent, context: Any) -> LambdaEvent:
        # Imported by the first batch: a function that only ever answers HTTP does not pay for it.
        from aws_lambda_powertools.utilities.batch import (
            BatchProcessor,
            EventType,
        )

        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        with processor(event["Records"], process, lambda_context=context):
            processor.process()
        response: LambdaEvent = dict(processor.response())
        return response

    return handler


def event[Fact: BaseModel](model: type[Fact]) -> Callable[[str], Fact]:
    """Reads the detail of the EventBridge event in a message's body, as a `model`. Raises Problem."""

    def read(body: str) -> Fact:
        try:
            envelope = read_json(body)
        except (ValueError, RecursionError):
            raise Problem("malformed_json", "The message must be an EventBridge event.") from None
        if not isinstance(envelope, dict):
            raise Problem("not_an_object", "The message must be an EventBridge event.")
        return parse(model, envelope.get("detail"))

    return read


def _why(reason: Exception) -> dict[str, object]:
    match reason:
        case Problem():
            faults = [{"pointer": f.place, "code": f.code} for f in reason.faults]
            return {"code": reason.rule.code, "faults": faults}
        case Refused():
            return {"code": reason.code, "faults": []}
        case UnknownProgram():
            return {"code": "unknown_program", "faults": []}
        case _:
            return {"code": "internal_error", **fault_of_ours(reason)}


def _give_back(record: Mapping[str, Any], seconds: int) -> None:
    """Have a message handed over again in so many seconds. If that fails, the queue's own time counts."""
    try:
        give_back(record["receiptHandle"], seconds)
    except Unavailable as error:
        logger.warning("not_given_back", error=str(error))
