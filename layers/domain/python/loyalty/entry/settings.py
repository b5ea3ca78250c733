"""What a function is told by its environment."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the ledger is."""

    table_name: str
    queue_url: str | None
    """The queue that the function consumes, where it does."""
    purge_queue_url: str | None
    """The queue that the purge hands tasks over to, where the function may."""
    job_queue_url: str | None
    """The queue that work on jobs is handed over to, where the function may."""
    job_bucket: str | None
    """The bucket of jobs' files, where the function may reach it."""
    event_bus: str | None
    """The bus that the function publishes events on, where it may."""

    @classmethod
    def from_environment(cls) -> "Settings":
        """Raises KeyError for what is not set: a deployment's fault, found by its first request."""
        return cls(
            table_name=os.environ["TABLE_NAME"],
            queue_url=os.environ.get("QUEUE_URL"),
            purge_queue_url=os.environ.get("PURGE_QUEUE_URL"),
            job_queue_url=os.environ.get("JOB_QUEUE_URL"),
            job_bucket=os.environ.get("JOB_BUCKET"),
            event_bus=os.environ.get("EVENT_BUS"),
        )
