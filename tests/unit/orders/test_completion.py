"""What an order earns: whole points, from exact money, once."""

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import MAX_POINTS
from loyalty.domain.orders.completion import complete, why_skipped
from loyalty.domain.orders.earning import Earning, earning
from loyalty.domain.orders.order import Item, Order
from loyalty.domain.orders.redemption import RedemptionRequest, redeem
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from tests.support.builders import again, begin, holding, member, order, order_history, program
from tests.support.strategies import cents, rates

HALF = Fraction(1, 2)
BY_HAND = {
    "floor": floor,
    "half_up": lambda exact: floor(exact + HALF),
    "ceil": ceil,
}


def earned(order: Order, **earn: Any) -> Earning:
    return earning(program(earn=earn), order, None)


@pytest.mark.parametrize("rounding", BY_HAND)
@given(amount=cents, rate=rates)
def test_points_are_the_exact_product_rounded_once(rounding: str, amount: Decimal, rate: Decimal) -> None:
    result = earned(order(amount=str(amount)), points_per_unit=rate, rounding=rounding)
    assert result.points == min(BY_HAND[rounding](Fraction(amount) * Fraction(rate)), MAX_POINTS)
    assert type(result.points) is int


@given(amount=cents, rate=rates, cap=st.none() | st.integers(1, 10_000))
def test_the_breakdown_adds_up_to_the_points(amount: Decimal, rate: Decimal, cap: int | None) -> None:
    result = earned(order(amount=str(amount)), points_per_unit=rate, max_points_per_order=cap)
    assert sum(step.points for step in result.steps) == result.points
    assert all(type(step.points) is int for step in result.steps)
    assert cap is None or result.points <= cap
    assert (result.reason == "no_points") == (result.points == 0)


@pytest.mark.parametrize(
    ("amount", "rate", "rounding", "points"),
    [
        ("9.99", "1", "floor", 9),
        ("9.99", "1", "ceil", 10),
        ("9.50", "1", "half_up", 10),
        ("9.49", "1", "half_up", 9),
        ("10.00", "1", "ceil", 10),
        ("0.10", "10", "floor", 1),
        ("0.07", "100", "floor", 7),
        ("1.15", "100", "floor", 115),
        ("1234.34", "809999.999999", "floor", 999815399),
        ("123456789012.34", "999999.999999", "floor", MAX_POINTS),
    ],
)
def test_rounding_by_example(amount: str, rate: str, rounding: str, points: int) -> None:
    assert earned(order(amount=amount), points_per_unit=rate, rounding=rounding).points == points


@given(lines=st.lists(cents, min_size=1, max_size=5), discount=cents, shipping=cents)
def test_items_less_discount_are_the_basis_and_never_less_than_nothing(
    lines: list[Decimal], discount: Decimal, shipping: Decimal
) -> None:
    items = tuple(Item(sku="A", quantity=1, amount=amount) for amount in lines)
    stated = order(items=items, discount=discount, shipping=shipping, tax=Decimal(7), total=Decimal(5))
    assert earned(stated).basis == max(sum(lines) - discount, 0)
    assert earned(stated, basis="total").basis == 5


@given(total=cents, least=cents)
def test_an_order_under_the_minimum_earns_nothing(total: Decimal, least: Decimal) -> None:
    result = earned(order(amount=str(total)), min_order_total=least)
    assert (result.reason == "below_min_order_total") == (total < least)
    assert total >= least or result.points == 0


def using(points: int, **settings: Any) -> tuple[Program, Earning]:
    """What an order of 100.00 earns that used `points`, at two cents each."""
    shop = program(redeem={"point_value": "0.02"}, **settings)
    request = RedemptionRequest(account_id=member(), order_total=Decimal(100), currency="EUR", points=points)
    redeemed = redeem(begin(shop, holding(Lot(None, 10_000))), request)
    return shop, earning(shop, order(), redeemed.history.live_redemption)


@given(points=st.integers(1, 5_000))
def test_an_order_that_used_points_earns_as_the_program_says(points: int) -> None:
    _, nothing = using(points)
    assert (nothing.points, nothing.reason) == (0, "points_used_on_order")
    _, full = using(points, earn={"on_redeemed_order": "full"})
    assert full.points == 100
    _, cash = using(points, earn={"on_redeemed_order": "cash_part"})
    assert cash.points == floor(100 - Fraction(points, 50))


def test_the_cash_part_is_never_less_than_nothing() -> None:
    shop = program(earn={"on_redeemed_order": "cash_part"})
    request = RedemptionRequest(account_id=member(), order_total=Decimal(100), currency="EUR", points=10_000)
    redeemed = redeem(begin(shop, holding(Lot(None, 10_000))), request)
    cheaper = order(amount="60.00")
    assert earning(shop, cheaper, redeemed.history.live_redemption).points == 0


@given(first=cents, second=cents)
def test_an_order_accrues_once_whatever_it_says_the_second_time(first: Decimal, second: Decimal) -> None:
    begun = begin(program(), Account(account_id=member()))
    done = complete(begun, order(amount=str(first)))
    assert [movement.kind for movement in done.movements] == [Kind.EARN]
    assert not complete(again(done), order(amount=str(second), currency="USD")).decided


def test_another_customer_on_the_same_order_is_a_conflict() -> None:
    done = complete(begin(program(), Account(account_id=member())), order())
    for other in (order(customer_id="bob"), order(guest=True)):
        with pytest.raises(Refused) as refused:
            complete(again(done), other)
        assert refused.value.code == "order_customer_mismatch"


def test_another_currency_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        complete(begin(program(), Account(account_id=member())), order(currency="USD"))
    assert (refused.value.code, refused.value.pointer) == ("currency_mismatch", "/currency")


@pytest.mark.parametrize(
    ("settings", "facts", "reason"),
    [
        ({}, {"customer_id": None}, "no_customer"),
        ({"enabled": False}, {}, "program_disabled"),
        ({"ways_to_earn": {"order": {"enabled": False}}}, {}, "order_earning_disabled"),
    ],
)
def test_what_is_skipped_leaves_no_trace(settings: dict[str, Any], facts: dict[str, Any], reason: str) -> None:
    shop, skipped = program(**settings), order(**facts)
    assert why_skipped(shop, skipped) == reason
    holder = Account(account_id=member()) if skipped.customer_id else None
    assert not complete(begin(shop, holder), skipped).decided


def test_a_completion_that_earns_nothing_is_recorded_and_final() -> None:
    done = complete(begin(program(), Account(account_id=member())), order(amount="0.99"))
    assert [(m.points, m.sequence, m.reason) for m in done.movements] == [(0, None, "no_points")]
    assert done.account == Account(account_id=member())
    assert not complete(again(done), order()).decided


def test_a_skipped_order_earns_when_it_is_sent_again() -> None:
    off = complete(begin(program(enabled=False), Account(account_id=member())), order())
    on = begin(program(), off.account, history=order_history(program=program()))
    assert complete(on, order()).holder.outstanding == 100
