"""What must be so of the model whatever is done: rule 1's list, and that no point comes from nowhere.

Histories are drawn without expiry where they are counted, so that every point can be told: what is outstanding is what
was issued, and what orders hold, less what they use, and more only by what was let go.
"""

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.proof.rules.model import No, Shop
from tests.proof.rules.playing import START, day
from tests.proof.rules.scenarios import BIG, FIRST, TIMES_FIVE
from tests.proof.rules.steps import item
from tests.proof.rules.steps import settings as program

WHO = ("ann", False)
PROGRAM = program(
    refund={"policy": "proportional"},
    earn={
        "points_per_unit": "0.7",
        "rates": [{"skus": ["x5"], "points_per_unit": "5"}, {"skus": ["each"], "points_per_item": 3}],
        "excluded": {"skus": ["card"], "categories": []},
        "on_redeemed_order": "cash_part",
    },
    promotions=[BIG, {**TIMES_FIVE, "skus": ["plain"], "multiplier": "1.5", "ends_at": day(400)}],
)
SKUS = ("plain", "x5", "card", "each")

amounts = st.integers(0, 6000).map(lambda cents: f"{cents // 100}.{cents % 100:02}")
lines = st.tuples(*(st.tuples(st.integers(1, 3), amounts) for _ in SKUS))
policies = st.sampled_from(["clamp", "allow_negative"])
roundings = st.sampled_from(["floor", "half_up", "ceil"])


def shop(policy: str = "allow_negative", rounding: str = "floor", **more: Any) -> Shop:
    return Shop(
        program(PROGRAM, more, cancel={"on_shortfall": policy, "reopens": True}, earn={"rounding": rounding}), START
    )


def items_of(drawn: Any) -> list[dict[str, Any]]:
    return [item(sku, amount, quantity) for sku, (quantity, amount) in zip(SKUS, drawn, strict=True)]


def seen(shop: Shop) -> dict[str, Any]:
    return shop.look(WHO)


def cut(amount: str, parts: list[int]) -> list[str]:
    """`amount` in pieces, by the shares `parts`; they sum to it."""
    cents, whole = int(Fraction(amount) * 100), sum(parts)
    found: list[int] = []
    for number, part in enumerate(parts):
        piece = cents - sum(found) if number == len(parts) - 1 else cents * part // whole
        found.append(piece)
    return [f"{piece // 100}.{piece % 100:02}" for piece in found]


@given(
    lines, roundings, st.lists(st.integers(1, 9), min_size=1, max_size=4), st.randoms(use_true_random=False), st.data()
)
def test_any_order_and_cut_of_refunds_ends_alike(
    drawn: Any, rounding: str, parts: list[int], chance: Any, data: st.DataObject
) -> None:
    share = data.draw(st.lists(st.booleans(), min_size=len(SKUS), max_size=len(SKUS)))
    back = [
        (sku, amount) for (sku, (_, amount)), goes in zip(zip(SKUS, drawn, strict=True), share, strict=True) if goes
    ]
    pieces = [(sku, piece) for sku, amount in back for piece in cut(amount, parts)]
    chance.shuffle(pieces)
    ends = []
    for refunds in ([(sku, amount) for sku, amount in back], pieces):
        one = shop(rounding=rounding)
        one.complete("o1", WHO, {"items": items_of(drawn)})
        for number, (sku, amount) in enumerate(refunds):
            one.refund("o1", f"r{number}", items=[{"sku": sku, "amount": amount}])
        ends.append((one.look_at_order("o1")["holds"], seen(one)))
    assert ends[0] == ends[1]


@given(lines, roundings, st.data())
def test_a_return_costs_the_same_as_a_refund_and_as_an_edit(drawn: Any, rounding: str, data: st.DataObject) -> None:
    bought = items_of(drawn)
    kept, back = [], []
    for each in bought:
        quantity = data.draw(st.integers(0, each["quantity"]))
        cents = int(Fraction(each["amount"]) * 100) * quantity // each["quantity"]
        gone = int(Fraction(each["amount"]) * 100) - cents
        if quantity:
            kept.append({**each, "quantity": quantity, "amount": f"{cents / 100:.2f}"})
        if gone and quantity < each["quantity"]:
            back.append({"sku": each["sku"], "quantity": each["quantity"] - quantity, "amount": f"{gone / 100:.2f}"})
    by_refund, by_edit = shop(rounding=rounding), shop(rounding=rounding)
    for one in (by_refund, by_edit):
        one.complete("o1", WHO, {"items": bought})
    by_refund.refund("o1", "r1", items=back)
    by_edit.edit("o1", 2, WHO, {"items": kept})
    assert by_refund.look_at_order("o1")["holds"] == by_edit.look_at_order("o1")["holds"]
    bare = shop(rounding=rounding).complete("o1", WHO, {"items": kept})
    assert by_edit.look_at_order("o1")["holds"] == bare["holds"]


