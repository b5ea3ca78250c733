"""An account is the sum of its movements, whatever their history."""

from dataclasses import replace

import pytest
from hypothesis import given

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.lots import Lot, Lots
from tests.support.builders import DAY, NOW, holding, issuing, member
from tests.support.replay import ADDS, compare
from tests.support.strategies import history, steps

type Steps = list[tuple[str, int, int | None]]


@given(steps)
def test_an_account_is_what_its_movements_add_up_to(steps: Steps) -> None:
    told = history(steps)
    for number in range(1, len(told) + 1):
        compare(told[number - 1][2], [movement for _, movement, _ in told[:number]])


@given(steps)
def test_outstanding_is_what_was_earned_less_what_was_redeemed_and_what_expired(steps: Steps) -> None:
    for _, _, account in history(steps):
        assert account.outstanding == account.earned_total - account.redeemed_total - account.expired_total


@given(steps)
def test_nobody_in_debt_has_points_to_spend(steps: Steps) -> None:
    for _, movement, account in history(steps):
        assert not account.debt or not account.available(movement.recorded_at)
        assert account.balance(movement.recorded_at) == account.available(movement.recorded_at) - account.debt


@given(steps)
def test_a_credit_repays_debt_before_anything_else(steps: Steps) -> None:
    for before, movement, after in history(steps):
        if movement.kind in ADDS:
            repaid = min(before.debt, movement.points)
            assert (movement.debt, after.debt) == (-repaid, before.debt - repaid)
            assert after.lots.total == before.lots.total + movement.points - repaid


@given(steps)
def test_the_purge_never_looks_later_than_the_next_expiry(steps: Steps) -> None:
    for _, _, account in history(steps):
        if account.lots.next_expiry:
            assert account.purge_at
            assert account.purge_at <= account.lots.next_expiry


@given(steps)
def test_only_the_purge_moves_the_time_of_the_next_purge_back(steps: Steps) -> None:
    for before, movement, after in history(steps):
        if before.purge_at and movement.kind is not Kind.EXPIRE:
            assert after.purge_at
            assert after.purge_at <= before.purge_at


@given(steps)
def test_sequences_have_no_gaps(steps: Steps) -> None:
    told = history(steps)
    assert [movement.sequence for _, movement, _ in told] == list(range(1, len(told) + 1))
    assert [account.version for _, _, account in told] == list(range(1, len(told) + 1))


def test_a_movement_out_of_sequence_is_refused() -> None:
    account = holding(Lot(None, 5))
    [movement] = issuing(account, Lot(None, 1)).movements
    for sequence in (1, 3, None):
        with pytest.raises(ValueError, match="does not follow"):
            account.apply(replace(movement, sequence=sequence))


def test_debt_is_repaid_from_the_points_that_would_expire_first() -> None:
    account = Account(account_id=member(), debt=5)
    lots = Lots([Lot(NOW + DAY, 3), Lot(NOW + 2 * DAY, 3), Lot(None, 3)])
    assert account.credit(lots) == ((Lot(NOW + 2 * DAY, 1), Lot(None, 3)), -5)


def test_a_balance_counts_no_expired_points_and_outstanding_does() -> None:
    account = holding(Lot(NOW + DAY, 3), Lot(None, 4))
    assert (account.balance(NOW), account.outstanding) == (7, 7)
    assert (account.balance(NOW + DAY), account.outstanding) == (4, 7)
