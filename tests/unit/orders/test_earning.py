"""What orders earn under any settings: more money never less, caps hold, lines do not matter, nothing is a float."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import MAX_POINTS
from loyalty.domain.ledger.standing import Standing
from loyalty.domain.orders.cancellation import cancel
from loyalty.domain.orders.completion import complete
from loyalty.domain.orders.earning import Earning, earning
from loyalty.domain.orders.order import Item, Order
from loyalty.domain.program.settings import Program
from tests.support.builders import DAY, NOW, again, begin, member, order, order_history, program
from tests.support.programs import amounts, busy_shops, shops, standings

type Shop = tuple[Program, Order]


def reckoned(shop: Shop) -> Earning:
    return earning(*shop, None)


@given(shops())
def test_steps_add_up_to_whole_points_within_every_cap(shop: Shop) -> None:
    found = reckoned(shop)
    cap = shop[0].earn.max_points_per_order or MAX_POINTS
    assert 0 <= found.points <= cap
    assert sum(step.points for step in found.steps) == found.points
    assert type(found.points) is int
    assert all(type(step.points) is int for step in found.steps)
    assert (found.reason is None) == (found.points > 0)
    assert all(points > 0 for _, points in found.bonuses)
    assert sum(points for _, points in found.bonuses) <= found.points


@given(shops(), standings, st.data())
def test_more_money_never_earns_less(shop: Shop, standing: Standing, data: st.DataObject) -> None:
    rules, one = shop
    more = data.draw(amounts(rules.currency, 10**4))
    number = data.draw(st.integers(0, len(one.items) - 1))
    items = list(one.items)
    items[number] = replace(items[number], amount=items[number].amount + more)
    dearer = replace(one, items=tuple(items), total=one.total + more)
    more_points, points = (earning(rules, it, None, standing, NOW.date(), 3).points for it in (dearer, one))
    assert more_points >= points


@given(busy_shops())
def test_no_cap_is_passed_by_any_number_of_orders(shop: tuple[Program, list[Order]]) -> None:
    rules, orders = shop
    account, earned = Account(account_id=member()), 0
    for one in orders:
        done = complete(begin(rules, account, history=order_history(one.order_id, program=rules)), one)
        account = done.holder
        earned += done.movements[0].points
        assert done.movements[0].points <= (rules.earn.max_points_per_order or MAX_POINTS)
    cap = rules.earn.max_points_per_customer
    assert cap is None or earned <= cap.points


@given(shops(), st.data())
def test_splitting_an_order_into_more_lines_changes_nothing(shop: Shop, data: st.DataObject) -> None:
    """The bound is nothing: shares of a discount are exact, and the sum is rounded once."""
    rules, one = shop
    items: list[Item] = []
    for item in one.items:
        for _ in range(item.quantity - 1):
            part = min(data.draw(amounts(rules.currency)), item.amount)
            items.append(replace(item, quantity=1, amount=part))
            item = replace(item, quantity=item.quantity - 1, amount=item.amount - part)
        items.append(item)
    split = replace(one, items=tuple(data.draw(st.permutations(items))))
    assert reckoned((rules, split)) == reckoned(shop)


@given(shops())
def test_two_orders_earn_what_they_would_earn_as_one_but_for_rounding(shop: Shop) -> None:
    """Each order is rounded once, so that two are off by no more than a point each."""
    rules, one = replace(shop[0], promotions=()), shop[1]
    free = replace(rules.earn, max_points_per_order=None, max_points_per_customer=None, min_order_total=Decimal(0))
    rules = replace(rules, earn=free)
    doubled = replace(
        one,
        items=(*one.items, *one.items),
        discount=one.discount * 2,
        shipping=one.shipping * 2,
        tax=one.tax * 2,
        total=one.total * 2,
    )
    assert abs(reckoned((rules, doubled)).points - 2 * reckoned((rules, one)).points) <= 2


@given(shops())
def test_lots_are_the_points_that_were_earned(shop: Shop) -> None:
    rules, one = shop
    done = complete(begin(rules, Account(account_id=member())), one)
    [movement] = done.movements
    assert done.holder.lots.total == movement.points == reckoned(shop).points
    assert done.history.earned_lots == done.holder.lots
    undone = cancel(again(done), None)
    assert undone.holder.lots.total == 0
    assert undone.history.reversible == 0


@given(shops(), st.integers(0, 400))
def test_a_cancellation_takes_back_all_of_an_order_that_has_not_expired(shop: Shop, days: int) -> None:
    rules, one = shop
    done = complete(begin(rules, Account(account_id=member())), one)
    later = NOW + days * DAY
    undone = cancel(again(done, later), None)
    assert undone.holder.available(later) == 0
    assert undone.holder.debt == 0


def lines(*items: tuple[str, str | None, int, str], **facts: Any) -> Order:
    made = tuple(
        Item(sku=sku, category=category, quantity=quantity, amount=Decimal(amount))
        for sku, category, quantity, amount in items
    )
    return order(items=made, **{"total": sum((item.amount for item in made), Decimal(0)), **facts})


BASKET = lines(
    ("A", "x", 2, "60.00"), ("B", None, 1, "40.00"), discount=Decimal(10), shipping=Decimal(5), tax=Decimal(19)
)


@pytest.mark.parametrize(
    ("basis", "points"),
    [
        ("items", 90),
        ("items_with_shipping", 95),
        ("items_with_tax", 109),
        ("items_with_shipping_and_tax", 114),
        ("total", 114),
        ("total_without_shipping", 109),
        ("total_without_tax", 95),
        ("total_without_shipping_and_tax", 90),
    ],
)
def test_each_basis_counts_what_its_name_says(basis: str, points: int) -> None:
    one = replace(BASKET, total=Decimal(114))
    assert earning(program(earn={"basis": basis}), one, None).points == points


@pytest.mark.parametrize(
    ("earn", "points"),
    [
        ({"excluded": {"skus": ["B"]}}, 54),
        ({"excluded": {"categories": ["x"]}}, 36),
        ({"excluded": {"categories": ["x"], "skus": ["B"]}}, 0),
        ({"rates": [{"skus": ["B"], "points_per_unit": "2"}]}, 54 + 72),
        ({"rates": [{"categories": ["x"], "points_per_item": 25}]}, 50 + 36),
        ({"rates": [{"skus": ["A"], "points_per_item": 1}, {"categories": ["x"], "points_per_item": 25}]}, 2 + 36),
    ],
)
def test_goods_earn_by_their_own_rate_and_a_discount_is_spread_over_the_lines(
    earn: dict[str, Any], points: int
) -> None:
    assert earning(program(earn=earn), BASKET, None).points == points


@pytest.mark.parametrize(
    ("currency", "amount", "points"), [("JPY", "1999", 19), ("EUR", "19.99", 19), ("KWD", "1.999", 19)]
)
def test_currencies_of_no_two_and_three_decimals(currency: str, amount: str, points: int) -> None:
    rate = {"JPY": "0.01", "EUR": "1", "KWD": "10"}[currency]
    shop = program(currency=currency, earn={"points_per_unit": rate})
    assert earning(shop, order(currency=currency, amount=amount), None).points == points


def promoted(*promotions: dict[str, Any], one: Order = BASKET, **settings: Any) -> Earning:
    window = {"starts_at": (NOW - DAY).isoformat(), "ends_at": (NOW + DAY).isoformat()}
    named = [{"id": f"p{number}", **window, **promotion} for number, promotion in enumerate(promotions)]
    return earning(program(promotions=named, **settings), one, None)


@pytest.mark.parametrize(
    ("promotions", "points"),
    [
        ([{"multiplier": "2"}], 180),
        ([{"multiplier": "2", "categories": ["x"]}], 90 + 54),
        ([{"multiplier": "2", "skus": ["Z"]}], 90),
        ([{"bonus_points": 100}], 190),
        ([{"bonus_points": 100, "skus": ["B"]}], 190),
        ([{"bonus_points": 100, "skus": ["Z"]}], 90),
        ([{"multiplier": "2"}, {"multiplier": "1.5", "categories": ["x"]}], 180 + 54),
        ([{"multiplier": "2"}, {"bonus_points": 7}], 187),
        ([{"multiplier": "2", "stackable": False}, {"bonus_points": 7}], 180),
        ([{"multiplier": "2", "stackable": False}, {"bonus_points": 7, "priority": 1}], 97),
        ([{"multiplier": "2", "stackable": False, "priority": 2}, {"bonus_points": 7, "priority": 1}], 180),
    ],
)
def test_promotions_multiply_the_goods_and_bonuses_are_added(promotions: list[dict[str, Any]], points: int) -> None:
    assert promoted(*promotions).points == points


@pytest.mark.parametrize(
    ("offset", "counts"),
    [(-timedelta(microseconds=1), False), (timedelta(0), True), (DAY - timedelta(microseconds=1), True), (DAY, False)],
)
def test_a_promotion_counts_for_orders_that_were_completed_in_its_window(offset: timedelta, counts: bool) -> None:
    window = {"starts_at": (NOW - 9 * DAY).isoformat(), "ends_at": (NOW - 8 * DAY).isoformat(), "multiplier": "2"}
    one = replace(BASKET, completed_at=NOW - 9 * DAY + offset)
    assert promoted(window, one=one).points == (180 if counts else 90)


def test_the_points_of_a_promotion_may_expire_sooner_than_the_others() -> None:
    soon = {"policy": "after_days", "days": 9}
    window = {"starts_at": NOW.isoformat(), "ends_at": (NOW + DAY).isoformat()}
    promotions = [{"id": "soon", **window, "bonus_points": 30, "expiry": soon}]
    shop = program(promotions=promotions, expiry={"policy": "after_days", "days": 99})
    done = complete(begin(shop, Account(account_id=member())), BASKET)
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    assert list(done.holder.lots) == [Lot(midnight + 10 * DAY, 30), Lot(midnight + 100 * DAY, 90)]
    after = cancel(again(done, NOW + 20 * DAY), None)
    assert [movement.points for movement in after.movements] == [90]
    assert list(after.holder.lots.expired(NOW + 20 * DAY)) == [Lot(midnight + 10 * DAY, 30)]


def test_a_cap_takes_the_bonus_before_the_rest() -> None:
    soon = {"policy": "after_days", "days": 9}
    found = promoted({"bonus_points": 30, "expiry": soon}, earn={"max_points_per_order": 100})
    assert (found.points, [points for _, points in found.bonuses]) == (100, [10])


def test_existing_lots_keep_their_expiry_when_the_policy_changes() -> None:
    before = program(expiry={"policy": "after_days", "days": 5})
    changed = program(version=2, expiry={"policy": "none"})
    earned = complete(begin(before, Account(account_id=member())), BASKET)
    after = complete(begin(changed, earned.account), replace(BASKET, order_id="#2")).holder
    assert [lot.points for lot in after.lots] == [90, 90]
    assert [lot.expires_at is None for lot in after.lots] == [False, True]


def test_the_breakdown_says_in_words_what_each_rule_did() -> None:
    found = promoted(
        {"multiplier": "1.5", "categories": ["x"]},
        earn={"rates": [{"skus": ["B"], "points_per_item": 3}], "max_points_per_order": 80},
    )
    assert [(step.rule, step.points, step.detail) for step in found.steps] == [
        ("base", 54, "54.00 EUR x 1 per EUR, floor"),
        ("rate", 3, "1 pieces x 3, B"),
        ("promotion", 27, "p0: x 1.5 on x"),
        ("max_points_per_order", -4, "at most 80 an order"),
    ]


@given(shops())
def test_a_sum_is_exact(shop: Shop) -> None:
    """Reckoned a second time line by line, without promotions and caps."""
    rules, one = replace(shop[0], promotions=()), shop[1]
    free = replace(rules.earn, max_points_per_order=None, max_points_per_customer=None, min_order_total=Decimal(0))
    rules = replace(rules, earn=free)
    money = one.amount(rules.earn.basis)
    goods = min(money, one.items_net)
    total = Fraction(money - goods) * Fraction(rules.earn.points_per_unit)
    for item in one.items:
        if rules.earn.excluded.include(item.sku, item.category):
            continue
        rate = next((rate for rate in rules.earn.rates if rate.include(item.sku, item.category)), None)
        if rate and rate.points_per_item is not None:
            total += rate.points_per_item * item.quantity
        elif one.items_total:
            share = Fraction(item.amount) * Fraction(goods) / Fraction(one.items_total)
            total += share * Fraction(
                rate.points_per_unit if rate and rate.points_per_unit is not None else rules.earn.points_per_unit
            )
    assert earning(rules, one, None).points == rules.earn.rounding.points(total)


def test_no_number_of_multipliers_makes_a_step_that_cannot_be_stored() -> None:
    found = promoted(*[{"multiplier": "1000"}] * 50, one=replace(BASKET, items=order(amount="999999999999.99").items))
    assert found.points == MAX_POINTS
    assert all(abs(step.points) <= 10**30 for step in found.steps)
    assert sum(step.points for step in found.steps) == MAX_POINTS


def test_under_a_cap_two_bonuses_share_what_the_goods_leave() -> None:
    """Points of the goods never live as long as a promotion says."""
    window = {"starts_at": NOW.isoformat(), "ends_at": (NOW + DAY).isoformat(), "bonus_points": 30}
    promotions = [
        {"id": "first", **window, "expiry": {"policy": "after_days", "days": 9}},
        {"id": "second", **window, "expiry": {"policy": "after_days", "days": 8}},
    ]
    found = earning(program(promotions=promotions, earn={"max_points_per_order": 110}), BASKET, None)
    assert (found.points, [points for _, points in found.bonuses]) == (110, [20])


@pytest.mark.parametrize(("cap", "steps"), [(89, ["base", "max_points_per_order"]), (90, ["base"]), (91, ["base"])])
def test_a_cap_is_a_step_only_where_it_takes_something(cap: int, steps: list[str]) -> None:
    found = earning(program(earn={"max_points_per_order": cap}), BASKET, None)
    assert [step.rule for step in found.steps] == steps