@settings(max_examples=50)
@given(lines, lines)
def test_taking_out_and_putting_back_never_gains(drawn: Any, less: Any) -> None:
    one = shop()
    one.complete("o1", WHO, {"items": items_of(drawn)})
    before = one.look_at_order("o1")["holds"]
    for wait in (0, 500):
        one.now += timedelta(days=wait)
        smaller = [
            {**each, "amount": min(each["amount"], other["amount"], key=Fraction)}
            for each, other in zip(items_of(drawn), items_of(less), strict=True)
        ]
        one.edit("o1", 2 + wait, WHO, {"items": smaller})
        one.edit("o1", 3 + wait, WHO, {"items": items_of(drawn)})
        assert one.look_at_order("o1")["holds"] <= before


@given(lines, policies, st.integers(0, 60), st.integers(0, 60), st.sampled_from(["refund", "cancel"]))
def test_a_fact_and_its_undoing_leave_the_account_as_it_was_lot_by_lot(
    drawn: Any, policy: str, issued: int, elsewhere: int, fact: str
) -> None:
    one = shop(policy, expiry={"policy": "after_days", "days": 30})
    one.issue(WHO, issued)
    one.now += timedelta(days=1)
    if issued:
        with suppress(No):
            one.redeem("o1", "ann", "200.00", issued)
    one.complete("o1", WHO, {"items": items_of(drawn)})
    one.now += timedelta(days=1)
    if one.look(WHO)["available"] >= elsewhere > 0:
        one.redeem("o2", "ann", "100.00", elsewhere)
        one.complete("o2", WHO, {"items": [item("card", "100.00")]})
    before = deepcopy(seen(one))
    for number in range(3):
        if fact == "refund":
            back = [{"sku": each["sku"], "amount": each["amount"]} for each in items_of(drawn)]
            one.refund("o1", f"r{number}", items=back)
            one.undo("o1", f"r{number}")
        else:
            one.cancel("o1", one.now)
            one.now += timedelta(seconds=1)
            one.complete("o1", WHO, {"items": items_of(drawn)}, one.now)
        assert seen(one) == before


@given(lines)
def test_doing_twice_changes_nothing(drawn: Any) -> None:
    one = shop()
    steps: list[Callable[[], Any]] = [
        lambda: one.complete("o1", WHO, {"items": items_of(drawn)}),
        lambda: one.refund("o1", "r1", items=[{"sku": "plain", "amount": drawn[0][1]}]),
        lambda: one.edit("o1", 2, WHO, {"items": [*items_of(drawn), item("more", "9.00")]}),
        lambda: one.undo("o1", "r1"),
        lambda: one.cancel("o1"),
    ]
    for step in steps:
        step()
        before = deepcopy((seen(one), one.look_at_order("o1")))
        step()
        assert (seen(one), one.look_at_order("o1")) == before


@given(lines, st.lists(st.tuples(st.sampled_from(SKUS), amounts, st.sampled_from([None, 0, 5])), max_size=6))
def test_an_order_never_holds_more_than_it_earned_and_goods_that_earn_nothing_take_nothing(
    drawn: Any, refunds: list[Any]
) -> None:
    one = shop()
    earned = one.complete("o1", WHO, {"items": items_of(drawn)})["earned"]
    one.settings["promotions"].clear()
    for number, (sku, amount, points) in enumerate(refunds):
        before = one.look_at_order("o1")
        try:
            answer = one.refund("o1", f"r{number}", items=[{"sku": sku, "amount": amount}], points=points)
        except No:
            continue
        after = one.look_at_order("o1")
        assert 0 <= after["holds"] <= before["holds"] <= earned
        assert answer["reversed"] == before["holds"] - after["holds"]
        rested = after["kept"] < before["kept"] - 99
        if sku == "card" and points is None and not rested:
            assert answer["reversed"] <= max(before["holds"] - after["kept"], 0)


# --- histories -------------------------------------------------------------------------------------------------------

ORDERS = ("o1", "o2", "o3")
orders = st.sampled_from(ORDERS)
shares = st.sampled_from([0, 1, 2, 3, 3])
"""How many thirds of what is left."""
some_money = st.sampled_from(["0.00", "1.00", "20.00", "79.99", "80.00", "120.00"])
ops = st.one_of(
    st.tuples(st.just("complete"), orders, some_money, some_money),
    st.tuples(st.just("buy"), orders, st.sampled_from([1, 30, 100]), some_money),
    st.tuples(st.just("redeem"), orders, st.one_of(st.just("max"), st.integers(1, 100))),
    st.tuples(st.sampled_from(["confirm", "void", "cancel", "cancel"]), orders),
    st.tuples(st.just("refund"), orders, st.integers(0, 3), st.sampled_from(["plain", "x5"]), shares, st.booleans()),
    st.tuples(st.just("goodwill"), orders, st.integers(0, 3), shares),
    st.tuples(st.just("undo"), orders, st.integers(0, 3)),
    st.tuples(st.just("edit"), orders, some_money, some_money, st.sampled_from([None, None, 0, 20, 100])),
    st.tuples(st.just("adjust"), st.one_of(orders, st.none()), st.integers(-80, 40)),
    st.tuples(st.just("issue"), st.integers(1, 120)),
    st.tuples(st.just("wait"), st.sampled_from([1, 70, 60 * 30])),
)


