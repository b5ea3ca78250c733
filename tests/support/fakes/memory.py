"""The ports in memory. The contract suite holds these to what it holds the DynamoDB adapter to."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from threading import Lock
from time import monotonic
from zlib import crc32

from loyalty.domain.books.journal import JournalEntry, journal_entry
from loyalty.domain.books.sums import Booked, booked
from loyalty.domain.customers.balances import as_listed
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.program.settings import Program
from loyalty.ports.erasures import Erasure
from loyalty.ports.faults import BeingErased, LostRace, UnknownProgram
from loyalty.ports.ledger import MAX_ITEMS, Due, RecordPlace, WriteOff
from loyalty.ports.programs import ProgramVersion
from loyalty.ports.purges import PurgeRun, PurgeTask

PAGE = 3
"""Accounts to a page: few, so that small tests turn pages too."""

type Kept = tuple[datetime, JournalEntry]
"""A journal entry, and when it was recorded."""


class MemoryLedger:
    """A `Ledger` in memory. One lock: everything it does happens at one moment."""

    shards = 4

    def __init__(self) -> None:
        self._lock = Lock()
        self._histories: dict[Cause, dict[int, Movement]] = {}
        self._accounts: dict[AccountId, Account] = {}
        self._journal: list[Kept] = []
        self._write_offs: list[Kept] = []
        self.erasures: dict[AccountId, Erasure] = {}
        """Customers who are being erased: their accounts are locked."""
        self.booked: list[Booked] = []
        """What the books know of each movement: `MemoryBooks` reads it."""

    def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> tuple[History, Account | None]:
        with self._lock:
            movements = self._histories.get(cause, {})
            history = History(cause, tuple(movements[position] for position in sorted(movements)))
            return history, self._account(account_id) if account_id else None

    def is_whole(self, history: History) -> bool:
        with self._lock:
            return history.next_position not in self._histories.get(history.cause, {})

    def account(self, account_id: AccountId, *, consistent: bool) -> Account:
        with self._lock:
            return self._account(account_id)

    def accounts(self, account_ids: Sequence[AccountId]) -> list[Account]:
        with self._lock:
            known = [account_id for account_id in account_ids if account_id in self._accounts]
            return [self._accounts[account_id] for account_id in known if account_id not in self.erasures]

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        _refuse_what_no_store_takes(transactions, write_off)
        with self._lock:
            lost = [n for n, transaction in enumerate(transactions) if self._overtaken(transaction)]
            if lost:
                raise LostRace(lost)
            for transaction in transactions:
                self._keep(transaction)
            if write_off:
                at = next(m.recorded_at for transaction in transactions for m in transaction.movements)
                self._write_offs.append((at, write_off.entry))

    def statement(self, account_id: AccountId, limit: int, before: int | None) -> list[Movement]:
        with self._lock:
            mine = {
                movement.sequence: movement
                for history in self._histories.values()
                for movement in history.values()
                if movement.account == account_id and movement.sequence is not None
            }
        wanted = [n for n in sorted(mine, reverse=True) if before is None or n < before]
        return [mine[n] for n in wanted[:limit]]

    def unbooked_records(self, account_id: AccountId, limit: int, after: RecordPlace | None) -> list[Movement]:
        with self._lock:
            mine = [m for m in self._all() if m.account == account_id and m.sequence is None]
        behind = (after.recorded_at, after.cause.movement_id(after.position)) if after else None
        found = sorted(((m.recorded_at, m.movement_id, m) for m in mine), key=lambda one: one[:2], reverse=True)
        return [m for *key, m in found if behind is None or tuple(key) < behind][:limit]

    def due(
        self, program_id: str, shard: int, as_of: datetime, size: int, after: Due | None = None
    ) -> Iterator[list[Due]]:
        last = (after.at, _name(after.account_id)) if after else None
        while True:
            # Looked up page by page, as from an index that changes meanwhile.
            with self._lock:
                found = sorted(
                    (account.purge_at, _name(account_id))
                    for account_id, account in self._accounts.items()
                    if account_id.program_id == program_id and shard_of(account_id, self.shards) == shard
                    if account.purge_at and account.purge_at <= as_of
                )
                named = {_name(account_id): account_id for account_id in self._accounts}
            page = [key for key in found if last is None or key > last][:size]
            if not page:
                return
            last = page[-1]
            yield [Due(named[name], at) for at, name in page]

    def accounts_of(
        self, program_id: str, shard: int, size: int | None = None, after: AccountId | None = None
    ) -> Iterator[list[AccountId]]:
        size = size or PAGE
        while True:
            # Looked up page by page, as from an index that changes meanwhile.
            with self._lock:
                mine = [
                    account_id
                    for account_id in {**self._accounts, **self.erasures}
                    if account_id.program_id == program_id and shard_of(account_id, self.shards) == shard
                    if after is None or as_listed(account_id) > as_listed(after)
                ]
            page = sorted(mine, key=as_listed)[:size]
            yield page
            if len(page) < size:
                return
            after = page[-1]

    def cards_of(self, program_id: str, limit: int, after: str | None = None) -> list[str]:
        with self._lock:
            cards = (cause for cause in self._histories if cause.kind is CauseKind.CARD)
            numbers = sorted(card.reference for card in cards if card.program_id == program_id)
        return [number for number in numbers if after is None or number > after][:limit]

    def write_offs(self, program_id: str, day: date, until: datetime | None = None) -> Iterator[JournalEntry]:
        with self._lock:
            return _of(program_id, day, until, list(self._write_offs))

    def journal(self, program_id: str, day: date, until: datetime | None = None) -> Iterator[JournalEntry]:
        with self._lock:
            return _of(program_id, day, until, list(self._journal))

    def every(self) -> list[Movement]:
        """All movements and records, in no particular order."""
        with self._lock:
            return self._all()

    def lock(self, transactions: Sequence[Transaction], erasure: Erasure) -> None:
        """Keep the transactions, which rename an account, and lock the old name."""
        with self._lock:
            read = transactions[0].read
            assert read
            if erasure.account_id in self.erasures or self._account(read.account_id).version != read.version:
                raise LostRace
            self._accounts.pop(read.account_id, None)
            for transaction in transactions:
                self._keep(transaction)
            self.erasures[erasure.account_id] = erasure

    def change(self, changes: Sequence[tuple[Movement, Movement]]) -> int:
        """Put the second of each pair in the place of the first, all or none; how many were not there yet."""
        with self._lock:
            stored = [self._histories.get(before.cause, {}).get(before.position) for before, _ in changes]
            wanted = [pair for pair, found in zip(changes, stored, strict=True) if found not in (None, pair[1])]
            if any(found not in (None, *pair) for pair, found in zip(changes, stored, strict=True)):
                raise LostRace
            for before, after in wanted:
                del self._histories[before.cause][before.position]
                self._histories.setdefault(after.cause, {})[after.position] = after
                self._rename(before, after)
            return len(wanted)

    def _rename(self, before: Movement, after: Movement) -> None:
        self.booked = [
            replace(one, cause=after.cause, account=after.account or one.account)
            if (one.cause, one.position) == (before.cause, before.position)
            else one
            for one in self.booked
        ]

    def _all(self) -> list[Movement]:
        return [movement for history in self._histories.values() for movement in history.values()]

    def _account(self, account_id: AccountId) -> Account:
        if account_id in self.erasures:
            raise BeingErased
        return self._accounts.get(account_id, nobody(account_id))

    def _overtaken(self, transaction: Transaction) -> bool:
        written = self._histories.get(transaction.history.cause, {})
        if any(movement.position in written for movement in transaction.movements):
            return True
        read = transaction.read
        if read is None or transaction.account == read:
            return False
        return read.account_id in self.erasures or self._account(read.account_id).version != read.version

    def _keep(self, transaction: Transaction) -> None:
        for movement in transaction.movements:
            self._histories.setdefault(movement.cause, {})[movement.position] = movement
            if movement.is_booked:
                self._journal.append((movement.recorded_at, journal_entry(movement, transaction.program.timezone)))
                self.booked.append(booked(movement, transaction.program.timezone))
        account = transaction.account
        if account and transaction.read and account != transaction.read:
            self._accounts[account.account_id] = account


class MemoryPurges:
    """A `Purges` in memory; `take` is what the queue's consumer does. What runs wrote off it does not know."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tasks: list[PurgeTask] = []
        self.announced: list[str] = []
        self._runs: dict[tuple[str, str], PurgeRun] = {}
        self._parts: dict[tuple[str, str], dict[str, tuple[datetime, int]]] = {}

    def hand_over(self, tasks: Sequence[PurgeTask]) -> None:
        with self._lock:
            self._tasks += tasks

    def take(self) -> PurgeTask | None:
        """The next task, if there is one."""
        with self._lock:
            return self._tasks.pop(0) if self._tasks else None

    def begin(self, run: PurgeRun) -> None:
        with self._lock:
            self._runs.setdefault((run.program_id, run.run_id), run)

    def finish(self, program_id: str, run_id: str, part: str, at: datetime, left: int) -> bool:
        with self._lock:
            key = (program_id, run_id)
            self._parts.setdefault(key, {}).setdefault(part, (at, left))
            return key in self._runs and len(self._parts[key]) == self._runs[key].parts

    def announce(self, program_id: str, run_id: str) -> None:
        with self._lock:
            self.announced.append(run_id)

    def runs(self, program_id: str, limit: int) -> list[PurgeRun]:
        with self._lock:
            keys = sorted((key for key in self._runs if key[0] == program_id), reverse=True)[:limit]
            return [self._run(key) for key in keys]

    def _run(self, key: tuple[str, str]) -> PurgeRun:
        run, parts = self._runs[key], self._parts.get(key, {}).values()
        finished = max(at for at, _ in parts) if len(parts) == run.parts else None
        return replace(run, left=sum(left for _, left in parts), finished_at=finished)


