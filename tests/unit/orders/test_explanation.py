"""An order says why it holds what it holds, line by line and fact by fact."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.orders.accrual import Customer
from loyalty.domain.orders.explanation import facts_told, lines_told, steps_told
from loyalty.domain.orders.facts import Used
from loyalty.domain.orders.steps import Rule
from tests.support.builders import program
from tests.support.facts import LATER, Told, window
from tests.unit.orders.test_order_properties import orders, refunds

EARN = {
    "excluded": {"skus": ["card"]},
    "rates": [{"skus": ["x5"], "points_per_unit": "5"}, {"skus": ["piece"], "points_per_item": 7}],
    "on_redeemed_order": "cash_part",
}
PROMOTIONS = [
    {"id": "big", **window(), "bonus_points": 100, "min_spend": "80.00"},
    {"id": "triple", **window(), "multiplier": "3", "skus": ["plain"]},
]


def told() -> Told:
    found = Told(
        program(earn=EARN, promotions=PROMOTIONS, tiers=[{"name": "gold", "min_orders": 1, "multiplier": "2"}])
    )
    gold = Customer(tier="gold")
    used = Used(1_000, Decimal("10.00"), Decimal("0.01"))
    found.complete("plain*2=30.00", "x5=10.00", "piece*2=10.00", "card=50.00", customer=gold, used=used, room=300)
    found.refund("r1", "plain*1=15.00", shipping="0.00")
    found.edit("plain*2=70.00", "x5=10.00", "piece*2=10.00", "card=50.00", at=LATER)
    return found


def test_each_line_says_what_is_left_of_it_and_what_that_earns() -> None:
    lines = {one.line.sku: one for one in lines_told(told().holding)}
    assert (lines["plain"].worth, lines["plain"].left) == ("70.00 EUR", "55.00 EUR")
    assert lines["plain"].pieces == 1
    assert lines["plain"].words == (
        "15.00 EUR, 13.50 EUR of it counted, x 1 x 3 (promotions) x 2 (gold); came in 2026-01-31 under version 1",
        "40.00 EUR x 1 x 2 (gold); came in 2026-02-10 under version 1",
    )
    assert lines["piece"].words == ("2 pieces x 7 x 2 (gold); came in 2026-01-31 under version 1",)
    assert lines["card"].words == ("50.00 EUR earns nothing; came in 2026-01-31 under version 1",)
    assert [lines[sku].points for sku in ("card", "x5")] == [Decimal(0), Decimal(90)]


def test_each_fact_says_what_it_moved_and_why() -> None:
    order = told()
    order.adjust(-20)
    order.refund("r2", "x5*1=10.00", points=3)
    order.cancel()
    assert [one.words for one in facts_told(order.holding)] == [
        "Completed under version 1. A cap on the customer cut off 67. 300 more are held: the goods that are left earn "
        "367, the order holds 300.",
        "Refund r1: 1 of plain 15.00 EUR back. 14 are taken, 150 used points come back: the goods that are left earn "
        "286, the order holds 286.",
        "Edited, revision 2. 80 more are held: the goods that are left earn 366, the order holds 366.",
        "20 taken by hand. 20 are taken: the goods that are left earn 366, the order holds 346.",
        "Refund r2: 1 of x5 10.00 EUR back. It was decided to take 3. 3 are taken, 68 used points come back: the goods "
        "that are left earn 186, 157 were let go, the order holds 343.",
        "Cancelled. 343 are taken, 782 used points come back: the goods that are left earn 186, 157 were let go, the "
        "order holds 0.",
    ]


def test_a_cap_and_a_reopening_are_named() -> None:
    order = Told()
    order.complete("A=100.00", room=60)
    order.cancel()
    order.reopen(room=50)
    assert [one.words for one in facts_told(order.holding)] == [
        "Completed under version 1. A cap on the customer cut off 40. 60 more are held: the goods that are left earn "
        "100, the order holds 60.",
        "Completed again. A cap on the customer cut off 10. 10 are taken: the goods that are left earn 100, the order "
        "holds 50.",
    ]


@given(st.data())
def test_what_the_lines_earn_sums_to_what_the_goods_earn_but_for_bonuses_and_rounding(data: st.DataObject) -> None:
    order = data.draw(orders())
    for refund in data.draw(refunds(order)):
        order.tell(refund)
    holding = order.holding
    goods = {Rule.BASE, Rule.RATE, Rule.PROMOTION, Rule.TIER}
    programs = holding.rules.programs
    multiplied = [
        step
        for step in holding.accrual.steps
        if step.rule in goods
        if step.rule is not Rule.PROMOTION or programs[step.version].promotions[step.of].multiplier is not None
    ]
    pots = [one for one in holding.accrual.earners if one.pot]
    if not any(one.points for one in pots):
        by_line = sum((one.points for one in lines_told(holding)), Decimal(0))
        assert abs(by_line - sum(step.points for step in multiplied)) <= len(holding.accrual.steps)
    assert sum(step.points for step, _ in steps_told(holding)) == holding.kept
    assert [one.entry for one in facts_told(holding)] == list(holding.entries)
