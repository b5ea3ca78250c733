"""A metered world, and the table of budgets at the end of the run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from loyalty.domain.program.settings import Program
from tests.support.meter import Bill, Meter
from tests.support.shop import Metered
from tests.support.table import dynamodb_client
from tests.support.worlds import Clock, world_in_dynamodb


@dataclass
class Budgets:
    """What was measured, beside what it may be."""

    rows: list[tuple[str, ...]] = field(default_factory=list)

    def hold(
        self,
        name: str,
        bill: Bill,
        *,
        writes: float,
        trips: int | None = None,
        reads: float | None = None,
        accounts: int = 1,
    ) -> None:
        """Notes the bill, divided by `accounts`; fails when it is over budget in anything."""
        measures = [
            (bill.write_units / accounts, writes),
            (None if trips is None else bill.round_trips, trips),
            (None if reads is None else bill.read_units / accounts, reads),
        ]
        cells = [f"{_number(measured):>6} /{_number(budget):>5}" for measured, budget in measures]
        self.rows.append((name, *cells, _number(sum(bill.index_units.values()) / accounts)))
        over = [cell for cell, (measured, budget) in zip(cells, measures, strict=True) if _over(measured, budget)]
        assert not over, f"{name}: over budget (measured / budget): {over}"

    def note(self, name: str, measured: float, budget: float) -> None:
        """Notes something else that has a budget."""
        self.rows.append((name, f"{_number(measured):>6} /{_number(budget):>5}"))


def _number(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}".rstrip("0").rstrip(".")


def _over(measured: float | None, budget: float | None) -> bool:
    return measured is not None and budget is not None and measured > budget


_BUDGETS = pytest.StashKey[Budgets]()


@pytest.fixture
def budgets(request: pytest.FixtureRequest) -> Budgets:
    return request.config.stash.setdefault(_BUDGETS, Budgets())


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    budgets = config.stash.get(_BUDGETS, None)
    if budgets is None:
        return
    terminalreporter.section("budgets: measured / allowed (program settings in memory)")
    header = ("operation", "write units", "round trips", "read units", "index units")
    for name, *cells in (header, *budgets.rows):
        terminalreporter.line(f"{name:<58}" + "".join(f"{cell:>14}" for cell in cells))


@pytest.fixture
def metered(emulator: str, ledger_table: Callable[[], str]) -> Iterator[Callable[..., Metered]]:
    """Makes a metered world with one program in it."""
    client = dynamodb_client(emulator)

    def make(program: Program) -> Metered:
        clock = Clock()
        return Metered(world_in_dynamodb(client, ledger_table(), program, clock=clock), clock, Meter(client))

    yield make
    client.close()
