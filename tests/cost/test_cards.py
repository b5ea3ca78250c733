"""What cards cost, metered at the wire as everything else; that a hundred thousand are a bounded number of calls."""

from collections.abc import Callable

import pytest

from loyalty.adapters.dynamodb.items import account_item
from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.domain.ledger.transaction import Sender
from loyalty.usecases.customers.account import view_account
from loyalty.usecases.customers.change_card import assign_card, block_card, replace_card
from loyalty.usecases.customers.create_cards import CARDS_PER_WRITE, create_cards, withdraw_cards
from loyalty.usecases.customers.view_cards import view_card
from loyalty.usecases.orders.complete import complete_order
from tests.cost.conftest import Budgets
from tests.cost.test_budgets import LONGEST, PROGRAM
from tests.support.builders import member, order, program
from tests.support.meter import size
from tests.support.shop import CLIENT, STOREFRONT, Metered, daily, yearly
from tests.support.worlds import world_in_memory

type Make = Callable[..., Metered]

SENDER = Sender(CLIENT, "DASHBOARD")


def new(shop: Metered, count: int = 1, key: str = "new", program_id: str = "shop") -> tuple[str, ...]:
    return create_cards(shop.world, cause_of_request(program_id, key), count, SENDER).numbers


@pytest.mark.parametrize("count", [1, 50, CARDS_PER_WRITE])
def test_cards_cost_an_item_each_and_one_write_for_all(metered: Make, budgets: Budgets, count: int) -> None:
    shop = metered(program(PROGRAM))
    with shop.meter.metering() as bill:
        new(shop, count, LONGEST, PROGRAM)
    # The record of the request: up to 1, 2 and 3 KB.
    record = {1: 2, 50: 4, CARDS_PER_WRITE: 6}[count]
    budgets.hold(f"create {count} cards", bill, writes=2 * count + record, trips=2, reads=0.5)
    assert bill.writes == 1
    assert bill.index_units == {"accounts_by_program": count}
    with shop.meter.metering() as again:
        new(shop, count, LONGEST, PROGRAM)
    budgets.hold(f"create {count} cards, a repeat", again, writes=0, trips=1, reads=1)


def test_a_thousand_cards_in_a_job(metered: Make, budgets: Budgets) -> None:
    shop = metered(program())
    numbers: list[str] = []
    with shop.meter.metering(trips=False) as bill:
        for start in range(0, 1_000, CARDS_PER_WRITE):
            numbers += new(shop, min(CARDS_PER_WRITE, 1_000 - start), f"job/{start}")
    assert len(set(numbers)) == 1_000
    budgets.hold("create 1,000 cards in a job, each", bill, writes=2.1, accounts=1_000)
    budgets.note("create 1,000 cards in a job, calls", len(bill.calls), 22)
    assert len(bill.calls) <= 22
    with shop.meter.metering(trips=False) as undone:
        for start in range(0, 1_000, CARDS_PER_WRITE):
            withdraw_cards(shop.world, cause_of_request("shop", f"job/{start}"), "undone", SENDER)
    budgets.hold("take back 1,000 cards of a job, each", undone, writes=2, reads=1.1, accounts=1_000)
    assert undone.writes == 11
    budgets.note("take back 1,000 cards of a job, calls", len(undone.calls), 1_022)
    assert len(undone.calls) <= 1_022


def test_a_hundred_thousand_cards_are_distinct() -> None:
    shop = world_in_memory(program())
    numbers: set[str] = set()
    for start in range(0, 100_000, CARDS_PER_WRITE):
        count = min(CARDS_PER_WRITE, 100_000 - start)
        numbers.update(create_cards(shop, cause_of_request("shop", str(start)), count, SENDER).numbers)
    assert len(numbers) == 100_000
    listed: list[str] = []
    while page := shop.ledger.cards_of("shop", 5_000, listed[-1] if listed else None):
        listed += page
    assert len(listed) == 100_000
    assert set(listed) == numbers


def test_what_becomes_of_a_card_is_one_write(metered: Make, budgets: Budgets) -> None:
    shop = metered(program(PROGRAM, **yearly()))
    one, two, three = new(shop, 3, program_id=PROGRAM)
    ann = member(LONGEST, PROGRAM)
    shop.give(ann, *daily(30))
    with shop.meter.metering() as bill:
        assign_card(shop.world, PROGRAM, LONGEST, one, LONGEST, SENDER)
    budgets.hold("assign a card, the longest ids", bill, writes=6, trips=3, reads=2.5)
    with shop.meter.metering() as bill:
        assign_card(shop.world, PROGRAM, LONGEST, one, LONGEST, SENDER)
    budgets.hold("assign a card, a repeat", bill, writes=0, trips=2, reads=1)
    with shop.meter.metering() as bill:
        assign_card(shop.world, PROGRAM, "to bob", one, "bob", SENDER)
    budgets.hold("assign a card of another customer", bill, writes=10, trips=4, reads=3.5)
    with shop.meter.metering() as bill:
        replace_card(shop.world, PROGRAM, "by two", one, two, "lost", SENDER)
    budgets.hold("replace a card by another", bill, writes=8, trips=5, reads=3.5)
    with shop.meter.metering() as bill:
        new_one = replace_card(shop.world, PROGRAM, "by a new one", two, None, "lost", SENDER).number
    budgets.hold("replace a card by a new one", bill, writes=10, trips=4, reads=2.5)
    with shop.meter.metering() as bill:
        block_card(shop.world, PROGRAM, "block", three, "lost", SENDER)
    budgets.hold("block a card that is nobody's", bill, writes=4, trips=3, reads=1.5)
    with shop.meter.metering() as bill:
        block_card(shop.world, PROGRAM, "block too", new_one, "lost", SENDER)
    budgets.hold("block a customer's card", bill, writes=6, trips=4, reads=2.5)


def test_a_look_at_a_card_is_bounded_whatever_its_customer_did(metered: Make, budgets: Budgets) -> None:
    shop = metered(program(**yearly()))
    [number] = new(shop)
    for count in range(150):
        complete_order(shop.world, "shop", order(f"#{count}"), STOREFRONT)
    assign_card(shop.world, "shop", "key", number, "ann", SENDER)
    with shop.meter.metering() as bill:
        view = view_card(shop.world, "shop", number)
    assert len(view.movements) == 10
    budgets.hold("look at a card, after 150 orders", bill, writes=0, trips=3, reads=2.5)


def test_an_account_with_a_card_costs_what_one_without_does(metered: Make, budgets: Budgets) -> None:
    shop = metered(program(**yearly()))
    shop.give(member("c-48151623"), *daily(150))
    [number] = new(shop)
    assign_card(shop.world, "shop", "key", number, "c-48151623", SENDER)
    account = shop.world.ledger.account(member("c-48151623"), consistent=True)
    budgets.note("account of 150 lots with a card, bytes", size(account_item(account)), 1024)
    assert size(account_item(account)) <= 1024
    with shop.meter.metering() as bill:
        view = view_account(shop.world, member("c-48151623"))
    assert view.account.card == number
    budgets.hold("balance, 150 lots and a card", bill, writes=0, trips=1, reads=0.5)
    with shop.meter.metering() as bill:
        complete_order(shop.world, "shop", order("#1", "c-48151623"), STOREFRONT)
    budgets.hold("accrue, 150 lots and a card", bill, writes=4, trips=2, reads=1.5)
