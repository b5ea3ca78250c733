"""The work on jobs: rows are checked, carried out part by part, and undone."""

from typing import Any

from loyalty.entry.events.queue import LONG_WORK_AGAIN_SECONDS, consume
from loyalty.entry.observing import count, logger
from loyalty.entry.rows.codec import row_codec
from loyalty.entry.wiring import job_task, world
from loyalty.ports.jobs import JobTask
from loyalty.usecases.jobs.work import work_on


def on_task(task: JobTask, context: Any) -> None:
    job = work_on(world(), task, row_codec(world()))
    if job is None:
        return
    logger.info("worked", program_id=job.program_id, job_id=job.job_id, status=job.status.value, part=task.part)
    if job.is_over:
        count("JobsFinished")


handler = consume(job_task, on_task, again_seconds=LONG_WORK_AGAIN_SECONDS)
