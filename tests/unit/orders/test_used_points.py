"""Points that an order used come back with its goods, each once."""

from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.orders.facts import Used
from loyalty.domain.orders.uses import used_by_completion
from tests.support.builders import program
from tests.support.facts import LATER, Told, stated, window

CENT = Decimal("0.01")


def told(*items: str, points: int = 5_000, on_redeemed_order: str = "cash_part", **money: Any) -> Told:
    """An order on which `points` of a cent each were used."""
    found = Told(program(earn={"on_redeemed_order": on_redeemed_order}))
    found.complete(*items, used=Used(points, points * CENT, CENT), **money)
    return found


def test_a_share_of_the_used_points_comes_back_with_a_share_of_the_goods_rounded_down_once() -> None:
    order = told("A*3=100.00", points=1_000)
    back = []
    for number in range(3):
        order.refund(f"r{number}", "A*1=33.33")
        back.append(order.holding.given_back)
    assert back == [333, 666, 1_000]
    assert order.holding.used == 0


def test_shipping_and_other_money_give_no_used_points_back() -> None:
    order = told("A=100.00", shipping="10.00")
    order.refund("r1", shipping="10.00", other="20.00")
    assert order.holding.given_back == 0
    order.refund("r2", "A=50.00")
    assert order.holding.given_back == 2_500


def test_other_money_was_paid_in_money() -> None:
    order = told("A=100.00")
    assert order.holds == 50
    order.refund("r1", other="20.00")
    assert order.holds == 30
    order.refund("r2", other="30.00")
    assert (order.holds, order.holding.used) == (0, 5_000)


def test_goods_for_which_all_money_came_back_still_give_their_used_points_back_and_all_once_none_are_left() -> None:
    order = told("A=60.00", "B=40.00")
    order.refund("r1", other="50.00")
    order.refund("r2", "A=60.00")
    assert order.holding.used == 2_000
    order.refund("r3", "B=40.00")
    assert order.holding.used == 0


def test_goods_keep_what_points_paid_of_them_whatever_comes_in_later() -> None:
    five = {"id": "five", **window(), "multiplier": "5"}
    order = Told(program(earn={"on_redeemed_order": "cash_part"}, promotions=[five]))
    assert order.complete("A=10.00", used=Used(800, Decimal("8.00"), CENT)) == 10
    assert order.edit("A=500.00", at=LATER) == 490
    assert order.refund("r1", "A=490.00") == -490
    assert order.holds == 10


def test_points_of_goods_that_an_edit_takes_out_lie_on_what_is_there() -> None:
    order = told("A=50.00", "B=50.00")
    assert order.holds == 50
    order.edit("A=50.00", "C=100.00")
    assert (order.holding.used, order.holds) == (5_000, 100)
    order.edit("A=50.00", used=Used(5_000, Decimal("50.00"), CENT))
    assert (order.holding.used, order.holds) == (5_000, 0)


@pytest.mark.parametrize("total", ["12.50", "25.00"])
def test_a_refund_by_amount_is_a_share_of_what_was_paid_in_money(total: str) -> None:
    order = told("A=100.00")
    order.refund_money(total)
    assert order.holding.given_back == 100 * Decimal(total)
    assert order.holds == int(50 - Decimal(total))
    order.refund_money("50.00")
    assert (order.holds, order.holding.used) == (0, 0)


def test_all_money_back_is_a_full_return_of_an_order_that_points_paid_in_part() -> None:
    order = told("A=100.00", on_redeemed_order="full")
    assert order.holds == 100
    order.refund_money("50.00")
    assert (order.holds, order.holding.used) == (0, 0)


def test_where_used_points_are_kept_none_come_back() -> None:
    order = told("A*2=100.00")
    order.refund("r1", "A*1=50.00", restores=False)
    assert order.holding.given_back == 0
    order.refund("r2", "A*1=50.00")
    assert order.holding.given_back == 2_500


def test_an_administrator_decides_how_many_come_back() -> None:
    order = told("A*2=100.00")
    order.refund("r1", "A*1=50.00", points=0, restore=100)
    assert (order.holding.given_back, order.holds) == (100, 50)
    entry = order.holding.entries[-1]
    assert (entry.suggested, entry.restore_suggested, entry.restored) == (25, 2_500, 100)
    order.refund("r2", "A*1=50.00", points=0, restore=5_000)
    assert order.holding.used == 0


def test_undone_a_refund_takes_its_used_points_again() -> None:
    order = told("A*2=100.00")
    order.refund("r1", "A*1=50.00")
    order.undo("r1")
    assert (order.holding.used, order.holds) == (5_000, 50)


