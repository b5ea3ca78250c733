"""Lots as items: one for each expiry of a customer, all changed in one transaction with the movement.

As safe as the ledger. Pays for each lot that a command touches, and for an index entry of each lot, by which a purge
finds those that are due.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from benchmarks.alternatives.points import (
    KEYS,
    MOVEMENTS_BY_ACCOUNT,
    MOVEMENTS_BY_DAY,
    Item,
    earned,
    expiry,
    lots_in,
    movement,
    taken,
    texts,
)

LOTS_BY_EXPIRY = {
    "IndexName": "lots_by_expiry",
    "KeySchema": [{"AttributeName": "expiry_shard", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


class LotsAsItems:
    """Lots, an account with totals, and movements, in one table."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.table = f"lots-{uuid4().hex[:8]}"
        client.create_table(
            TableName=self.table,
            AttributeDefinitions=texts("pk", "sk", "account", "recorded", "day", "expiry_shard"),
            KeySchema=KEYS,
            GlobalSecondaryIndexes=[MOVEMENTS_BY_ACCOUNT, MOVEMENTS_BY_DAY, LOTS_BY_EXPIRY],
            BillingMode="PAY_PER_REQUEST",
        )
        self.tables = (self.table,)

    def open(self, customer_id: str, lots: Mapping[str, int]) -> None:
        for expires, points in lots.items():
            lot = {**self._lot_key(customer_id, expires), "points": {"N": str(points)}, "expiry_shard": {"S": "0"}}
            self._client.put_item(TableName=self.table, Item=lot)
        account = {**self._key(customer_id, "account"), "total": {"N": str(sum(lots.values()))}}
        self._client.put_item(TableName=self.table, Item=account)

    def complete(self, order: Mapping[str, Any]) -> dict[str, Any]:
        found = self._movements(order["order_id"])
        if "earn" in found:
            return {"order_id": order["order_id"], "points_earned": int(found["earn"]["points"]["N"])}
        points, expires = earned(order), expiry(datetime.now(UTC))
        self._write(order, {"earn": (points, {expires: points})})
        return {"order_id": order["order_id"], "points_earned": points, "expires_at": expires}

    def redeem(self, order: Mapping[str, Any]) -> dict[str, Any]:
        spent = taken(self._lots(order["customer_id"], consistent=True), order["points"])
        self._write(order, {"redeem": (order["points"], {expires: -points for expires, points in spent.items()})})
        return {"order_id": order["order_id"], "points_redeemed": order["points"]}

    def cancel(self, order: Mapping[str, Any]) -> dict[str, Any]:
        undone = {
            f"undo-{kind}": (int(moved["points"]["N"]), {at: -points for at, points in lots_in(moved).items()})
            for kind, moved in self._movements(order["order_id"]).items()
        }
        self._write(order, undone)
        return {"order_id": order["order_id"], "status": "cancelled"}

    def balance(self, customer_id: str) -> int:
        return sum(self._lots(customer_id, consistent=False).values())

    def _write(self, order: Mapping[str, Any], moved: Mapping[str, tuple[int, Mapping[str, int]]]) -> None:
        """Movements by kind, and what they change: all or nothing."""
        customer_id = order["customer_id"]
        puts = [
            {
                "Put": {
                    "TableName": self.table,
                    "Item": movement(order["order_id"], customer_id, kind, points, lots),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            for kind, (points, lots) in moved.items()
        ]
        change: dict[str, int] = {}
        for _, lots in moved.values():
            for expires, points in lots.items():
                change[expires] = change.get(expires, 0) + points
        updates = [self._update(self._lot_key(customer_id, at), "points", points) for at, points in change.items()]
        account = self._update(self._key(customer_id, "account"), "total", sum(change.values()))
        self._client.transact_write_items(TransactItems=[*puts, *updates, account])

    def _update(self, key: Item, attribute: str, change: int) -> Item:
        update: dict[str, Any] = {
            "TableName": self.table,
            "Key": key,
            "UpdateExpression": "ADD #number :change",
            "ExpressionAttributeNames": {"#number": attribute},
            "ExpressionAttributeValues": {":change": {"N": str(change)}},
        }
        if attribute == "points":
            update["UpdateExpression"] += " SET expiry_shard = :shard"
            update["ExpressionAttributeValues"][":shard"] = {"S": "0"}
        if change < 0:
            update["ConditionExpression"] = "#number >= :least"
            update["ExpressionAttributeValues"][":least"] = {"N": str(-change)}
        return {"Update": update}

    def _movements(self, order_id: str) -> dict[str, Item]:
        found = self._query(f"order#{order_id}", "", consistent=False)
        return {item["kind"]["S"]: item for item in found}

    def _lots(self, customer_id: str, *, consistent: bool) -> dict[str, int]:
        found = self._query(f"customer#{customer_id}", "lot#", consistent=consistent)
        return {item["sk"]["S"].removeprefix("lot#"): int(item["points"]["N"]) for item in found}

    def _query(self, pk: str, start: str, *, consistent: bool) -> list[Item]:
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if start:
            condition, values = f"{condition} AND begins_with(sk, :start)", {**values, ":start": {"S": start}}
        found: list[Item] = self._client.query(
            TableName=self.table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=consistent,
        )["Items"]
        return found

    def _key(self, customer_id: str, sk: str) -> Item:
        return {"pk": {"S": f"customer#{customer_id}"}, "sk": {"S": sk}}

    def _lot_key(self, customer_id: str, expires: str) -> Item:
        return self._key(customer_id, f"lot#{expires}")
