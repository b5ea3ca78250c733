"""The `Audit` port on DynamoDB: a sparse index of what administrators' requests wrote."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from loyalty.adapters.dynamodb import items, keys
from loyalty.adapters.dynamodb.client import answering
from loyalty.adapters.dynamodb.items import Item
from loyalty.domain.ledger.facts import CardRequested
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.movement import Cause
from loyalty.ports.audit import AuditEntry

DAY, MOMENT, A_MONTH = timedelta(days=1), timedelta(microseconds=1), timedelta(days=31)


class DynamoDBAudit:
    """The `Audit` port on the DynamoDB table `table`; `client` is boto3's low-level one."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def entries(
        self, program_id: str, first: date, last: date, limit: int, after: str | None
    ) -> tuple[list[AuditEntry], str | None]:
        begin = keys.instant(datetime.combine(first, time(), UTC))
        end = keys.instant(datetime.combine(last + DAY, time(), UTC) - MOMENT)
        start = act_key(program_id, after) if after is not None else None
        month = first.replace(day=1)
        if start:
            if not begin <= start["recorded"]["S"] <= end:
                raise ValueError("a place in another part of the audit")
            month = date.fromisoformat(start["recorded"]["S"][:7] + "-01")
        found: list[AuditEntry] = []
        while month <= last:
            request: dict[str, Any] = {
                "TableName": self._table,
                "IndexName": "audit_by_month",
                "KeyConditionExpression": "audit = :month AND recorded BETWEEN :begin AND :end",
                "ExpressionAttributeValues": {
                    ":month": {"S": keys.audit_key(program_id, month)},
                    ":begin": {"S": begin},
                    ":end": {"S": end},
                },
                "Limit": limit - len(found),
            }
            with answering():
                page = self._client.query(**request, **({"ExclusiveStartKey": start} if start else {}))
            found += map(act_from, page["Items"])
            start = page.get("LastEvaluatedKey")
            if len(found) == limit:
                return found, act_place(program_id, start or page["Items"][-1])
            if start is None:
                month = (month + A_MONTH).replace(day=1)
        return found, None


def act_from(item: Item) -> AuditEntry:
    """An entry, from what the index of the audit holds of it."""
    stored = items.plain(item)
    at, address = datetime.fromisoformat(stored["recorded"]), stored["address"]
    if "by" in stored:
        version = int(stored["sk"])
        return AuditEntry(
            at=at,
            actor=stored["by"],
            action="program_changed",
            source="API",
            address=address,
            program_version=version,
        )
    entry = AuditEntry(at=at, actor=stored["actor"], action=stored["event"], source=stored["source"], address=address)
    if "job_id" in stored:
        return replace(entry, job_id=stored["job_id"])
    program_id, kind, reference = stored["pk"].split("#", 2)
    event = Event(stored["event"])
    facts = event.facts_from(stored.get("detail", {})) if event.records is CardRequested else None
    account = stored.get("account")
    return replace(
        entry,
        program_version=stored["program_version"],
        cause=Cause(program_id, CauseKind(kind), reference),
        position=int(stored["sk"]),
        account=keys.account_id(account) if account else None,
        points=Kind(stored["kind"]).sign * stored["points"],
        reason=stored.get("reason"),
        card=facts.card if isinstance(facts, CardRequested) else None,
    )


def act_place(program_id: str, key: Item) -> str:
    """Where an entry stands in the index of the audit, as text."""
    return json.dumps([key["recorded"]["S"], key["sk"]["S"], key["pk"]["S"].removeprefix(f"{program_id}#")])


def act_key(program_id: str, place: str) -> Item:
    """What `act_place` told. Raises ValueError for anything else."""
    match json.loads(place):
        case [str(recorded), str(sk), str(name)] if sk and recorded == keys.instant(datetime.fromisoformat(recorded)):
            at = datetime.fromisoformat(recorded)
            key = {"pk": f"{program_id}#{name}", "sk": sk, "audit": keys.audit_key(program_id, at)}
            return items.wire({**key, "recorded": recorded})
        case _:
            raise ValueError("no place in the audit")
