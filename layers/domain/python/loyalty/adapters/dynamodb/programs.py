"""Settings of programs, and a short memory of them."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from loyalty.adapters.dynamodb import items, keys
from loyalty.adapters.dynamodb.client import answering, query
from loyalty.adapters.dynamodb.writing import Cancelled, is_at, put, write
from loyalty.domain.program.settings import Program
from loyalty.ports.faults import LostRace, UnknownProgram
from loyalty.ports.programs import ProgramVersion

STALENESS = 1.0
"""Seconds for which a running function may keep settings.

Reading them with each request would cost it half a read unit more, and a repeat of an order more
than all else that it reads. Whoever changes settings waits this long before it is answered, so that
nobody who has seen the answer meets the old ones.
"""


class DynamoDBPrograms:
    """The `Programs` port on the DynamoDB table `table`; `client` is botocore's."""

    staleness = STALENESS

    def __init__(self, client: Any, table: str, seconds: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._table = table
        self._seconds = seconds
        self._kept: dict[str, tuple[float, Program]] = {}
        self._made: dict[str, datetime] = {}

    def get(self, program_id: str) -> Program:
        # Timed from before the read, so that nothing older than the staleness is ever used.
        now = self._seconds()
        read_at, program = self._kept.get(program_id, (0.0, None))
        if program and now - read_at < STALENESS:
            return program
        program = self.latest(program_id)
        if program is None:
            raise UnknownProgram(program_id)
        self._kept[program_id] = (now, program)
        return program

    def latest(self, program_id: str) -> Program | None:
        item = self._item(keys.PROGRAMS_PK, program_id)
        return program_from(item) if item else None

    def version(self, program_id: str, number: int) -> Program:
        return self.recorded(program_id, number).program

    def recorded(self, program_id: str, number: int | None = None) -> ProgramVersion:
        if number is None:
            latest = self.latest(program_id)
            number = latest.version if latest else 0
        item = self._item(keys.settings_pk(program_id), keys.position_sk(number))
        if item is None:
            raise UnknownProgram(program_id)
        made_by = item["by"]["S"] if "by" in item else "unknown"
        address = item["address"]["S"] if "address" in item else None
        return ProgramVersion(program_from(item), datetime.fromisoformat(item["made"]["S"]), made_by, address)

    def save(self, recorded: ProgramVersion) -> None:
        program = recorded.program
        # Not as ASCII, which takes six bytes for a letter of two: an item has 400 KB, and a body 256.
        settings = json.dumps(program.settings(), separators=(",", ":"), ensure_ascii=False)
        content: items.Item = {
            "version": {"N": str(program.version)},
            "settings": {"S": settings},
        }
        version = {
            "pk": {"S": keys.settings_pk(program.program_id)},
            "sk": {"S": keys.position_sk(program.version)},
            **content,
            "made": {"S": keys.instant(recorded.made_at)},
            "by": {"S": recorded.made_by},
        }
        if recorded.address:
            version["address"] = {"S": recorded.address}
            version["audit"] = {"S": keys.audit_key(program.program_id, recorded.made_at)}
            version["recorded"] = version["made"]
        current = {"pk": {"S": keys.PROGRAMS_PK}, "sk": {"S": program.program_id}, **content}
        try:
            write(
                self._client,
                [put(self._table, version), put(self._table, current, is_at(program.version - 1))],
            )
        except Cancelled as cancelled:
            raise LostRace from cancelled
        self._kept.pop(program.program_id, None)

    def made_at(self, program_id: str) -> datetime:
        if program_id not in self._made:
            self._made[program_id] = self.recorded(program_id, 1).made_at
        return self._made[program_id]

    def ids(self) -> Iterator[str]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": keys.PROGRAMS_PK}},
            "ProjectionExpression": "sk",
        }
        for page in query(self._client, request):
            for item in page:
                yield item["sk"]["S"]

    def _item(self, pk: str, sk: str) -> items.Item | None:
        with answering():
            found = self._client.get_item(
                TableName=self._table,
                Key={"pk": {"S": pk}, "sk": {"S": sk}},
                ConsistentRead=True,
            )
        item: items.Item | None = found.get("Item")
        return item


def program_from(item: items.Item) -> Program:
    return Program.of(json.loads(item["settings"]["S"]))
