"""Holds each operation to its budget, metered at the wire against the emulator's DynamoDB.

Program settings are in memory, as they are for all but one request a second and function.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from loyalty.adapters.dynamodb.items import account_item
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.usecases.customers.account import view_account
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.orders.redeem import redeem_points
from tests.cost.conftest import Budgets
from tests.support.builders import DAY, NOW, member, order, program
from tests.support.meter import Bill, size
from tests.support.shop import CLIENT, MIDNIGHT, STOREFRONT, Metered, complete, daily, fill, use, yearly
from tests.support.worlds import purge

LONGEST = "ø" * 64
"""An id of 128 bytes."""
PROGRAM = "p" * 64
"""As long as a program's id may be."""

type Make = Callable[..., Metered]


def by_hand(count: int) -> list[Lot]:
    """Lots at odd instants, with many points: the largest there are."""
    return [Lot(NOW + number * timedelta(hours=7, microseconds=999), 1_000_000_000) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("lots", "what"),
    [([], "a new account"), (daily(30), "30 lots"), (by_hand(30), "30 lots at odd instants")],
    ids=["new", "daily", "by hand"],
)
def test_accrual_costs_the_floor(metered: Make, budgets: Budgets, lots: list[Lot], what: str) -> None:
    shop = metered(program(**yearly()))
    if lots:
        shop.give(member("c-48151623"), *lots)
    with shop.meter.metering() as bill:
        complete(shop)
    budgets.hold(f"accrue, {what}", bill, writes=4, trips=2, reads=1.5)


def test_accrual_does_not_grow_with_history(metered: Make, budgets: Budgets) -> None:
    shop = metered(program(**yearly()))
    for number in range(150):
        complete(shop, f"#{number}")
    with shop.meter.metering() as bill:
        complete(shop)
    budgets.hold("accrue, after 150 orders", bill, writes=4, trips=2, reads=1.5)


def test_a_completion_that_earns_nothing_is_decided_on_a_second_look(metered: Make, budgets: Budgets) -> None:
    """It leaves the account alone, so no write would notice that the first look was an old one."""
    shop = metered(program(**yearly(earn={"min_order_total": "100.01"})))
    shop.give(member("c-48151623"), *daily(30))
    with shop.meter.metering() as bill:
        complete(shop)
    budgets.hold("completion that earns nothing, looked at twice", bill, writes=2, trips=3, reads=3)


def rich(**settings: Any) -> dict[str, Any]:
    """Settings with a tier of the longest name, a rolling window, a cap, and three promotions that all count."""
    window = {"starts_at": (NOW - DAY).isoformat(), "ends_at": (NOW + 400 * DAY).isoformat()}
    promotions: list[dict[str, Any]] = [
        {"id": f"winter-sale-{number}", **window, "multiplier": "1.5", "skus": ["A"]} for number in range(2)
    ]
    promotions.append({"id": "january-bonus", **window, "bonus_points": 50, "expiry": {"policy": "end_of_month"}})
    tier = {"name": "t" * 40, "min_orders": 1, "window_days": 365, "multiplier": "1.25"}
    earn = {"max_points_per_customer": {"points": 1_000_000_000, "period": "year"}}
    return {"tiers": [tier], "promotions": promotions, "earn": earn, "expiry": {"policy": "end_of_year"}, **settings}


@pytest.mark.parametrize("number", [1, 150])
def test_tiers_promotions_and_caps_cost_nothing_more_however_many_orders_there_were(
    metered: Make, budgets: Budgets, number: int
) -> None:
    shop = metered(program(**rich()))
    shop.give(member("c-48151623"), *daily(30))
    for before in range(number):
        complete(shop, f"#{before}")
        shop.clock.let_pass(2 * DAY)
        if before % 15 == 14:
            purge(shop.world, "shop")
    with shop.meter.metering() as bill:
        complete(shop)
    budgets.hold(f"accrue in a tier, 3 promotions, a cap, after {number}", bill, writes=4, trips=2, reads=1.5)
    account = shop.world.ledger.account(member("c-48151623"), consistent=True)
    assert account.standing.tier == "t" * 40
    budgets.note("accounts item with tiers, bytes", size(account_item(account)), 1024)
    with shop.meter.metering() as bill:
        cancel_order(shop.world, "shop", "#1001", "c-48151623", None, STOREFRONT)
    budgets.hold(f"cancel in a tier, 3 promotions, a cap, after {number}", bill, writes=6, trips=2, reads=1.5)


