"""What was tampered with is mended as the runbook says: from a restored table, and accounts from their movements."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.program.settings import Tier
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.customers.erase import erase_customer
from loyalty.usecases.orders.complete import complete_order
from tests.function.verify.conftest import Store
from tests.function.verify.test_verify import ANN, EARNED, TAMPERED, Tamper, number
from tests.support.builders import DAY, SENDER, member, order, program
from tests.support.worlds import Clock, World, purge, world_in_dynamodb
from tools.mend import NotMended, put_items_back, put_movements_back, rebuild_account

BY_HAND: dict[str, Tamper] = {
    # What is too much is nowhere in a restored table, and a version that is too high looks as if movements were lost.
    "a movement is slipped in": lambda store: store.remove("shop#order##99", "00000001"),
    "version of an account": lambda store: store.change(*ANN, version=number(5)),
}


@pytest.fixture
def restored(traded: tuple[World, Store]) -> Store:
    """The table as it was before anybody tampered with it, restored under another name."""
    _, store = traded
    return store.restored()


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_tampered_with_is_mended(name: str, traded: tuple[World, Store], restored: Store) -> None:
    world, store = traded
    before = store.everything()
    tamper, _ = TAMPERED[name]
    tamper(store)
    assert verify_program(world, "shop").found != []
    if name in BY_HAND:
        BY_HAND[name](store)
    put_movements_back(store.client, store.table, restored.table, member())
    put_items_back(store.client, store.table, restored.table, "shop#closed", "2026-01-31")
    put_items_back(store.client, store.table, restored.table, "shop#write-off#2026-01-31")
    rebuild_account(store.client, store.table, member())
    assert verify_program(world, "shop").found == []
    assert store.everything() == before


def test_what_is_whole_is_not_put_anew(traded: tuple[World, Store], restored: Store) -> None:
    _, store = traded
    assert put_movements_back(store.client, store.table, restored.table, member()) == []
    store.remove(*EARNED)
    put = put_movements_back(store.client, store.table, restored.table, member())
    assert put == ["shop#order##1 00000001"]


def test_what_came_after_the_restored_table_stays(traded: tuple[World, Store], restored: Store) -> None:
    world, store = traded
    complete_order(world, "shop", order("#5"), SENDER)
    complete_order(world, "shop", order("#6"), SENDER)
    now = store.everything()
    store.change(*EARNED, points=number(99))
    store.change(*ANN, lots={"S": "?"})
    assert put_movements_back(store.client, store.table, restored.table, member()) == ["shop#order##1 00000001"]
    assert rebuild_account(store.client, store.table, member()).version == 7
    assert store.everything() == now


def test_an_account_is_not_rebuilt_without_all_of_its_movements(traded: tuple[World, Store]) -> None:
    _, store = traded
    first, latest = store.get(*EARNED), store.get("shop#order##2", "00000002")
    for lost in (first, latest):
        store.remove(lost["pk"]["S"], lost["sk"]["S"])
        before = store.everything()
        with pytest.raises(NotMended, match="back first"):
            rebuild_account(store.client, store.table, member())
        assert store.everything() == before
        store.put(lost)
    store.change(*EARNED, lots={"S": "?"})
    with pytest.raises(NotMended, match="cannot be read: TypeError; put them back first"):
        rebuild_account(store.client, store.table, member())


def test_an_account_without_its_salt_takes_it_from_a_restored_table(
    traded: tuple[World, Store], restored: Store
) -> None:
    world, store = traded
    for damaged in (True, False):
        if damaged:
            store.change(*ANN, salt={"S": "?"})
        else:
            store.remove(*ANN)
        with pytest.raises(NotMended, match="--salt-from"):
            rebuild_account(store.client, store.table, member())
        rebuild_account(store.client, store.table, member(), restored.table)
        assert verify_program(world, "shop").found == []


def test_whose_salt_is_wrong_is_not_rebuilt(traded: tuple[World, Store]) -> None:
    _, store = traded
    store.change(*ANN, salt={"B": b"0" * 16})
    with pytest.raises(NotMended, match="movement 1 is not what was sealed"):
        rebuild_account(store.client, store.table, member())


def test_accounts_are_not_put_back(traded: tuple[World, Store], restored: Store) -> None:
    _, store = traded
    with pytest.raises(NotMended, match="rebuilt"):
        put_items_back(store.client, store.table, restored.table, "shop#member#ann")
    with pytest.raises(NotMended, match="nothing there"):
        put_items_back(store.client, store.table, restored.table, "shop#member#nobody")


def test_who_was_erased_since_stays_so(traded: tuple[World, Store], restored: Store) -> None:
    world, store = traded
    erase_customer(world, member(), Sender("test", "API"))
    before = store.everything()
    with pytest.raises(NotMended, match="erased since"):
        put_movements_back(store.client, store.table, restored.table, member())
    with pytest.raises(NotMended, match="erased since"):
        put_items_back(store.client, store.table, restored.table, EARNED[0])
    assert store.everything() == before


def test_a_tier_still_ends_after_its_account_was_rebuilt(dynamodb: Any, ledger_table: Callable[[], str]) -> None:
    """When it ends is in no movement."""
    table, clock = ledger_table(), Clock()
    tiered = program(tiers=(Tier(name="gold", multiplier=Decimal(2), min_orders=1, window_days=30),))
    world = world_in_dynamodb(dynamodb, table, tiered, clock=clock)
    complete_order(world, "shop", order("#1"), SENDER)
    before = world.ledger.account(member(), consistent=True)
    assert (before.standing.tier, before.review_at) == ("gold", before.purge_at)
    Store(dynamodb, table).change(*ANN, lots={"S": "?"})
    clock.let_pass(2 * DAY)
    rebuilt = rebuild_account(dynamodb, table, member(), now=clock.now)
    assert (rebuilt, rebuilt.review_at, rebuilt.purge_at) == (before, before.review_at, before.purge_at)
    clock.let_pass(40 * DAY)
    purge(world, "shop")
    assert world.ledger.account(member(), consistent=True).standing.tier is None
