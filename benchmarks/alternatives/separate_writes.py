"""The idempotency utility of powertools around separate writes: a movement is put, then an account updated.

A crash between the two, or between them and the utility's own record, leaves an order half done: repeated after the
lock has expired it is done twice, and the record itself is gone after its time.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

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
from tests.function.api.cloud import Context


class SeparateWrites:
    """Lots are a map in the account's item; every command is remembered for a day by the utility."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.table, remembered = f"separate-{uuid4().hex[:8]}", f"remembered-{uuid4().hex[:8]}"
        client.create_table(
            TableName=self.table,
            AttributeDefinitions=texts("pk", "sk", "account", "recorded", "day"),
            KeySchema=KEYS,
            GlobalSecondaryIndexes=[MOVEMENTS_BY_ACCOUNT, MOVEMENTS_BY_DAY],
            BillingMode="PAY_PER_REQUEST",
        )
        client.create_table(
            TableName=remembered,
            AttributeDefinitions=texts("id"),
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.tables = (self.table, remembered)
        store = DynamoDBPersistenceLayer(table_name=remembered, boto3_client=client)

        def once(command: Any) -> Any:
            config = IdempotencyConfig(event_key_jmespath="order_id", expires_after_seconds=86_400)
            config.register_lambda_context(cast(LambdaContext, Context()))
            return idempotent_function(
                command,
                data_keyword_argument="order",
                persistence_store=store,
                config=config,
                key_prefix=command.__name__,
            )

        self._once = {command: once(command) for command in (self._complete, self._redeem, self._cancel)}

    def open(self, customer_id: str, lots: Mapping[str, int]) -> None:
        item = {
            **self._key(customer_id),
            "lots": {"M": {expires: {"N": str(points)} for expires, points in lots.items()}},
            "version": {"N": "1"},
        }
        self._client.put_item(TableName=self.table, Item=item)

    def complete(self, order: Mapping[str, Any]) -> Any:
        return self._once[self._complete](order=order)

    def redeem(self, order: Mapping[str, Any]) -> Any:
        return self._once[self._redeem](order=order)

    def cancel(self, order: Mapping[str, Any]) -> Any:
        return self._once[self._cancel](order=order)

    def balance(self, customer_id: str) -> int:
        return sum(self._lots(customer_id, consistent=False)[0].values())

    def _complete(self, order: Mapping[str, Any]) -> dict[str, Any]:
        points, expires = earned(order), expiry(datetime.now(UTC))
        put = movement(order["order_id"], order["customer_id"], "earn", points, {expires: points})
        self._client.put_item(TableName=self.table, Item=put)
        self._change(order["customer_id"], {expires: points})
        return {"order_id": order["order_id"], "points_earned": points, "expires_at": expires}

    def _redeem(self, order: Mapping[str, Any]) -> dict[str, Any]:
        lots, version = self._lots(order["customer_id"], consistent=True)
        spent = taken(lots, order["points"])
        put = movement(order["order_id"], order["customer_id"], "redeem", order["points"], spent)
        self._client.put_item(TableName=self.table, Item=put)
        self._change(order["customer_id"], {expires: -points for expires, points in spent.items()}, version)
        return {"order_id": order["order_id"], "points_redeemed": order["points"]}

    def _cancel(self, order: Mapping[str, Any]) -> dict[str, Any]:
        found = self._client.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"order#{order['order_id']}"}},
        )["Items"]
        change: dict[str, int] = {}
        for moved in found:
            kind, lots = moved["kind"]["S"], lots_in(moved)
            for expires, points in lots.items():
                change[expires] = change.get(expires, 0) + (-points if kind == "earn" else points)
            undone = movement(order["order_id"], order["customer_id"], f"undo-{kind}", int(moved["points"]["N"]), lots)
            self._client.put_item(TableName=self.table, Item=undone)
        self._change(order["customer_id"], change)
        return {"order_id": order["order_id"], "status": "cancelled"}

    def _lots(self, customer_id: str, *, consistent: bool) -> tuple[dict[str, int], int]:
        found = self._client.get_item(TableName=self.table, Key=self._key(customer_id), ConsistentRead=consistent)
        return lots_in(found["Item"]), int(found["Item"]["version"]["N"])

    def _change(self, customer_id: str, change: Mapping[str, int], version: int | None = None) -> None:
        names = {f"#{place}": expires for place, expires in enumerate(change)}
        values: Item = {f":{place}": {"N": str(points)} for place, points in enumerate(change.values())}
        sets = ", ".join(
            f"lots.#{place} = if_not_exists(lots.#{place}, :zero) + :{place}" for place in range(len(change))
        )
        request: dict[str, Any] = {
            "TableName": self.table,
            "Key": self._key(customer_id),
            "UpdateExpression": f"SET {sets} ADD version :one",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {**values, ":zero": {"N": "0"}, ":one": {"N": "1"}},
        }
        if version is not None:
            request["ConditionExpression"] = "version = :read"
            request["ExpressionAttributeValues"][":read"] = {"N": str(version)}
        self._client.update_item(**request)

    def _key(self, customer_id: str) -> Item:
        return {"pk": {"S": f"customer#{customer_id}"}, "sk": {"S": "account"}}
