"""Jobs are started, viewed and undone. The work on jobs is in `work`."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from loyalty.domain.jobs.job import Job, JobKind, JobStatus, Tally
from loyalty.domain.ledger.idempotency import key_reused
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.values.refusal import Refused
from loyalty.ports.audit import AuditEntry
from loyalty.ports.faults import LostRace, Unavailable, UnknownJob
from loyalty.ports.files import Link
from loyalty.ports.jobs import JobTask, RunTaken
from loyalty.ports.world import HasClock, HasFiles, HasJobs, HasPrograms
from loyalty.usecases.commands.command import Outcome

MAX_FILE_BYTES = 500_000_000
"""The most bytes of an input. A million rows have some 100 MB."""


class JobPorts(HasPrograms, HasJobs, HasFiles, HasClock, Protocol):
    """What starting and undoing jobs reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What a job is made from: `content`, or a file that was uploaded as `upload_id`; `form` is csv or jsonl."""

    kind: JobKind
    dry_run: bool
    form: str
    content: bytes | None = None
    upload_id: str | None = None

    @property
    def digest(self) -> str:
        """A hash of the request, to know it again."""
        told = repr((self.kind, self.dry_run, self.form, self.upload_id, self.content))
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """The job, and whether this request made it or an earlier one did."""

    job: Job
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job and its progress: `done` and `undone` count rows and points."""

    job: Job
    done: Tally
    undone: Tally


def start_job(
    ports: JobPorts, program_id: str, key: str, request: Callable[[datetime], JobRequest], sender: Sender
) -> JobStarted:
    """Start a job, once for an idempotency key.

    `request` gives what is asked for, checked as of an instant. That is now, but for a repeat it is when the job was
    made: an instant in its rows may be past by now, and was in the future then. Raises what `request` raises, Refused,
    UnknownProgram and Unavailable.
    """
    made = _made_with(ports, program_id, key)
    asked = request(made.job.created_at if made else ports.clock())
    ports.programs.get(program_id)
    if made:
        return _repeated(ports, made, asked)
    now = ports.clock()
    job_id = now.strftime("%Y%m%dT%H%M%SZ-") + hashlib.sha256(f"{program_id} {key}".encode()).hexdigest()[:12]
    job = Job(
        program_id=program_id,
        job_id=job_id,
        kind=asked.kind,
        dry_run=asked.dry_run,
        file=_input(ports, program_id, job_id, asked),
        form=asked.form,
        actor=sender.actor,
        created_at=now,
    )
    try:
        ports.jobs.create(job, key, asked.digest, _audit_entry(ports, job, "job_started", sender))
    except RunTaken as taken:
        raise Refused(
            "past_actions_rewarded",
            "The program has rewarded its past actions; undo that job to do it anew.",
            facts={"job_id": taken.job_id},
        ) from None
    except LostRace:
        made = _made_with(ports, program_id, key)
        if made is None:
            raise Unavailable("another request with the same key is under way") from None
        return _repeated(ports, made, asked)
    ports.jobs.hand_over([JobTask(program_id, job_id)])
    return JobStarted(job=job, outcome=Outcome.RECORDED)


def view_job(ports: JobPorts, program_id: str, job_id: str) -> JobView:
    """A job and its progress. Raises UnknownProgram and UnknownJob."""
    return _view(ports, _job(ports, program_id, job_id))


def latest_jobs(ports: JobPorts, program_id: str, limit: int) -> list[JobView]:
    """The latest jobs of a program, newest first."""
    ports.programs.get(program_id)
    return [_view(ports, job) for job in ports.jobs.latest(program_id, limit)]


def undo_job(ports: JobPorts, program_id: str, job_id: str, sender: Sender) -> JobView:
    """Start undoing a completed job, once. Raises Refused for any other job, UnknownJob and Unavailable."""
    job = _job(ports, program_id, job_id)
    begins = job.status is JobStatus.COMPLETED
    job.refuse_undo(rows_are_kept=not begins or ports.files.size(part_name(job.rows, 0)) is not None)
    if begins:
        job = job.changed(status=JobStatus.UNDOING)
        try:
            ports.jobs.change(job, _audit_entry(ports, job, "job_undone", sender))
        except LostRace:
            raise Unavailable("somebody else changed the job") from None
    if job.status is JobStatus.UNDOING:
        ports.jobs.hand_over([JobTask(program_id, job_id)])
    return _view(ports, job)


