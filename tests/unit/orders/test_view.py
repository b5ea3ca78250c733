"""The view of an order, its quote and a redemption name the same points: there is one rule for what can be used."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.domain.points.issue import Issue
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from loyalty.usecases.orders.quote import quote_order
from loyalty.usecases.orders.redeem import redeem_points
from loyalty.usecases.orders.view import view_order
from loyalty.usecases.points.issue import issue_points
from tests.support.builders import DAY, NOW, SENDER, member, order, program
from tests.support.worlds import Clock, World, save, world_in_memory

USES = RedemptionRequest(account_id=member(), order_total=order().total, currency="EUR", points=100)


def shop(settings: Program, *, held: int, until: timedelta = 9 * DAY) -> tuple[World, Clock]:
    """A world in which the order uses 100 of the `held` points that its customer had."""
    clock = Clock()
    world = world_in_memory(settings, clock=clock)
    gift = Issue(account_id=member(), points=held, expires_at=NOW + until, reason="a gift")
    issue_points(world, "shop", "key", gift, SENDER)
    redeem_points(world, "shop", "#1001", USES, SENDER)
    return world, clock


def usable(world: World) -> tuple[int | None, int]:
    """What the view of the order names, and what its quote does."""
    return view_order(world, "shop", "#1001").usable, quote_order(world, "shop", order(), None)[0].usable


def test_nothing_more_can_be_used_while_the_program_is_switched_off() -> None:
    world, _ = shop(program(), held=1_000)
    assert usable(world) == (1_000, 1_000)
    save(world.programs, program(version=2, enabled=False))
    assert usable(world) == (0, 0)
    with pytest.raises(Refused) as refused:
        redeem_points(world, "shop", "#1001", replace(USES, points=101), SENDER)
    assert refused.value.code == "program_disabled"


@given(
    settings=st.sampled_from([{}, {"enabled": False}, {"redeem": {"block_size": 7, "min_points": 50}}]),
    held=st.integers(100, 12_000),
    days=st.integers(0, 20),
)
def test_the_view_and_the_quote_name_what_a_redemption_would_get(
    settings: dict[str, Any], held: int, days: int
) -> None:
    world, clock = shop(program(), held=held)
    save(world.programs, program(version=2, **settings))
    clock.let_pass(days * DAY)
    viewed, quoted = usable(world)
    assert viewed == quoted
    if settings != {"enabled": False}:
        assert redeem_points(world, "shop", "#1001", replace(USES, points="max"), SENDER).points_redeemed == quoted
