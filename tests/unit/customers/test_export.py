"""An export holds every movement of the account that it shows, however far the index is behind."""

from dataclasses import replace
from typing import Any

import pytest

from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.points.issue import Issue
from loyalty.ports.faults import Unavailable
from loyalty.ports.ledger import Ledger
from loyalty.usecases.customers.export import CustomerExport, export_customer
from loyalty.usecases.points.issue import issue_points
from tests.support.builders import member, program
from tests.support.worlds import World, world_in_memory

ADMIN = Sender("admin", "API", address="203.0.113.7")


class Behind:
    """A ledger whose index does not show the movement numbered `missing`, for so many looks."""

    def __init__(self, ledger: Ledger, missing: int, looks: int) -> None:
        self._ledger, self._missing, self._looks = ledger, missing, looks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def statement(self, account_id: AccountId, limit: int, before: int | None) -> list[Movement]:
        self._looks -= 1
        everything = self._ledger.statement(account_id, 100, before)
        return [one for one in everything if self._looks < 0 or one.sequence != self._missing][:limit]


@pytest.fixture
def world() -> World:
    world = replace(world_in_memory(program()), sleep=lambda seconds: None)
    for number in range(6):
        gift = Issue(account_id=member(), points=1, expires_at=None, reason="a gift")
        issue_points(world, "shop", f"key {number}", gift, Sender("admin", "API"))
    return world


def export(world: World, missing: int, looks: int) -> CustomerExport:
    behind: Any = Behind(world.ledger, missing, looks)
    return export_customer(replace(world, ledger=behind), member(), ADMIN, "request", page=3)


@pytest.mark.parametrize("missing", [6, 5, 4])
def test_what_an_index_does_not_show_yet_is_waited_for(world: World, missing: int) -> None:
    assert [one.sequence for one in export(world, missing, looks=3).movements] == [6, 5, 4]


def test_what_an_index_never_shows_is_not_left_out_in_silence(world: World) -> None:
    with pytest.raises(Unavailable):
        export(world, missing=5, looks=1_000)
