"""The ledger's table as template.yaml defines it, for tests that need one without a stack."""

from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config

from loyalty.adapters.dynamodb.client import CONFIG
from tools import emulator
from tools.deployment import read_template

ROOT = Path(__file__).resolve().parents[2]


def dynamodb_client(endpoint_url: str | None) -> Any:
    """The adapter's own kind of client: its timeouts and its retries, somewhere else."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint_url,
        region_name=emulator.REGION,
        aws_access_key_id=emulator.ACCOUNT,
        aws_secret_access_key="local",
        config=CONFIG.merge(Config(proxies={})),
    )


@cache
def definition() -> dict[str, Any]:
    """What of the template's LedgerTable decides where items are found: keys, attributes, indexes."""
    properties = read_template(ROOT / "template.yaml")["Resources"]["LedgerTable"]["Properties"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {name: properties[name] for name in wanted}


def create_table(client: Any, name: str | None = None) -> str:
    """Creates the table under `name`, or a new one, with boto3's low-level `client`; returns the name."""
    table = name or f"ledger-{uuid4().hex[:12]}"
    client.create_table(TableName=table, **definition())
    client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    return table
