"""SQS: the client, and messages that are given back to their queue."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from loyalty.ports.faults import Unavailable


def connect() -> Any:
    """A low-level client for the region and credentials that the function runs with."""
    return get_session().create_client("sqs")


def give_back(client: Any, queue_url: str | None, receipt_handle: str, seconds: int) -> None:
    """Set in how many seconds the queue hands a received message over again. Raises Unavailable if SQS refuses."""
    try:
        client.change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds)
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(type(error).__name__) from error
