"""An order earns by the rules that were in force when it was completed, whenever it is delivered."""

from datetime import timedelta

import pytest

from loyalty.domain.orders.goods import Moment
from loyalty.domain.orders.moments import moment_of_completion, moment_of_edit
from tests.support.builders import DAY, NOW

VERSIONS = [(1, NOW - 100 * DAY), (2, NOW - 50 * DAY), (3, NOW - DAY)]
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("ago", "version", "promotions"),
    [
        (timedelta(0), 3, True),
        (DAY, 3, True),
        (DAY + TICK, 2, True),
        (50 * DAY, 2, True),
        (50 * DAY + TICK, 1, True),
        (90 * DAY, 1, True),
        (90 * DAY + TICK, 3, False),
        (101 * DAY, 3, False),
        (-5 * TICK, 3, True),
    ],
)
def test_the_version_in_force_at_the_completion_counts_up_to_90_days_back(
    ago: timedelta, version: int, promotions: bool
) -> None:
    assert moment_of_completion(VERSIONS, NOW - ago, NOW) == Moment(version, NOW - ago, promotions)


def test_before_there_was_a_version_todays_counts_without_promotions() -> None:
    young = [(1, NOW - DAY), (2, NOW)]
    assert moment_of_completion(young, NOW - 2 * DAY, NOW) == Moment(2, NOW - 2 * DAY, promotions=False)
    assert moment_of_completion([(1, NOW + TICK)], NOW, NOW) == Moment(1, NOW, promotions=False)


def test_an_order_is_not_completed_before_it_reserved_points() -> None:
    assert moment_of_completion(VERSIONS, NOW - 60 * DAY, NOW, NOW - 40 * DAY) == Moment(2, NOW - 40 * DAY)
    assert moment_of_completion(VERSIONS, NOW - 20 * DAY, NOW, NOW - 60 * DAY) == Moment(2, NOW - 20 * DAY)


def test_what_an_edit_adds_earns_by_the_rules_of_its_own_moment() -> None:
    assert moment_of_edit(VERSIONS, NOW - 2 * DAY) == Moment(2, NOW - 2 * DAY)
