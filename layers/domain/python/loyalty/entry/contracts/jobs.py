"""Jobs: what is asked for in bulk, how far it is, what became of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from loyalty.domain.jobs.job import Job, JobKind
from loyalty.entry.contracts.fields import Answer, Contract, Id, Query, refuse
from loyalty.entry.http.problems import Fault
from loyalty.entry.rows.codec import checked_lines
from loyalty.entry.rows.contract import MAX_ROWS
from loyalty.ports.files import Link
from loyalty.usecases.jobs.start import JobRequest, JobView

MAX_REQUEST_ROWS = 10_000


class StartJob(Contract):
    """A job, with its rows in one of four ways.

    `rows` are objects; `content` is a text in `format`; `upload_id` names a file in `format` that was uploaded;
    `count` is how many cards to make. A dry run says what would be done, row by row, and does nothing.
    """

    kind: Literal["adjustments", "cards", "reward_past_actions"]
    dry_run: bool = False
    rows: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_REQUEST_ROWS)] | None = None
    content: Annotated[str, Field(min_length=1)] | None = None
    upload_id: Id | None = None
    format: Literal["csv", "jsonl"] | None = None
    count: Annotated[int, Field(ge=1, le=MAX_ROWS)] | None = None

    def check(self) -> None:
        """Raises Problem unless it has rows in just one way, and their format where that is needed."""
        ways = [name for name in ("rows", "content", "upload_id", "count") if getattr(self, name) is not None]
        if not ways:
            refuse([Fault("/rows", "missing_field", "is needed, or else content, upload_id or count")])
        if len(ways) > 1:
            refuse([Fault(f"/{ways[1]}", "not_allowed", f"must be absent where {ways[0]} is there")])
        if self.count is not None and self.kind != "cards":
            refuse([Fault("/count", "not_allowed", "is for cards only")])
        in_text = ways[0] in ("content", "upload_id")
        if in_text and self.format is None:
            refuse([Fault("/format", "missing_field", f"is needed with {ways[0]}")])
        if not in_text and self.format is not None:
            refuse([Fault("/format", "not_allowed", f"must be absent where {ways[0]} is there")])

    def request(self, now: datetime) -> JobRequest:
        """What the job is made from, with its rows checked as of `now`. Raises Problem that names every bad row."""
        kind = JobKind(self.kind)
        content = self.content.encode() if self.content is not None else None
        rows = [{"count": self.count}] if self.count is not None else self.rows
        return JobRequest(
            kind=kind,
            dry_run=self.dry_run,
            form=self.format or "jsonl",
            content=content if rows is None else checked_lines(kind, rows, now),
            upload_id=self.upload_id,
        )


class StartUpload(Contract):
    """A file is to be uploaded; there is nothing else to say."""


class UploadAnswer(Answer):
    """Where to PUT the file, with no token and no other headers. It is kept for some days."""

    upload_id: str
    method: Literal["PUT"]
    url: str
    expires_at: datetime


class RowFaultAnswer(Answer):
    """What is wrong with a row. Row 0 is the file; `column` is empty where it is about the whole row."""

    row: int
    line: int
    column: str
    code: str
    message: str


class JobAnswer(Answer):
    """A job, and how far it is. Bad rows are the `failed` ones of a job that has `failed`: then nothing was done.

    `total` is 0 until all rows were looked at. `points` is signed: what the rows moved, or would in a dry run.
    `passed_over` rows had nothing to do. `short` are points that undoing should have taken and that were spent.
    """

    job_id: str
    kind: Literal["adjustments", "cards", "reward_past_actions"]
    dry_run: bool
    status: Literal["queued", "running", "completed", "failed", "undoing", "undone"]
    total: int
    processed: int
    failed: int
    passed_over: int
    points: int
    undone: int
    points_undone: int
    short: int
    created_at: datetime
    created_by: str
    finished_at: datetime | None
    errors: list[RowFaultAnswer]

    @classmethod
    def of(cls, view: JobView) -> "JobAnswer":
        job, done, undone = view.job, view.done, view.undone
        return cls(
            job_id=job.job_id,
            kind=job.kind.value,
            dry_run=job.dry_run,
            status=job.status.value,
            total=job.total,
            processed=done.processed,
            failed=job.bad + done.failed,
            passed_over=done.passed_over,
            points=done.points,
            undone=undone.processed,
            points_undone=undone.points,
            short=undone.short,
            created_at=job.created_at,
            created_by=job.actor,
            finished_at=job.finished_at,
            errors=[RowFaultAnswer.model_validate(fault) for fault in job.faults],
        )

    @classmethod
    def new(cls, job: Job) -> "JobAnswer":
        """A job as it stands in its record."""
        return cls.of(JobView(job=job, done=job.done, undone=job.undone))


class JobsQuery(Query):
    """How many of the latest jobs."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20


class JobsAnswer(Answer):
    """The latest jobs, newest first."""

    jobs: list[JobAnswer]


class FileAnswer(Answer):
    """Where to GET a file, with no token."""

    url: str
    expires_at: datetime


class JobFilesAnswer(Answer):
    """What can be downloaded, as CSV: bad rows, what became of each row, and of each that was undone."""

    report: FileAnswer | None
    results: FileAnswer | None
    undo_results: FileAnswer | None

    @classmethod
    def of(cls, links: Mapping[str, Link]) -> "JobFilesAnswer":
        return cls.model_validate({name: links.get(name) for name in cls.model_fields})
