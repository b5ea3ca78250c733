"""How many points an order may use, and where they come from and go back to."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import Redeemed
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.cancellation import cancel
from loyalty.domain.orders.completion import complete
from loyalty.domain.orders.redemption import RedemptionRequest, discount, redeem, usable, void
from loyalty.domain.program.settings import Program
from loyalty.domain.values.calendar import end_of_day_after
from loyalty.domain.values.money import minor_digits
from loyalty.domain.values.refusal import Refused
from tests.support.builders import DAY, NOW, again, begin, holding, issued, member, order, program
from tests.support.strategies import cents, held

shares = st.integers(0, 10_000).map(lambda n: Decimal(n).scaleb(-4))
values = st.integers(1, 10**6).map(lambda n: Decimal(n).scaleb(-4))
limits = st.fixed_dictionaries(
    {
        "point_value": values,
        "max_order_share": shares,
        "block_size": st.integers(1, 500),
        "min_points": st.integers(0, 1_000),
    }
)


def ask(points: int | Literal["max"], total: str | Decimal = "1000.00", **facts: Any) -> RedemptionRequest:
    stated: dict[str, Any] = {"account_id": member(), "order_total": Decimal(total), "currency": "EUR"}
    return RedemptionRequest(**{**stated, "points": points, **facts})


def refusal(transaction: Transaction, request: RedemptionRequest) -> Refused:
    with pytest.raises(Refused) as refused:
        redeem(transaction, request)
    return refused.value


@given(limits=limits, available=st.integers(0, 10**7), total=cents)
def test_no_limit_is_ever_exceeded(limits: dict[str, Any], available: int, total: Decimal) -> None:
    most = usable(program(redeem=limits), available, total)
    assert 0 <= most <= available
    assert most * Fraction(limits["point_value"]) <= Fraction(total) * Fraction(limits["max_order_share"])
    assert most % limits["block_size"] == 0
    assert most == 0 or most >= limits["min_points"]
    assert most == 0 or discount(program(redeem=limits), most) > 0


@given(limits=limits, available=st.integers(0, 10**7), total=cents)
def test_as_many_as_the_limits_allow_can_be_used(limits: dict[str, Any], available: int, total: Decimal) -> None:
    most = usable(program(redeem=limits), available, total)
    more = most + limits["block_size"]
    too_many = more > available
    too_dear = more * Fraction(limits["point_value"]) > Fraction(total) * Fraction(limits["max_order_share"])
    too_few = more < limits["min_points"]
    # Nothing can be used either where the first allowed number is over another limit.
    first = -(-limits["min_points"] // limits["block_size"]) * limits["block_size"]
    beyond = first > available or first * Fraction(limits["point_value"]) > Fraction(total) * Fraction(
        limits["max_order_share"]
    )
    for_nothing = not discount(program(redeem=limits), more)
    assert too_many or too_dear or (most == 0 and ((too_few and beyond) or for_nothing))


@given(points=st.integers(0, 10**7), value=values, currency=st.sampled_from(["JPY", "EUR", "KWD"]))
def test_a_discount_is_whole_minor_units_and_never_more_than_the_points(
    points: int, value: Decimal, currency: str
) -> None:
    amount = discount(program(currency=currency, redeem={"point_value": value}), points)
    unit = Fraction(1, 10 ** minor_digits(currency))
    assert Fraction(amount) % unit == 0
    assert 0 <= points * Fraction(value) - Fraction(amount) < unit
    assert amount.as_tuple().exponent == -minor_digits(currency)


@given(lots=held, limits=limits, total=cents)
def test_max_takes_the_soonest_of_what_is_spendable(lots: Lots, limits: dict[str, Any], total: Decimal) -> None:
    account = holding(*lots)
    shop = program(redeem=limits)
    done = redeem(begin(shop, account), ask("max", total))
    expected = usable(shop, account.available(NOW), total)
    taken = account.lots.spendable(NOW).soonest(expected)
    assert done.holder.lots == account.lots.minus(taken)
    assert [m.points for m in done.movements] == ([expected] if expected else [])


@given(lots=held, asked=st.integers(1, 20_000), overspend=st.sampled_from(["reject", "clamp"]), limits=limits)
def test_no_request_spends_what_is_not_available(
    lots: Lots, asked: int, overspend: str, limits: dict[str, Any]
) -> None:
    account = holding(*lots)
    shop = program(redeem={**limits, "overspend": overspend})
    try:
        done = redeem(begin(shop, account), ask(asked))
    except Refused as refused:
        answer: Transaction | Refused = refused
    else:
        answer = done
    if isinstance(answer, Refused):
        most = usable(shop, account.available(NOW), Decimal(1000))
        assert answer.facts == {"points_usable": most, "points_available": account.available(NOW)}
        return
    [movement] = done.movements
    assert movement.points <= min(asked, account.available(NOW))
    assert movement.points == asked or overspend == "clamp"
    assert done.holder.balance(NOW) == account.balance(NOW) - movement.points
    assert all(lot.expires_at is None or lot.expires_at > NOW for lot in movement.allocation)


@pytest.mark.parametrize(
    ("redeem_settings", "asked", "code"),
    [
        ({}, 501, "insufficient_points"),
        ({"min_points": 100}, 99, "below_min_points"),
        ({"block_size": 50}, 75, "not_whole_blocks"),
        ({"max_order_share": "0.5"}, 251, "exceeds_order_limit"),
        ({"overspend": "clamp", "min_points": 501}, 600, "below_min_points"),
        ({"overspend": "clamp", "block_size": 50}, 49, "below_min_points"),
    ],
)
def test_asking_for_more_is_refused_with_what_would_work(
    redeem_settings: dict[str, Any], asked: int, code: str
) -> None:
    refused = refusal(begin(program(redeem=redeem_settings), holding(Lot(None, 500))), ask(asked, "5.00"))
    assert (refused.code, refused.pointer) == (code, "/points")
    assert set(refused.facts) == {"points_usable", "points_available"}


@pytest.mark.parametrize("overspend", ["reject", "clamp"])
def test_points_that_are_worth_less_than_the_smallest_coin_are_not_spent(overspend: str) -> None:
    """A point is worth 0.01 unless the program says otherwise: a hundredth of a yen."""
    shop, facts = program(currency="JPY", redeem={"overspend": overspend}), {"currency": "JPY"}
    held = begin(shop, holding(Lot(None, 99)))
    assert not redeem(held, ask("max", "1000", **facts)).decided
    refused = refusal(held, ask(99, "1000", **facts))
    assert (refused.code, refused.pointer) == ("below_min_points", "/points")
    [movement] = redeem(begin(shop, holding(Lot(None, 100))), ask("max", "1000", **facts)).movements
    assert (movement.points, str(movement.facts_as(Redeemed).discount)) == (100, "1")


@pytest.mark.parametrize(("asked", "taken"), [(500, 250), (249, 200), (50, 50)])
def test_clamp_reduces_to_whole_blocks_that_the_order_allows(asked: int, taken: int) -> None:
    shop = program(redeem={"overspend": "clamp", "block_size": 50, "max_order_share": "0.5"})
    done = redeem(begin(shop, holding(Lot(None, 500))), ask(asked, "5.00"))
    assert [m.points for m in done.movements] == [taken]


def test_the_same_request_again_changes_nothing_even_when_more_would_work() -> None:
    done = redeem(begin(program(), holding(Lot(None, 500))), ask("max"))
    richer = issued(done.holder, [Lot(None, 100)])
    begun = Transaction.begin(program(), done.origin, done.history, richer)
    assert not redeem(begun, ask("max")).decided
    assert redeem(begun, ask("max", "999.99")).decided


@given(first=st.integers(1, 500), second=st.integers(1, 500))
def test_a_new_request_replaces_the_old_one(first: int, second: int) -> None:
    account = holding(Lot(NOW + DAY, 300), Lot(None, 200))
    done = redeem(begin(program(), account), ask(first))
    anew = redeem(again(done), ask(second))
    assert anew.holder.lots == account.lots.minus(account.lots.soonest(second))
    if first != second:
        assert [m.kind for m in anew.movements] == [Kind.RESTORE, Kind.REDEEM]


@given(points=st.integers(1, 500))
def test_voiding_gives_the_points_back_where_they_came_from(points: int) -> None:
    account = holding(Lot(NOW + DAY, 300), Lot(None, 200))
    done = redeem(begin(program(), account), ask(points))
    voided = void(again(done))
    assert voided.holder.lots == account.lots
    assert not void(again(voided)).decided
    assert redeem(again(voided), ask(points)).decided


def test_what_has_expired_meanwhile_comes_back_with_days_of_grace() -> None:
    shop = program(cancel={"restore_grace_days": 7}, timezone="Europe/Berlin")
    done = redeem(begin(shop, holding(Lot(NOW + DAY, 30), Lot(None, 20))), ask(40))
    later = NOW + DAY
    voided = void(again(done, later))
    grace = end_of_day_after(later, 7, "Europe/Berlin")
    assert voided.holder.lots == Lots([Lot(grace, 30), Lot(None, 20)])


@pytest.mark.parametrize("close", [lambda begun: complete(begun, order()), lambda begun: cancel(begun, None)])
def test_a_closed_order_takes_no_redemption(close: Any) -> None:
    closed = close(begin(program(), holding(Lot(None, 500))))
    assert refusal(again(closed), ask(10)).code == "order_closed"
    with pytest.raises(Refused, match="order_closed"):
        void(again(closed))


def test_a_redemption_sent_again_after_its_order_was_completed_changes_nothing() -> None:
    used = redeem(begin(program(), holding(Lot(None, 500))), ask(10))
    completed = complete(again(used), order())
    repeated = redeem(again(completed), ask(10))
    assert not repeated.decided
    assert repeated.history.live_redemption == used.movements[0]
    assert refusal(again(completed), ask(11)).code == "order_closed"
    assert refusal(again(cancel(again(used), None)), ask(10)).code == "order_closed"


def test_no_order_uses_what_it_earned_itself() -> None:
    done = complete(begin(program(), Account(account_id=member())), order())
    assert done.holder.available(NOW) == 100
    assert refusal(again(done), ask(10)).code == "order_closed"


@pytest.mark.parametrize(
    ("shop", "request_", "code"),
    [
        (program(enabled=False), ask(10), "program_disabled"),
        (program(), ask(10, currency="USD"), "currency_mismatch"),
    ],
)
def test_what_the_program_does_not_do_is_refused(shop: Program, request_: RedemptionRequest, code: str) -> None:
    assert refusal(begin(shop, holding(Lot(None, 500))), request_).code == code


def test_another_customer_cannot_use_points_on_the_order() -> None:
    done = redeem(begin(program(), holding(Lot(None, 500))), ask(10))
    assert refusal(again(done), ask(10, account_id=member("bob"))).code == "order_customer_mismatch"


def test_points_are_spendable_until_the_instant_and_not_at_it() -> None:
    account = holding(Lot(NOW + DAY, 10))
    last = begin(program(), account, at=NOW + DAY - timedelta(microseconds=1))
    assert redeem(last, ask(10)).decided
    assert refusal(begin(program(), account, at=NOW + DAY), ask(10)).code == "insufficient_points"


def test_a_clamped_request_below_the_minimum_is_refused_with_the_least_number_that_works() -> None:
    rules = program(redeem={"overspend": "clamp", "min_points": 100, "block_size": 50})
    refused = refusal(begin(rules, holding(Lot(None, 1_000))), ask(99))
    assert refused.code == "below_min_points"
    assert "No fewer than 100 points" in refused.detail
    rules = program(redeem={"overspend": "clamp", "block_size": 50})
    refused = refusal(begin(rules, holding(Lot(None, 1_000))), ask(49))
    assert "No fewer than 50 points" in refused.detail
