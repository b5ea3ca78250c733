"""The ports of jobs in memory. The contract suite holds these to what it holds the AWS adapters to."""

import io
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import BinaryIO

from loyalty.domain.jobs.job import Job, JobStatus, Tally
from loyalty.ports.audit import AuditEntry
from loyalty.ports.faults import LostRace
from loyalty.ports.files import Link
from loyalty.ports.jobs import JobTask, RunTaken


class MemoryJobs:
    """A `Jobs` in memory; `take` is what the queue's consumer does."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._jobs: dict[tuple[str, str], Job] = {}
        self._keys: dict[tuple[str, str], tuple[str, str]] = {}
        self._runs: dict[str, str] = {}
        self._parts: dict[tuple[str, str, bool], dict[int, Tally]] = {}
        self._tasks: list[JobTask] = []

    def create(self, job: Job, key: str, digest: str, entry: AuditEntry | None = None) -> None:
        with self._lock:
            if (job.program_id, key) in self._keys or (job.program_id, job.job_id) in self._jobs:
                raise LostRace
            if job.claims_the_run:
                if job.program_id in self._runs:
                    raise RunTaken(self._runs[job.program_id])
                self._runs[job.program_id] = job.job_id
            self._keys[job.program_id, key] = (job.job_id, digest)
            self._jobs[job.program_id, job.job_id] = job

    def made_with(self, program_id: str, key: str) -> tuple[str, str] | None:
        with self._lock:
            return self._keys.get((program_id, key))

    def get(self, program_id: str, job_id: str) -> Job | None:
        with self._lock:
            return self._jobs.get((program_id, job_id))

    def latest(self, program_id: str, limit: int) -> list[Job]:
        with self._lock:
            mine = [job for (owner, _), job in self._jobs.items() if owner == program_id]
        return sorted(mine, key=lambda job: job.job_id, reverse=True)[:limit]

    def change(self, job: Job, entry: AuditEntry | None = None) -> None:
        with self._lock:
            if self._jobs[job.program_id, job.job_id].version != job.version - 1:
                raise LostRace
            self._jobs[job.program_id, job.job_id] = job
            if job.claims_the_run and job.gave_the_run_back:
                del self._runs[job.program_id]

    def finish(self, job: Job, part: int, tally: Tally) -> None:
        with self._lock:
            self._parts.setdefault(_stage(job), {}).setdefault(part, tally)

    def finished(self, job: Job) -> dict[int, Tally]:
        with self._lock:
            return dict(self._parts.get(_stage(job), {}))

    def hand_over(self, tasks: Sequence[JobTask]) -> None:
        with self._lock:
            self._tasks += tasks

    def take(self) -> JobTask | None:
        """The next task, if there is one."""
        with self._lock:
            return self._tasks.pop(0) if self._tasks else None


def _stage(job: Job) -> tuple[str, str, bool]:
    return job.program_id, job.job_id, job.status is JobStatus.UNDOING


class MemoryFiles:
    """A `Files` in memory. Its links lead nowhere."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.kept: dict[str, bytes] = {}
        self._clock = clock

    def size(self, name: str) -> int | None:
        return len(self.kept[name]) if name in self.kept else None

    def open(self, name: str) -> BinaryIO:
        return io.BytesIO(self.kept[name])

    def write(self, name: str, data: bytes) -> None:
        self.kept[name] = data

    def join(self, names: Sequence[str], to: str) -> None:
        self.kept[to] = b"".join(self.kept[name] for name in names)

    def upload(self, name: str) -> Link:
        return self._link("put", name)

    def download(self, name: str) -> Link:
        return self._link("get", name)

    def _link(self, method: str, name: str) -> Link:
        return Link(f"memory:{method}/{name}", self._clock() + timedelta(minutes=15))
