"""Where jobs are recorded and handed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from loyalty.domain.jobs.job import Job, Tally
from loyalty.ports.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class JobTask:
    """Work on a job: on one `part` of its rows, or on all of the job. The job's status says what the work is."""

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

    def create(self, job: Job, key: str, digest: str, entry: AuditEntry | None = None) -> None:
        """Record a new job, once for the idempotency key `key`; `digest` is that of its request.

        Raises LostRace when the key was used, RunTaken when the job claims the one run that another job has.
        """
        ...

    def made_with(self, program_id: str, key: str) -> tuple[str, str] | None:
        """The job that was made with an idempotency key: (job id, digest of its request); None if there is none."""
        ...

    def get(self, program_id: str, job_id: str) -> Job | None:
        """A job, read consistently; None if there is none."""
        ...

    def latest(self, program_id: str, limit: int) -> list[Job]:
        """The latest jobs, newest first."""
        ...

    def change(self, job: Job, entry: AuditEntry | None = None) -> None:
        """Write the next version of a job, and an audit entry. Raises LostRace unless it follows the latest one."""
        ...

    def finish(self, job: Job, part: int, tally: Tally) -> None:
        """Record, once, that a part of a job is done, or undone while the job is undoing."""
        ...

    def finished(self, job: Job) -> dict[int, Tally]:
        """The parts that are done, or undone while the job is undoing, and their sums. Read consistently."""
        ...

    def hand_over(self, tasks: Sequence[JobTask]) -> None:
        """Queue the tasks. Each is done on its own, at least once."""
        ...