def test_a_cancellation_gives_all_used_points_back_and_a_reopening_takes_them_again() -> None:
    order = told("A*2=100.00")
    order.refund("r1", "A*1=50.00")
    order.cancel()
    assert order.holding.used == 0
    order.reopen()
    assert order.holding.used == 2_500


def test_an_edit_moves_none_of_what_refunds_gave_back() -> None:
    order = told("A*2=100.00")
    order.refund("r1", "A*1=50.00")
    order.edit("A*2=100.00", "B=50.00")
    assert (order.holding.given_back, order.holds) == (2_500, 75)
    order.refund("r2", "B=50.00")
    assert order.holding.given_back == 2_500 + 1_250
    order.refund("r3", "A*1=50.00")
    assert (order.holding.used, order.holds) == (0, 0)


def test_money_that_a_store_states_after_points_is_added_back() -> None:
    order = told("A*2=100.00", "B=100.00")
    order.refund("r1", "A*1=37.50", points_discount="12.50")
    assert order.holds == 150 - Decimal("37.5") - Decimal("0.5")
    assert order.holding.given_back == 1_250
    order.refund("r2", "A*1=0.00", points_discount="50.00")
    assert order.holding.given_back == 2_500
    assert order.holding.basket.back == 75


def test_points_that_exceed_the_goods_lie_on_shipping() -> None:
    order = told("A*2=40.00", shipping="20.00")
    assert order.holds == 0
    assert order.holding.rest.off == 50
    order.refund("r1", "A*1=20.00", shipping="10.00")
    assert order.holding.rest.off == 25
    assert order.holding.basket.back == 5


@pytest.mark.parametrize("first", ["other", "line"])
def test_other_money_lies_on_the_goods_that_remain_in_the_end_whichever_came_first(first: str) -> None:
    order = Told()
    order.complete("A=60.00", "B=40.00")
    if first == "other":
        order.refund("r1", other="30.00")
    order.refund("r2", "A=60.00")
    if first == "line":
        order.refund("r1", other="30.00")
    assert order.holds == 10


def test_what_a_refund_names_beyond_a_line_gives_back_no_more_than_the_line() -> None:
    order = Told()
    order.refund("r1", "A=50.00", shipping="9.00")
    order.complete("A=30.00", "B=10.00", shipping="4.00", used=Used(1_000, Decimal("10.00"), CENT))
    assert order.holding.given_back == 750
    assert order.holding.rest.goods == 10


@pytest.mark.parametrize(
    ("goods", "total", "points", "discount"),
    [
        ("5.00", "5.00", 500, "5.00"),
        ("9.00", "9.00", 900, "9.00"),
        ("50.00", "41.00", 900, "9.00"),
        ("5.00", "3.21", 900, "9.00"),
    ],
)
def test_a_completion_uses_no_more_points_than_the_order_is_worth(
    goods: str, total: str, points: int, discount: str
) -> None:
    reserved = Used(900, Decimal("9.00"), CENT)
    assert used_by_completion(reserved, stated(f"A={goods}", total=total)) == Used(points, Decimal(discount), CENT)


def test_a_completion_uses_the_fewest_points_that_give_the_discount() -> None:
    reserved = Used(4_000, Decimal("12.00"), Decimal("0.003"))
    assert used_by_completion(reserved, stated("A=11.99")) == Used(3_997, Decimal("11.99"), Decimal("0.003"))
    mixed = Used(300, Decimal("4.00"))
    assert used_by_completion(mixed, stated("A=1.00")) == Used(75, Decimal("1.00"))
    assert used_by_completion(Used(), stated("A=1.00")) == Used()


def test_points_that_exceed_the_goods_lie_on_shipping_before_they_lie_on_tax() -> None:
    shop = program(earn={"on_redeemed_order": "cash_part", "basis": "items_with_shipping"})
    order = Told(shop)
    assert order.complete("A=40.00", shipping="20.00", tax="10.00", used=Used(4_500, Decimal("45.00"), CENT)) == 15
    order = Told(shop)
    assert order.complete("A=40.00", shipping="20.00", tax="10.00", used=Used(6_500, Decimal("65.00"), CENT)) == 0


def test_lines_that_points_paid_wholly_come_back_by_what_points_took_off_them() -> None:
    order = told("A*1=10.00", "B*1=30.00", points=4_000)
    order.refund("r1", "A=0.00", points_discount="10.00")
    assert order.holding.given_back == 1_000
    order.refund("r2", "B*1=0.00", "A*0=0.00", points_discount="30.00")
    assert order.holding.used == 0
