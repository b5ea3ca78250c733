"""What several suites share: an emulated cloud without a stack, and tables in it."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, settings

from loyalty.adapters.dynamodb.client import CONFIG
from tests.table import create_table
from tools import emulator as emulators

# The same examples on every machine and in every run: a red run can be run again. HYPOTHESIS_PROFILE=search looks for
# new ones, and takes its time.
settings.register_profile(
    "gate", derandomize=True, max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", max_examples=5_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


def dynamodb_client(endpoint_url: str | None) -> Any:
    """The adapter's own kind of client: its timeouts and its retries, somewhere else."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint_url,
        region_name=emulators.REGION,
        aws_access_key_id=emulators.ACCOUNT,
        aws_secret_access_key="local",
        config=CONFIG.merge(Config(proxies={})),
    )


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an emulated cloud of these tests' own, in which nothing is deployed."""
    directory = tmp_path_factory.mktemp("emulator")
    yield emulators.start(directory, emulators.free_port(), keep=False).url
    emulators.stop(directory)


@pytest.fixture(scope="session")
def dynamodb(emulator: str) -> Iterator[Any]:
    """A client of the emulated DynamoDB; threads may share it."""
    client = dynamodb_client(emulator)
    yield client
    client.close()


@pytest.fixture
def ledger_table(dynamodb: Any) -> Callable[[], str]:
    """Makes an empty ledger table in the emulated DynamoDB, a new one at each call; returns its name."""
    return lambda: create_table(dynamodb)
