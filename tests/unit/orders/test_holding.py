"""An order holds exactly what its remaining goods would have earned, save what an administrator decided."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.orders.accrual import Customer
from loyalty.domain.orders.facts import Decision, Used
from loyalty.domain.orders.holding import Change, change, recorded, suggested
from loyalty.domain.program.settings import Program
from tests.support.builders import DAY, NOW, program
from tests.support.facts import LATER, Told, window

EARN = {"excluded": {"skus": ["card"]}, "rates": [{"skus": ["x5"], "points_per_unit": "5"}]}
BIG = {"id": "big", **window(), "bonus_points": 100, "min_spend": "80.00"}
FIVEFOLD = {"id": "fivefold", **window(), "multiplier": "5"}


def shop(**settings: Any) -> Program:
    """Goods `x5` earn five for a euro, goods `card` nothing; `big` gives 100 for 80.00 or more."""
    return program(**{"earn": EARN, "promotions": [BIG], **settings})


def worked(**settings: Any) -> Told:
    """The order of the worked example: 180 for 30.00 of `plain`, 10.00 of `x5`, 50.00 of `card`."""
    told = Told(shop(**settings))
    assert told.complete("plain*2=30.00", "x5=10.00", "card=50.00", shipping="6.00") == 180
    return told


def test_goods_earn_what_they_earn_and_a_bonus_counts_once() -> None:
    told = worked()
    assert told.holds == told.holding.kept == 180


def test_shipping_that_comes_back_takes_nothing() -> None:
    told = worked()
    assert told.refund("r1", shipping="6.00") == 0
    assert told.holds == 180


def test_goods_that_come_back_take_what_rested_on_them() -> None:
    told = worked()
    told.refund("r1", shipping="6.00")
    assert told.refund("r2", "plain*1=15.00") == -115
    assert told.holds == 65
    assert told.undo("r2") == 115
    assert told.holds == 180


@pytest.mark.parametrize(
    "refunds", [[["card=50.00"], ["x5=10.00"]], [["card=50.00", "x5=10.00"]], [["x5=10.00"], ["card=50.00"]]]
)
def test_any_cut_of_what_comes_back_takes_the_same(refunds: list[list[str]]) -> None:
    told = worked()
    assert sum(told.refund(f"r{number}", *items) for number, items in enumerate(refunds)) == -150
    assert told.holds == 30


def test_what_was_taken_by_hand_is_taken_once() -> None:
    told = worked()
    assert told.adjust(-20) == -20
    assert told.cancel() == -160
    assert told.holds == 0


def test_a_full_return_takes_everything_and_gives_used_points_back_whatever_became_of_shipping() -> None:
    told = Told(shop(earn={**EARN, "on_redeemed_order": "full"}))
    used = Used(500, Decimal("5.00"))
    assert told.complete("plain*2=30.00", "x5=10.00", "card=50.00", shipping="6.00", used=used) == 180
    before = told.holding
    assert told.refund("r1", "plain*2=30.00", "x5=10.00", "card=50.00") == -180
    assert told.holds == 0
    assert before.used - told.holding.used == 500


def test_an_exchange_is_an_edit() -> None:
    told = worked()
    assert told.edit("plain*2=30.00", "p2:plain=40.00", "card=50.00", shipping="6.00") == -10
    assert told.holds == 170


def fivefold() -> Told:
    return Told(program(promotions=[FIVEFOLD]))


@pytest.mark.parametrize(
    ("back", "held"),
    [
        ("refund", 50),
        ("edit back", 50),
        ("edit to 300.00", 340),
    ],
)
def test_goods_earn_by_the_rules_under_which_they_were_bought(back: str, held: int) -> None:
    told = fivefold()
    assert told.complete("A=10.00") == 50
    told.edit("A=500.00", at=LATER)
    assert told.holds == 540
    match back:
        case "refund":
            told.refund("r1", "A=490.00")
        case "edit back":
            told.edit("A=10.00", at=LATER)
        case _:
            told.edit("A=300.00", at=LATER)
    assert told.holds == held


def test_an_edit_that_changes_nothing_changes_nothing() -> None:
    told = fivefold()
    told.complete("A=10.00")
    told.edit("A=100.00")
    assert told.edit("A=100.00", at=LATER) == 0
    assert told.holds == 500


def test_who_takes_goods_out_and_puts_them_back_buys_them_anew() -> None:
    told = fivefold()
    assert told.complete("A=500.00") == 2_500
    told.refund("r1", "A=490.00")
    assert told.holds == 50
    told.edit("A=990.00", at=LATER)
    assert told.holds == 540


@pytest.mark.parametrize(("at", "held"), [(LATER, 80), (NOW, 180)])
def test_a_bonus_counts_where_the_goods_that_came_in_while_it_ran_meet_its_conditions(at: datetime, held: int) -> None:
    told = Told(program(promotions=[BIG]))
    assert told.complete("A=80.00") == 180
    told.refund("r1", "A=79.00")
    assert told.holds == 1
    told.edit("A=159.00", at=at)
    assert told.holds == held


def test_an_edit_can_reach_a_bonus_that_still_runs() -> None:
    told = Told(program(promotions=[BIG]))
    assert told.complete("A=75.00") == 75
    assert told.edit("A=115.00") == 40 + 100
    assert told.holds == 115 + 100


def test_what_a_decision_let_go_stays_let_go() -> None:
    told = Told()
    told.complete("a:A=50.00", "b:A=50.00")
    assert told.refund("r1", "a:=50.00", points=0) == 0
    assert told.refund("r2", "b:=50.00") == -50
    assert told.holds == 50


@pytest.mark.parametrize("first", ["adjusted", "refunded"])
def test_an_adjustment_that_names_the_order_counts_once(first: str) -> None:
    told = Told()
    told.complete("A*2=100.00")
    if first == "adjusted":
        told.adjust(-20)
    told.refund("r1", "A*1=50.00")
    if first == "refunded":
        told.adjust(-20)
    assert told.holds == (50 if first == "adjusted" else 30)
    told.cancel()
    assert told.holds == 0


def test_an_adjustment_of_more_than_the_order_holds_counts_once_it_holds_more() -> None:
    told = Told()
    told.complete("A=100.00")
    told.refund("r1", "A=90.00")
    told.adjust(-30)
    assert told.holds == 0
    assert told.undo("r1") == 70
    assert told.holds == 70


def test_an_adjustment_before_the_completion_is_not_the_orders() -> None:
    told = Told()
    told.adjust(-20)
    told.complete("A=100.00")
    assert told.holds == 100


def test_a_cap_cuts_off_what_was_earned_and_a_return_takes_of_what_is_held() -> None:
    told = Told()
    assert told.complete("A=180.00", room=100) == 100
    told.refund("r1", "A=90.00")
    assert told.holds == 90


def test_what_an_edit_adds_counts_in_the_period_of_the_edit() -> None:
    told = Told()
    assert told.complete("A=80.00", room=40) == 40
    assert told.edit("A=120.00", at=NOW + DAY, room=100) == 40
    assert told.holds == 80


def test_what_comes_back_never_exceeds_what_is_left_of_the_cap() -> None:
    told = Told()
    told.complete("A=180.00", room=100)
    told.refund("r1", "A=180.00")
    assert told.undo("r1", room=30) == 30
    assert told.holds == 30


def test_a_first_order_that_another_order_took_meanwhile_is_lost_for_good() -> None:
    welcome = {"id": "welcome", **window(), "bonus_points": 500, "first_order": True}
    told = Told(program(promotions=[welcome]))
    assert told.complete("A=100.00") == 600
    assert told.refund("r1", "A=100.00") == -600
    told.yield_(first_order=True)
    assert told.undo("r1") == 100
    assert told.refund("r2", "A=99.99") == -100
    assert told.holds == 0


def test_cancelled_an_order_holds_nothing_and_reopened_what_its_facts_say() -> None:
    told = worked()
    assert told.cancel() == -180
    assert told.refund("r1", "plain*1=15.00") == 0
    assert told.holds == 0
    assert told.reopen() == 65


def test_a_refund_that_was_undone_before_it_came_takes_nothing() -> None:
    told = worked()
    assert told.undo("r1") == 0
    assert told.refund("r1", "plain*2=30.00") == 0
    assert told.holds == 180


def test_what_was_noted_before_the_completion_comes_right_after_it() -> None:
    told = Told(shop())
    assert told.refund("r1", "plain*1=15.00", "nowhere=5.00") == 0
    assert told.complete("plain*2=30.00", "x5=10.00", "card=50.00", shipping="6.00") == 65
    [warning] = told.holding.warnings
    assert warning.code == "refund_cut"
    assert "nowhere" in warning.detail


def test_an_order_is_completed_by_the_highest_revision_that_was_noted() -> None:
    told = Told()
    told.edit("A=70.00", revision=3)
    told.edit("A=50.00", revision=2)
    assert told.complete("A=100.00") == 70
    assert told.holding.revision == 3


def test_a_refund_under_manual_counts_when_it_is_decided() -> None:
    told = worked()
    assert told.refund("r1", "plain*1=15.00", counts=False) == 0
    assert [refund.refund_id for refund in told.holding.undecided] == ["r1"]
    assert told.refund("r2", "x5*1=10.00") == -50
    assert told.decide("r1", 15) == -15
    assert told.holding.undecided == ()
    assert told.holds == 180 - 50 - 15
    assert told.undo("r1") == 15


def test_a_decision_that_comes_later_replaces_what_the_refund_took() -> None:
    told = worked()
    assert told.refund("r1", "plain*1=15.00") == -115
    assert told.decide("r1", 15) == 100
    assert told.holds == 165


def test_a_customer_who_is_nobody_new_gets_no_bonus_for_a_first_order() -> None:
    welcome = {"id": "welcome", **window(), "bonus_points": 500, "first_order": True}
    told = Told(program(promotions=[welcome]))
    assert told.complete("A=100.00", customer=Customer()) == 100


def test_what_a_decision_gives_back_never_exceeds_what_is_left_of_the_cap() -> None:
    told = Told()
    told.complete("A*2=100.00", room=100)
    told.refund("r1", "A*1=50.00")
    before = told.holding
    after = recorded(before, Decision("r1", 0), room=20)
    assert change(before, after).points == 20
    assert after.holds == 70


def test_a_mend_of_the_rules_moves_nothing_that_was_recorded() -> None:
    told = Told()
    told.complete("A*2=100.00")
    before = told.holding
    told.refund("r1", "A*1=50.00")
    part = told.holding
    told.refund("r2", "A*1=50.00")
    assert change(before, part, held=110).points == -50
    assert change(before, part, held=30).points == -30
    assert change(before, told.holding, held=110).points == -110


def test_a_refund_by_amount_is_a_share_of_what_was_paid_tax_and_shipping_included() -> None:
    told = Told()
    told.complete("A*2=100.00", tax="19.00")
    assert told.refund_money("59.50") == -50
    assert told.refund_money("119.00") == -50


def test_an_order_that_falls_below_the_minimum_loses_all_that_rested_on_it() -> None:
    told = Told(program(earn={"min_order_total": "50.00"}))
    told.complete("A=100.00")
    assert told.refund_money("60.00") == -100
    assert told.undo("total-60.00") == 100


def test_a_refund_by_amount_of_more_than_was_paid_is_a_full_return() -> None:
    told = Told()
    told.complete("A=100.00", shipping="5.00")
    assert told.refund_money("500.00") == -100


def test_an_edit_counts_a_share_that_came_back_by_amount_on() -> None:
    told = Told()
    told.complete("A=100.00")
    told.refund_money("50.00")
    told.edit("A=100.00", "B=100.00")
    assert told.holds == 150
    told.refund_money("125.00")
    assert told.holds == 75
    told.refund_money("200.00")
    assert told.holds == 0


def test_other_money_that_came_back_before_an_edit_stays_back() -> None:
    told = Told()
    told.complete("A=60.00", "B=40.00")
    told.refund("r1", other="50.00")
    told.edit("A=60.00", "B=40.00", "C=10.00")
    assert told.holds == 60
    told.edit("A=60.00", "C=10.00")
    assert told.holds == 40
    assert told.refund("r2", "A=60.00") == -30


def test_a_full_return_is_over_once_goods_are_there_again() -> None:
    told = Told(program(earn={"basis": "items_with_shipping"}))
    assert told.complete("A=100.00", shipping="5.00") == 105
    assert told.refund("r1", "A=100.00") == -105
    assert told.edit("A=100.00", "B=20.00", shipping="5.00") == 25


def test_facts_of_a_cancelled_order_count_at_its_reopening() -> None:
    told = Told(program(earn={"on_redeemed_order": "full"}))
    told.complete("A=100.00", used=Used(100, Decimal("1.00"), Decimal("0.01")))
    told.cancel()
    assert told.edit("A=150.00", room=0) == 0
    assert told.adjust(-10) == 0
    assert told.holding.used == 0
    assert told.reopen(room=120) == 120
    assert told.holding.used == 100
    told.cancel()
    assert told.reopen(room=None) == 120


def test_what_an_undecided_refund_would_do_is_suggested_as_of_now() -> None:
    told = Told()
    told.complete("A*4=100.00", used=Used(400, Decimal("4.00"), Decimal("0.01")))
    told.refund("r1", "A*1=25.00", counts=False, restores=True)
    assert suggested(told.holding, "r1") == Change(points=0, restored=100)
    told = Told(program(promotions=[BIG]))
    told.complete("A*4=100.00")
    told.refund("r1", "A*1=25.00", counts=False)
    assert suggested(told.holding, "r1") == Change(points=-125, restored=0)
    told.refund("r2", "A*1=25.00")
    assert suggested(told.holding, "r1") == Change(points=-25, restored=0)
    told.cancel()
    assert suggested(told.holding, "r1") == Change(points=0, restored=0)


def test_a_referral_that_another_order_took_meanwhile_is_lost_for_good() -> None:
    told = Told()
    assert told.complete("A=100.00", customer=Customer(first_order=True, referee_points=20)) == 120
    told.refund("r1", "A=100.00")
    told.yield_(referral=True)
    assert told.undo("r1") == 100
    assert told.holding.customer == Customer(first_order=True)


def test_tax_that_a_refund_does_not_state_goes_with_its_goods() -> None:
    told = Told(program(earn={"basis": "items_with_tax"}))
    assert told.complete("A*2=100.00", tax="20.00") == 120
    assert told.refund("r1", "A*1=50.00") == -60
    assert told.refund("r2", "A*1=30.00", tax="3.00") == -60
    told = Told(program(earn={"basis": "items_with_tax"}))
    told.complete("A*2=100.00", tax="20.00")
    assert told.refund("r1", "A*1=50.00", tax="0.00") == -50
    assert told.refund("r2", tax="8.00") == -8
    assert told.refund("r3", shipping="0.00") == 0


def test_less_than_the_smallest_coin_of_a_line_is_nothing() -> None:
    told = Told(program(promotions=[{**BIG, "min_spend": None}]))
    assert told.complete("A=10.00", "B=10.00", "C=10.00", discount="10.00") == 120
    told.refund("r1", "A=6.66", "B=6.66", "C=6.66")
    assert told.holds == 0


def test_a_yen_is_the_smallest_coin_of_its_currency() -> None:
    told = Told(program(currency="JPY"))
    assert told.complete("A=100", currency="JPY", discount="1") == 99
    told.refund("r1", "A=98")
    assert told.holds == 1


def test_an_order_that_nothing_is_known_of_holds_and_uses_nothing() -> None:
    holding = Told().holding
    assert (holding.holds, holding.kept, holding.used, holding.revision, holding.counts) == (0, 0, 0, 0, False)


def test_a_coin_that_is_left_of_a_line_is_left() -> None:
    told = Told(program(promotions=[{**BIG, "min_spend": None}]))
    told.complete("A=10.00")
    told.refund("r1", "A=9.99")
    assert told.holds == 100


def test_all_pieces_of_a_line_are_all_of_it_whatever_went_back_for_them() -> None:
    told = Told()
    told.complete("A*1=10.00", "B*2=10.00")
    assert told.refund("r1", "A*1=8.00") == -10
    assert told.refund("r2", "B*1=5.00", "B*1=0.01") == -10


def test_pieces_that_came_back_stay_back_whatever_an_edit_adds() -> None:
    told = Told(program(earn={"rates": [{"skus": ["A"], "points_per_item": 10}]}))
    told.complete("A*1=10.00")
    told.refund("r1", "A*1=10.00")
    assert told.edit("A*2=20.00") == 10


@pytest.mark.parametrize("room", [0, -5])
def test_a_cap_that_is_reached_leaves_nothing_of_what_is_earned(room: int) -> None:
    told = Told()
    assert told.complete("A=1.00", room=room) == 0
    assert told.edit("A=2.00", room=room) == 0
    assert (told.holding.kept, told.holds) == (2, 0)


def test_a_cap_cuts_off_what_an_edit_adds() -> None:
    told = Told()
    told.complete("A=80.00", room=100)
    assert told.edit("A=120.00", room=20) == 20
    assert told.edit("A=110.00") == 0
    assert told.edit("A=90.00") == -10
    assert told.holds == 90


def test_a_fact_before_the_completion_is_no_revision_and_did_nothing() -> None:
    told = Told()
    told.refund("r1", "A=10.00")
    assert (told.holding.revision, told.holding.entries) == (0, ())
    told.complete("A=100.00")
    assert told.holding.revision == 1
    first, second = told.holding.entries
    assert (first.suggested, first.restore_suggested, first.moved, first.restored) == (0, 0, 100, 0)
    assert (second.suggested, second.moved) == (10, -10)


def test_a_decision_of_what_is_suggested_lets_nothing_go_and_of_less_the_rest() -> None:
    told = Told()
    told.complete("A*4=100.00")
    told.refund("r1", "A*1=25.00", points=25)
    assert told.holding.let_go == 0
    told.refund("r2", "A*1=25.00", points=24)
    assert told.holding.let_go == 1
    told.refund("r3", "A*2=50.00")
    assert (told.holds, told.holding.counts) == (1, True)


def test_a_decision_of_more_takes_what_decisions_let_go_before() -> None:
    told = Told()
    told.complete("A*4=100.00")
    told.refund("r1", "A*1=25.00", points=0)
    told.refund("r2", "A*1=25.00", points=40)
    assert (told.holds, told.holding.let_go) == (60, 10)
    told.refund("r3", "A*2=50.00")
    assert told.holds == 10


@pytest.mark.parametrize(("worth", "held"), [("3.00", 10), ("0.50", 10)])
def test_a_decision_before_the_completion_takes_no_more_than_the_order_earns(worth: str, held: int) -> None:
    told = Told()
    told.refund("r1", "A=0.01", points=5)
    assert told.complete(f"A={worth}") == 0
    told.edit(f"A={worth}", "B=10.00")
    assert told.holds == held
