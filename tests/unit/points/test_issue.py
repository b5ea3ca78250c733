"""Points given by hand."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.points.issue import MAX_LOTS, Issue, issue
from loyalty.domain.values.calendar import end_of_day_after
from loyalty.domain.values.refusal import Refused
from tests.support.builders import DAY, NOW, again, begin, holding, member, program

REQUEST = Issue(account_id=member(), points=50, expires_at=NOW + DAY, reason="a gift")


def begun(account: Account | None = None, **settings: Any) -> Transaction:
    history = History(cause_of_request("shop", "key"))
    return begin(program(**settings), account or Account(account_id=member()), history=history)


def test_points_live_until_the_instant_that_was_named() -> None:
    done = issue(begun(), REQUEST)
    assert done.holder.lots == Lots([Lot(NOW + DAY, 50)])
    assert done.movements[0].expires_at == NOW + DAY


def test_without_an_instant_they_live_as_the_policy_says() -> None:
    done = issue(begun(expiry={"policy": "after_days", "days": 2}), replace(REQUEST, expires_at=None))
    assert done.holder.lots == Lots([Lot(end_of_day_after(NOW, 2, "UTC"), 50)])
    assert issue(begun(), replace(REQUEST, expires_at=None)).holder.lots == Lots([Lot(None, 50)])


def test_the_same_request_again_changes_nothing_even_after_the_points_are_gone() -> None:
    done = issue(begun(), REQUEST)
    assert not issue(again(done, NOW + 9 * DAY), REQUEST).decided


@pytest.mark.parametrize(
    "changed",
    [
        {"points": 51},
        {"reason": "another"},
        {"expires_at": None},
        {"expires_at": NOW + DAY + timedelta(microseconds=1)},
        {"account_id": member("bob")},
    ],
)
def test_a_key_used_for_another_request_is_refused(changed: dict[str, Any]) -> None:
    done = issue(begun(), REQUEST)
    with pytest.raises(Refused, match="idempotency_key_reused"):
        issue(again(done), replace(REQUEST, **changed))


def test_a_key_used_through_another_door_is_refused() -> None:
    done = issue(begun(), REQUEST)
    elsewhere = Transaction.begin(done.program, Origin(Sender("test", "POS"), NOW), done.history, done.account)
    with pytest.raises(Refused, match="idempotency_key_reused"):
        issue(elsewhere, REQUEST)


@pytest.mark.parametrize("expires_at", [NOW, NOW - DAY])
def test_no_points_are_issued_that_are_gone_already(expires_at: datetime) -> None:
    with pytest.raises(Refused) as refused:
        issue(begun(), replace(REQUEST, expires_at=expires_at))
    assert (refused.value.code, refused.value.pointer) == ("expires_in_the_past", "/expires_at")


def test_an_account_full_of_lots_takes_no_new_instant_but_more_points() -> None:
    lots = Lots(Lot(NOW + DAY + timedelta(seconds=n), 1) for n in range(MAX_LOTS))
    full = replace(holding(Lot(None, 1)), lots=lots)
    with pytest.raises(Refused, match="too_many_lots"):
        issue(begun(full), replace(REQUEST, expires_at=NOW + 2 * DAY + timedelta(microseconds=1)))
    assert issue(begun(full), REQUEST).holder.lots.total == MAX_LOTS + 50


def test_an_account_has_at_most_5000_lots() -> None:
    """docs/reference/limits.md states the number."""
    assert MAX_LOTS == 5_000
