"""Returns: however an order is refunded bit by bit, it gives back what one refund would."""

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.cancellation import cancel
from loyalty.domain.orders.completion import complete
from loyalty.domain.orders.refund import Return, suggested, take_back, take_back_noted
from loyalty.domain.values.refusal import Refused
from tests.support.builders import DAY, NOW, again, begin, holding, member, order, program

cents = st.integers(1, 10**7).map(lambda n: Decimal(n).scaleb(-2))
parts = st.lists(st.integers(1, 10**7), max_size=6)
rates = st.integers(1, 10**5).map(lambda n: Decimal(n).scaleb(-3))


def completed(amount: Decimal, rate: Decimal = Decimal(1), policy: str = "proportional") -> Transaction:
    shop = program(earn={"points_per_unit": rate}, refund={"policy": policy})
    return again(complete(begin(shop, Account(account_id=member())), order(amount=str(amount))))


@given(amount=cents, rate=rates, parts=parts)
def test_partial_refunds_take_what_one_refund_of_their_sum_would(
    amount: Decimal, rate: Decimal, parts: list[int]
) -> None:
    done = completed(amount, rate)
    earned = done.history.earned
    for part in sorted(parts):
        total = min(amount, Decimal(part).scaleb(-2))
        done = again(take_back(done, Return(refunded_total=total)))
        assert done.history.reversed == floor(earned * Fraction(total) / Fraction(amount))
    done = again(take_back(done, Return(refunded_total=amount)))
    assert done.history.reversed == earned
    assert done.holder.outstanding == 0


@given(amount=cents, part=st.integers(1, 10**7))
def test_the_same_refund_again_takes_nothing(amount: Decimal, part: int) -> None:
    request = Return(refunded_total=min(amount, Decimal(part).scaleb(-2)))
    done = again(take_back(completed(amount), request))
    assert not take_back(done, request).decided


@given(amount=cents, part=st.integers(1, 10**7))
def test_a_cancellation_takes_only_what_refunds_left(amount: Decimal, part: int) -> None:
    done = completed(amount)
    refunded = again(take_back(done, Return(refunded_total=min(amount, Decimal(part).scaleb(-2)))))
    cancelled = cancel(refunded, None)
    assert cancelled.holder.outstanding == 0
    assert cancelled.history.reversed == done.history.earned


@given(amount=cents, part=st.integers(1, 10**7))
def test_by_default_nothing_is_taken_and_a_number_is_suggested(amount: Decimal, part: int) -> None:
    done, total = completed(amount, policy="manual"), min(amount, Decimal(part).scaleb(-2))
    assert not take_back(done, Return(refunded_total=total)).decided
    assert suggested(done.history, total) == floor(done.history.earned * Fraction(total) / Fraction(amount))


@pytest.mark.parametrize("policy", ["manual", "proportional"])
def test_an_administrators_number_counts_and_is_never_more_than_was_earned(policy: str) -> None:
    done = completed(Decimal(100), policy=policy)
    taken = again(take_back(done, Return(refunded_total=Decimal(10), points=60)))
    assert taken.holder.lots == Lots([Lot(None, 40)])
    with pytest.raises(Refused, match="exceeds_earned"):
        take_back(taken, Return(refunded_total=Decimal(20), points=41))
    with pytest.raises(Refused, match="refund_decided"):
        take_back(taken, Return(refunded_total=Decimal("10.00"), points=5))


@pytest.mark.parametrize(("refunded", "taken"), [("0", 0), ("0.01", 50)])
def test_an_order_that_earned_a_bonus_on_nothing_loses_it_with_a_refund_and_not_without(
    refunded: str, taken: int
) -> None:
    bonus = {"id": "b", "starts_at": NOW - DAY, "ends_at": NOW + DAY, "bonus_points": 50}
    shop = program(promotions=[bonus], refund={"policy": "proportional"})
    done = again(complete(begin(shop, Account(account_id=member())), order(amount="0")))
    assert done.history.earned == 50
    assert take_back(done, Return(refunded_total=Decimal(refunded))).history.reversed == taken


@given(amount=cents, rate=rates, parts=parts.filter(len))
def test_what_is_refunded_before_the_completion_is_taken_back_with_it(
    amount: Decimal, rate: Decimal, parts: list[int]
) -> None:
    totals = [min(amount, Decimal(part).scaleb(-2)) for part in parts]
    shop = program(earn={"points_per_unit": rate}, refund={"policy": "proportional"})
    early = begin(shop, Account(account_id=member()))
    for total in totals:
        early = again(take_back(early, Return(refunded_total=total)))
    early = take_back_noted(complete(early, order(amount=str(amount))))
    late = take_back(completed(amount, rate), Return(refunded_total=max(totals)))
    assert (early.history.earned, early.history.reversed) == (late.history.earned, late.history.reversed)
    assert early.holder.lots == late.holder.lots
    assert not take_back(again(early), Return(refunded_total=max(totals))).decided
    assert not take_back_noted(complete(again(early), order(amount=str(amount)))).decided


def test_what_is_refunded_before_the_completion_is_an_administrators_to_decide_by_default() -> None:
    early = begin(program(), Account(account_id=member()))
    assert not take_back(early, Return(refunded_total=Decimal(5))).decided


def test_refunds_of_what_never_earned_take_nothing() -> None:
    request = Return(refunded_total=Decimal(10))
    shop = program(refund={"policy": "proportional"})
    early = take_back(begin(shop, holding(Lot(None, 5))), request)
    assert early.account == early.read
    assert not take_back(again(cancel(completed(Decimal(100)), None)), request).decided
