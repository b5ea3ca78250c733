"""Whole days with everybody at once: nothing is lost, everything ends, and a seed tells the same history each time."""

import os
import subprocess
import sys

import pytest

from tests.proof.simulation.functions import deployed
from tests.proof.simulation.simulation import run, run_seeds

SEEDS = int(os.environ.get("SEEDS", "1000"))
FIRST_SEED = int(os.environ.get("FIRST_SEED", "0"))


@pytest.mark.timeout(0 if SEEDS > 1_000 else 900)
def test_no_seed_loses_anything(capsys: pytest.CaptureFixture[str]) -> None:
    calls = faults = 0
    for ran in run_seeds(FIRST_SEED, SEEDS):
        assert ran.error is None, f"make simulation SEED={ran.seed}: {ran.error}"
        calls, faults = calls + ran.calls, faults + ran.faults
    with capsys.disabled():
        print(f"\n{SEEDS:,} seeds, {calls:,} calls, {faults:,} faults")
    assert faults > 10 * SEEDS


def test_a_seed_replays_exactly_also_elsewhere() -> None:
    """Down to each call and each fault; in another process too, where Python orders its sets otherwise."""
    with deployed():
        here = [run(seed).digest for seed in (3, 7, 3, 7)]
    assert here[:2] == here[2:]
    assert here[0] != here[1]
    script = (
        "from tests.proof.simulation.functions import deployed\nfrom tests.proof.simulation.simulation import run\n"
        "with deployed():\n    print(run(7).digest)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(sys.path)}
    there = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert there.strip() == here[1]
