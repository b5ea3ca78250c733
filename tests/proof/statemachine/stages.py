"""Where histories play: stores, empty, that two functions share, and a clock."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from loyalty.adapters.dynamodb.programs import STALENESS, DynamoDBPrograms
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.transaction import Transaction
from loyalty.ports.ledger import WriteOff
from loyalty.ports.programs import Programs
from tests.proof.statemachine.machine import Stage
from tests.proof.statemachine.till import Till
from tests.support.fakes.memory import MemoryLedger, MemoryPrograms
from tests.support.worlds import Clock, World, world_in_dynamodb, world_in_memory


class Seconds:
    """What settings grow stale by: goes on when somebody waits, and only then."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def in_memory() -> Stage:
    return _in_memory(MemoryLedger())


def behind() -> Stage:
    """In memory, with a store whose cheap reads never show the latest write."""
    return _in_memory(BehindLedger())


class InDynamoDB:
    """Makes stages in one table: each has programs of its own."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._numbers = count(1)

    def __call__(self) -> Stage:
        seconds = Seconds()
        keepers = [DynamoDBPrograms(self._client, self._table, seconds) for _ in range(2)]
        suffix = f"-{next(self._numbers)}"
        return _stage(world_in_dynamodb(self._client, self._table), keepers, seconds, suffix, every_step=False)


class BehindLedger(MemoryLedger):
    """A command's first look misses the latest write of each history and of each account.

    The purge's looks do not: what it does not see it leaves for the next one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._histories_before: dict[Cause, History] = {}
        self._accounts_before: dict[AccountId, Account] = {}

    def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> tuple[History, Account | None]:
        history, account = super().read(cause, account_id, consistent=True)
        if consistent:
            return history, account
        return self._histories_before.get(cause, history), account and self._before(account)

    def account(self, account_id: AccountId, *, consistent: bool) -> Account:
        account = super().account(account_id, consistent=True)
        return account if consistent else self._before(account)

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        causes = [transaction.history.cause for transaction in transactions]
        histories = {cause: self.read(cause, None, consistent=True)[0] for cause in causes}
        held = {t.account.account_id for t in transactions if t.account and t.account != t.read}
        accounts = {account_id: self.account(account_id, consistent=True) for account_id in held}
        super().write(transactions, write_off)
        self._histories_before |= histories
        self._accounts_before |= accounts

    def _before(self, account: Account) -> Account:
        return self._accounts_before.get(account.account_id, account)


def _in_memory(ledger: MemoryLedger) -> Stage:
    seconds = Seconds()
    kept: dict[str, Any] = {}
    keepers = [MemoryPrograms(kept, STALENESS, seconds) for _ in range(2)]
    return _stage(world_in_memory(ledger=ledger), keepers, seconds)


def _stage(
    world: World, keepers: Sequence[Programs], seconds: Seconds, suffix: str = "", *, every_step: bool = True
) -> Stage:
    clock = Clock()
    worlds = [
        replace(world, programs=keeper, clock=clock, sleep=seconds.sleep, jitter=lambda: 0.5) for keeper in keepers
    ]

    def set_clock(now: datetime) -> None:
        clock.now = now

    return Stage(set_clock, lambda program_id: Till(program_id + suffix, worlds), every_step)
