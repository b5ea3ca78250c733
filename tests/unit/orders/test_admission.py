"""Bad input moves nothing and says why; what repeats or comes late is no error."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.orders.admission import (
    admitted_cancellation,
    admitted_edit,
    admitted_refund,
    admitted_reopening,
    admitted_undoing,
    refund_by_amount,
)
from loyalty.domain.orders.facts import (
    MAX_REFUNDS,
    MAX_REVISIONS,
    Completion,
    Decision,
    Edit,
    Fact,
    Refund,
    Reopening,
    Undoing,
    Used,
)
from loyalty.domain.orders.goods import Moment
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from tests.support.builders import DAY, NOW, program
from tests.support.facts import LATER, Told, refund, stated, window

CENT = Decimal("0.01")


PROPORTIONAL, MANUAL = program(refund={"policy": "proportional"}), program(refund={"policy": "manual"})


def ask(told: Told, asked: Refund, today: Program = PROPORTIONAL) -> Fact | None:
    """Ask for a refund; what it adds is recorded."""
    fact = admitted_refund(told.holding, asked, today)
    if fact:
        told.tell(fact)
    return fact


def by_amount(told: Told, total: str, **facts: Any) -> Fact | None:
    return ask(told, replace(refund_by_amount(Decimal(total), "EUR"), **facts))


def edit(told: Told, *items: str, revision: int = 2, asked: int | None = None, **money: Any) -> Fact | None:
    told_ = Edit(revision=revision, stated=stated(*items, **money), moment=Moment(1, NOW), asked=asked)
    fact = admitted_edit(told.holding, told_, CENT)
    if fact:
        told.tell(fact)
    return fact


def refused(call: Callable[[], object]) -> tuple[str, str | None]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code, caught.value.pointer


def completed(*items: str, **facts: Any) -> Told:
    told = Told()
    told.complete(*(items or ("a:A*2=40.00", "b:B*3=20.00")), **facts)
    return told


@pytest.mark.parametrize(
    ("asked", "code", "pointer"),
    [
        (refund("r1", "c:=1.00"), "unknown_line", "/items/0/line"),
        (refund("r1", "a:=1.00", "C=1.00"), "unknown_line", "/items/1/sku"),
        (refund("r1", "a:*3=40.00"), "exceeds_pieces", "/items/0/quantity"),
        (refund("r1", "A*3=40.00"), "exceeds_pieces", "/items/0/quantity"),
        (refund("r1", "a:*1=20.00", "a:*2=20.00"), "exceeds_pieces", "/items/1/quantity"),
        (refund("r1", "a:*2=40.01"), "exceeds_amount", "/items/0/amount"),
        (refund("r1", "a:=30.00", "A=10.01"), "exceeds_amount", "/items/1/amount"),
        (refund("r1", shipping="5.01"), "exceeds_amount", "/shipping"),
        (refund("r1", tax="9.01"), "exceeds_amount", "/tax"),
        (refund("r1", other="74.01"), "exceeds_amount", "/other"),
        (refund("r1", "a:=1.00", points=61), "exceeds_earned", "/points"),
        (refund("r1", "a:=1.00", restore=1), "exceeds_used", "/restore"),
    ],
)
def test_what_the_order_does_not_have_cannot_come_back(asked: Refund, code: str, pointer: str) -> None:
    told = completed(shipping="5.00", tax="9.00")
    assert told.holds == 60
    assert refused(lambda: ask(told, asked)) == (code, pointer)


@pytest.mark.parametrize(
    "asked",
    [
        refund("r1", "a:*2=40.00", "b:*3=20.00", shipping="5.00", tax="9.00"),
        refund("r1", "b:*1=6.67"),
        refund("r1", "b:*3=20.01"),
        refund("r1", "a:*2=0.00", "a:*2=40.00"),
        refund("r1", other="74.00"),
        refund("r1", "a:=40.00", points=60),
    ],
)
def test_what_the_order_has_can_come_back(asked: Refund) -> None:
    told = completed(shipping="5.00", tax="9.00")
    assert ask(told, asked) == asked


@pytest.mark.parametrize(
    ("settings", "points", "counts", "restores"),
    [
        ({"policy": "manual"}, None, False, False),
        ({"policy": "manual"}, 0, True, False),
        ({"policy": "manual", "redeemed": "return"}, None, False, True),
        ({"policy": "proportional"}, None, True, True),
        ({"policy": "proportional", "redeemed": "keep"}, None, True, False),
    ],
)
def test_the_settings_of_today_say_whether_a_refund_counts_and_gives_used_points_back(
    settings: dict[str, str], points: int | None, counts: bool, restores: bool
) -> None:
    fact = ask(completed(), refund("r1", "a:*1=20.00", points=points), program(refund=settings))
    assert isinstance(fact, Refund)
    assert (fact.counts, fact.restores) == (counts, restores)


def test_what_came_back_undecided_came_back() -> None:
    told = completed()
    ask(told, refund("r1", "a:*2=40.00"), MANUAL)
    assert refused(lambda: ask(told, refund("r2", "a:*1=20.00"))) == ("exceeds_pieces", "/items/0/quantity")
    told.undo("r1")
    assert ask(told, refund("r2", "a:*1=20.00"))


def test_a_line_is_needed_where_lines_of_a_sku_earn_differently() -> None:
    told = Told(program(earn={"rates": [{"categories": ["fine"], "points_per_unit": "5"}]}))
    told.complete("a:A/fine=10.00", "b:A=10.00", "c:B/fine=1.00", "d:B/fine=2.00")
    assert refused(lambda: ask(told, refund("r1", "B=1.00", "A=1.00"))) == ("line_needed", "/items/1/line")
    assert ask(told, refund("r1", "a:=10.00"))
    assert ask(told, refund("r2", "A=1.00"))


def test_a_line_is_needed_where_one_of_a_sku_came_in_under_a_promotion() -> None:
    told = Told(program(promotions=[{"id": "five", **window(), "multiplier": "5"}]))
    told.complete("a:A=10.00")
    told.edit("a:A=10.00", "b:A=10.00", at=LATER)
    assert refused(lambda: ask(told, refund("r1", "A=1.00"))) == ("line_needed", "/items/0/line")


def test_lines_of_a_sku_that_earn_alike_give_back_by_what_is_left_of_them() -> None:
    told = completed("a:A=30.00", "b:A=10.00", "c:C=5.00")
    ask(told, refund("r1", "A=20.00"))
    left = {key.name: part.money for key, part in told.holding.rest.layers[0].parts.items()}
    assert left == {"A (a)": 15, "A (b)": 5, "C (c)": 5}


def test_the_same_refund_again_is_a_repeat_and_another_one_of_its_id_is_refused() -> None:
    told = completed()
    assert ask(told, refund("r1", "a:*1=20.00"))
    assert ask(told, refund("r1", "a:*1=20.0")) is None
    assert refused(lambda: ask(told, refund("r1", "a:*1=20.00", shipping="1.00"))) == ("refund_id_reused", None)


def test_a_refund_can_be_decided_once() -> None:
    told = completed()
    asked = refund("r1", "a:*1=20.00")
    ask(told, asked, MANUAL)
    assert told.holds == 60
    assert refused(lambda: ask(told, replace(asked, points=61))) == ("exceeds_earned", "/points")
    assert ask(told, replace(asked, points=5)) == Decision("r1", 5)
    assert ask(told, replace(asked, points=5)) is None
    assert ask(told, asked) is None
    assert refused(lambda: ask(told, replace(asked, points=6))) == ("refund_decided", "/points")
    assert told.holds == 55


def test_what_a_refund_took_by_itself_can_be_decided_anew_up_to_what_the_order_held_before_it() -> None:
    told = completed()
    ask(told, refund("r1", "a:*2=40.00"))
    assert told.holds == 20
    assert ask(told, refund("r1", "a:*2=40.00", points=60)) == Decision("r1", 60)
    assert told.holds == 0


def test_an_undone_refund_that_comes_again_changes_nothing() -> None:
    told = completed()
    ask(told, refund("r1", "a:*2=40.00"))
    told.undo("r1")
    assert ask(told, refund("r1", "a:*2=40.00", points=3)) is None
    assert admitted_undoing(told.holding, "r1") is None


def test_refunds_by_amount_count_by_what_they_exceed() -> None:
    told = completed()
    by_amount(told, "15.00")
    assert told.holds == 45
    assert by_amount(told, "15.0") is None
    by_amount(told, "30.00")
    assert told.holds == 30
    assert by_amount(told, "20.00") is None
    told.undo("total-15.00")
    assert told.holds == 45
    assert by_amount(told, "15.00") is None
    by_amount(told, "60.00")
    assert told.holds == 0


def test_an_order_is_refunded_by_lines_or_by_amount() -> None:
    told = completed()
    ask(told, refund("r1", "a:*1=20.00"))
    assert refused(lambda: by_amount(told, "30.00")) == ("refund_form_mixed", None)
    told.undo("r1")
    by_amount(told, "30.00")
    assert refused(lambda: ask(told, refund("r2", "a:*1=20.00"))) == ("refund_form_mixed", None)


def test_what_points_paid_alone_is_refunded_by_lines() -> None:
    told = completed("A=10.00", used=Used(1_000, Decimal("10.00"), CENT))
    assert refused(lambda: by_amount(told, "1.00")) == ("refund_form_needs_lines", None)
    assert ask(told, refund("r1", "A=10.00"))


def test_before_the_completion_a_refund_is_noted_whatever_it_names() -> None:
    told = Told()
    assert ask(told, refund("r1", "x:*7=1000.00", other="1000.00"))
    told.complete("A=10.00")
    assert told.holds == 0


def test_an_order_has_at_most_200_refunds() -> None:
    told = completed("A=1000.00")
    told.facts += [Refund(refund_id=f"r{number}", counts=False) for number in range(MAX_REFUNDS - 1)]
    told.undo("of a refund that is still to come")
    assert refused(lambda: ask(told, refund("more", "A=1.00"))) == ("too_many_facts", None)
    assert refused(lambda: admitted_undoing(told.holding, "more")) == ("too_many_facts", None)
    assert isinstance(admitted_undoing(told.holding, "r1"), Undoing)


def test_an_older_revision_changes_nothing_and_the_same_one_is_a_repeat() -> None:
    told = completed("A=10.00")
    assert edit(told, "A=30.00", revision=3)
    assert edit(told, "A=99.00", revision=2) is None
    assert edit(told, "A=30.00", revision=3) is None
    assert told.holds == 30


@pytest.mark.parametrize("facts", [{"discount": "1.00"}, {"asked": 0}])
def test_a_revision_with_other_facts_is_refused(facts: dict[str, Any]) -> None:
    told = completed("A=10.00")
    edit(told, "A=30.00", revision=3)
    edit(told, "A=40.00", revision=4)
    assert refused(lambda: edit(told, "A=30.00", revision=3, **facts)) == ("revision_reused", "/revision")


def test_the_completion_is_the_first_revision() -> None:
    told = completed("A=10.00")
    assert edit(told, "A=10.00", revision=1) is None
    assert refused(lambda: edit(told, "A=30.00", revision=1)) == ("revision_reused", "/revision")
    edit(told, "A=30.00", revision=2)
    assert edit(told, "A=99.00", revision=1) is None


def test_an_order_has_at_most_50_revisions() -> None:
    told = completed("A=1.00")
    told.facts += [
        Edit(revision=number, stated=stated("A=1.00"), moment=Moment(1, NOW)) for number in range(2, MAX_REVISIONS + 2)
    ]
    assert refused(lambda: edit(told, "A=2.00", revision=99)) == ("too_many_facts", None)


@pytest.mark.parametrize("below", [["a:A*2=20.00"], ["a:A*1=40.00", "b:B*1=20.00"], ["a:A*2=39.00", "b:B*3=20.00"]])
def test_an_edit_states_an_order_as_if_nothing_had_come_back(below: list[str]) -> None:
    told = completed()
    ask(told, refund("r1", "a:*2=40.00"), MANUAL)
    ask(told, refund("r2", "B=1.00"))
    assert refused(lambda: edit(told, *below)) == ("edit_below_refunds", "/items")
    assert edit(told, "a:A*2=40.00", "b:B=1.00")


def test_an_edit_is_not_below_what_came_back_by_amount() -> None:
    told = completed("A=100.00")
    by_amount(told, "50.00")
    assert refused(lambda: edit(told, "A=49.99")) == ("edit_below_refunds", "/items")
    assert edit(told, "A=150.00")
    assert told.holds == 100
    by_amount(told, "100.00")
    assert told.holds == 50


def test_points_that_an_edited_order_uses_are_cut_to_what_it_is_worth() -> None:
    told = completed("A=100.00", used=Used(5_000, Decimal("50.00"), CENT))
    edit(told, "A=30.00", revision=2)
    assert told.holding.used == 3_000
    told = completed("A*2=100.00", used=Used(5_000, Decimal("50.00"), CENT))
    ask(told, refund("r1", "A*1=50.00"))
    assert told.holding.used == 2_500
    edit(told, "A*2=60.00")
    assert told.holding.used == 1_000


def test_the_fewest_points_are_used_that_give_the_discount() -> None:
    told = completed("A=12.00", used=Used(3_997, Decimal("11.99"), Decimal("0.003")))
    edit(told, "A=6.00")
    assert told.holding.used == 2_000


def test_a_total_that_does_not_add_up_releases_no_points() -> None:
    told = completed("A=100.00", used=Used(5_000, Decimal("50.00"), CENT))
    edit(told, "A=30.00", total="7.00")
    assert told.holding.used == 5_000


def test_an_edit_can_use_points_and_give_them_back() -> None:
    told = Told(program(earn={"on_redeemed_order": "cash_part"}))
    told.complete("A=100.00")
    assert refused(lambda: edit(told, "A=100.00", asked=10_001)) == ("exceeds_order_limit", "/redemption")
    edit(told, "A=100.00", asked=4_000)
    assert (told.holding.used, told.holds) == (4_000, 60)
    edit(told, "A=100.00", asked=1_000, revision=3)
    assert (told.holding.used, told.holds) == (1_000, 90)
    edit(told, "A=100.00", asked=0, revision=4)
    assert (told.holding.used, told.holds) == (0, 100)


def test_before_the_completion_an_edit_is_noted_and_uses_no_points() -> None:
    told = Told()
    fact = edit(told, "A=70.00", asked=500)
    assert isinstance(fact, Edit)
    assert fact.used == Used()
    told.complete("A=100.00")
    assert (told.holding.used, told.holds) == (0, 70)


def test_a_completion_after_the_cancellation_reopens_an_order_where_the_program_says_so() -> None:
    reopens, terminal = program(cancel={"reopens": True}), program()
    told = completed("A=100.00")
    assert admitted_reopening(told.holding, LATER, reopens) is None
    cancellation = admitted_cancellation(told.holding, NOW)
    assert cancellation
    told.tell(cancellation)
    assert admitted_cancellation(told.holding, LATER) is None
    assert admitted_reopening(told.holding, NOW, reopens) is None
    assert admitted_reopening(told.holding, NOW + DAY, terminal) is None
    assert admitted_reopening(told.holding, NOW + DAY, reopens) == Reopening()


def test_an_order_that_was_cancelled_before_it_is_completed_can_be_reopened_too() -> None:
    told = Told()
    told.cancel()
    assert told.complete("A=100.00", room=50) == 0
    assert isinstance(told.facts[-1], Completion)
    assert told.reopen(room=50) == 50


def test_once_all_money_is_back_no_other_money_comes_back() -> None:
    told = completed("A=10.00")
    ask(told, refund("r1", "A=10.00"))
    assert refused(lambda: ask(told, refund("r2", other="0.01"))) == ("exceeds_amount", "/other")


def test_money_that_is_back_is_what_was_paid_tax_included_where_it_is_on_top() -> None:
    told = completed("A*2=100.00", tax="19.00")
    ask(told, refund("r1", "A*1=50.00", tax="9.50"))
    assert refused(lambda: ask(told, refund("r2", other="59.51"))) == ("exceeds_amount", "/other")
    assert ask(told, refund("r2", other="59.50"))
    told = completed("A*2=100.00", tax="19.00", total="100.00")
    ask(told, refund("r1", "A*1=50.00", tax="9.50"))
    assert refused(lambda: ask(told, refund("r2", other="50.01"))) == ("exceeds_amount", "/other")
    assert ask(told, refund("r2", other="50.00"))


def test_what_can_come_back_is_what_was_stated_last() -> None:
    told = completed("A=10.00", shipping="5.00")
    edit(told, "A=10.00", shipping="9.00")
    assert ask(told, refund("r1", shipping="9.00"))
    assert refused(lambda: ask(told, refund("r2", shipping="0.01"))) == ("exceeds_amount", "/shipping")
