"""Tiers: reached at once, for the next order; left at the nightly run; always what the orders in the window make."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.adapters.dynamodb.standings import pack_counted, pack_standing, unpack_counted, unpack_standing
from loyalty.domain.ledger.kinds import Event
from loyalty.domain.ledger.standing import MAX_DAYS, Counted, Standing
from loyalty.domain.ledger.tiers import ladder, reached
from loyalty.domain.orders.refund import Return
from loyalty.domain.program.settings import Program
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.customers.account import view_account
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.orders.refund import refund_order
from tests.support.builders import DAY, NOW, SENDER, member, order, program
from tests.support.replay import audit
from tests.support.worlds import Clock, World, purge, save, world_in_memory

SILVER = {"name": "silver", "min_orders": 2, "multiplier": "1.5"}
GOLD = {"name": "gold", "min_orders": 4, "min_spend": "350", "multiplier": "2"}
TODAY = NOW.date()


def tiers(*of: dict[str, Any], **settings: Any) -> Program:
    return program(tiers=list(of), **settings)


class Shop:
    """A store whose customer ann orders, a day passing after each."""

    def __init__(self, rules: Program) -> None:
        self.clock = Clock()
        self.world: World = world_in_memory(rules, clock=self.clock)
        self.orders = 0

    def order(self, amount: str = "100.00", days: int = 1) -> int:
        self.orders += 1
        made = order(f"#{self.orders}", amount=amount, completed_at=self.clock.now)
        points = complete_order(self.world, "shop", made, SENDER).points_earned
        self.clock.let_pass(days * DAY)
        return points

    @property
    def tier(self) -> str | None:
        assert verify_program(self.world, "shop").found == []
        return audit(self.world.ledger, member()).standing.tier

    def night(self) -> str | None:
        purge(self.world, "shop")
        return self.tier


def test_a_tier_is_reached_at_once_and_counts_from_the_next_order_on() -> None:
    shop = Shop(tiers(GOLD, SILVER))
    assert [shop.order() for _ in range(6)] == [100, 100, 150, 150, 200, 200]
    assert shop.tier == "gold"


def test_both_conditions_must_hold() -> None:
    shop = Shop(tiers(SILVER, GOLD))
    for _ in range(5):
        shop.order("10.00")
    assert shop.tier == "silver"


def test_an_order_that_earns_nothing_counts_too() -> None:
    shop = Shop(tiers(SILVER, earn={"points_per_unit": "0"}))
    shop.order()
    assert shop.tier is None
    shop.order()
    assert shop.tier == "silver"
    assert [movement.points for movement in shop.world.ledger.statement(member(), 9, None)] == [0, 0]


def test_a_tier_is_left_at_the_night_after_an_order_was_cancelled() -> None:
    shop = Shop(tiers(SILVER))
    shop.order()
    shop.order()
    cancel_order(shop.world, "shop", "#2", None, None, SENDER)
    assert shop.tier == "silver"
    assert shop.night() == "silver"  # the day is not over
    shop.clock.let_pass(DAY)
    assert shop.night() is None
    assert [m.event for m in shop.world.ledger.statement(member(), 1, None)] == [Event.TIER_REVIEWED]


def test_what_is_refunded_was_not_spent() -> None:
    shop = Shop(tiers({"name": "vip", "min_spend": "150", "multiplier": "3"}))
    shop.order()
    shop.order()
    assert shop.tier == "vip"
    for total in ("40", "60", "60"):
        refund_order(shop.world, "shop", "#1", Return(refunded_total=Decimal(total)), SENDER)
    account = audit(shop.world.ledger, member())
    assert (account.standing.spend, account.standing.orders, account.standing.tier) == (14000, 2, "vip")
    done = refund_order(shop.world, "shop", "#1", Return(refunded_total=Decimal(60), points=60), SENDER)
    assert (done.points_reversed, audit(shop.world.ledger, member()).standing.spend) == (60, 14000)
    refund_order(shop.world, "shop", "#1", Return(refunded_total=Decimal(100)), SENDER)
    assert audit(shop.world.ledger, member()).standing.orders == 1
    cancel_order(shop.world, "shop", "#1", None, None, SENDER)
    account = audit(shop.world.ledger, member())
    assert (account.standing.spend, account.standing.orders) == (10000, 1)
    shop.clock.let_pass(DAY)
    assert shop.night() is None


def test_a_refund_of_nothing_leaves_a_free_order_counted() -> None:
    shop = Shop(tiers(SILVER))
    shop.order("0")
    refund_order(shop.world, "shop", "#1", Return(refunded_total=Decimal(0)), SENDER)
    assert audit(shop.world.ledger, member()).standing.orders == 1
    shop.order()
    assert shop.tier == "silver"


def test_a_rolling_window_lets_go_of_old_orders_at_night_and_of_nothing_else() -> None:
    shop = Shop(tiers({**SILVER, "window_days": 10}))
    shop.order()
    shop.order()
    looked_at = []
    for day in range(2, 13):
        looked_at.append((day, shop.night()))
        shop.clock.let_pass(DAY)
    assert [day for day, tier in looked_at if tier == "silver"] == list(range(2, 10))
    assert view_account(shop.world, member()).account.review_at is None


def test_the_purge_finds_only_accounts_whose_tier_may_drop() -> None:
    shop = Shop(tiers(SILVER))
    shop.order()
    shop.order()
    assert view_account(shop.world, member()).account.purge_at is None


def test_settings_that_change_reach_an_account_with_its_next_order() -> None:
    shop = Shop(tiers(SILVER))
    shop.order()
    shop.order()
    save(shop.world.programs, tiers({**SILVER, "name": "bronze"}, version=2))
    assert shop.order() == 100
    assert shop.tier == "bronze"


@pytest.mark.parametrize(("period", "days"), [("day", 1), ("week", 7), ("month", 31), ("year", 365)])
def test_a_customer_earns_no_more_than_the_cap_in_a_period(period: str, days: int) -> None:
    shop = Shop(program(earn={"max_points_per_customer": {"points": 150, "period": period}}))
    assert [shop.order(days=0) for _ in range(3)] == [100, 50, 0]
    shop.clock.let_pass(days * DAY)
    assert shop.order(days=0) == 100


def test_what_was_taken_back_can_be_earned_again_in_its_period() -> None:
    shop = Shop(program(earn={"max_points_per_customer": {"points": 150}}))
    assert [shop.order(days=0) for _ in range(2)] == [100, 50]
    cancel_order(shop.world, "shop", "#1", None, None, SENDER)
    assert [shop.order(days=0) for _ in range(2)] == [100, 0]


def promotion(**what: Any) -> dict[str, Any]:
    window = {"starts_at": (NOW - DAY).isoformat(), "ends_at": (NOW + 99 * DAY).isoformat()}
    return {"id": "p", **window, "bonus_points": 7, **what}


def test_a_promotion_may_be_for_first_orders_or_for_tiers() -> None:
    shop = Shop(tiers(SILVER, promotions=[promotion(first_order=True)]))
    assert [shop.order() for _ in range(3)] == [107, 100, 150]
    shop = Shop(tiers(SILVER, promotions=[promotion(tiers=["silver"])]))
    assert [shop.order() for _ in range(3)] == [100, 100, 157]


ordering = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 99_999)), max_size=60)
"""Orders: days since the one before, and how much was spent."""


@given(ordering, st.integers(1, 500), st.integers(0, 600))
def test_an_order_counts_as_long_as_the_window_and_not_much_longer(
    ordering: list[tuple[int, int]], window: int, later: int
) -> None:
    standing, day = Standing(), TODAY
    ordered: list[tuple[date, int]] = []
    for gap, spend in ordering:
        day += timedelta(days=gap)
        ordered.append((day, spend))
        standing = standing.plus(Counted(day=day, orders=1, spend=spend, window=window))
        assert len(standing.days) <= MAX_DAYS
        assert unpack_standing(pack_standing(standing), None) == standing
    day += timedelta(days=later)
    first = day - timedelta(days=window - 1)
    exact = [spend for at, spend in ordered if at >= first]
    orders, spend = standing.since(first)
    # Days that were grouped are let go late by less than a group, which is the first power of two above 2/16 of the
    # window: for a window of 365 days 64, for one of 90 days 16.
    width = 1 if len({at for at, _ in ordered}) <= MAX_DAYS else max(2, 2 ** (2 * window // MAX_DAYS).bit_length())
    late = [spend for at, spend in ordered if at > first - timedelta(days=width)]
    assert len(exact) <= orders <= len(late)
    assert sum(exact) <= spend <= sum(late)
    assert standing.orders == len(ordering)
    assert standing.spend == sum(spend for _, spend in ordering)


@given(ordering, st.integers(1, 500))
def test_what_was_counted_can_be_counted_back(ordering: list[tuple[int, int]], window: int) -> None:
    standing, day = Standing(), TODAY
    counted = []
    for gap, spend in ordering:
        day += timedelta(days=gap)
        counted.append(Counted(day=day, orders=1, spend=spend, window=window, period=TODAY, points=-1, tier="ø"))
        standing = standing.plus(counted[-1])
        assert unpack_counted(pack_counted(counted[-1])) == counted[-1]
    for one in counted:
        standing = standing.plus(replace(one, orders=-1, spend=-one.spend))
    assert (standing.orders, standing.spend) == (0, 0)
    assert all(left.orders == 0 and left.spend == 0 for left in standing.days)


def test_tiers_are_ranked_by_what_they_ask_for() -> None:
    rules = tiers(GOLD, SILVER)
    for orders, spend, name in ((1, 0, None), (2, 0, "silver"), (9, 34_999, "silver"), (4, 35_000, "gold")):
        tier = reached(rules, Standing(orders=orders, spend=spend), TODAY)
        assert (tier and tier.name) == name


def test_among_tiers_that_give_the_same_the_one_that_asks_for_more_money_is_higher() -> None:
    dear = {"name": "dear", "min_spend": "200.00", "multiplier": "2"}
    cheap = {"name": "cheap", "min_spend": "100.00", "multiplier": "2"}
    assert [tier.name for tier in ladder(tiers(dear, cheap))] == ["cheap", "dear"]
    assert [tier.name for tier in ladder(tiers(cheap, dear))] == ["cheap", "dear"]
