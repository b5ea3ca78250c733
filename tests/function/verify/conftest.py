"""A ledger that was traded with, and its items, to be tampered with."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.domain.points.issue import Issue
from loyalty.usecases.books.close_days import close_days
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.orders.redeem import redeem_points
from loyalty.usecases.points.issue import issue_points
from tests.support.builders import DAY, NOW, SENDER, member, order, program
from tests.support.worlds import Clock, World, purge, world_in_dynamodb


class Store:
    """The items of a table, to be tampered with."""

    def __init__(self, client: Any, table: str) -> None:
        self.client = client
        self.table = table

    def change(self, pk: str, sk: str, **attributes: Any) -> None:
        """Sets attributes, in DynamoDB's JSON."""
        names = {f"#{number}": name for number, name in enumerate(attributes)}
        self.client.update_item(
            TableName=self.table,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            UpdateExpression="SET " + ", ".join(f"{place} = :{place[1:]}" for place in names),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={f":{place[1:]}": attributes[name] for place, name in names.items()},
        )

    def get(self, pk: str, sk: str) -> dict[str, Any]:
        item: dict[str, Any] = self.client.get_item(TableName=self.table, Key={"pk": {"S": pk}, "sk": {"S": sk}})[
            "Item"
        ]
        return item

    def put(self, item: dict[str, Any]) -> None:
        self.client.put_item(TableName=self.table, Item=item)

    def remove(self, pk: str, sk: str) -> None:
        self.client.delete_item(TableName=self.table, Key={"pk": {"S": pk}, "sk": {"S": sk}})

    def find(self, prefix: str) -> list[tuple[str, str]]:
        """The keys of items whose pk starts so."""
        items = self.client.scan(TableName=self.table)["Items"]
        return [(item["pk"]["S"], item["sk"]["S"]) for item in items if item["pk"]["S"].startswith(prefix)]

    def everything(self) -> dict[tuple[str, str], dict[str, Any]]:
        """All items, by their keys."""
        pages = self.client.get_paginator("scan").paginate(TableName=self.table)
        return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}

    def restored(self) -> "Store":
        """The table at this point in time, as a new one."""
        target = f"{self.table}-restored"
        self.client.restore_table_to_point_in_time(
            SourceTableName=self.table, TargetTableName=target, UseLatestRestorableTime=True
        )
        self.client.get_waiter("table_exists").wait(TableName=target, WaiterConfig={"Delay": 1})
        return Store(self.client, target)


@pytest.fixture
def traded(dynamodb: Any, ledger_table: Callable[[], str]) -> tuple[World, Store]:
    """Two customers; ann earned, redeemed, cancelled, was issued points, and some expired. Days are closed."""
    table, clock = ledger_table(), Clock()
    world = world_in_dynamodb(dynamodb, table, program(), clock=clock)
    complete_order(world, "shop", order("#1"), SENDER)
    use = RedemptionRequest(account_id=member(), order_total=Decimal(50), currency="EUR", points=30)
    redeem_points(world, "shop", "#2", use, SENDER)
    gift = Issue(account_id=member(), points=7, expires_at=NOW + timedelta(hours=1), reason="a gift")
    issue_points(world, "shop", "key", gift, SENDER)
    complete_order(world, "shop", order("#3", "bob"), SENDER)
    clock.let_pass(timedelta(hours=2))
    assert purge(world, "shop").points == 7
    cancel_order(world, "shop", "#2", "ann", None, SENDER)
    clock.let_pass(3 * DAY)
    [closed] = close_days(world, "shop")
    assert closed.behind == 0
    return world, Store(dynamodb, table)
