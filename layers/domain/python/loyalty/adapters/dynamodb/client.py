"""The DynamoDB client, and what its faults mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from botocore.session import get_session

from loyalty.ports.faults import Unavailable

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
    user_agent="loyalty-ledger",
    parameter_validation=False,
)
"""A transaction that is sent again carries the same token, so within ten minutes it applies once.

Putting its own user agent together is a sixth of what a call costs botocore, and checking our parameters against the
service's model, which the service does itself, another twentieth.
"""


class _Loader(Loader):
    """Knows one service.

    botocore's own looks through the folders of all 400 before it believes that there is a DynamoDB: a twentieth of
    a cold start.
    """

    def list_available_services(self, type_name: str) -> list[str]:
        return ["dynamodb"]


def connect() -> Any:
    """A low-level client for the region and credentials that the function runs with."""
    session = get_session()
    session.register_component("data_loader", _Loader())
    return session.create_client("dynamodb", config=CONFIG)


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
