"""What every store promises about the audit."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.lots import Lot
from loyalty.ports.audit import AuditEntry
from loyalty.ports.programs import ProgramVersion
from tests.contract.conftest import Store
from tests.support.builders import issuing, member, program

JANUARY = date(2026, 1, 1), date(2026, 1, 31)


def act(store: Store, at: datetime, address: str | None = "203.0.113.7", name: str = "ann") -> None:
    """Somebody issues points."""
    account = store.ledger.account(member(name), consistent=True)
    transaction = issuing(account, Lot(None, 5), at=at)
    [movement] = transaction.movements
    store.ledger.write([replace(transaction, movements=(replace(movement, address=address),))])


def entries(store: Store, first: date, last: date, size: int) -> list[AuditEntry]:
    """All of them, in pages of `size`."""
    found: list[AuditEntry] = []
    place = None
    while True:
        page, place = store.audit.entries("shop", first, last, size, place)
        assert len(page) <= size
        found += page
        if place is None:
            return found


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_acts_are_read_in_their_order_over_months_in_pages_of_any_size(store: Store, size: int) -> None:
    times = [datetime(2025, 12, 31, 23, 59, 59, 999999, UTC), datetime(2026, 1, 1, tzinfo=UTC)]
    times += [datetime(2026, 1, 15, hour, tzinfo=UTC) for hour in range(4)]
    times += [datetime(2026, 1, 31, 23, 59, 59, 999999, UTC), datetime(2026, 2, 1, tzinfo=UTC)]
    times += [datetime(2026, 6, 1, tzinfo=UTC)]
    for at in times:
        act(store, at)
    assert [one.at for one in entries(store, *JANUARY, size)] == times[1:7]
    assert [one.at for one in entries(store, date(2025, 1, 1), date(2026, 12, 31), size)] == times
    assert [one.at for one in entries(store, date(2026, 1, 15), date(2026, 1, 15), size)] == times[2:6]


def test_only_what_has_an_address_is_an_act(store: Store) -> None:
    at = datetime(2026, 1, 15, tzinfo=UTC)
    act(store, at, None)
    act(store, at + timedelta(1), name="bob")
    store.programs.save(ProgramVersion(program(), at + timedelta(2), "admin", "203.0.113.8"))
    store.programs.save(ProgramVersion(replace(program(), version=2), at + timedelta(3), "admin"))
    issued, changed = entries(store, *JANUARY, 10)
    assert (issued.action, issued.account, issued.points, issued.reason) == (
        "points_issued",
        member("bob"),
        5,
        "a gift",
    )
    assert (changed.action, changed.actor, changed.address) == ("program_changed", "admin", "203.0.113.8")
    assert (changed.program_version, changed.cause, changed.account) == (1, None, None)
    assert store.programs.recorded("shop", 1).address == "203.0.113.8"


PLACES = ["", "x", "[]", '["2026-01-15T00:00:00.000000Z", 1, "x"]', '["", "", ""]', "null", "[[[[", '"\\ud800"']


@pytest.mark.parametrize("place", PLACES)
def test_a_place_of_its_own_making_is_refused(store: Store, place: str) -> None:
    act(store, datetime(2026, 1, 15, tzinfo=UTC))
    with pytest.raises(ValueError, match=r"."):
        store.audit.entries("shop", *JANUARY, 10, place)


def test_nothing_happened_to_nobody(store: Store) -> None:
    assert store.audit.entries("shop", *JANUARY, 10, None) == ([], None)
    assert Account(account_id=member()).is_erased is False
