"""Shops to measure in, and ways to fill them that are faster than the ledger's own."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from loyalty.adapters.dynamodb.items import account_item
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.program.settings import Program
from tests.support.builders import issuing, member
from tests.support.meter import Meter
from tests.support.shop import Metered
from tests.support.table import create_table
from tests.support.worlds import Clock, world_in_dynamodb

BATCH = 25
"""As many as DynamoDB puts in one batch."""


def open_shop(client: Any, program: Program) -> tuple[Metered, str]:
    """A metered shop in a new table, and the table."""
    table, clock = create_table(client), Clock()
    return Metered(world_in_dynamodb(client, table, program, clock=clock), clock, Meter(client)), table


def put_accounts(client: Any, table: str, name: str, accounts: int, *lots: Lot) -> None:
    """Puts accounts that hold `lots`, without the movements behind them: for where those are not measured."""
    ids = [member(f"{name}-{number:06d}") for number in range(accounts)]
    made = (account_item(issuing(Account(account_id=account_id), *lots).holder) for account_id in ids)
    puts = [{"PutRequest": {"Item": item}} for item in made]

    def put(start: int) -> None:
        answer = client.batch_write_item(RequestItems={table: puts[start : start + BATCH]})
        if answer["UnprocessedItems"]:
            raise RuntimeError("the emulator did not take a whole batch")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(put, range(0, accounts, BATCH)))
