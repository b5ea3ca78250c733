"""What several suites share: an emulated cloud without a stack, and tables in it."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.table import create_table, dynamodb_client
from tools import emulator as emulators

# The same examples on every machine and in every run: a red run can be run again. HYPOTHESIS_PROFILE=search looks for
# new ones, and takes its time.
settings.register_profile(
    "gate", derandomize=True, max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", max_examples=5_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


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
