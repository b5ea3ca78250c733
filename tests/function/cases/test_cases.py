"""Cases that stores have met, played as requests. The list of those that come out right is kept both ways."""

import pytest

from tests.function.api.cloud import Cloud
from tests.function.cases.playing import CASES, TURNED, Player

RIGHT = {"case-039", "case-053"}
"""The cases that come out right. One that comes to do so is added, in the commit that mends it; none is taken away."""


def unplayed() -> list[str]:
    return [case_id for case_id in CASES if "unplayed" in TURNED.get(case_id, {})]


@pytest.mark.parametrize("case_id", [case_id for case_id in CASES if case_id not in unplayed()])
def test_a_case_comes_out_as_the_list_says(cloud: Cloud, case_id: str) -> None:
    fault = None
    try:
        Player(cloud).play(case_id)
    except AssertionError as wrong:
        fault = str(wrong)
    if case_id in RIGHT:
        assert fault is None
    else:
        assert fault is not None, f"{case_id} comes out right now: add it to RIGHT"


def test_the_list_names_cases_that_are_played() -> None:
    assert set(CASES) - set(unplayed()) >= RIGHT
    assert set(TURNED) <= set(CASES)
