"""A quote is what the commands would do: the same numbers, and nothing written."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.orders.completion import breakdown_of, complete
from loyalty.domain.orders.order import Order
from loyalty.domain.orders.quote import quote
from loyalty.domain.orders.redemption import RedemptionRequest, redeem
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.orders.quote import quote_order
from tests.support.builders import SENDER, again, begin, holding, member, order, program
from tests.support.programs import busy_shops, shops
from tests.support.worlds import world_in_memory

type Shop = tuple[Program, Order]


def refusal[Value](decide: Callable[[], Value]) -> Value | Refused:
    """What is decided, or how it is refused."""
    try:
        return decide()
    except Refused as refused:
        return refused


@given(shops())
def test_what_is_quoted_is_what_the_completion_earns(shop: Shop) -> None:
    rules, one = shop
    world = world_in_memory(rules)
    quoted, _ = quote_order(world, "shop", one, None)
    assert list(world.ledger.statement(member(), 9, None)) == []
    done = complete_order(world, "shop", one, SENDER)
    assert (quoted.earnable, quoted.expires_at, quoted.reason) == (done.points_earned, done.expires_at, done.reason)
    assert (quoted.breakdown, quoted.balance_after_earning) == (done.breakdown, done.balance)
    after, _ = quote_order(world, "shop", one, None)
    assert (after.earnable, after.earned, after.usable) == (done.points_earned, done.points_earned, 0)


@given(busy_shops())
def test_each_of_many_orders_earns_what_was_quoted(shop: tuple[Program, list[Order]]) -> None:
    """In tiers, at first orders, referred and capped: whatever the customer's standing has become."""
    rules, orders = shop
    world = world_in_memory(rules)
    for one in orders:
        quoted, _ = quote_order(world, "shop", one, None)
        done = complete_order(world, "shop", one, SENDER)
        assert (quoted.earnable, quoted.breakdown) == (done.points_earned, done.breakdown)
        assert (quoted.balance_after_earning, quoted.expires_at) == (done.balance, done.expires_at)
    assert verify_program(world, "shop").found == []


@given(shops(), st.integers(1, 2_000), st.just("max") | st.integers(1, 2_000))
def test_points_are_used_in_a_quote_as_they_would_be_on_the_order(shop: Shop, held: int, points: Any) -> None:
    rules, one = shop
    begun = begin(rules, holding(Lot(None, held)))
    request = RedemptionRequest(account_id=member(), order_total=one.total, currency=one.currency, points=points)
    redeemed = refusal(lambda: redeem(begun, request))
    quoted = refusal(lambda: quote(begun, one, points))
    if isinstance(redeemed, Refused) or isinstance(quoted, Refused):
        assert isinstance(redeemed, Refused)
        assert isinstance(quoted, Refused)
        assert (quoted.code, quoted.facts) == (redeemed.code, redeemed.facts)
        return
    completed = complete(again(redeemed), one)
    assert completed.history.completion
    assert quoted.earnable == completed.history.completion.points
    assert quoted.breakdown == breakdown_of(completed.history.completion)
    assert quoted.balance == redeemed.holder.balance(begun.now)
    assert quoted.balance_after_earning == completed.holder.balance(begun.now)
    assert quoted.usable == quote(begun, one, "max").used
    assert not begun.decided


def test_points_earned_on_an_order_are_not_usable_on_it() -> None:
    begun = begin(program(), Account(account_id=member()))
    assert (quote(begun, order(), None).earnable, quote(begun, order(), None).usable) == (100, 0)


def test_the_points_that_an_order_uses_count_as_usable_on_it() -> None:
    begun = begin(program(), holding(Lot(None, 50)))
    request = RedemptionRequest(account_id=member(), order_total=order().total, currency="EUR", points=30)
    edited = again(redeem(begun, request))
    kept, none = quote(edited, order(), None), quote(edited, order(), 0)
    assert (kept.used, kept.usable, kept.balance, str(kept.discount)) == (30, 50, 20, "0.30")
    assert (none.used, none.usable, none.balance, none.earnable) == (0, 50, 50, 100)


def test_nobody_s_cart_earns_nothing_and_says_why() -> None:
    found = quote(begin(program(), None), order(customer_id=None), None)
    assert (found.earnable, found.usable, found.balance, found.reason) == (0, 0, 0, "no_customer")


def test_a_program_that_is_off_quotes_nothing() -> None:
    found = quote(begin(program(enabled=False), holding(Lot(None, 50))), order(), None)
    assert (found.earnable, found.usable, found.balance, found.reason) == (0, 0, 50, "program_disabled")


def test_nobody_has_a_balance_before_they_have_an_account() -> None:
    quoted = quote(begin(program(), None), order(customer_id=None), None)
    assert (quoted.balance, quoted.balance_after_earning) == (0, 0)


def test_a_quote_of_points_is_refused_as_the_redemption_would_be() -> None:
    """Whatever the refusal is about: here it is the program and no field."""
    account = holding(Lot(None, 1_000))
    with pytest.raises(Refused, match="program_disabled"):
        quote(begin(program(enabled=False), account), order(), 100)
