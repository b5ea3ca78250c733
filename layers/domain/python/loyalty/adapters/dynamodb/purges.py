"""The `Purges` port: tasks in an SQS queue, runs in the DynamoDB table."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from loyalty.adapters.dynamodb import items, keys
from loyalty.adapters.dynamodb.client import answering, query
from loyalty.adapters.dynamodb.writing import Cancelled, put, write
from loyalty.adapters.eventbridge import publish
from loyalty.domain.books.journal import JournalEntry, sum_up
from loyalty.ports.faults import Unavailable
from loyalty.ports.ledger import Due
from loyalty.ports.purges import PurgeRun, PurgeTask


class QueuedPurges:
    """Keeps runs in `table` through `client`, hands tasks over to a queue, announces on a bus.

    `sqs` and `events` make clients when they are needed: most functions need neither.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        sqs: Callable[[], Any],
        queue_url: str | None,
        events: Callable[[], Any],
        bus: str | None,
    ) -> None:
        self._client = client
        self._table = table
        self._sqs = sqs
        self._queue_url = queue_url
        self._events = events
        self._bus = bus

    def hand_over(self, tasks: Sequence[PurgeTask]) -> None:
        for task in tasks:
            with answering():
                self._sqs().send_message(QueueUrl=self._queue_url, MessageBody=message(task))

    def begin(self, run: PurgeRun) -> None:
        self._put(
            {
                "pk": keys.purges_pk(run.program_id),
                "sk": run.run_id,
                "as_of": keys.instant(run.as_of),
                "started": keys.instant(run.started_at),
                "parts": run.parts,
            }
        )

    def finish(self, program_id: str, run_id: str, part: str, at: datetime, left: int) -> bool:
        self._put(
            {
                "pk": keys.purges_pk(program_id),
                "sk": f"{run_id}#{part}",
                "finished": keys.instant(at),
                "left": left,
            }
        )
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :run)",
            "ExpressionAttributeValues": {":pk": {"S": keys.purges_pk(program_id)}, ":run": {"S": run_id}},
            "ConsistentRead": True,
        }
        found = [items.plain(item) for page in query(self._client, request) for item in page]
        run = next((stored for stored in found if stored["sk"] == run_id), None)
        return run is not None and len(found) == run["parts"] + 1

    def announce(self, program_id: str, run_id: str) -> None:
        publish(self._events(), self._bus, "Purge Finished", {"program_id": program_id, "run_id": run_id})

    def runs(self, program_id: str, limit: int) -> list[PurgeRun]:
        found: list[PurgeRun] = []
        parts: list[dict[str, Any]] = []
        # Newest first, a run stands behind its parts.
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": keys.purges_pk(program_id)}},
            "ScanIndexForward": False,
            "Limit": 100,
        }
        for stored in (items.plain(item) for page in query(self._client, request) for item in page):
            if "#" in stored["sk"]:
                parts.append(stored)
                continue
            found.append(self._run(program_id, stored, parts))
            parts = []
            if len(found) == limit:
                break
        return found

    def _run(self, program_id: str, stored: dict[str, Any], parts: Sequence[dict[str, Any]]) -> PurgeRun:
        finished = [datetime.fromisoformat(part["finished"]) for part in parts]
        started = datetime.fromisoformat(stored["started"])
        return PurgeRun(
            program_id=program_id,
            run_id=stored["sk"],
            as_of=datetime.fromisoformat(stored["as_of"]),
            started_at=started,
            parts=stored["parts"],
            left=sum(part["left"] for part in parts),
            finished_at=max(finished) if len(parts) == stored["parts"] else None,
            written_off=self._written_off(program_id, stored["sk"], started),
        )

    def _written_off(self, program_id: str, run_id: str, started: datetime) -> tuple[JournalEntry, ...]:
        """What the run wrote off, on the day that it started on and those around it."""
        days = [(started + timedelta(days=offset)).date() for offset in (-1, 0, 1, 2)]
        entries: list[JournalEntry] = []
        for day in days:
            request: dict[str, Any] = {
                "TableName": self._table,
                "KeyConditionExpression": "pk = :pk AND begins_with(sk, :run)",
                "ExpressionAttributeValues": {
                    ":pk": {"S": keys.write_off_pk(program_id, day)},
                    ":run": {"S": f"{run_id}#"},
                },
            }
            entries += (items.write_off_from(item) for page in query(self._client, request) for item in page)
        return tuple(sum_up(entries))

    def _put(self, plain: dict[str, object]) -> None:
        """Once: what is there already stays."""
        try:
            write(self._client, [put(self._table, items.wire(plain))])
        except Cancelled as cancelled:
            if not cancelled.failed:
                raise Unavailable(str(cancelled)) from cancelled


def message(task: PurgeTask) -> str:
    """A task as the body of a message."""
    return json.dumps(
        {
            "program_id": task.program_id,
            "run_id": task.run_id,
            "as_of": keys.instant(task.as_of),
            "shard": task.shard,
            "after": [keys.account_pk(task.after.account_id), keys.instant(task.after.at)] if task.after else None,
            "left": task.left,
            "account": keys.account_pk(task.account_id) if task.account_id else None,
        }
    )


def task_from(body: str) -> PurgeTask:
    """The task in the body of a message. Raises ValueError or KeyError for anything else."""
    told = json.loads(body)
    after = told["after"]
    return PurgeTask(
        program_id=told["program_id"],
        run_id=told["run_id"],
        as_of=datetime.fromisoformat(told["as_of"]),
        shard=told["shard"],
        after=Due(keys.account_id(after[0]), datetime.fromisoformat(after[1])) if after else None,
        left=told["left"],
        account_id=keys.account_id(told["account"]) if told["account"] else None,
    )
