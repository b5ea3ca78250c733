"""Functions that run at once on one table: the real use cases and adapters, against DynamoDB over HTTP."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any

import pytest

from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import Unavailable
from tests.support.table import dynamodb_client
from tests.support.worlds import Clock, World, world_in_dynamodb

THREADS = 8
TRIES = 100
"""How often a caller sends a request again that was answered with 503, before it calls that a fault."""


class Functions:
    """Several functions at work: each a world of its own, on the same table and the same clock."""

    def __init__(self, make: Callable[[], World], clock: Clock) -> None:
        self.clock = clock
        self.overtaken = 0
        """How many writes were cancelled because another came first."""
        self.worlds = [make() for _ in range(THREADS)]
        self.unavailable = 0
        """How often a caller was told to try again, and did."""
        self._told = count(1)

    @property
    def world(self) -> World:
        """One of them, for looking at how things ended."""
        return self.worlds[0]

    def at_once[Result](self, calls: Sequence[Callable[[World], Result]]) -> list[Result | Refused]:
        """What each call was answered, in their order; they start together, in as many threads as there are worlds."""
        workers = min(len(self.worlds), len(calls))
        start = Barrier(workers)

        def work(worker: int) -> list[tuple[int, Result | Refused]]:
            start.wait()
            mine = range(worker, len(calls), workers)
            return [(number, self._answer(self.worlds[worker], calls[number])) for number in mine]

        with ThreadPoolExecutor(workers) as pool:
            answers = [answer for done in pool.map(work, range(workers)) for answer in done]
        return [answer for _, answer in sorted(answers, key=lambda answer: answer[0])]

    def _answer[Result](self, world: World, call: Callable[[World], Result]) -> Result | Refused:
        for _ in range(TRIES):
            try:
                return call(world)
            except Refused as refused:
                return refused
            except Unavailable:
                self.unavailable = next(self._told)
                time.sleep(0.01)
        raise AssertionError(f"unavailable {TRIES} times in a row")


_RACED = pytest.StashKey[dict[str, int]]()


@pytest.fixture
def functions(
    request: pytest.FixtureRequest, emulator: str, ledger_table: Callable[[], str]
) -> Iterator[Callable[[Program], Functions]]:
    """Makes functions on a new table with one program in it."""
    client, made = dynamodb_client(emulator), list[Functions]()

    def make(program: Program) -> Functions:
        table, clock = ledger_table(), Clock()
        world_in_dynamodb(client, table, program)
        functions = Functions(lambda: world_in_dynamodb(client, table, clock=clock), clock)

        def count_overtaken(parsed: dict[str, Any], **_: Any) -> None:
            if parsed.get("Error", {}).get("Code") == "TransactionCanceledException":
                functions.overtaken += 1

        client.meta.events.register("after-call.dynamodb.TransactWriteItems", count_overtaken)
        made.append(functions)
        return functions

    yield make
    client.close()
    raced = request.config.stash.setdefault(_RACED, {"tests": 0, "overtaken": 0, "unavailable": 0})
    raced["tests"] += 1
    raced["overtaken"] += sum(functions.overtaken for functions in made)
    raced["unavailable"] += sum(functions.unavailable for functions in made)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if raced := config.stash.get(_RACED, None):
        terminalreporter.section("races")
        terminalreporter.line(
            f"{raced['tests']} tests: {raced['overtaken']} writes were overtaken and decided anew; "
            f"{raced['unavailable']} requests were answered with 503 and sent again"
        )