def do(one: Shop, op: tuple[Any, ...], issued: list[int]) -> None:
    name, *rest = op
    if name == "issue":
        one.issue(WHO, rest[0])
        issued.append(rest[0])
    elif name == "adjust":
        order_id, points = rest
        known = order_id if order_id and one.record(order_id).order.completion else None
        one.adjust(WHO, points, known)
        if points > 0 or known is None:
            issued.append(points)
    elif name == "wait":
        one.now += timedelta(minutes=rest[0])
    elif name == "redeem":
        one.redeem(rest[0], "ann", "100.00", rest[1])
    elif name in ("confirm", "void", "cancel"):
        getattr(one, name)(rest[0])
    elif name == "complete":
        one.now += timedelta(seconds=1)
        one.complete(rest[0], WHO, {"items": [item("plain", rest[1]), item("x5", rest[2])]}, one.now)
    elif name == "buy":
        order_id, points, amount = rest
        with suppress(No):
            one.redeem(order_id, "ann", "100.00", points)
        one.complete(order_id, WHO, {"items": [item("plain", amount), item("x5", "10.00")]}, one.now)
    elif name == "refund":
        order_id, number, sku, thirds, decided = rest
        points = one.look_at_order(order_id)["holds"] // 2 if decided else None
        state = one.record(order_id).order.fold()
        left = sum((state.left(line).money for line in state.stated if line[1] == sku), Fraction(0))
        one.refund(order_id, f"r{number}", items=[{"sku": sku, "amount": cents(left * thirds / 3)}], points=points)
    elif name == "goodwill":
        state = one.record(rest[0]).order.fold()
        one.refund(rest[0], f"r{rest[1]}", items=[], other=cents((state.paid - state.money_back) * rest[2] / 3))
    elif name == "undo":
        one.undo(rest[0], f"r{rest[1]}")
    elif name == "edit":
        order_id, plain, x5, points = rest
        number = max([*one.record(order_id).revisions, 1]) + 1
        one.edit(order_id, number, WHO, {"items": [item("plain", plain), item("x5", x5)]}, points)


def cents(money: Fraction) -> str:
    return f"{max(int(money * 100), 0) / 100:.2f}"


MORE: list[dict[str, Any]] = [
    {},
    {
        "earn": {
            "pending_days": 1,
            "on_redeemed_order": "full",
            "max_points_per_customer": {"points": 400, "period": "day"},
        },
    },
    {"earn": {"on_redeemed_order": "none", "min_order_total": "30.00", "max_points_per_order": 300}},
]


@settings(max_examples=90)
@given(policies, st.sampled_from(MORE), st.lists(ops, min_size=12, max_size=40))
def test_no_point_comes_from_nowhere_and_none_is_lost(
    policy: str, more: dict[str, Any], history: list[tuple[Any, ...]]
) -> None:
    one, issued = shop(policy, promotions=[BIG, FIRST]), [0]
    one.change(more)
    for op in history:
        with suppress(No):
            do(one, op, issued)
        check(one, issued, op)


def check(one: Shop, issued: list[int], op: tuple[Any, ...]) -> None:
    """Every point can be told."""
    account, on_orders, used = seen(one), 0, 0
    for order_id in ORDERS:
        record = one.record(order_id)
        state = record.order.fold()
        on_orders += state.on_account
        used += 0 if state.cancelled else state.used - state.used_back
        assert sum(credit.holds for credit in record.credits) == state.holds
        assert state.holds >= 0
        out = 0 if state.cancelled else state.used - state.used_back
        assert sum(points for _, points in record.spent) == out, order_id
    assert account["outstanding"] == sum(issued) + on_orders - used + account["let_go"], op
    assert account["let_go"] >= 0
    assert account["available"] == 0 or account["debt"] == 0
    today = [
        credit
        for each in one.records.values()
        for credit in each.credits
        if credit.recorded_at.date() == one.now.date()
    ]
    if cap := one.settings["earn"]["max_points_per_customer"]:
        assert sum(credit.holds for credit in today) <= cap["points"], op
    inner = one.account(WHO)
    assert 0 <= inner.soft <= min(inner.debt, inner.reserved_points)
