"""Every worked number of the rules comes out of the model."""

from typing import Any

import pytest

from tests.proof.rules.playing import ModelTill, play
from tests.proof.rules.scenarios import SCENARIOS


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: f"rule {scenario['rule']}: {scenario['name']}")
def test_a_worked_number_of_the_rules(scenario: dict[str, Any]) -> None:
    play(scenario, ModelTill(scenario["settings"]))
