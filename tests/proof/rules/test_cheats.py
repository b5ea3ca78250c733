"""Nobody gains by a cheat, and nobody who is honest loses: on the model."""

from typing import Any

import pytest

from tests.proof.rules.cheats import CHEATS, PAIRS, TWINS
from tests.proof.rules.playing import ModelTill, play


@pytest.mark.parametrize("scenario", CHEATS, ids=lambda scenario: scenario["name"])
def test_a_cheat_gains_nothing(scenario: dict[str, Any]) -> None:
    play(scenario, ModelTill(scenario["settings"]))


@pytest.mark.parametrize("scenario", TWINS, ids=lambda scenario: scenario["name"])
def test_its_honest_twin_loses_nothing(scenario: dict[str, Any]) -> None:
    play(scenario, ModelTill(scenario["settings"]))


def test_each_cheat_has_an_honest_twin() -> None:
    assert all(pair["scenarios"] and pair["twins"] for pair in PAIRS)