def test_a_referral_is_paid_with_the_first_order_and_costs_only_that(metered: Make, budgets: Budgets) -> None:
    shop = metered(program(**yearly(ways_to_earn={"referral": {"points": 50, "referee_points": 20}})))
    shop.give(member("c-1"), *daily(30))
    bills = []
    for number in (1, 2):
        with shop.meter.metering() as bill:
            complete_order(shop.world, "shop", order(f"#{number}", "c-2", referrer_id="c-1"), STOREFRONT)
        bills.append(bill)
    budgets.hold("accrue, a first order that was referred", bills[0], writes=8, trips=5, reads=4)
    budgets.hold("accrue, the next order", bills[1], writes=4, trips=2, reads=1.5)
    with shop.meter.metering() as bill:
        cancel_order(shop.world, "shop", "#1", "c-2", None, STOREFRONT)
    budgets.hold("cancel, a first order that was referred", bill, writes=8, trips=3, reads=4)


def test_a_repeat_writes_nothing(metered: Make, budgets: Budgets) -> None:
    shop = metered(program(**yearly()))
    shop.give(member("c-48151623"), *daily(30))
    complete(shop)
    with shop.meter.metering() as bill:
        complete(shop)
    budgets.hold("repeat of an order", bill, writes=0, trips=1, reads=1)


@pytest.mark.parametrize("spent", [1, 15, 30])
@pytest.mark.parametrize("lots", [daily(30), by_hand(30)], ids=["daily", "by hand"])
def test_redemption_costs_the_floor_however_many_lots_it_spends(
    metered: Make, budgets: Budgets, lots: list[Lot], spent: int
) -> None:
    shop = metered(program(**yearly(redeem={"point_value": "0.0001"})))
    shop.give(member("c-48151623"), *lots)
    points = sum(lot.points for lot in lots[:spent])
    with shop.meter.metering() as bill:
        redeem_points(shop.world, "shop", "#1001", use(points), STOREFRONT)
    odd = " at odd instants" if lots[0].expires_at != daily(1)[0].expires_at else ""
    budgets.hold(f"redeem, {spent} of 30 lots{odd}", bill, writes=4, trips=2, reads=1.5)


@pytest.mark.parametrize("spent", [1, 365])
def test_a_year_of_daily_lots_can_be_spent(metered: Make, budgets: Budgets, spent: int) -> None:
    shop = metered(program(**yearly(redeem={"point_value": "0.0001"})))
    shop.give(member("c-48151623"), *daily(365))
    points = sum(lot.points for lot in daily(spent))
    with shop.meter.metering() as bill:
        redeem_points(shop.world, "shop", "#1001", use(points), STOREFRONT)
    budgets.hold(f"redeem, {spent} of 365 lots", bill, writes=12, trips=2, reads=2)


def test_a_year_of_daily_lots_can_be_added_to(metered: Make, budgets: Budgets) -> None:
    shop = metered(program(**yearly()))
    shop.give(member("c-48151623"), *daily(365))
    with shop.meter.metering() as bill:
        complete(shop)
    budgets.hold("accrue, 365 lots", bill, writes=12, trips=2, reads=2)


def test_cancellation_reverses_and_restores_in_one_write(metered: Make, budgets: Budgets) -> None:
    shop = metered(program(**yearly(earn={"on_redeemed_order": "full"}, redeem={"point_value": "0.0001"})))
    shop.give(member("c-48151623"), *daily(30))
    redeem_points(shop.world, "shop", "#1001", use(1_000), STOREFRONT)
    complete(shop)
    with shop.meter.metering() as bill:
        cancel_order(shop.world, "shop", "#1001", "c-48151623", "customer changed their mind", STOREFRONT)
    budgets.hold("cancel, earned and redeemed", bill, writes=6, trips=2, reads=1.5)


def test_a_repeated_cancellation_writes_nothing(metered: Make, budgets: Budgets) -> None:
    shop = metered(program(**yearly()))
    complete(shop)
    for _ in range(2):
        with shop.meter.metering() as bill:
            cancel_order(shop.world, "shop", "#1001", "c-48151623", None, STOREFRONT)
    budgets.hold("repeat of a cancellation", bill, writes=0, trips=1, reads=1)


@pytest.mark.parametrize("lots", [30, 365])
def test_a_balance_is_one_small_read(metered: Make, budgets: Budgets, lots: int) -> None:
    shop = metered(program(**yearly()))
    shop.give(member("c-48151623"), *daily(lots))
    with shop.meter.metering() as bill:
        view_account(shop.world, member("c-48151623"))
    budgets.hold(f"balance, {lots} lots", bill, writes=0, trips=1, reads=0.5)


