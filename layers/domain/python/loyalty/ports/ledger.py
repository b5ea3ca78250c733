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
    """An account that a purge must look at, and since when."""

    account_id: AccountId
    at: datetime


@dataclass(frozen=True, slots=True)
class WriteOff:
    """A journal entry of the purge, and the run that wrote it."""

    entry: JournalEntry
    run_id: str


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """A record beside the statement of a customer, behind which the next page starts."""

    recorded_at: datetime
    cause: Cause
    position: int


class Ledger(Protocol):
    """Where movements and accounts are kept. Nothing is ever deleted, but see `Erasures`."""

    shards: int
    """How many shards the accounts of a program are spread over."""

    def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> tuple[History, Account | None]:
        """The history of `cause` and the account, side by side. Nobody has an account of nothing. Raises BeingErased.

        Not `consistent` costs half and may miss the latest writes; `write` would then lose the race.
        """
        ...

    def is_whole(self, history: History) -> bool:
        """True if the history has no later movement and no write to it is in flight."""
        ...

    def account(self, account_id: AccountId, *, consistent: bool) -> Account:
        """The account; an unknown customer's is empty, with a salt of its own. Raises BeingErased."""
        ...

    def accounts(self, account_ids: Sequence[AccountId]) -> list[Account]:
        """Accounts in any order, perhaps not their latest state, without those that are being erased."""
        ...

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        """Write all transactions, and the write-off of what they expire, or nothing.

        Raises LostRace when a history or an account is no longer what its transaction read.
        At most `MAX_ITEMS` movements, accounts and entries together.
        """
        ...

    def statement(self, account_id: AccountId, limit: int, before: int | None) -> list[Movement]:
        """Up to `limit` movements of the account, newest first, with sequences under `before`."""
        ...

    def unbooked_records(self, account_id: AccountId, limit: int, after: "RecordPlace | None") -> list[Movement]:
        """Up to `limit` records of the customer that moved nothing, newest first, behind `after`."""
        ...

    def due(
        self, program_id: str, shard: int, as_of: datetime, size: int, after: Due | None = None
    ) -> Iterator[list[Due]]:
        """Accounts of one shard that a purge as of `as_of` must look at, `size` at a time, soonest first.

        Only those behind `after`, where it is given. The last page may be short or empty.
        """
        ...

    def accounts_of(
        self, program_id: str, shard: int, size: int | None = None, after: AccountId | None = None
    ) -> Iterator[list[AccountId]]:
        """Pages of all accounts of one shard, `size` at a time where it is given, in the order `as_listed`.

        Only those behind `after`, which may be of any shard. The last page may be short or empty.
        """
        ...

    def cards_of(self, program_id: str, limit: int, after: str | None = None) -> list[str]:
        """Up to `limit` numbers of all cards of a program, in an order that stays, behind the number `after`.

        Fewer are the last ones. A card that was created just now may be missing.
        """
        ...

    def write_offs(self, program_id: str, day: date, until: datetime | None = None) -> Iterator[JournalEntry]:
        """The journal entries that purges wrote on a business day, up to `until`."""
        ...

    def journal(self, program_id: str, day: date, until: datetime | None = None) -> Iterator[JournalEntry]:
        """An entry for each movement that was recorded on a business day, up to `until`."""
        ...
