"""Where movements and accounts are kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from loyalty.domain.books.journal import JournalEntry
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.domain.ledger.transaction import Transaction

MAX_ITEMS = 100
"""How many items one write can hold: what DynamoDB takes in a transaction."""


@dataclass(frozen=True, slots=True)
class Due:
    """An account that a purge must look at, and the instant since which it must."""

    account_id: AccountId
    at: datetime


@dataclass(frozen=True, slots=True)
class WriteOff:
    """A journal entry of the purge, and the run that wrote it."""

    entry: JournalEntry
    run_id: str


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """A record of a customer that moved no points. The next page starts after it."""

    recorded_at: datetime
    cause: Cause
    position: int


class Ledger(Protocol):
    """Where movements and accounts are kept. Only `Erasures` deletes any."""

    shards: int
    """How many shards the accounts of a program are spread over."""

    def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> tuple[History, Account | None]:
        """The history of `cause` and the account, read side by side. The account is None when `account_id` is None.

        A read that is not `consistent` costs half, and may miss the latest writes: then `write` loses the race. Raises
        BeingErased.
        """
        ...

    def is_whole(self, history: History) -> bool:
        """True if the history has no later movement and no write to it is in flight."""
        ...

    def account(self, account_id: AccountId, *, consistent: bool) -> Account:
        """The account. That of an unknown customer is empty and has a new salt. Raises BeingErased."""
        ...

    def accounts(self, account_ids: Sequence[AccountId]) -> list[Account]:
        """The accounts that exist, in any order. Latest writes may be missing. Accounts being erased are left out."""
        ...

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        """Write all transactions, and the write-off of the points that they expire, or nothing.

        At most `MAX_ITEMS` movements, accounts and write-offs together. Raises LostRace when a history or an account is
        no longer what its transaction read.
        """
        ...

    def statement(self, account_id: AccountId, limit: int, before: int | None) -> list[Movement]:
        """Up to `limit` movements of the account, newest first, with sequences under `before`."""
        ...

    def unbooked_records(self, account_id: AccountId, limit: int, after: "RecordPlace | None") -> list[Movement]:
        """Up to `limit` records of the customer that moved no points, newest first, after the place `after`."""
        ...

    def due(
        self, program_id: str, shard: int, as_of: datetime, size: int, after: Due | None = None
    ) -> Iterator[list[Due]]:
        """Accounts of one shard that a purge as of `as_of` must look at, `size` at a time, soonest first.

        With `after`, only accounts after that one. The last page may be short or empty.
        """
        ...

    def accounts_of(
        self, program_id: str, shard: int, size: int | None = None, after: AccountId | None = None
    ) -> Iterator[list[AccountId]]:
        """Pages of all accounts of one shard, `size` at a time where it is given, in the order `as_listed`.

        With `after`, which may be of any shard, only accounts after that one. The last page may be short or empty.
        """
        ...

    def cards_of(self, program_id: str, limit: int, after: str | None = None) -> list[str]:
        """Up to `limit` card numbers of a program, in a stable order, after the number `after`.

        Fewer than `limit` are the last ones. A card that was created just now may be missing.
        """
        ...

    def write_offs(self, program_id: str, day: date, until: datetime | None = None) -> Iterator[JournalEntry]:
        """The journal entries that purges wrote on a business day, up to `until`."""
        ...

    def journal(self, program_id: str, day: date, until: datetime | None = None) -> Iterator[JournalEntry]:
        """An entry for each movement that was recorded on a business day, up to `until`."""
        ...