@pytest.mark.parametrize("due", [200, 1_000])
def test_the_purge_costs_little_for_each_account_that_is_due(metered: Make, budgets: Budgets, due: int) -> None:
    shop = metered(program(**yearly()))
    fill(shop, due, daily(10))
    shop.clock.now = MIDNIGHT + 2 * DAY
    with shop.meter.metering(trips=False) as bill:
        purged = purge(shop.world, "shop")
    assert (purged.accounts, purged.left) == (due, 0)
    budgets.hold(f"purge, each of {due} accounts due", bill, writes=4.5, reads=1.5, accounts=due)
    requests = bill.writes / due
    budgets.note(f"purge, write requests for each of {due} accounts due", requests, 0.1)
    assert requests <= 0.1


@pytest.mark.parametrize("accounts", [0, 2_000])
def test_a_purge_with_nothing_due_asks_each_shard_once(metered: Make, budgets: Budgets, accounts: int) -> None:
    shop = metered(program(**yearly()))
    fill(shop, accounts, daily(3))
    with shop.meter.metering(trips=False) as bill:
        purged = purge(shop.world, "shop")
    assert (purged.accounts, purged.left) == (0, 0)
    budgets.hold(f"purge, nothing due of {accounts} accounts", bill, writes=0)
    shards = shop.world.ledger.shards
    budgets.note(f"purge, queries with nothing due of {accounts} accounts", len(bill.calls), shards)
    assert bill.queries == len(bill.calls) == shards


def test_the_purge_does_not_grow_with_accounts_that_are_not_due(metered: Make, budgets: Budgets) -> None:
    bills = []
    for others in (0, 1_000):
        shop = metered(program(**yearly()))
        fill(shop, others, [Lot(MIDNIGHT + 99 * DAY, 5)])
        for number in range(100):
            shop.give(member(f"due-{number}"), Lot(MIDNIGHT + DAY, 5))
        shop.clock.now = MIDNIGHT + DAY
        with shop.meter.metering(trips=False) as bill:
            assert purge(shop.world, "shop").accounts == 100
        bills.append((bill.write_units, bill.read_units, len(bill.calls)))
    assert bills[0] == bills[1]


def longest(metered: Make, lots: list[Lot]) -> Metered:
    """A program whose customer holds `lots`, with ids as long as they may be."""
    settings = yearly(earn={"on_redeemed_order": "full"}, redeem={"point_value": "0.0001"})
    shop = metered(program(PROGRAM, **settings))
    shop.give(AccountId(PROGRAM, LONGEST), *lots)
    return shop


def run_longest(shop: Metered, points: int, reason: str) -> tuple[Bill, Bill, Bill]:
    """Redeems, completes and cancels an order whose id and amounts are as long as they may be."""
    request = RedemptionRequest(
        account_id=AccountId(PROGRAM, LONGEST), order_total=Decimal(10**12) - 1, currency="EUR", points=points
    )
    large = order(LONGEST, LONGEST, "999999999999.99")
    with shop.meter.metering() as redeemed:
        redeem_points(shop.world, PROGRAM, LONGEST, request, STOREFRONT)
    with shop.meter.metering() as completed:
        complete_order(shop.world, PROGRAM, large, Sender(CLIENT, "EVENT"))
    with shop.meter.metering() as cancelled:
        cancel_order(shop.world, PROGRAM, LONGEST, LONGEST, reason, STOREFRONT)
    return redeemed, completed, cancelled


def test_the_longest_ids_keep_the_budgets(metered: Make, budgets: Budgets) -> None:
    shop = longest(metered, daily(30))
    points = sum(lot.points for lot in daily(30))
    redeemed, completed, cancelled = run_longest(shop, points, "customer changed their mind")
    budgets.hold("redeem, 30 of 30 lots, the longest ids", redeemed, writes=4, trips=2, reads=1.5)
    budgets.hold("accrue, 30 lots, the longest ids", completed, writes=4, trips=2, reads=1.5)
    budgets.hold("cancel, earned and redeemed, the longest ids", cancelled, writes=6, trips=2, reads=1.5)


def test_where_all_is_at_its_longest_a_movement_takes_a_second_kilobyte(metered: Make, budgets: Budgets) -> None:
    """Beyond the budgets, knowingly: lots by hand, a reason of 200 letters of three bytes, and the longest ids."""
    shop = longest(metered, by_hand(30))
    redeemed, completed, cancelled = run_longest(shop, 30_000_000_000, "\u754c" * 200)
    budgets.hold("redeem, all at its longest (a second KB)", redeemed, writes=6, trips=2, reads=1.5)
    budgets.hold("accrue, all at its longest", completed, writes=4, trips=2, reads=1.5)
    budgets.hold("cancel, all at its longest (two second KB)", cancelled, writes=10, trips=2, reads=1.5)
