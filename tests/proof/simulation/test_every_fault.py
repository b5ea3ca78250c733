"""Nothing is lost, doubled or misplaced by any fault, or any two, at any call of any operation."""

from itertools import groupby

import pytest

from tests.proof.simulation.every_fault import Proof, try_all
from tests.proof.simulation.faults import FAULTS
from tests.proof.simulation.functions import deployed
from tests.proof.simulation.operations import OPERATIONS
from tests.proof.simulation.writing import entering, name_of, writing_usecases


@pytest.mark.timeout(900)
def test_nothing_is_lost_by_any_fault_at_any_call_nor_by_any_two(capsys: pytest.CaptureFixture[str]) -> None:
    happened: set[str] = set()
    points = runs = calls = 0
    for _, parts in groupby(try_all(), key=lambda tried: tried.operation):
        for tried in parts:
            assert tried.error is None, tried.error
            points, runs = points + tried.points, runs + tried.runs
            happened |= tried.faults
        calls += tried.calls
    with capsys.disabled():
        print(f"\n{len(OPERATIONS)} operations, {calls} calls, {len(FAULTS)} faults: {points:,} points, all of them")
        print(f"{runs:,} runs; in the others nothing could be told from one of these")
    assert happened == {fault.name for fault in FAULTS}, "a fault that never happens proves nothing"


def test_every_usecase_that_writes_is_tried() -> None:
    """By its code: see writing.py. What is missing wants an Operation in operations.py."""
    writing = {function for function in writing_usecases() if not name_of(function).startswith("_")}
    assert ("commands.command", "carry_out") in writing
    with deployed(), entering() as entered:
        for operation in OPERATIONS:
            proof = Proof(operation)
            for points in list(proof.singles()):
                proof.attempt(points)
    assert sorted(writing - entered) == []


def test_every_point_is_tried() -> None:
    """Counted a second time, call by call: each fault that a call can have, and after it each of each call left."""
    operation = next(operation for operation in OPERATIONS if operation.name == "issue points")
    with deployed():
        proof = Proof(operation)
        firsts = list(proof.singles())
        seconds = 0
        for [point] in firsts:
            after = proof.attempt([point]).possible[point.call + 1 :]
            seconds += sum(map(len, after))
        counted = Proof(operation)
        counted.run()
    assert counted.done == len(firsts) + seconds
    assert len(firsts) >= 6 * proof.calls
