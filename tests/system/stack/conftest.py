"""A local stack for these tests alone, deployed from template.yaml to a port of its own."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tests.system.stack.api import Api, Shop
from tools import local_cloud
from tools.emulator import free_port
from tools.local_cloud import Stack

PARAMETERS = {
    "PurgeSchedule": "rate(1 minute)",
    # What is refused for good is given back at once and so soon dead. What a busy machine is slow with must not be.
    "OrderRetrySeconds": "30",
    "OrderTries": "2",
}


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def stack(directory: Path) -> Iterator[Stack]:
    try:
        yield local_cloud.up(directory, free_port(), keep=False, progress=print, parameters=PARAMETERS)
    finally:
        local_cloud.down(directory)


@pytest.fixture(scope="session")
def api(stack: Stack) -> Api:
    return Api(stack)


@pytest.fixture(scope="session")
def new_shop(api: Api) -> Callable[[], Shop]:
    """Makes programs without settings yet, under ids that nobody else has."""
    return lambda: Shop(api, f"shop-{uuid4().hex[:12]}")


@pytest.fixture
def shop(new_shop: Callable[[], Shop]) -> Shop:
    """A program in euros: a point for each, worth a cent."""
    shop = new_shop()
    assert shop.set_up(expiry={"policy": "after_days", "days": 30}).status == 201
    return shop


@dataclass(frozen=True)
class ShortLived:
    """Points that were issued for a second when the tests began, and ones beside them that stay."""

    shop: Shop
    points: int
    others: int
    expires_at: datetime
    issued: float


@pytest.fixture(scope="session", autouse=True)
def short_lived(new_shop: Callable[[], Shop]) -> ShortLived:
    """Issued first, so that the schedule's minute goes by during the other tests."""
    shop = new_shop()
    shop.set_up()
    shop.issue("stays", 40)
    expires_at = datetime.now(UTC) + timedelta(seconds=1)
    assert shop.issue("goes", 7, expires_at.isoformat()).status == 201
    return ShortLived(shop, points=7, others=40, expires_at=expires_at, issued=time.monotonic())
