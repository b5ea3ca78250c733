"""A stack of these tests' own, in use; and the functions in this process."""

from collections.abc import Iterator

import pytest

from tests.function.api.cloud import Cloud
from tests.function.api.conftest import open_shop, running
from tests.system.hostile.target import Target
from tools import local_cloud
from tools.emulator import free_port

PARAMETERS = {
    # Nothing writes by itself while digests of the table are compared.
    "PurgeSchedule": "rate(365 days)",
    "CloseDaysSchedule": "rate(365 days)",
    "OrderRetrySeconds": "30",
    "OrderTries": "2",
}


def pytest_configure(config: pytest.Config) -> None:
    # The functions say so to Python once, when they start; pytest forgets it with each test.
    config.addinivalue_line("filterwarnings", "ignore:No application metrics to publish")


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    directory = tmp_path_factory.mktemp("hostile")
    try:
        yield Target.of(local_cloud.up(directory, free_port(), keep=False, progress=print, parameters=PARAMETERS))
    finally:
        local_cloud.down(directory)


@pytest.fixture(scope="module")
def shop_in_process() -> Iterator[Cloud]:
    """A ledger in use, in this process."""
    with running() as cloud:
        open_shop(cloud)
        yield cloud
