"""Every fault at every call of every operation, and at every pair of its calls.

    python -m tests.proof.simulation.every_fault

An operation is first carried out with nothing going wrong; its calls are numbered. Then each fault happens to each
call that it can happen to; and after each of those, each fault to each call that still follows, tries again included.
Whoever called tries again as it does in life, until it is answered. Then everything has to be as if nothing had gone
wrong, and all invariants hold.
"""

import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from multiprocessing import get_context
from typing import Any

from loyalty.adapters.dynamodb import keys
from tests.proof.simulation.audit import check, stays
from tests.proof.simulation.cloud import Call, Cloud, clear
from tests.proof.simulation.dynamodb import Item, Key
from tests.proof.simulation.faults import FAULTS, Fault
from tests.proof.simulation.functions import deployed
from tests.proof.simulation.operations import OPERATIONS, Operation, carry_out, without_version
from tests.proof.simulation.shop import Caller, Endless

PART = 4
"""So many calls of an operation are tried in one go."""
MOST_CALLS = 400
"""More than any operation makes with two faults: whoever needs more does not end."""


@dataclass(frozen=True)
class Point:
    """A fault that happens to the call with this number."""

    call: int
    fault: Fault

    def __str__(self) -> str:
        return f"{self.fault} at call {self.call}"


@dataclass
class Striking:
    """The wire on which the faults at `points` happen. Remembers which faults each call could have had."""

    points: Sequence[Point] = ()
    rival: Callable[[], None] = lambda: None
    passes_over: Sequence[str] = ()
    """Faults that do not happen here, by name."""
    state: Callable[[], Any] | None = None
    """What is there now; given where `since` is wanted."""
    possible: list[list[Fault]] = field(default_factory=list)
    struck: int = 0
    since: list[Any] = field(default_factory=list)
    """What was there once the fault had happened, and each call after it with its answer."""

    def __call__(self, call: Call) -> Any:
        if self.state is None:
            return self._answer(call)
        before, answer = self.struck, None
        try:
            answer = self._answer(call)
        finally:
            if self.struck > before:
                self.since.append(self.state())
            elif self.struck:
                told = None if call.operation == "GetObject" else answer  # A stream; what is in it is in the state.
                self.since.append((call.operation, repr(call.request), repr(told)))
        return answer

    def _answer(self, call: Call) -> Any:
        number = len(self.possible)
        self.possible.append([one for one in FAULTS if one.hits(call) and one.name not in self.passes_over])
        if number > MOST_CALLS:
            raise Endless(f"{number} calls")
        for point in self.points:
            if point.call == number:
                self.struck += 1
                return point.fault.strikes(replace(call, rival=self.rival))
        return call.apply()


@dataclass(frozen=True)
class Outcome:
    """What an operation answered, and what was there after it."""

    answer: Any
    cloud: Cloud


