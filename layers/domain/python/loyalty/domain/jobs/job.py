"""Jobs: what administrators have done in bulk, row by row. Each row moves points once, whatever happens."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from loyalty.domain.ledger.kinds import CauseKind
from loyalty.domain.ledger.movement import Cause
from loyalty.domain.values.refusal import Refused


class JobKind(StrEnum):
    """What the rows of a job are."""

    ADJUSTMENTS = "adjustments"
    CARDS = "cards"
    REWARD_PAST_ACTIONS = "reward_past_actions"


class JobStatus(StrEnum):
    """Where a job stands. It is `queued` until all its rows were looked at; one bad row and it has `failed`."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class Ending(StrEnum):
    """What became of a row."""

    DONE = "done"
    PASSED_OVER = "passed_over"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of row `number`: `points` moved (signed), `short` could not be moved; `code` says why not."""

    number: int
    ending: Ending
    points: int = 0
    short: int = 0
    code: str | None = None
    movement_id: str | None = None
    balance: int | None = None
    customer_id: str | None = None
    subject: str | None = None
    """The order or the card that the row is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums over rows: how many, and points."""

    processed: int = 0
    failed: int = 0
    passed_over: int = 0
    points: int = 0
    short: int = 0

    def plus(self, other: "Tally") -> "Tally":
        return Tally(
            processed=self.processed + other.processed,
            failed=self.failed + other.failed,
            passed_over=self.passed_over + other.passed_over,
            points=self.points + other.points,
            short=self.short + other.short,
        )

    def with_(self, outcome: RowResult) -> "Tally":
        """With one more row."""
        return Tally(
            processed=self.processed + 1,
            failed=self.failed + (outcome.ending is Ending.FAILED),
            passed_over=self.passed_over + (outcome.ending is Ending.PASSED_OVER),
            points=self.points + outcome.points,
            short=self.short + outcome.short,
        )


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row: `column` is empty where it is about all of it; row 0 is the file."""

    row: int
    line: int
    column: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job. `file` is its input, `rows` where its checked rows are, in `parts` files.

    `total` and `bad` count rows; `faults` are the first of the faults found. `version` rises with each change.
    """

    program_id: str
    job_id: str
    kind: JobKind
    dry_run: bool
    file: str
    form: str
    actor: str
    created_at: datetime
    status: JobStatus = JobStatus.QUEUED
    version: int = 1
    total: int = 0
    bad: int = 0
    faults: tuple[RowFault, ...] = ()
    rows: str = ""
    parts: int = 0
    done: Tally = field(default_factory=Tally)
    undone: Tally = field(default_factory=Tally)
    finished_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether no work on it is left to do, unless somebody has it undone."""
        return self.status in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.UNDONE)

    @property
    def source(self) -> str:
        """What its movements name as their source."""
        return f"JOB/{self.job_id}"

    @property
    def claims_the_run(self) -> bool:
        """Whether it is the one run in which a program rewards past actions."""
        return self.kind is JobKind.REWARD_PAST_ACTIONS and not self.dry_run

    @property
    def gave_the_run_back(self) -> bool:
        """Whether its run can be made again, because nothing of it is left."""
        return self.status in (JobStatus.FAILED, JobStatus.UNDONE)

    def cause(self, number: int) -> Cause:
        """What row `number` is the cause of, where nothing else is."""
        return Cause(self.program_id, CauseKind.JOB, f"{self.job_id}/{number}")

    def refuse_undo(self, *, rows_are_kept: bool) -> None:
        """Raises Refused unless the job can be undone, or is: it is completed, was no dry run, and has its rows."""
        if self.dry_run or self.status not in (JobStatus.COMPLETED, JobStatus.UNDOING, JobStatus.UNDONE):
            what = "A dry run" if self.dry_run else f"A job that is {self.status}"
            raise self._not_undoable(f"{what} has nothing to undo.")
        if not rows_are_kept:
            raise self._not_undoable("The job's rows are kept no longer: adjust what it did by another job.")

    def _not_undoable(self, detail: str) -> Refused:
        return Refused("job_not_undoable", detail, facts={"job_status": self.status.value})

    def changed(self, **changes: object) -> "Job":
        """Its next version."""
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]
