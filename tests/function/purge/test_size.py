"""A write of the purge stays within what DynamoDB takes at once, however many lots the accounts hold."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.points.issue import MAX_LOTS
from loyalty.usecases.commands.write_together import ACCOUNTS_PER_WRITE
from loyalty.usecases.points.expire import expire_accounts
from tests.support.builders import DAY, NOW, issuing, member, program
from tests.support.meter import size
from tests.support.worlds import Clock, world_in_dynamodb

MOST_ITEMS, MOST_BYTES = 100, 4 * 1024 * 1024


def test_accounts_with_as_many_lots_as_there_may_be_are_written_in_parts(
    dynamodb: Any, ledger_table: Callable[[], str]
) -> None:
    clock, shop = Clock(), program()
    world = world_in_dynamodb(dynamodb, ledger_table(), shop, clock=clock)
    # Odd instants and large lots: as many bytes as a lot can take.
    lots = [Lot(NOW + DAY + number * timedelta(seconds=7, microseconds=13), 10**9) for number in range(MAX_LOTS)]
    names = [member(f"c{number}") for number in range(ACCOUNTS_PER_WRITE)]
    for name in names:
        world.ledger.write([issuing(Account(account_id=name), *lots)])
    clock.let_pass(9 * DAY)
    written: list[list[dict[str, Any]]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        written.append([put["Put"]["Item"] for put in params["TransactItems"]])

    dynamodb.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", note)
    try:
        done = expire_accounts(world, shop, "run", clock(), names)
    finally:
        dynamodb.meta.events.unregister("provide-client-params.dynamodb.TransactWriteItems", note)
    assert (done.accounts, done.points, done.left) == (len(names), len(names) * MAX_LOTS * 10**9, ())
    assert len(written) > 1
    for items in written:
        assert len(items) <= MOST_ITEMS
        assert sum(map(size, items)) <= MOST_BYTES
