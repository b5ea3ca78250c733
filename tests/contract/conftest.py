"""Every implementation of the ports, for one suite to run against."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws

from loyalty.adapters.dynamodb.audit import DynamoDBAudit
from loyalty.adapters.dynamodb.books import DynamoDBBooks
from loyalty.adapters.dynamodb.erasures import DynamoDBErasures
from loyalty.adapters.dynamodb.ledger import DynamoDBLedger
from loyalty.adapters.dynamodb.programs import STALENESS, DynamoDBPrograms
from loyalty.ports.audit import Audit
from loyalty.ports.books import Books
from loyalty.ports.erasures import Erasures
from loyalty.ports.ledger import Ledger
from loyalty.ports.programs import Programs, ProgramVersion
from tests.support.fakes.books import MemoryBooks
from tests.support.fakes.memory import MemoryLedger, MemoryPrograms
from tests.support.fakes.privacy import MemoryAudit, MemoryErasures
from tests.support.table import create_table, dynamodb_client


class Seconds:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def let_pass(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Store:
    """A store, empty, as two functions that run at once see it."""

    ledger: Ledger
    other_ledger: Ledger
    programs: Programs
    other_programs: Programs
    books: Books
    other_books: Books
    erasures: Erasures
    other_erasures: Erasures
    audit: Audit
    let_pass: Callable[[float], None]
    """Makes the clock go on that staleness is measured by."""


def memory() -> Store:
    seconds, ledger = Seconds(), MemoryLedger()
    kept: dict[str, list[ProgramVersion]] = {}
    programs, other = (MemoryPrograms(kept, STALENESS, seconds) for _ in range(2))
    books = MemoryBooks(ledger)
    erasures, audit = MemoryErasures(ledger), MemoryAudit(ledger, programs)
    return Store(ledger, ledger, programs, other, books, books, erasures, erasures, audit, seconds.let_pass)


def in_dynamodb(client: Any) -> Store:
    seconds, table = Seconds(), create_table(client)
    return Store(
        DynamoDBLedger(client, table),
        DynamoDBLedger(client, table),
        DynamoDBPrograms(client, table, seconds),
        DynamoDBPrograms(client, table, seconds),
        DynamoDBBooks(client, table),
        DynamoDBBooks(client, table),
        DynamoDBErasures(client, table),
        DynamoDBErasures(client, table),
        DynamoDBAudit(client, table),
        seconds.let_pass,
    )


@pytest.fixture(params=["memory", "moto", "emulator"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """One implementation after the other, empty each time."""
    match request.param:
        case "memory":
            yield memory()
        case "moto":
            with mock_aws():
                client = dynamodb_client(None)
                yield in_dynamodb(client)
                client.close()
        case _:
            yield in_dynamodb(request.getfixturevalue("dynamodb"))


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return store.ledger