class Proof:
    """Tries one operation with every fault."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        # Who only looks may see what was there a moment ago.
        self._passes_over = ["answered from before all was written"] if operation.looks else []
        self._before = Cloud()
        self._before.table.wrote = stays
        for step in operation.before:
            carry_out(step, Caller.of(self._before))
        wire = Striking(passes_over=self._passes_over)
        self._expected = self._carry_out(wire)
        self._expected_items = facts(self._expected.cloud)
        check(self._expected.cloud)
        self._possible = wire.possible
        self._seen: set[Any] = set()
        self.calls = len(wire.possible)
        self.done = self.ran = 0

    def _carry_out(self, wire: Striking, *, listening: bool = False) -> Outcome:
        cloud = self._before.copy()
        cloud.wire = wire
        wire.state = cloud.state if listening else None

        def rival() -> None:
            cloud.wire = clear
            carry_out(self.operation.now, Caller.of(cloud))
            cloud.wire = wire

        wire.rival = rival
        answer = carry_out(self.operation.now, Caller.of(cloud))
        cloud.wire = clear
        Caller.of(cloud).work_off()
        return Outcome(self.operation.same(answer), cloud)

    def singles(self) -> Iterator[tuple[Point, ...]]:
        """All points."""
        for number, faults in enumerate(self._possible):
            yield from ((Point(number, fault),) for fault in faults)

    def attempt(self, points: Sequence[Point], *, listening: bool = False) -> Striking:
        """Carry the operation out with faults at `points`; fails unless nothing is lost by them."""
        wire = Striking(points, passes_over=self._passes_over)
        try:
            outcome = self._carry_out(wire, listening=listening)
            assert wire.struck == len(points), "a fault did not happen"
            self._compare(outcome)
        except Exception as error:
            error.add_note(f"{self.operation}, with " + " and ".join(map(str, points)))
            raise
        self.ran += 1
        return wire

    def run(self, calls: range | None = None) -> None:
        """Every point alone, and every pair of points; or a part of those, by the call of the first of the two.

        Two faults of one call, after which the same is there, the same is asked and the same is answered to the end,
        are one to all that follows: then a second fault is tried behind one of them, and counts for both.
        """
        after: dict[Any, int] = {}
        for [first] in self.singles():
            if calls is not None and first.call not in calls:
                continue
            wire = self.attempt([first], listening=True)
            history = first.call, tuple(wire.since)
            if history not in after:
                seconds = [
                    Point(number, fault)
                    for number in range(first.call + 1, len(wire.possible))
                    for fault in wire.possible[number]
                ]
                for second in seconds:
                    self.attempt([first, second])
                after[history] = len(seconds)
            self.done += 1 + after[history]

    def _compare(self, outcome: Outcome) -> None:
        seen = outcome.cloud.state(), repr(outcome.answer)
        if seen in self._seen:
            return
        assert outcome.answer == self._expected.answer
        assert facts(outcome.cloud) == self._expected_items
        assert outcome.cloud.files == self._expected.cloud.files
        check(outcome.cloud)
        self._repeat(outcome)
        self._seen.add(seen)

    def _repeat(self, outcome: Outcome) -> None:
        """Once more, by somebody else: answered as the first time, and nothing changes."""
        before = facts(outcome.cloud)
        again = carry_out(self.operation.now, Caller.of(outcome.cloud))
        assert self.operation.same(again) == outcome.answer, "a repeat is answered otherwise"
        assert facts(outcome.cloud) == before, "a repeat changed something"


def facts(cloud: Cloud) -> dict[Key, Item]:
    """What must not depend on what went wrong.

    That is all but how a purge was cut into writes, and how often settings were sent: each time is a new version.
    """
    found: dict[Key, Item] = {}
    for (pk, sk), item in cloud.table.items().items():
        if pk == keys.PROGRAMS_PK:
            found[pk, sk] = without_version(json.loads(item["settings"]["S"]))
        elif not any(part in pk for part in ("#settings", "#purges", "#write-off#")):
            found[pk, sk] = item
    return found


@dataclass(frozen=True)
class Tried:
    """How many points of an operation were tried, its calls, the faults that happened, and what was lost."""

    operation: str
    points: int
    runs: int
    calls: int
    faults: frozenset[str]
    error: str | None = None


def try_part(number: int, part: range) -> Tried:
    operation, error, points, runs, calls = OPERATIONS[number], None, 0, 0, 0
    faults: frozenset[str] = frozenset()
    with deployed():
        try:
            proof = Proof(operation)
            calls, faults = proof.calls, frozenset(point.fault.name for [point] in proof.singles())
            proof.run(part)
            points, runs = proof.done, proof.ran
        except Exception as failure:  # noqa: BLE001 - told together with the points
            error = "".join(traceback.format_exception(failure))
    return Tried(operation.name, points, runs, calls, faults, error)


def try_all() -> Iterator[Tried]:
    """All operations, on all processors; large ones come in parts."""
    with deployed():
        calls = [Proof(operation).calls for operation in OPERATIONS]
    parts = [(number, range(at, at + PART)) for number, size in enumerate(calls) for at in range(0, size, PART)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(try_part, *zip(*parts, strict=True))


def main() -> int:
    """Tries everything, and says how many points there were. Stops at the first that loses something."""
    total = 0
    for operation, parts in groupby(try_all(), key=lambda tried: tried.operation):
        points = 0
        for tried in parts:
            if tried.error:
                print(tried.error)
                return 1
            points += tried.points
        print(f"{points:8,} {operation} ({tried.calls} calls)", flush=True)
        total += points
    print(f"{total:8,} points in all, and nothing was lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
