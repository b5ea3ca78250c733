"""What the use cases need from the world. Adapters provide it; tests provide it too."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_hex
from typing import BinaryIO, Protocol

from loyalty.domain.account import Account
from loyalty.domain.books import JournalEntry
from loyalty.domain.day_sums import Booked, ShardSums
from loyalty.domain.jobs import Job, Tally
from loyalty.domain.movement import AccountId, Cause, Kind, Movement
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


class BeingErased(Unavailable):
    """The customer is being erased. In a moment nothing is known of them."""


class UnknownProgram(Exception):
    """No program has this id."""


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


class Ledger(Protocol):
    """Where movements and accounts are kept. Nothing is ever deleted, but see `Erasures`."""

    shards: int
    """How many shards the accounts of a program are spread over."""

    def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> tuple[Story, Account | None]:
        """The story of `cause` and the account, side by side. Nobody has an account of nothing. Raises BeingErased.

        Not `consistent` costs half and may miss the latest writes; `write` would then lose the race.
        """
        ...

    def is_whole(self, story: Story) -> bool:
        """Whether nothing stands behind what was read of a story, and nothing is being written there at this moment."""
        ...

    def account(self, account_id: AccountId, *, consistent: bool) -> Account:
        """The account; an unknown customer's is empty, with a salt of its own. Raises BeingErased."""
        ...

    def accounts(self, account_ids: Sequence[AccountId]) -> list[Account]:
        """Accounts in any order, perhaps not their latest state, without those that are being erased."""
        ...

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        """Write all transactions, and the write-off of what they expire, or nothing.

        Raises LostRace when a story or an account is no longer what its transaction read.
        At most `MAX_ITEMS` movements, accounts and entries together.
        """
        ...

    def statement(self, account_id: AccountId, limit: int, before: int | None) -> list[Movement]:
        """Up to `limit` movements of the account, newest first, with sequences under `before`."""
        ...

    def asides(self, account_id: AccountId, limit: int, after: "Place | None") -> list[Movement]:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A customer who is being erased, and what is needed to go on with it: it is gone when they are.

    `salt` is that under the seals of their movements, of which there are `movements` under the pseudonym at least,
    once all are there.
    """

    account_id: AccountId
    pseudonym: AccountId
    salt: bytes
    movements: int


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A movement as it is, and as it is to be, perhaps under another cause. All that moved stays."""

    before: Movement
    after: Movement


class Erasures(Protocol):
    """Where customers are taken out of the ledger. The only port that changes or deletes what was written."""

    def under_way(self, account_id: AccountId) -> Erasure | None:
        """The customer's erasure that has begun and not ended, as of this very moment."""
        ...

    def begin(self, transactions: Sequence[Transaction], salt: bytes) -> None:
        """Write all of them, of which the first read the account and the last leaves it under its pseudonym; lock it.

        `salt` is that of the account as it was. Raises LostRace when the account is no longer what was read. From then
        on commands meet BeingErased.
        """
        ...

    def records(self, account_id: AccountId) -> Iterator[list[Movement]]:
        """Pages of all that is found under the account: movements, and records that moved nothing. Not the latest."""
        ...

    def count(self, account_id: AccountId) -> int:
        """How many movements are found under the account, perhaps not the latest."""
        ...

    def rewrite(self, erasure: Erasure, rewritings: Sequence[Rewriting]) -> int:
        """Rewrite all or none; how many were. What was rewritten so already is left alone.

        Raises LostRace when something is neither as it was nor as it is to be, or when the erasure has ended: what is
        there by now is somebody's who came back. At most `MAX_REWRITINGS`.
        """
        ...

    def end(self, erasure: Erasure) -> None:
        """Unlock: the customer's id is nobody's again. Raises LostRace when it was ended already."""
        ...


MAX_REWRITINGS = 48
"""How many movements one write can rewrite: each is a put, and a delete where its name changes; and the lock one."""

MAX_ITEMS = 100
"""How many items one write can hold: what DynamoDB takes in a transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeTask:
    """A part of a purge that is done on its own: a shard, behind `after`, or a single account."""

    program_id: str
    run_id: str
    as_of: datetime
    shard: int | None = None
    after: Due | None = None
    left: int = 0
    """How many accounts the part of the shard before `after` could not write."""
    account_id: AccountId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeRun:
    """A purge of a program that found something due.

    `parts` is how many parts of it were handed over, `left` how many accounts the parts that are done
    could not write and handed over by themselves. It is finished when all its parts are.
    """

    program_id: str
    run_id: str
    as_of: datetime
    started_at: datetime
    parts: int
    left: int = 0
    finished_at: datetime | None = None
    written_off: tuple[JournalEntry, ...] = ()


class Purges(Protocol):
    """Where purges hand over what they do not do at once, and where their runs are recorded."""

    def hand_over(self, tasks: Sequence[PurgeTask]) -> None:
        """Have the tasks done, each on its own, at least once."""
        ...

    def begin(self, run: PurgeRun) -> None:
        """Record that a run began."""
        ...

    def finish(self, program_id: str, run_id: str, part: str, at: datetime, left: int) -> bool:
        """Record, once, that a part of a run is done: whether now all its parts are."""
        ...

    def announce(self, program_id: str, run_id: str) -> None:
        """Tell whoever listens that a run is finished. It may be told more than once."""
        ...

    def runs(self, program_id: str, limit: int) -> list[PurgeRun]:
        """The latest runs, newest first, with what they wrote off so far."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A movement in the movements of a day, behind which the next page starts."""

    recorded_at: datetime
    cause: Cause
    position: int


