"""Double entry: every movement balances, and the liability is what the accounts are owed."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.books.journal import JournalEntry, journal_entry, sum_up
from loyalty.domain.ledger.kinds import BookAccount, Kind
from loyalty.domain.ledger.lots import Lot
from tests.support.builders import NOW, holding, issuing, program
from tests.support.strategies import history, steps

entries = st.lists(
    st.builds(
        JournalEntry,
        program_id=st.just("shop"),
        day=st.dates(date(2026, 1, 1), date(2026, 1, 4)),
        kind=st.sampled_from(Kind.of_points()),
        currency=st.sampled_from(["EUR", "JPY"]),
        movements=st.integers(1, 9),
        points=st.integers(0, 10**9),
        amount=st.decimals(0, 10**6, places=6),
    ),
    max_size=30,
)


@pytest.mark.parametrize(
    ("kind", "debit", "credit"),
    [
        (Kind.EARN, "points_distributed_expense", "points_liability"),
        (Kind.ISSUE, "points_distributed_expense", "points_liability"),
        (Kind.REVERSE, "points_liability", "points_distributed_expense"),
        (Kind.REDEEM, "points_liability", "points_redeemed"),
        (Kind.RESTORE, "points_redeemed", "points_liability"),
        (Kind.EXPIRE, "points_liability", "points_distributed_expense"),
    ],
)
def test_each_kind_is_booked_as_finance_expects(kind: Kind, debit: str, credit: str) -> None:
    assert (kind.booked.debit, kind.booked.credit) == (debit, credit)


@given(steps)
def test_liability_postings_are_the_outstanding_points(steps: list[tuple[str, int, int | None]]) -> None:
    books: Counter[BookAccount] = Counter()
    for _, movement, account in history(steps):
        entry = journal_entry(movement, "UTC")
        books[entry.debit] -= entry.points
        books[entry.credit] += entry.points
        assert books[BookAccount.LIABILITY] == account.outstanding
        assert sum(books.values()) == 0


@given(entries)
def test_summing_up_loses_nothing_and_keeps_days_kinds_and_currencies_apart(entries: Sequence[JournalEntry]) -> None:
    sums = sum_up(entries)
    keys = [(entry.day, entry.kind, entry.currency) for entry in sums]
    assert keys == sorted(set(keys))
    for key, total in zip(keys, sums, strict=True):
        mine = [entry for entry in entries if (entry.day, entry.kind, entry.currency) == key]
        assert total.points == sum(entry.points for entry in mine)
        assert total.movements == sum(entry.movements for entry in mine)
        assert total.amount == sum(entry.amount for entry in mine)


def test_a_movement_is_booked_on_the_day_of_its_program_at_its_own_point_value() -> None:
    shop = program(redeem={"point_value": "0.0050"}, timezone="Asia/Tokyo")
    late = NOW.replace(hour=15, minute=0, second=0, microsecond=0)
    for at, day in ((late - timedelta(microseconds=1), date(2026, 1, 31)), (late, date(2026, 2, 1))):
        [movement] = issuing(holding(), Lot(None, 7), at=at, using=shop).movements
        entry = journal_entry(movement, shop.timezone)
        assert (entry.day, entry.points, entry.movements) == (day, 7, 1)
        assert entry.amount == Decimal("0.035")
