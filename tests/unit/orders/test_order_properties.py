"""Whatever becomes of an order: cut into whatever facts, in whatever order, nobody gains, nobody loses."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loyalty.domain.orders.accrual import Customer
from loyalty.domain.orders.admission import admitted_refund, refund_by_amount
from loyalty.domain.orders.facts import (
    Adjustment,
    Cancellation,
    Decision,
    Fact,
    Refund,
    Reopening,
    ReturnedItem,
    Undoing,
    Used,
    Yielding,
)
from loyalty.domain.orders.goods import lines_of
from loyalty.domain.orders.holding import hold, recorded
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from tests.support.builders import DAY, NOW, program
from tests.support.facts import LATER, Told, window

CENT = Decimal("0.01")
PROPORTIONAL = program(refund={"policy": "proportional"})
SKUS = ("A", "B", "C", "card")
TIERS = [{"name": "gold", "min_orders": 1, "multiplier": "1.5"}]


@st.composite
def promotions(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        kind: dict[str, Any] = draw(st.sampled_from([{"multiplier": "2"}, {"multiplier": "1.3"}, {"bonus_points": 37}]))
        found.append(
            {
                "id": f"p{number}",
                **window(),
                "skus": draw(st.sampled_from([[], [], ["A"], ["B", "card"]])),
                "first_order": draw(st.booleans()),
                "min_spend": draw(st.sampled_from([None, "5.00", "20.00"])),
                **kind,
            }
        )
    return found


@st.composite
def shops(draw: st.DrawFn) -> Program:
    """A program whose promotions all run at NOW and end before LATER, and add up."""
    rates: list[dict[str, Any]] = [{"points_per_unit": "5"}, {"points_per_item": 7}, {"points_per_unit": "0.5"}]
    earn = {
        "points_per_unit": draw(st.sampled_from(["1", "0.3"])),
        "basis": draw(st.sampled_from(["items", "items", "items_with_shipping_and_tax", "total"])),
        "rounding": draw(st.sampled_from(["floor", "half_up", "ceil"])),
        "on_redeemed_order": draw(st.sampled_from(["cash_part", "full", "none"])),
        "min_order_total": draw(st.sampled_from(["0", "0", "15.00"])),
        "max_points_per_order": draw(st.sampled_from([None, None, 60])),
        "min_points_per_order": draw(st.sampled_from([None, None, 3])),
        "per": draw(st.sampled_from([None, None, "2.00"])),
        "excluded": {"skus": ["card"], "categories": []},
        "rates": [{"skus": ["B"], **draw(st.sampled_from(rates))}],
    }
    return program(earn=earn, promotions=draw(promotions()), tiers=TIERS)


lines = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 4), st.integers(0, 1_000)), min_size=1, max_size=5)
"""SKU, pieces, and cents that a piece costs."""
customers = st.builds(
    Customer, tier=st.sampled_from([None, "gold"]), first_order=st.booleans(), referee_points=st.sampled_from([0, 11])
)
discounts = st.sampled_from(["0.00", "0.00", "3.33"])


def amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def items(lines: list[tuple[str, int, int]]) -> list[str]:
    """Each line with an id of its own."""
    return [f"{number}:{sku}*{pieces}={amount(pieces * cents)}" for number, (sku, pieces, cents) in enumerate(lines)]


@st.composite
def orders(draw: st.DrawFn) -> Told:
    """A completed order."""
    told = Told(draw(shops()))
    bought = draw(lines)
    worth = sum(pieces * cents for _, pieces, cents in bought)
    off = draw(st.sampled_from([0, 0, worth // 3, worth]))
    told.complete(
        *items(bought),
        customer=draw(customers),
        used=Used(off, off * CENT, CENT) if off else Used(),
        shipping=draw(st.sampled_from(["0.00", "4.90"])),
        tax=draw(st.sampled_from(["0.00", "1.90"])),
        discount=draw(discounts) if worth > 400 else "0.00",
    )
    return told


@st.composite
def returned_items(draw: st.DrawFn, told: Told) -> ReturnedItem:
    """Some of a line, or of a SKU, of an order; or all of it; more than there is now and then."""
    line, part = draw(st.sampled_from(list(lines_of(told.holding.basket.there))))
    pieces = draw(st.integers(0, int(part.pieces)))
    cents = draw(st.integers(0, int(part.money * 100)) | st.just(int(part.money * 100)))
    by_line = draw(st.booleans())
    return ReturnedItem(
        line=line.line if by_line else None,
        sku=None if by_line else line.sku,
        quantity=draw(st.sampled_from([None, pieces])),
        amount=Decimal(cents).scaleb(-2),
    )


@st.composite
def refunds(draw: st.DrawFn, told: Told, most: int = 4) -> list[Refund]:
    """Refunds that the order admits together."""
    found: list[Refund] = []
    so_far = copy(told)
    by_amount = draw(st.integers(0, 4)) == 0
    for number in range(draw(st.integers(1, most))):
        if by_amount:
            back = draw(st.integers(0, int(told.holding.basket.statement.paid * 100)))
            asked = refund_by_amount(Decimal(back).scaleb(-2), "EUR")
        else:
            asked = Refund(
                refund_id=f"r{number}",
                items=tuple(draw(st.lists(returned_items(told), max_size=3))),
                shipping=Decimal(draw(st.sampled_from(["0.00", "0.00", "2.45"]))),
                tax=draw(st.sampled_from([None, Decimal("0.50")])),
                other=Decimal(draw(st.sampled_from(["0.00", "0.00", "1.50"]))),
            )
        with suppress(Refused):
            fact = admitted_refund(so_far.holding, asked, PROPORTIONAL)
            if isinstance(fact, Refund):
                so_far.tell(fact)
                found.append(fact)
    return found


def state(told: Told) -> tuple[int, int, int]:
    """What the order holds, keeps, and still uses."""
    return told.holding.holds, told.holding.kept, told.holding.used


def copy(told: Told) -> Told:
    found = Told()
    found.programs, found.facts = told.programs, list(told.facts)
    return found


@given(st.data())
def test_any_order_of_refunds_ends_alike(data: st.DataObject) -> None:
    told = data.draw(orders())
    came = data.draw(refunds(told))
    other = copy(told)
    for refund in came:
        told.tell(refund)
    for refund in data.draw(st.permutations(came)):
        other.tell(refund)
    assert state(told) == state(other)
    assert told.holds == told.holding.kept


@given(st.data())
def test_any_cut_of_refunds_ends_alike(data: st.DataObject) -> None:
    told = data.draw(orders())
    came = data.draw(refunds(told))
    other = copy(told)
    for refund in came:
        told.tell(refund)
    assume(not any(refund.by_amount for refund in came))
    assume(len({refund.tax is None for refund in came}) == 1)
    one = Refund(
        refund_id="all",
        items=tuple(item for refund in came for item in refund.items),
        shipping=sum((refund.shipping for refund in came), Decimal(0)),
        tax=None if came[0].tax is None else sum((refund.tax or Decimal(0) for refund in came), Decimal(0)),
        other=sum((refund.other for refund in came), Decimal(0)),
    )
    other.tell(one)
    assert state(told) == state(other)


@given(st.data())
def test_what_comes_back_takes_and_never_gives_and_never_more_than_was_earned(data: st.DataObject) -> None:
    told = data.draw(orders())
    earned = told.holds
    taken = [-told.tell(refund) for refund in data.draw(refunds(told))]
    assert all(points >= 0 for points in taken)
    assert sum(taken) == earned - told.holds <= earned


@given(st.data())
def test_a_fact_and_its_undoing_leave_all_as_it_was(data: st.DataObject) -> None:
    told = data.draw(orders())
    came = data.draw(refunds(told))
    assume(came)
    *before, last = came
    for refund in before:
        told.tell(refund)
    held = state(told)
    told.tell(last)
    told.undo(last.refund_id)
    assert state(told) == held
    told.adjust(-5)
    told.undo(adjustment="a1")
    assert state(told) == held
    told.cancel()
    assert told.holds == told.holding.used == 0
    told.reopen()
    assert state(told) == held


@given(st.data())
def test_the_same_refund_twice_changes_nothing(data: st.DataObject) -> None:
    told = data.draw(orders())
    for refund in data.draw(refunds(told)):
        told.tell(refund)
        assert admitted_refund(told.holding, refund, PROPORTIONAL) is None


@given(st.data())
def test_an_order_that_grows_by_facts_is_the_order_of_all_its_facts(data: st.DataObject) -> None:
    told = data.draw(orders())
    holding = told.holding
    came = data.draw(refunds(told))
    assume(came)
    first = came[0]
    came = data.draw(st.permutations([*came, replace(first, refund_id="undecided", counts=False)]))
    others: list[Fact] = [
        Adjustment("a1", 7),
        Decision("undecided", 3),
        Decision(first.refund_id, 1),
        Undoing(first.refund_id),
        Undoing(adjustment="a1"),
        Cancellation(NOW),
        Reopening(),
        Yielding(first_order=True),
    ]
    for fact in (*came, *data.draw(st.permutations(others))):
        holding = recorded(holding, fact, data.draw(st.none() | st.integers(0, 40)))
        assert holding == hold(holding.facts, told.programs)


def kept_lines(data: st.DataObject, bought: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """`bought`, of which fewer pieces are left."""
    return [(sku, data.draw(st.integers(0, pieces)), cents) for sku, pieces, cents in bought]


def return_pieces(told: Told, bought: list[tuple[str, int, int]], left: list[tuple[str, int, int]]) -> None:
    for number, ((_, pieces, cents), (_, rest, _)) in enumerate(zip(bought, left, strict=True)):
        if pieces > rest:
            back = pieces - rest
            told.refund(f"r{number}", f"{number}:*{back}={amount(back * cents)}")


@given(shops(), lines, customers, st.sampled_from([NOW, LATER]), st.data())
def test_a_return_costs_the_same_as_a_refund_as_an_edit_and_as_what_was_never_bought(
    shop: Program, bought: list[tuple[str, int, int]], customer: Customer, at: datetime, data: st.DataObject
) -> None:
    refunded, edited, fresh = Told(shop), Told(shop), Told(shop)
    left = kept_lines(data, bought)
    for told in (refunded, edited):
        told.complete(*items(bought), customer=customer)
    return_pieces(refunded, bought, left)
    remaining = [line for line in items(left) if "*0=" not in line]
    edited.edit(*remaining, at=at)
    fresh.complete(*remaining, customer=customer)
    assert refunded.holds == edited.holds == fresh.holds


@given(shops(), lines, customers, st.data())
def test_taking_out_and_putting_back_never_gains(
    shop: Program, bought: list[tuple[str, int, int]], customer: Customer, data: st.DataObject
) -> None:
    told = Told(shop)
    told.complete(*items(bought), customer=customer)
    held = told.holds
    for number in range(data.draw(st.integers(1, 3))):
        left = kept_lines(data, bought)
        told.edit(*(line for line in items(left) if "*0=" not in line), at=data.draw(st.sampled_from([NOW, LATER])))
        told.edit(*items(bought), at=data.draw(st.sampled_from([NOW, LATER])), revision=100 + number)
        assert told.holds <= held


@given(shops(), lines, customers, st.data())
def test_goods_that_come_in_bit_by_bit_while_the_same_rules_hold_earn_what_they_earn_at_once(
    shop: Program, bought: list[tuple[str, int, int]], customer: Customer, data: st.DataObject
) -> None:
    told, at_once = Told(shop), Told(shop)
    parts = [kept_lines(data, bought)]
    assume(any(pieces for _, pieces, _ in parts[0]))
    told.complete(*(line for line in items(parts[0]) if "*0=" not in line), customer=customer)
    told.edit(*items(bought))
    at_once.complete(*items(bought), customer=customer)
    assert told.holds == at_once.holds


@given(lines, customers, st.data())
def test_goods_that_earned_nothing_take_nothing_where_nothing_rests_on_them(
    bought: list[tuple[str, int, int]], customer: Customer, data: st.DataObject
) -> None:
    told = Told(program(earn={"excluded": {"skus": ["card"]}}, tiers=TIERS))
    told.complete(*items(bought), customer=replace(customer, referee_points=0))
    held = told.holds
    left = [(sku, 0 if sku == "card" else pieces, cents) for sku, pieces, cents in bought]
    return_pieces(told, bought, left)
    assert told.holds == held


@given(shops(), lines, customers, st.integers(1, 3), st.integers(3, 5))
def test_a_share_by_amount_is_the_same_share_of_each_line(
    shop: Program, bought: list[tuple[str, int, int]], customer: Customer, part: int, whole: int
) -> None:
    bought = [(sku, pieces * whole, cents) for sku, pieces, cents in bought]
    total = sum(pieces * cents for _, pieces, cents in bought)
    assume(total)
    by_amount, by_line = Told(shop), Told(shop)
    for told in (by_amount, by_line):
        told.complete(*items(bought), customer=customer)
    by_amount.refund_money(amount(total * part // whole))
    left = [(sku, pieces - pieces * part // whole, cents) for sku, pieces, cents in bought]
    return_pieces(by_line, bought, left)
    assert state(by_amount) == state(by_line)


@given(st.data())
def test_decisions_take_exactly_their_number_and_what_they_let_go_stays_let_go(data: st.DataObject) -> None:
    told = data.draw(orders())
    let_go = 0
    for refund in data.draw(refunds(told)):
        held = told.holds
        if data.draw(st.booleans()):
            told.tell(replace(refund, counts=False))
            assert told.holds == held
            points = data.draw(st.integers(0, held))
            assert told.decide(refund.refund_id, points) == -points
            let_go = told.holding.let_go
        else:
            told.tell(refund)
        assert told.holds <= told.holding.kept + let_go
    lines_left = (
        ReturnedItem(line=line.line, amount=Decimal(10**6)) for line, _ in lines_of(told.holding.basket.there)
    )
    told.tell(Refund(refund_id="rest", items=tuple(lines_left)))
    assert told.holds <= let_go


@given(st.data(), st.lists(st.integers(0, 80), min_size=2, max_size=4))
def test_a_cap_is_never_passed_by_what_comes_and_comes_back(data: st.DataObject, rooms: list[int]) -> None:
    bought = data.draw(lines)
    told = Told(data.draw(shops()))
    room = rooms[0]
    room -= told.complete(*items(bought), room=room)
    for number, _ in enumerate(rooms):
        taken = -told.refund(f"r{number}", f"0:={amount(bought[0][1] * bought[0][2])}")
        room += taken
        room -= told.undo(f"r{number}", room=room)
        assert room >= 0
        assert told.holds <= rooms[0]


@pytest.mark.parametrize("policy", ["refund first", "edit first"])
def test_an_edit_and_a_refund_of_different_lines_end_alike(policy: str) -> None:
    told = Told(program(promotions=[{"id": "d", **window(), "multiplier": "2"}]))
    told.complete("a:A=10.00", "b:B=20.00")
    if policy == "refund first":
        told.refund("r1", "a:=10.00")
    told.edit("a:A=10.00", "b:B=50.00", at=NOW + DAY)
    if policy == "edit first":
        told.refund("r1", "a:=10.00")
    assert told.holds == 40 + 30
