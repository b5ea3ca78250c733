"""The roll-forward balances, whichever way a range is cut."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.books.liability import roll_forward
from loyalty.domain.books.sums import NOTHING, DaySums, Worth, sum_of
from loyalty.domain.ledger.kinds import Flow
from tests.support.days import DAYS, FIRST

OFFSETS = st.integers(-5, 130)


@given(DAYS, OFFSETS)
def test_a_roll_forward_balances_and_closes_with_all_that_was_ever_booked(days: list[DaySums], offset: int) -> None:
    rolled = roll_forward(days, FIRST + timedelta(days=offset))
    signed = [(one.kind.sign, one.worth) for day in days for one in day.sums]
    assert rolled.closing == Worth(
        sum(sign * worth.points for sign, worth in signed),
        sum((sign * worth.amount for sign, worth in signed), Decimal(0)),
    )
    flows = {flow: rolled.flows[flow].points for flow in Flow}
    assert rolled.closing.points == rolled.opening.points + sum(flow.sign * n for flow, n in flows.items())


@given(DAYS, OFFSETS, OFFSETS)
def test_a_range_in_two_parts_is_the_range(days: list[DaySums], one: int, other: int) -> None:
    start, middle = (FIRST + timedelta(days=n) for n in sorted((one, other)))
    whole = roll_forward(days, start)
    first = roll_forward([day for day in days if day.day < middle], start)
    second = roll_forward(days, middle)
    assert first.opening == whole.opening
    assert second.opening == first.closing
    assert second.closing == whole.closing
    for flow in Flow:
        assert first.flows[flow].plus(second.flows[flow]) == whole.flows[flow]


def test_a_range_before_or_behind_all_days_moves_nothing() -> None:
    assert roll_forward([], FIRST).closing == NOTHING
    assert roll_forward([], date.max).opening == sum_of([])
