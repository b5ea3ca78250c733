"""The `Audit` port on DynamoDB: a sparse index of what administrators' requests wrote."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from loyalty.adapters.dynamodb import items, keys
from loyalty.adapters.dynamodb.client import answering
from loyalty.ports import Act

DAY, MOMENT, A_MONTH = timedelta(days=1), timedelta(microseconds=1), timedelta(days=31)


class DynamoDBAudit:
    """The `Audit` port on the DynamoDB table `table`; `client` is boto3's low-level one."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def acts(
        self, program_id: str, first: date, last: date, limit: int, after: str | None
    ) -> tuple[list[Act], str | None]:
        begin = keys.instant(datetime.combine(first, time(), UTC))
        end = keys.instant(datetime.combine(last + DAY, time(), UTC) - MOMENT)
        start = items.act_key(program_id, after) if after is not None else None
        month = first.replace(day=1)
        if start:
            if not begin <= start["recorded"]["S"] <= end:
                raise ValueError("a place in another part of the audit")
            month = date.fromisoformat(start["recorded"]["S"][:7] + "-01")
        found: list[Act] = []
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
            found += map(items.act_from, page["Items"])
            start = page.get("LastEvaluatedKey")
            if len(found) == limit:
                return found, items.act_place(program_id, start or page["Items"][-1])
            if start is None:
                month = (month + A_MONTH).replace(day=1)
        return found, None
