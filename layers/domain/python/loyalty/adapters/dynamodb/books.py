"""The books port on DynamoDB: the index of days, and one item for each closed shard of a day."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from loyalty.adapters.dynamodb import items, keys
from loyalty.adapters.dynamodb.client import answering, query
from loyalty.adapters.dynamodb.items import Item
from loyalty.adapters.dynamodb.lots import unpack
from loyalty.adapters.dynamodb.writing import Cancelled, put, write
from loyalty.domain.books.sums import Booked, KindSum, ShardSums, Worth
from loyalty.domain.ledger.kinds import CauseKind, Kind
from loyalty.domain.ledger.movement import Cause
from loyalty.domain.program.settings import AccountNames
from loyalty.ports.books import DayPlace
from loyalty.ports.faults import LostRace, Unavailable

LOOKED_AT = 1_000
"""How many movements of a day one query looks at, to find those of one kind."""
MOST_QUERIES = 20
"""How many such queries make a page: a rare kind on a busy day gives short pages, not slow ones."""


class DynamoDBBooks:
    """The `Books` port on the DynamoDB table `table`; `client` is botocore's."""

    shards = keys.DAY_SHARDS

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def movements(self, program_id: str, day: date, shard: int) -> Iterator[list[Booked]]:
        for page in query(self._client, self._day(program_id, day, shard)):
            yield [booked_from(item) for item in page]

    def movements_of(
        self, program_id: str, day: date, kind: Kind, limit: int, after: DayPlace | None
    ) -> tuple[list[Booked], DayPlace | None]:
        found: list[Item] = []
        first = after.shard if after else 0
        queries = 0
        for shard in range(first, self.shards):
            start = {"ExclusiveStartKey": _key_of(program_id, day, after)} if after and shard == first else {}
            request = self._day(program_id, day, shard) | {"Limit": LOOKED_AT, "FilterExpression": "kind = :kind"}
            request["ExpressionAttributeValues"][":kind"] = {"S": kind.value}
            while True:
                with answering():
                    page = self._client.query(**request, **start)
                queries += 1
                found += page["Items"]
                if len(found) > limit:
                    return [booked_from(item) for item in found[:limit]], _place_of(found[limit - 1])
                if "LastEvaluatedKey" not in page:
                    break
                start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
                if queries >= MOST_QUERIES:
                    return [booked_from(item) for item in found], _place_of(page["LastEvaluatedKey"])
        return [booked_from(item) for item in found], None

    def close(self, sums: ShardSums, at: datetime) -> None:
        try:
            write(self._client, [put(self._table, closed_item(sums, at))])
        except Cancelled as cancelled:
            if cancelled.failed:
                raise LostRace from cancelled
            # Somebody else's write is under way: nobody has closed it yet.
            raise Unavailable(str(cancelled)) from cancelled

    def latest_closed(self, program_id: str) -> tuple[date, int] | None:
        with answering():
            page = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": keys.closed_pk(program_id)}},
                ProjectionExpression="sk",
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        for item in page["Items"]:
            day, shard = item["sk"]["S"].split("#")
            return date.fromisoformat(day), int(shard)
        return None

    def closed(self, program_id: str, first: date, last: date) -> Iterator[ShardSums]:
        if last < first:
            return
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":pk": {"S": keys.closed_pk(program_id)},
                ":first": {"S": keys.closed_sk(first, 0)},
                ":last": {"S": keys.closed_sk(last, self.shards - 1)},
            },
        }
        for page in query(self._client, request):
            yield from map(closed_from, page)

    def _day(self, program_id: str, day: date, shard: int) -> dict[str, Any]:
        """The query of one shard of a day's movements."""
        return {
            "TableName": self._table,
            "IndexName": "movements_by_day",
            "KeyConditionExpression": "#day = :day",
            "ExpressionAttributeNames": {"#day": "day"},
            "ExpressionAttributeValues": {":day": {"S": keys.day_key(program_id, day, shard)}},
        }


def _key_of(program_id: str, day: date, place: DayPlace) -> Item:
    """The key of the movement at `place`, in the table and in the index."""
    return {
        "pk": {"S": keys.cause_pk(place.cause)},
        "sk": {"S": keys.position_sk(place.position)},
        "day": {"S": keys.day_key(program_id, day, place.shard)},
        "recorded": {"S": keys.instant(place.recorded_at)},
    }


def _place_of(key: Item) -> DayPlace:
    """The place of the movement with this key in table and index, or of the whole item."""
    program_id, kind, reference = key["pk"]["S"].split("#", 2)
    cause = Cause(program_id, CauseKind(kind), reference)
    shard = int(key["day"]["S"].rpartition("#")[2])
    return DayPlace(shard, datetime.fromisoformat(key["recorded"]["S"]), cause, int(key["sk"]["S"]))


def booked_from(item: Item) -> Booked:
    """A movement, from what the index of days holds of it.

    Read as it is: a day has millions, and to unwrap every value of each costs three times as much.
    """
    program_id, kind, reference = item["pk"]["S"].split("#", 2)
    return Booked(
        cause=Cause(program_id, CauseKind(kind), reference),
        position=int(item["sk"]["S"]),
        day=date.fromisoformat(item["day"]["S"].split("#")[1]),
        kind=Kind(item["kind"]["S"]),
        account=keys.account_id(item["account"]["S"]),
        points=int(item["points"]["N"]),
        point_value=Decimal(item["point_value"]["S"]),
        currency=item["currency"]["S"],
        allocation=unpack(item["lots"]["B"]) if "lots" in item else (),
        debt=int(item["debt"]["N"]) if "debt" in item else 0,
        basis=Decimal(item["basis"]["S"]) if "basis" in item else Decimal(0),
        recorded_at=datetime.fromisoformat(item["recorded"]["S"]),
    )


def closed_item(sums: ShardSums, at: datetime) -> Item:
    """The sums of a shard of a day, closed at `at`; as JSON, since nothing looks inside but we."""
    content = [
        [
            one.kind.value,
            one.currency,
            one.movements,
            str(one.basis),
            {month: [worth.points, str(worth.amount)] for month, worth in one.by_expiry.items()},
        ]
        for one in sums.sums
    ]
    return items.wire(
        {
            "pk": keys.closed_pk(sums.program_id),
            "sk": keys.closed_sk(sums.day, sums.shard),
            "accounts": asdict(sums.accounts),
            "sums": json.dumps(content, separators=(",", ":")),
            "closed": keys.instant(at),
        }
    )


def closed_from(item: Item) -> ShardSums:
    stored = items.plain(item)
    program_id, _ = stored["pk"].split("#")
    day, shard = stored["sk"].split("#")
    return ShardSums(
        program_id=program_id,
        day=date.fromisoformat(day),
        shard=int(shard),
        accounts=AccountNames(**stored["accounts"]),
        sums=tuple(
            KindSum(
                kind=Kind(kind),
                currency=currency,
                movements=movements,
                basis=Decimal(basis),
                by_expiry={month: Worth(points, Decimal(amount)) for month, (points, amount) in by_expiry.items()},
            )
            for kind, currency, movements, basis, by_expiry in json.loads(stored["sums"])
        ),
    )
