"""The `Audit` port on DynamoDB: a sparse index of what administrators' requests wrote."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from loyalty.adapters.dynamodb import items, keys
from loyalty.adapters.dynamodb.client import answering
from loyalty.ports import Act, ActPlace

NO_LONGER = timedelta(microseconds=1)


class DynamoDBAudit:
    """The `Audit` port on the DynamoDB table `table`; `client` is boto3's low-level one."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def acts(
        self, program_id: str, first: date, last: date, limit: int, after: ActPlace | None
    ) -> tuple[list[Act], ActPlace | None]:
        begin = max(datetime.combine(first, time(), UTC), after.at) if after else datetime.combine(first, time(), UTC)
        end = datetime.combine(last + timedelta(days=1), time(), UTC) - NO_LONGER
        found: list[Act] = []
        month = begin.date().replace(day=1)
        while month <= last and len(found) < limit:
            found += self._of_month(program_id, month, (begin, end), limit - len(found), after)
            month, after = (month + timedelta(days=31)).replace(day=1), None
        place = ActPlace(found[-1].at, found[-1].cause, found[-1].position) if len(found) == limit else None
        return found, place

    def _of_month(
        self, program_id: str, month: date, within: tuple[datetime, datetime], limit: int, after: ActPlace | None
    ) -> list[Act]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "audit_by_month",
            "KeyConditionExpression": "audit = :month AND recorded BETWEEN :begin AND :end",
            "ExpressionAttributeValues": {
                ":month": {"S": keys.audit_key(program_id, month)},
                ":begin": {"S": keys.instant(within[0])},
                ":end": {"S": keys.instant(within[1])},
            },
        }
        if after:
            request["ExclusiveStartKey"] = items.act_key(program_id, after)
        found: list[Act] = []
        while len(found) < limit:
            with answering():
                page = self._client.query(**request, Limit=limit - len(found))
            found += map(items.act_from, page["Items"])
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return found
