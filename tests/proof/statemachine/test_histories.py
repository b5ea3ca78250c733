"""Random histories of whole stores, against a model of the rules.

The same machine runs in memory, in memory with a store whose cheap reads are always behind, and on the emulator's
DynamoDB. As all other tests it draws the same histories in each run; to look for others, and for how many of them:

    HYPOTHESIS_PROFILE=search HISTORIES=20000 make test ARGS="tests/proof/statemachine -k in_memory --timeout=0"

A history that fails in memory is shrunk to the shortest one that does; all are printed as the calls they are made of.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.statemachine.machine import Machine, Stage
from tests.proof.statemachine.stages import InDynamoDB, behind, in_memory

STEPS = 40
pytestmark = pytest.mark.timeout(900)  # a minute each on a machine that has nothing else to do


def play(stage: Callable[[], Stage], histories: int, *, shrink: bool = True) -> None:
    """Plays `histories` histories, or as many as HISTORIES says."""

    class OnStage(Machine):
        def __init__(self) -> None:
            super().__init__(stage)

    run_state_machine_as_test(
        OnStage,
        settings=settings(
            max_examples=int(os.environ.get("HISTORIES", histories)),
            stateful_step_count=STEPS,
            deadline=None,
            phases=[phase for phase in Phase if shrink or phase not in (Phase.shrink, Phase.explain)],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_histories_in_memory() -> None:
    play(in_memory, 1_000)


def test_histories_when_cheap_reads_are_behind() -> None:
    play(behind, 200)


def test_histories_in_the_emulator(dynamodb: Any, ledger_table: Callable[[], str]) -> None:
    play(InDynamoDB(dynamodb, ledger_table()), 40, shrink=False)
