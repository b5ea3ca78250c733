"""The DynamoDB client, and what its faults mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from loyalty.ports import Unavailable

TEMPORARY = frozenset(
    {
        "InternalServerError",
        "ServiceUnavailable",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
        # What SQS calls being throttled and failing, and what EventBridge calls failing.
        "RequestThrottled",
        "InternalFailure",
        "InternalException",
    }
)
"""Errors after which the same request may be sent again. All others are faults of ours."""

CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=50,
)
"""A transaction that is sent again carries the same token, so within ten minutes it applies once."""


def connect() -> Any:
    """A low-level client for the region and credentials that the function runs with."""
    return boto3.client("dynamodb", config=CONFIG)


def query(client: Any, request: dict[str, Any]) -> Iterator[list[Any]]:
    """The pages of items that a query finds."""
    while True:
        with answering():
            page = client.query(**request)
        yield page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}


@contextmanager
def answering() -> Iterator[None]:
    """Turns an answer that did not come, or that says "later", into Unavailable."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in TEMPORARY:
            raise Unavailable(error.response["Error"]["Code"]) from error
        raise
    except BotoCoreError as error:
        raise Unavailable(type(error).__name__) from error
