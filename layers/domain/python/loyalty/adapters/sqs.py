"""The SQS client."""

from typing import Any

from botocore.session import get_session


def connect() -> Any:
    """A low-level client for the region and credentials that the function runs with."""
    return get_session().create_client("sqs")
