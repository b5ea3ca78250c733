"""The world that use cases reach, with a clock that tests set."""

import json
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from loyalty.adapters.dynamodb.audit import DynamoDBAudit
from loyalty.adapters.dynamodb.books import DynamoDBBooks
from loyalty.adapters.dynamodb.erasures import DynamoDBErasures
from loyalty.adapters.dynamodb.jobs import QueuedJobs, job_task_from
from loyalty.adapters.dynamodb.ledger import DynamoDBLedger
from loyalty.adapters.dynamodb.programs import DynamoDBPrograms
from loyalty.adapters.dynamodb.purges import QueuedPurges, task_from
from loyalty.domain.program.settings import Program
from loyalty.entry.rows.codec import row_codec
from loyalty.ports.audit import Audit
from loyalty.ports.books import Books
from loyalty.ports.erasures import Erasures
from loyalty.ports.faults import Unavailable
from loyalty.ports.files import Files
from loyalty.ports.jobs import Jobs, JobTask
from loyalty.ports.ledger import Ledger
from loyalty.ports.programs import Programs, ProgramVersion
from loyalty.ports.purges import Purges, PurgeTask
from loyalty.usecases.jobs.work import work_on
from loyalty.usecases.points.purge import carry_on, purge_program
from tests.support.builders import NOW
from tests.support.fakes.books import MemoryBooks
from tests.support.fakes.jobs import MemoryFiles, MemoryJobs
from tests.support.fakes.memory import MemoryLedger, MemoryPrograms, MemoryPurges
from tests.support.fakes.privacy import MemoryAudit, MemoryErasures


@dataclass(frozen=True, slots=True)
class World:
    """The ports' `World`, put together from what a test needs; `replace` exchanges some of it."""

    ledger: Ledger
    programs: Programs
    purges: Purges
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    digits: Callable[[int], str]
    books: Books
    jobs: Jobs
    files: Files
    erasures: Erasures
    audit: Audit
    token: Callable[[], str] = lambda: token_hex(16)


class Clock:
    """Stands still until it is set."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def let_pass(self, time: timedelta) -> None:
        self.now += time


class KeptPurges(QueuedPurges):
    """Runs in a real table, tasks in a queue of this process: as messages, each of which `take` gives out once."""

    def __init__(self, client: Any, table: str) -> None:
        super().__init__(client, table, lambda: self, "queue", lambda: self, "bus")
        self._messages: deque[str] = deque()
        self.announced: list[str] = []

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        self._messages.append(MessageBody)

    def put_events(self, *, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        self.announced.extend(json.loads(entry["Detail"])["run_id"] for entry in Entries)
        return {"FailedEntryCount": 0}

    def take(self) -> PurgeTask | None:
        try:
            return task_from(self._messages.popleft())
        except IndexError:
            return None


class KeptJobs(QueuedJobs):
    """Jobs in a real table, tasks in a queue of this process: as messages, each of which `take` gives out once."""

    def __init__(self, client: Any, table: str) -> None:
        super().__init__(client, table, lambda: self, "queue")
        self._messages: deque[str] = deque()

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        self._messages.append(MessageBody)

    def take(self) -> JobTask | None:
        try:
            return job_task_from(self._messages.popleft())
        except IndexError:
            return None


def work(world: World) -> None:
    """Does all work on jobs that is handed over, until there is none."""
    assert isinstance(world.jobs, MemoryJobs | KeptJobs)
    while task := world.jobs.take():
        work_on(world, task, row_codec(world))


@dataclass(frozen=True, slots=True)
class Purged:
    """A purge of a program, with all that it handed over."""

    accounts: int
    points: int
    left: int


def purge(world: World, program_id: str, as_of: datetime | None = None) -> Purged:
    """Purges a program and does the parts that are handed over, until there are none.

    `left` are accounts to which others kept writing; the next purge finds them.
    """
    assert isinstance(world.purges, MemoryPurges | KeptPurges)
    expired = purge_program(world, program_id, as_of).expired
    left = 0
    while task := world.purges.take():
        try:
            expired = expired.plus(carry_on(world, task))
        except Unavailable:
            left += 1
    return Purged(expired.accounts, expired.points, left)


_CHANCE = random.Random(26)


def digits(count: int) -> str:
    """Random digits, the same in each run."""
    return f"{_CHANCE.randrange(10**count):0{count}}"


def world(
    ledger: Ledger,
    programs: Programs,
    books: Books,
    clock: Clock,
    purges: Purges | None = None,
    jobs: Jobs | None = None,
    *,
    erasures: Erasures,
    audit: Audit,
) -> World:
    """A world in which waiting takes its time, so that threads get out of each other's way."""
    return World(
        ledger=ledger,
        programs=programs,
        purges=purges or MemoryPurges(),
        clock=clock,
        sleep=time.sleep,
        jitter=random.random,
        digits=digits,
        books=books,
        jobs=jobs or MemoryJobs(),
        files=MemoryFiles(clock),
        erasures=erasures,
        audit=audit,
    )


def save(programs: Programs, program: Program, at: datetime = NOW) -> None:
    """Adds a version of a program's settings, made at `at`."""
    programs.save(ProgramVersion(program, at, "test"))


def world_in_memory(*programs: Program, clock: Clock | None = None, ledger: MemoryLedger | None = None) -> World:
    keeper, ledger, clock = MemoryPrograms(), ledger or MemoryLedger(), clock or Clock()
    for program in programs:
        save(keeper, program, clock())
    return world(
        ledger,
        keeper,
        MemoryBooks(ledger),
        clock,
        erasures=MemoryErasures(ledger),
        audit=MemoryAudit(ledger, keeper),
    )


def world_in_dynamodb(client: Any, table: str, *programs: Program, clock: Clock | None = None) -> World:
    """The real adapters. Settings, once read, stay in memory: time stands still for them."""
    keeper, clock = DynamoDBPrograms(client, table, seconds=lambda: 0.0), clock or Clock()
    for program in programs:
        save(keeper, program, clock())
        keeper.get(program.program_id)
    books, purges = DynamoDBBooks(client, table), KeptPurges(client, table)
    erasures, audit = DynamoDBErasures(client, table), DynamoDBAudit(client, table)
    ledger, jobs = DynamoDBLedger(client, table), KeptJobs(client, table)
    return world(ledger, keeper, books, clock, purges, jobs, erasures=erasures, audit=audit)
