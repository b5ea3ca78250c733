"""One function says what goods earn: each by the rules under which it came in, the whole rounded and bounded once."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.ledger.standing import Standing
from loyalty.domain.orders.accrual import Customer, LivingApart
from loyalty.domain.orders.facts import Completion, Used
from loyalty.domain.orders.goods import Moment
from loyalty.domain.orders.order import Tender
from loyalty.domain.program.settings import Expiry
from loyalty.domain.values.calendar import ExpiryPolicy
from tests.support.builders import DAY, NOW, program
from tests.support.facts import LATER, Told, stated, window

CENT = Decimal("0.01")


def used(discount: str) -> Used:
    """Points of a cent each that take `discount` off."""
    return Used(int(Decimal(discount) * 100), Decimal(discount), CENT)


def earned(*items: str, settings: dict[str, Any], **facts: Any) -> int:
    return Told(program(**settings)).complete(*items, **facts)


@pytest.mark.parametrize(
    ("basis", "points"),
    [
        ("items", 50),
        ("items_with_shipping", 60),
        ("items_with_tax", 69),
        ("items_with_shipping_and_tax", 79),
        ("total", 79),
        ("total_without_shipping", 69),
        ("total_without_tax", 60),
        ("total_without_shipping_and_tax", 50),
    ],
)
@pytest.mark.parametrize("total", ["129.00", "79.00"])
def test_points_are_taken_off_once_whether_the_total_is_stated_before_or_after_them(
    basis: str, points: int, total: str
) -> None:
    earn = {"basis": basis, "on_redeemed_order": "cash_part"}
    told = {"shipping": "10.00", "tax": "19.00", "total": total, "used": used("50.00")}
    assert earned("A=100.00", settings={"earn": earn}, **told) == points


def test_an_order_of_goods_alone_earns_what_was_paid_in_money() -> None:
    earn = {"basis": "total", "on_redeemed_order": "cash_part"}
    assert earned("A=100.00", settings={"earn": earn}, total="50.00", used=used("50.00")) == 50


@pytest.mark.parametrize(("basis", "points"), [("items_with_tax", 100), ("total", 100), ("total_without_tax", 81)])
def test_tax_that_is_inside_the_amounts_counts_once(basis: str, points: int) -> None:
    assert earned("A=100.00", settings={"earn": {"basis": basis}}, tax="19.00", total="100.00") == points


def test_tax_on_shipping_is_no_tax_of_items_where_the_store_knows_it() -> None:
    told = {"shipping": "10.00", "tax": "20.90", "items_tax": "19.00"}
    assert earned("A=100.00", settings={"earn": {"basis": "items_with_tax"}}, **told) == 119
    assert earned("A=100.00", settings={"earn": {"basis": "items_with_shipping_and_tax"}}, **told) == 130


@pytest.mark.parametrize(("basis", "points"), [("items", 60), ("total", 12), ("total_without_shipping", 12)])
def test_a_total_that_lacks_something_counts_as_it_is_stated(basis: str, points: int) -> None:
    assert earned("A=60.00", settings={"earn": {"basis": basis}}, total="12.00") == points


def test_a_total_earns_for_fees_too() -> None:
    assert earned("A=60.00", settings={"earn": {"basis": "total"}}, total="64.00") == 64


@pytest.mark.parametrize(("on_redeemed_order", "points"), [("none", 0), ("cash_part", 75 + 15), ("full", 100 + 20)])
def test_an_order_that_used_points_earns_as_the_program_says(on_redeemed_order: str, points: int) -> None:
    earn = {"on_redeemed_order": on_redeemed_order, "rates": [{"skus": ["B"], "points_per_item": 10}]}
    assert earned("A=100.00", "B*2=100.00", settings={"earn": earn}, used=used("50.00")) == points


def test_money_of_tenders_that_earn_nothing_earns_nothing() -> None:
    earn = {"excluded": {"skus": [], "categories": [], "tenders": ["gift_card", "credit"]}}
    paid = (Tender("gift_card", Decimal("60.00")), Tender("credit", Decimal("20.00")), Tender("card", Decimal("20.00")))
    promotions = [{"id": "b", **window(), "bonus_points": 50}]
    settings = {"earn": earn, "promotions": promotions}
    assert earned("A=100.00", settings=settings, tenders=paid) == 20 + 10
    assert earned("A=100.00", settings=settings, tenders=(Tender("credit", Decimal("100.00")),)) == 0
    assert earned("A=100.00", settings=settings, tenders=(Tender("card", Decimal("100.00")),)) == 150


BONUS = {"id": "b", **window(), "bonus_points": 50}
BY_PIECE = {"rates": [{"skus": ["A"], "points_per_item": 10}], "on_redeemed_order": "full"}


@pytest.mark.parametrize(
    ("items", "money", "points"),
    [
        (["A*3=0.00"], {}, 0),
        (["A*3=30.00"], {"discount": "30.00"}, 0),
        (["A*3=0.00", "B=1.00"], {}, 51),
        (["A*3=0.03"], {}, 80),
        (["B=10.00"], {"used": used("10.00")}, 10),
        (["A*3=10.00"], {"used": used("10.00")}, 0),
        (["A*3=10.00"], {"used": used("9.99")}, 80),
    ],
)
def test_what_brought_no_money_earns_no_pieces_and_no_bonus(
    items: list[str], money: dict[str, Any], points: int
) -> None:
    told = Told(program(earn=BY_PIECE, promotions=[BONUS]))
    assert told.complete(*items, **money) == points


def test_an_order_whose_goods_are_free_earns_nothing_for_shipping_either() -> None:
    assert earned("A=5.00", settings={"earn": {"basis": "total"}}, discount="5.00", shipping="4.00") == 0


@pytest.mark.parametrize(("discount", "counts"), [("0.00", True), ("100.00", False)])
def test_only_an_order_that_brought_money_is_somebodys_first(discount: str, counts: bool) -> None:
    told = Told(program(ways_to_earn={"referral": {"points": 5, "referee_points": 7}}))
    customer = Customer(first_order=True, referee_points=7)
    assert told.complete("A=100.00", discount=discount, customer=customer) == (107 if counts else 0)
    assert told.holding.counts is counts


def test_an_order_below_the_minimum_is_nobodys_first_and_falls_below_it_by_a_return() -> None:
    told = Told(program(earn={"min_order_total": "50.00"}))
    customer = Customer(first_order=True, referee_points=7)
    assert told.complete("A=49.99", customer=customer) == 0
    assert (told.holding.counts, told.holding.accrual.reason) == (False, "below_min_order_total")
    told = Told(program(earn={"min_order_total": "50.00"}))
    assert told.complete("A=100.00", customer=customer) == 107
    assert told.refund("r1", "A=50.00") == -50
    assert told.refund("r2", "A=0.01") == -57
    assert (told.holding.counts, told.holds) == (False, 0)


def test_an_order_stays_a_first_order_where_its_points_were_let_go() -> None:
    told = Told()
    told.complete("A=100.00")
    told.refund("r1", "A=100.00", points=40)
    assert told.holding.counts
    told.cancel()
    assert not told.holding.counts


@pytest.mark.parametrize(
    ("items", "points"), [(["A=9.99"], 0), (["A=5.00", "B=5.00"], 2), (["A=29.99"], 4), (["A=9.00", "C=19.00"], 10)]
)
def test_whole_blocks_of_each_rates_money_earn(items: list[str], points: int) -> None:
    earn = {"per": "10.00", "points_per_unit": "2", "rates": [{"skus": ["C"], "points_per_unit": "10"}]}
    assert earned(*items, settings={"earn": earn}) == points


def test_blocks_are_first_those_of_what_is_multiplied_most_so_that_less_never_earns_more() -> None:
    double = {"id": "five", **window(), "multiplier": "5", "skus": ["A"]}
    told = Told(program(earn={"per": "10.00"}, promotions=[double]))
    assert told.complete("A=15.00", "B=14.00") == 5 + 1
    told.refund("r1", "B=9.00")
    assert told.holds == 6
    told.refund("r2", "B=1.00")
    assert told.holds == 5


def test_an_order_that_earns_anything_earns_the_least_at_least_and_the_most_at_most() -> None:
    earn = {"min_points_per_order": 10, "max_points_per_order": 20, "excluded": {"skus": ["card"]}}
    assert [
        earned(f"A={amount}", settings={"earn": earn}) for amount in ("0.10", "9.99", "15.00", "20.00", "99.00")
    ] == [
        10,
        10,
        15,
        20,
        20,
    ]
    assert earned("card=100.00", settings={"earn": earn}) == 0
    told = Told(program(earn=earn))
    told.complete("A=99.00")
    told.refund("r1", "A=98.00")
    assert told.holds == 10
    told.refund("r2", "A=1.00")
    assert told.holds == 0


@pytest.mark.parametrize(
    ("rounding", "points"), [("floor", [100, 50, 0]), ("half_up", [101, 50, 0]), ("ceil", [101, 51, 0])]
)
def test_an_order_is_rounded_once_as_the_first_version_says(rounding: str, points: list[int]) -> None:
    told = Told(program(earn={"rounding": rounding}), program(version=2, earn={"rounding": "floor"}))
    told.complete("A=50.30")
    told.edit("A=100.50", version=2)
    held = [told.holds]
    told.refund("r1", "A=50.20")
    held.append(told.holds)
    told.refund("r2", "A=50.30")
    held.append(told.holds)
    assert held == points


def test_each_layer_earns_by_the_version_of_its_moment() -> None:
    settings: dict[str, Any] = {
        "earn": {"points_per_unit": "3", "basis": "items_with_shipping", "max_points_per_order": 1}
    }
    told = Told(program(), program(version=2, **settings))
    told.complete("A=100.00", shipping="5.00")
    assert told.edit("A=110.00", shipping="7.00", version=2) == 30 + 6
    assert told.refund("r1", "A=20.00") == -30 - 10
    assert told.holds == 96


def test_where_no_promotions_of_the_moment_count_none_does() -> None:
    told = Told(program(promotions=[BONUS]))
    moment = Moment(1, NOW, promotions=False)
    assert told.tell(Completion(stated=stated("A=1.00"), moment=moment, customer=Customer())) == 1


SILVER = {"name": "silver", "min_orders": 1, "multiplier": "1.5"}
GOLD = {"name": "gold", "min_spend": "100.00", "multiplier": "2"}


def test_a_tier_multiplies_what_the_goods_earn_as_the_completion_found_it() -> None:
    told = Told(program(tiers=[SILVER, GOLD], promotions=[BONUS]))
    assert told.complete("A=100.00", customer=Customer(tier="gold")) == 250
    told.refund("r1", "A=50.00")
    assert told.holds == 150


def test_a_tier_that_this_order_reaches_multiplies_it_and_costs_its_part_when_it_is_missed_again() -> None:
    told = Told(program(tiers=[SILVER, GOLD], tiers_apply="this_order"))
    customer = Customer(standing=Standing(orders=3, spend=5_000, tier="silver"), day=NOW.date())
    assert told.complete("A=60.00", customer=customer) == 120
    told.refund("r1", "A=10.00")
    assert told.holds == 100
    told.refund("r2", "A=0.01")
    assert told.holds == 74


def test_what_counts_towards_tiers_is_money_that_could_earn() -> None:
    earn = {"excluded": {"skus": ["card"], "tenders": ["credit"]}, "min_order_total": "10.00"}
    told = Told(program(earn=earn))
    told.complete("A=60.00", "card=60.00", used=used("12.00"), tenders=(Tender("credit", Decimal("54.00")),))
    assert told.holding.accrual.spend == 27
    told.refund("r1", "card=60.00", "A=50.01")
    assert told.holding.accrual.spend == 0


STACK = {"stackable": True, "bonus_points": 50}
ALONE = {"stackable": False, "priority": 9, "bonus_points": 100, "min_spend": "80.00"}


def test_a_bonus_that_counts_alone_is_added_to_no_other_also_not_by_an_edit() -> None:
    told = Told(program(promotions=[{"id": "s", **window(), **STACK}, {"id": "e", **window(), **ALONE}]))
    assert told.complete("A=75.00") == 75 + 50
    assert told.edit("A=115.00") == 40 + 50
    assert Told(told.programs[1]).complete("A=115.00") == 115 + 100


def test_promotions_are_chosen_when_goods_come_in_and_switched_on_and_off_by_their_conditions() -> None:
    alone = {"id": "e", **window(), "stackable": False, "priority": 9, "multiplier": "3", "min_spend": "80.00"}
    told = Told(program(promotions=[{"id": "s", **window(), "multiplier": "2"}, alone]))
    assert told.complete("A=100.00") == 300
    told.refund("r1", "A=30.00")
    assert told.holds == 70


def test_a_multiplier_with_a_threshold_counts_for_all_goods_that_came_in_while_it_ran() -> None:
    double = {"id": "d", **window(), "multiplier": "2", "min_spend": "80.00"}
    told = Told(program(promotions=[double]))
    assert told.complete("A=75.00") == 75
    assert told.edit("A=80.00", at=LATER) == 5
    assert told.edit("A=85.00") == 80 + 5 - 0
    assert told.holds == 165


@pytest.mark.parametrize(("spend", "points"), [("100.00", 150), ("100.01", 100)])
def test_a_threshold_looks_at_goods_after_discounts_and_before_points_excluded_ones_too(
    spend: str, points: int
) -> None:
    promotion = {"id": "b", **window(), "bonus_points": 50, "min_spend": spend}
    earn = {"excluded": {"skus": ["card"]}, "on_redeemed_order": "full"}
    settings = {"earn": {**earn, "points_per_unit": "2"}, "promotions": [promotion]}
    told = {"discount": "10.00", "shipping": "99.00", "used": used("30.00")}
    assert earned("A=55.00", "card=55.00", settings=settings, **told) == points


def test_a_promotion_of_goods_looks_at_those_goods() -> None:
    promotion = {"id": "b", **window(), "bonus_points": 50, "min_spend": "80.00", "skus": ["A"]}
    assert earned("A=79.00", "B=50.00", settings={"promotions": [promotion]}) == 129
    assert earned("A=80.00", "B=50.00", settings={"promotions": [promotion]}) == 180


def test_a_bonus_counts_once_and_the_larger_one_where_versions_differ() -> None:
    told = Told(
        program(promotions=[{"id": "b", **window(), "bonus_points": 50}]),
        program(version=2, promotions=[{"id": "b", **window(), "bonus_points": 80, "min_spend": "20.00"}]),
    )
    assert told.complete("A=10.00") == 60
    assert told.edit("A=15.00", version=2) == 5
    assert told.edit("A=20.00", version=2) == 5 + 30
    told.refund("r1", "A=0.01")
    assert told.holds == 69


def test_goods_of_before_a_promotion_was_there_did_not_come_in_while_it_ran() -> None:
    retroactive = {"id": "b", **window(), "bonus_points": 80, "min_spend": "20.00"}
    told = Told(program(), program(version=2, promotions=[retroactive]))
    told.complete("A=15.00")
    assert told.edit("A=25.00", version=2) == 10
    assert told.edit("A=35.00", version=2) == 90


def test_points_that_a_promotion_lets_live_otherwise_are_at_most_what_it_gives_to_the_goods_that_are_left() -> None:
    life = {"policy": "after_days", "days": 7}
    told = Told(program(promotions=[{"id": "d", **window(), "multiplier": "2", "expiry": life}]))
    told.complete("A=100.00")
    expiry = Expiry(ExpiryPolicy.AFTER_DAYS, days=7)
    apart = [told.holding.accrual.apart]
    told.edit("A=130.00")
    apart.append(told.holding.accrual.apart)
    told.refund("r1", "A=90.00")
    apart.append(told.holding.accrual.apart)
    first = LivingApart(0, expiry, 100)
    assert apart == [(first,), (first, LivingApart(1, expiry, 30)), (LivingApart(0, expiry, 40),)]


def test_what_a_maximum_cuts_off_are_points_that_live_otherwise_first_the_last_of_them_first() -> None:
    day, week = ({"policy": "after_days", "days": days} for days in (1, 7))
    promotions = [
        {"id": "a", **window(), "bonus_points": 50, "expiry": day},
        {"id": "b", **window(), "bonus_points": 40, "expiry": week},
    ]
    told = Told(program(promotions=promotions, earn={"max_points_per_order": 120}))
    assert told.complete("A=60.00") == 120
    kept = [(one.expiry.days, one.points) for one in told.holding.accrual.apart]
    assert kept == [(1, 50), (7, 10)]


@pytest.mark.parametrize(("at", "points"), [(NOW - DAY, 60), (NOW, 60), (NOW + DAY, 10)])
def test_a_promotion_runs_from_its_start_until_before_its_end(at: datetime, points: int) -> None:
    assert earned("A=10.00", settings={"promotions": [BONUS]}, at=at) == points


def test_a_line_that_an_edit_splits_earns_by_its_pieces() -> None:
    told = Told(program(earn={"rates": [{"skus": ["A"], "points_per_item": 10}]}))
    told.complete("A*1=20.00")
    told.edit("A*2=18.00")
    assert told.holds == 20
    told.refund("r1", "A*1=9.00")
    assert told.holds == 10
    told.edit("A*1=9.00")
    assert told.holds == 0


@pytest.mark.parametrize(
    ("refund", "held"),
    [
        ({"items": ["A*1=5.00"]}, 30),
        ({"items": ["A*0=5.00"]}, 40),
        ({"items": ["A=5.00"]}, 35),
        ({"other": "5.00"}, 40),
    ],
)
def test_points_a_piece_go_with_the_pieces_and_where_nobody_counts_them_with_the_money(
    refund: dict[str, Any], held: int
) -> None:
    told = Told(program(earn={"points_per_unit": "0", "rates": [{"skus": ["A"], "points_per_item": 10}]}))
    told.complete("A*4=40.00")
    told.refund("r1", *refund.pop("items", ()), **refund)
    assert told.holds == held


def test_money_that_names_no_pieces_takes_of_each_piece_once() -> None:
    told = Told(program(earn={"points_per_unit": "0", "rates": [{"skus": ["A"], "points_per_item": 10}]}))
    told.complete("A*4=40.00")
    told.refund("r1", "A=10.00")
    told.refund("r2", "A=10.00")
    assert told.holds == 20


def test_shipping_that_is_left_earns_where_it_counts_however_little() -> None:
    told = Told(program(earn={"basis": "items_with_shipping", "points_per_unit": "2"}))
    told.complete("A=10.00", shipping="6.00")
    told.refund("r1", shipping="5.50")
    assert told.holds == 21


def test_what_a_total_lacks_beyond_the_goods_it_lacks_of_shipping_and_tax() -> None:
    basis: dict[str, Any] = {"earn": {"basis": "total"}}
    assert earned("A=10.00", settings=basis, shipping="10.00", tax="5.00", total="6.00") == 6
    assert earned("A=10.00", settings={"earn": {"basis": "total_without_tax"}}, tax="4.00", total="7.00") == 3
    told = Told(program(**basis))
    told.complete("A=10.00", shipping="10.00")
    told.edit("A=10.00", total="6.00")
    assert told.holds == 6
