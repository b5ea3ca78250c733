"""What the use cases need from the world. Adapters provide it; tests provide it too."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from loyalty.domain.account import Account
from loyalty.domain.books import JournalEntry
from loyalty.domain.movement import AccountId, Cause, Movement
from loyalty.domain.program import Program
from loyalty.domain.story import Story
from loyalty.domain.transaction import Transaction


class LostRace(Exception):
    """Somebody else wrote first, so nothing was written. Read again, decide again.

    `lost` are the positions, in what was to be written, of the transactions that ran into it;
    empty when that is not known.
    """

    def __init__(self, lost: Sequence[int] = ()) -> None:
        super().__init__(f"lost the race for {list(lost) or 'the write'}")
        self.lost = tuple(lost)


class Unavailable(Exception):
    """The store did not answer, or asked us to slow down. The same request may be sent again."""


class UnknownProgram(Exception):
    """No program has this id."""


class Ledger(Protocol):
    """Where movements and accounts are kept. Nothing is ever deleted."""

    shards: int
    """How many shards the accounts of a program are spread over."""

    def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> tuple[Story, Account | None]:
        """The story of `cause` and the account, side by side. Nobody has an account of nothing.

        Not `consistent` costs half and may miss the latest writes; `write` would then lose the race.
        """
        ...

    def account(self, account_id: AccountId, *, consistent: bool) -> Account:
        """The account; an unknown customer's is empty."""
        ...

    def accounts(self, account_ids: Sequence[AccountId]) -> list[Account]:
        """Accounts in any order, perhaps not their latest state."""
        ...

    def write(self, transactions: Sequence[Transaction], entry: JournalEntry | None = None) -> None:
        """Write all transactions, and the journal entry of their write-off, or nothing.

        Raises LostRace when a story or an account is no longer what its transaction read.
        At most `MAX_ITEMS` movements, accounts and entries together.
        """
        ...

    def statement(self, account_id: AccountId, limit: int, before: int | None) -> list[Movement]:
        """Up to `limit` movements of the account, newest first, with sequences under `before`."""
        ...

    def due(self, program_id: str, shard: int, as_of: datetime) -> Iterator[list[AccountId]]:
        """Pages of the accounts of one shard that a purge as of `as_of` must look at."""
        ...

    def accounts_of(self, program_id: str, shard: int) -> Iterator[list[AccountId]]:
        """Pages of all accounts of one shard."""
        ...

    def write_offs(self, program_id: str, day: date, until: datetime | None = None) -> Iterator[JournalEntry]:
        """The journal entries that purges wrote on a business day, up to `until`."""
        ...

    def journal(self, program_id: str, day: date, until: datetime | None = None) -> Iterator[JournalEntry]:
        """An entry for each movement that was recorded on a business day, up to `until`."""
        ...


MAX_ITEMS = 100
"""How many items one write can hold: what DynamoDB takes in a transaction."""


class Programs(Protocol):
    """Where settings are kept, every version of them."""

    staleness: float
    """For how many seconds after a change `get` may still answer what was before it."""

    def get(self, program_id: str) -> Program:
        """The current settings. Raises UnknownProgram."""
        ...

    def latest(self, program_id: str) -> Program | None:
        """The current settings as of this very moment; None when there are none."""
        ...

    def save(self, program: Program) -> None:
        """Add a version. Raises LostRace unless it follows the latest one."""
        ...

    def ids(self) -> Iterator[str]:
        """The ids of all programs."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a use case reaches besides its arguments."""

    ledger: Ledger
    programs: Programs
    clock: Callable[[], datetime]
    """The current instant, UTC."""
    sleep: Callable[[float], None]
    """Waits for some seconds."""
    jitter: Callable[[], float]
    """A random number from 0 up to 1."""