class MemoryPrograms:
    """The `Programs` port in memory; `store` is what several instances share.

    Like a running function's, an instance keeps settings for `staleness` of what `seconds` counts.
    """

    def __init__(
        self,
        store: dict[str, list[ProgramVersion]] | None = None,
        staleness: float = 0.0,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self.staleness = staleness
        self._store = {} if store is None else store
        self._seconds = seconds
        self._kept: dict[str, tuple[float, Program]] = {}
        self._lock = Lock()

    def get(self, program_id: str) -> Program:
        now = self._seconds()
        read_at, program = self._kept.get(program_id, (0.0, None))
        if program and now - read_at < self.staleness:
            return program
        program = self.latest(program_id)
        if program is None:
            raise UnknownProgram(program_id)
        self._kept[program_id] = (now, program)
        return program

    def latest(self, program_id: str) -> Program | None:
        with self._lock:
            versions = self._store.get(program_id)
            return versions[-1].program if versions else None

    def version(self, program_id: str, number: int) -> Program:
        return self.recorded(program_id, number).program

    def recorded(self, program_id: str, number: int | None = None) -> ProgramVersion:
        with self._lock:
            versions = self._store.get(program_id, [])
            number = len(versions) if number is None else number
            if not 0 < number <= len(versions):
                raise UnknownProgram(program_id)
            return versions[number - 1]

    def save(self, recorded: ProgramVersion) -> None:
        program = recorded.program
        with self._lock:
            versions = self._store.setdefault(program.program_id, [])
            if program.version != len(versions) + 1:
                raise LostRace
            versions.append(recorded)
            self._kept.pop(program.program_id, None)

    def made_at(self, program_id: str) -> datetime:
        return self.recorded(program_id, 1).made_at

    def ids(self) -> Iterator[str]:
        with self._lock:
            return iter(sorted(program_id for program_id, versions in self._store.items() if versions))


def _refuse_what_no_store_takes(transactions: Sequence[Transaction], write_off: WriteOff | None) -> None:
    movements = [(m.cause, m.position) for transaction in transactions for m in transaction.movements]
    accounts = [t.account.account_id for t in transactions if t.account and t.account != t.read]
    items = len(movements) + len(accounts) + bool(write_off)
    if not 0 < items <= MAX_ITEMS:
        raise ValueError(f"a write holds 1 to {MAX_ITEMS} items, not {items}")
    if len(set(movements)) < len(movements) or len(set(accounts)) < len(accounts):
        raise ValueError("a write names nothing twice")


def _of(program_id: str, day: date, until: datetime | None, kept: list[Kept]) -> Iterator[JournalEntry]:
    for at, entry in kept:
        if (entry.program_id, entry.day) == (program_id, day) and (until is None or at <= until):
            yield entry


def nobody(account_id: AccountId) -> Account:
    """The account of somebody unknown; its salt is always the same, so that two ledgers can be compared."""
    return Account(account_id=account_id, salt=sha256(_name(account_id).encode()).digest()[:16])


def _name(account_id: AccountId) -> str:
    return f"{account_id.program_id}#{account_id.guest}#{account_id.customer_id}"


def shard_of(account_id: AccountId, shards: int) -> int:
    return crc32(_name(account_id).encode()) % shards