def new_upload(ports: JobPorts, program_id: str, upload_id: str) -> Link:
    """A link to which the file of a new job may be PUT."""
    ports.programs.get(program_id)
    return ports.files.upload(upload_name(program_id, upload_id))


def files_of(ports: JobPorts, program_id: str, job_id: str) -> dict[str, Link]:
    """Links to the files of a job that exist: `report` (bad rows), `results` and `undo_results`."""
    job = _job(ports, program_id, job_id)
    names = {"report": report_name(job), "results": results_name(job), "undo_results": undo_results_name(job)}

    return {what: ports.files.download(name) for what, name in names.items() if ports.files.size(name) is not None}


def upload_name(program_id: str, upload_id: str) -> str:
    return f"{program_id}/uploads/{upload_id}"


def job_folder(job: Job) -> str:
    return f"{job.program_id}/jobs/{job.job_id}"


def part_name(rows: str, part: int) -> str:
    """The file of one part of a job's checked rows; `rows` is where they are."""
    return f"{rows}/{part:06d}"


def report_name(job: Job) -> str:
    return f"{job_folder(job)}/report.csv"


def results_name(job: Job) -> str:
    return f"{job_folder(job)}/results.csv"


def undo_results_name(job: Job) -> str:
    return f"{job_folder(job)}/undo-results.csv"


@dataclass(frozen=True, slots=True)
class _Made:
    """A job that an earlier request made with an idempotency key, and the digest of what that asked for."""

    job: Job
    digest: str


def _made_with(ports: JobPorts, program_id: str, key: str) -> _Made | None:
    """The job that was made with the key; None where none was."""
    made = ports.jobs.made_with(program_id, key)
    if made is None:
        return None
    job_id, digest = made
    return _Made(_job(ports, program_id, job_id), digest)


def _repeated(ports: JobPorts, made: _Made, request: JobRequest) -> JobStarted:
    """The job that the same request made before. Raises Refused when its key was used for another one."""
    job = made.job
    if made.digest != request.digest:
        raise key_reused({"job_id": job.job_id})
    if job.status is JobStatus.QUEUED:
        # Whoever made the job may have died before it was handed over.
        ports.jobs.hand_over([JobTask(job.program_id, job.job_id)])
    return JobStarted(job=job, outcome=Outcome.REPEATED)


def _input(ports: JobPorts, program_id: str, job_id: str, request: JobRequest) -> str:
    """The name of the job's file. Raises Refused when what was uploaded is not there or too large."""
    if request.upload_id is None:
        name = f"{program_id}/jobs/{job_id}/input"
        ports.files.write(name, request.content or b"")
        return name
    name = upload_name(program_id, request.upload_id)
    size = ports.files.size(name)
    if size is None:
        raise Refused("unknown_upload", "Nothing was uploaded under this id, or too long ago.", pointer="/upload_id")
    if size > MAX_FILE_BYTES:
        raise Refused("upload_too_large", f"A file may have {MAX_FILE_BYTES} bytes.", pointer="/upload_id")
    return name


def _audit_entry(ports: JobPorts, job: Job, action: str, sender: Sender) -> AuditEntry | None:
    """The audit's entry about a job; None if an administrator did not send it. Rows name the job as their source."""
    if sender.address is None:
        return None
    return AuditEntry(
        at=ports.clock(),
        actor=sender.actor,
        action=action,
        source=sender.source,
        address=sender.address,
        job_id=job.job_id,
    )


def _job(ports: JobPorts, program_id: str, job_id: str) -> Job:
    ports.programs.get(program_id)
    job = ports.jobs.get(program_id, job_id)
    if job is None:
        raise UnknownJob(job_id)
    return job


def _view(ports: JobPorts, job: Job) -> JobView:
    done, undone = job.done, job.undone
    if job.status in (JobStatus.RUNNING, JobStatus.UNDOING):
        so_far = Tally()
        for tally in ports.jobs.finished(job).values():
            so_far = so_far.plus(tally)
        done, undone = (so_far, undone) if job.status is JobStatus.RUNNING else (done, so_far)
    return JobView(job=job, done=done, undone=undone)
