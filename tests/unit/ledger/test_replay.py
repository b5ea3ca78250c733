"""A replay finds what is stored wrongly, also where what is stored and the replay are wrong alike."""

from dataclasses import replace

import pytest
from hypothesis import given

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.movement import Movement
from loyalty.domain.ledger.replay import differences
from tests.support.strategies import history, steps

type Steps = list[tuple[str, int, int | None]]
ISSUED: Steps = [("issue", 100, None)]


def told(steps: Steps) -> tuple[Account, list[Movement]]:
    """The account after `steps`, and its movements."""
    history_ = history(steps)
    return history_[-1][2], [movement for _, movement, _ in history_]


@given(steps)
def test_an_account_that_its_movements_made_has_no_differences(steps: Steps) -> None:
    movements: list[Movement] = []
    for _, movement, account in history(steps):
        movements.append(movement)
        assert list(differences(account, movements)) == []


@pytest.mark.parametrize("total", ["earned_total", "redeemed_total", "expired_total"])
def test_a_total_that_the_movements_do_not_say_is_found(total: str) -> None:
    account, movements = told(ISSUED)
    before = getattr(account, total)
    wrong = replace(account, **{total: before + 1})
    assert list(differences(wrong, movements)) == [f"{total} is stored as {before + 1}, movements say {before}"]


def test_a_kind_that_counts_in_no_total_is_found_although_the_replay_counts_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Kind.ISSUE, "effect", None)
    account, movements = told(ISSUED)
    [found] = differences(account, movements)
    assert found == "movements say 100 points outstanding, earned less redeemed less expired 0"
