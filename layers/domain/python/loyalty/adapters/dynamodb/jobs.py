"""The `Jobs` port: jobs in the DynamoDB table, tasks in an SQS queue."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from loyalty.adapters.dynamodb import items, keys
from loyalty.adapters.dynamodb.client import answering, query
from loyalty.adapters.dynamodb.writing import IS_NEW, Cancelled, Change, Condition, is_at, put, write
from loyalty.domain.jobs.job import Job, JobKind, JobStatus, RowFault, Tally
from loyalty.ports.audit import AuditEntry
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.jobs import JobTask, RunTaken

IS_FREE = Condition(f"{IS_NEW.text} OR released = :yes", {":yes": {"BOOL": True}})
"""Nobody has made the run for past actions, or who made it gave it back."""


class QueuedJobs:
    """Keeps jobs in `table` through `client`, and hands tasks over to a queue.

    `sqs` makes a client when it is needed.
    """

    def __init__(self, client: Any, table: str, sqs: Callable[[], Any], queue_url: str | None) -> None:
        self._client = client
        self._table = table
        self._sqs = sqs
        self._queue_url = queue_url

    def create(self, job: Job, key: str, digest: str, entry: AuditEntry | None = None) -> None:
        pk = keys.job_key_pk(job.program_id, key)
        made: dict[str, object] = {"pk": pk, "sk": keys.JOB_SK, "job_id": job.job_id, "digest": digest}
        made |= act_marks(job.program_id, entry) if entry else {}
        puts = [self._put(made), self._put(_item(job))]
        if job.claims_the_run:
            puts.append(self._put(_run(job, released=False), IS_FREE))
        lost = self._write(puts)
        if lost == {2}:
            raise RunTaken(self._one(keys.past_actions_pk(job.program_id), keys.JOB_SK)["job_id"])
        if lost:
            raise LostRace

    def made_with(self, program_id: str, key: str) -> tuple[str, str] | None:
        made = self._one(keys.job_key_pk(program_id, key), keys.JOB_SK)
        return (made["job_id"], made["digest"]) if made else None

    def get(self, program_id: str, job_id: str) -> Job | None:
        stored = self._one(keys.jobs_pk(program_id), job_id)
        return _job(stored) if stored else None

    def latest(self, program_id: str, limit: int) -> list[Job]:
        with answering():
            page = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": keys.jobs_pk(program_id)}},
                ScanIndexForward=False,
                Limit=limit,
            )
        return [_job(items.plain(item)) for item in page["Items"]]

    def change(self, job: Job, entry: AuditEntry | None = None) -> None:
        puts = [self._put(_item(job), is_at(job.version - 1))]
        if job.claims_the_run and job.gave_the_run_back:
            puts.append(self._put(_run(job, released=True), Condition("job_id = :mine", {":mine": {"S": job.job_id}})))
        if entry:
            record = {"pk": keys.job_pk(job.program_id, job.job_id), "sk": f"{entry.action}#{job.version:08d}"}
            puts.append(self._put(record | act_marks(job.program_id, entry)))
        if self._write(puts):
            raise LostRace

    def finish(self, job: Job, part: int, tally: Tally) -> None:
        sk = f"{_stage(job)}#{part:06d}"
        self._write([self._put({"pk": keys.job_pk(job.program_id, job.job_id), "sk": sk, "tally": _numbers(tally)})])

    def finished(self, job: Job) -> dict[int, Tally]:
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :stage)",
            "ExpressionAttributeValues": {
                ":pk": {"S": keys.job_pk(job.program_id, job.job_id)},
                ":stage": {"S": f"{_stage(job)}#"},
            },
            "ConsistentRead": True,
        }
        found = [items.plain(item) for page in query(self._client, request) for item in page]
        return {int(stored["sk"].partition("#")[2]): Tally(**stored["tally"]) for stored in found}

    def hand_over(self, tasks: Sequence[JobTask]) -> None:
        for task in tasks:
            with answering():
                self._sqs().send_message(QueueUrl=self._queue_url, MessageBody=message(task))

    def _one(self, pk: str, sk: str) -> dict[str, Any]:
        """An item, as of this very moment; empty when there is none."""
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        with answering():
            found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return items.plain(found.get("Item", {}))

    def _put(self, plain: Mapping[str, object], condition: Condition = IS_NEW) -> Change:
        return put(self._table, items.wire(plain), condition)

    def _write(self, puts: list[Change]) -> set[int]:
        """All of `puts` or none: the places of those whose conditions did not hold."""
        try:
            write(self._client, puts)
        except Cancelled as cancelled:
            if not cancelled.failed:
                raise Unavailable(str(cancelled)) from cancelled
            return cancelled.failed
        return set()


def message(task: JobTask) -> str:
    """A task as the body of a message."""
    return json.dumps({"program_id": task.program_id, "job_id": task.job_id, "part": task.part})


def job_task_from(body: str) -> JobTask:
    """The task in the body of a message. Raises ValueError or KeyError for anything else."""
    told = json.loads(body)
    return JobTask(program_id=told["program_id"], job_id=told["job_id"], part=told["part"])


def _stage(job: Job) -> str:
    return "undone" if job.status is JobStatus.UNDOING else "done"


def _run(job: Job, *, released: bool) -> dict[str, object]:
    """The one run in which a program rewards past actions: whose it is."""
    pk = keys.past_actions_pk(job.program_id)
    return {"pk": pk, "sk": keys.JOB_SK, "job_id": job.job_id, "released": released}


def _numbers(tally: Tally) -> dict[str, int]:
    return {
        "processed": tally.processed,
        "failed": tally.failed,
        "passed_over": tally.passed_over,
        "points": tally.points,
        "short": tally.short,
    }


def _item(job: Job) -> dict[str, object]:
    return {
        "pk": keys.jobs_pk(job.program_id),
        "sk": job.job_id,
        "kind": job.kind.value,
        "dry_run": job.dry_run,
        "file": job.file,
        "form": job.form,
        "actor": job.actor,
        "created": keys.instant(job.created_at),
        "status": job.status.value,
        "version": job.version,
        "total": job.total,
        "bad": job.bad,
        "faults": [[fault.row, fault.line, fault.column, fault.code, fault.message] for fault in job.faults],
        "rows": job.rows,
        "parts": job.parts,
        "done": _numbers(job.done),
        "undone": _numbers(job.undone),
        "finished": keys.instant(job.finished_at) if job.finished_at else None,
    }


def _job(stored: dict[str, Any]) -> Job:
    return Job(
        program_id=stored["pk"].partition("#")[0],
        job_id=stored["sk"],
        kind=JobKind(stored["kind"]),
        dry_run=stored["dry_run"],
        file=stored["file"],
        form=stored["form"],
        actor=stored["actor"],
        created_at=datetime.fromisoformat(stored["created"]),
        status=JobStatus(stored["status"]),
        version=stored["version"],
        total=stored["total"],
        bad=stored["bad"],
        faults=tuple(RowFault(*fault) for fault in stored["faults"]),
        rows=stored["rows"],
        parts=stored["parts"],
        done=Tally(**stored["done"]),
        undone=Tally(**stored["undone"]),
        finished_at=datetime.fromisoformat(stored["finished"]) if "finished" in stored else None,
    )


def act_marks(program_id: str, entry: AuditEntry) -> dict[str, object]:
    """Attributes that put an item into the audit: that of a movement or a version has them of its own."""
    return {
        "audit": keys.audit_key(program_id, entry.at),
        "recorded": keys.instant(entry.at),
        "event": entry.action,
        "actor": entry.actor,
        "address": entry.address,
        "source": entry.source,
        "job_id": entry.job_id,
    }