class Books(Protocol):
    """What finance reads: the movements of business days, and the sums of days that are closed.

    A day's movements are spread over shards by their cause. What is closed stays as it is.
    """

    shards: int
    """How many shards the movements of a day are spread over, numbered from 0."""

    def movements(self, program_id: str, day: date, shard: int) -> Iterator[list[Booked]]:
        """Pages of all movements that were recorded on a business day, of one shard."""
        ...

    def movements_of(
        self, program_id: str, day: date, kind: Kind, limit: int, after: Place | None
    ) -> tuple[list[Booked], Place | None]:
        """Up to `limit` movements of one kind, in an order that stays: (they, where to go on).

        None is the end. A page may be short, or empty, although more follow.
        """
        ...

    def close(self, sums: ShardSums, at: datetime) -> None:
        """Write the sums of a shard of a day. Raises LostRace when it is closed already."""
        ...

    def latest_closed(self, program_id: str) -> tuple[date, int] | None:
        """The day and shard closed last, as of this very moment: all before it are closed too."""
        ...

    def closed(self, program_id: str, first: date, last: date) -> Iterator[ShardSums]:
        """What is closed of the days from `first` to `last`, by day and shard; perhaps not the latest."""
        ...


@dataclass(frozen=True, slots=True)
class Edition:
    """A version of a program's settings, when it was made, by which client and from which network address."""

    program: Program
    made_at: datetime
    made_by: str
    address: str | None = None


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

    def version(self, program_id: str, number: int) -> Program:
        """The settings as they were in one of their versions. Raises UnknownProgram."""
        ...

    def edition(self, program_id: str, number: int | None = None) -> Edition:
        """One of the versions, or the latest as of this very moment. Raises UnknownProgram."""
        ...

    def save(self, edition: Edition) -> None:
        """Add a version. Raises LostRace unless it follows the latest one."""
        ...

    def made_at(self, program_id: str) -> datetime:
        """When the first version was made. Raises UnknownProgram."""
        ...

    def ids(self) -> Iterator[str]:
        """The ids of all programs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that an administrator did.

    It made a movement or record (`position` in the story of `cause`), perhaps about a card, or a version of the
    settings, or concerned a job. `points` are signed.
    """

    at: datetime
    actor: str
    action: str
    source: str
    address: str
    program_version: int | None = None
    cause: Cause | None = None
    position: int = 0
    account: AccountId | None = None
    points: int | None = None
    reason: str | None = None
    job_id: str | None = None
    card: str | None = None


class Audit(Protocol):
    """What administrators did: all that was written with the address of one."""

    def acts(
        self, program_id: str, first: date, last: date, limit: int, after: str | None
    ) -> tuple[list[Act], str | None]:
        """Up to `limit` acts of the days from `first` to `last` (UTC), oldest first: (they, where to go on).

        None is the end. Perhaps not the latest ones. Raises ValueError when `after` is not where an earlier call for
        the same days said to go on.
        """
        ...


def unguessable() -> str:
    """128 random bits, in hexadecimal."""
    return token_hex(16)


@dataclass(frozen=True, slots=True)
class JobTask:
    """Something to do for a job, as its status says: with all of it, or with one part of its rows."""

    program_id: str
    job_id: str
    part: int | None = None


class RunTaken(Exception):
    """The program has rewarded its past actions, by the job `job_id`."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id


class Jobs(Protocol):
    """Where jobs are recorded, and handed over to be worked on."""

    def create(self, job: Job, key: str, digest: str, act: Act | None = None) -> None:
        """Record a new job, once for the idempotency key `key`; `digest` is of what was asked for.

        Raises LostRace when the key was used, RunTaken when another job has the one run that it claims.
        """
        ...

    def made_with(self, program_id: str, key: str) -> tuple[str, str] | None:
        """The job that was made with an idempotency key, and the digest of what was asked for then."""
        ...

    def get(self, program_id: str, job_id: str) -> Job | None:
        """A job, as of this very moment."""
        ...

    def latest(self, program_id: str, limit: int) -> list[Job]:
        """The latest jobs, newest first."""
        ...

    def change(self, job: Job, act: Act | None = None) -> None:
        """Write the next version of a job, and the act that it was. Raises LostRace unless it follows the latest."""
        ...

    def finish(self, job: Job, part: int, tally: Tally) -> None:
        """Record, once, that a part of a job is done, or undone while the job is undoing."""
        ...

    def finished(self, job: Job) -> dict[int, Tally]:
        """The parts that are done (while the job is undoing: undone) as of this very moment."""
        ...

    def hand_over(self, tasks: Sequence[JobTask]) -> None:
        """Have the tasks done, each on its own, at least once."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """An address at which a file can be fetched or put without a token, until `expires_at`."""

    url: str
    expires_at: datetime


class Files(Protocol):
    """Where files of jobs are: what comes in, the rows that were checked, reports and results. They do not stay."""

    def size(self, name: str) -> int | None:
        """How many bytes a file has; None when there is none of this name."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A file, to be read once from its start."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write a file, over one of this name."""
        ...

    def join(self, names: Sequence[str], to: str) -> None:
        """Write all of `names`, one behind the other, into one file."""
        ...

    def upload(self, name: str) -> Link:
        """Where whoever has the link may PUT the file."""
        ...

    def download(self, name: str) -> Link:
        """Where whoever has the link may GET the file."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a use case reaches besides its arguments."""

    ledger: Ledger
    programs: Programs
    purges: Purges
    clock: Callable[[], datetime]
    """The current instant, UTC."""
    sleep: Callable[[float], None]
    """Waits for some seconds."""
    jitter: Callable[[], float]
    """A random number from 0 up to 1."""
    digits: Callable[[int], str]
    """So many random decimal digits, which nobody can guess."""
    books: Books
    jobs: Jobs
    files: Files
    erasures: Erasures
    audit: Audit
    token: Callable[[], str] = unguessable
    """32 hexadecimal digits that nobody can guess."""
