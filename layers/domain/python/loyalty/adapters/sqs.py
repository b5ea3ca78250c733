"""The SQS client."""

from typing import Any

import boto3


def connect() -> Any:
    """A low-level client for the region and credentials that the function runs with."""
    return boto3.client("sqs")
