"""Writing: items are put and deleted together or not at all, each on a condition.

Nothing is written in another way, so this is the one place that knows the conditions and why a transaction can be
cancelled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loyalty.adapters.dynamodb.client import answering
from loyalty.adapters.dynamodb.items import Item
from loyalty.ports.faults import Unavailable

type Change = dict[str, Any]
"""A put or a delete of a transaction."""

FAILED = "ConditionalCheckFailed"
CONFLICT = "TransactionConflict"
"""Another transaction was writing the same item."""
LOST = frozenset({FAILED, CONFLICT})
SLOW_DOWN = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded"})


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of the item that is there, or that none is; `values` are those that `text` names."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)


IS_NEW = Condition("attribute_not_exists(pk)")


def is_at(version: int) -> Condition:
    """The item is at `version`; at version 0 there is none."""
    return Condition("version = :version", {":version": {"N": str(version)}}) if version else IS_NEW


class Cancelled(Exception):
    """Nothing was written, because of `reasons`: one for each change."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(f"cancelled: {list(reasons)}")
        self.reasons = reasons

    @property
    def failed(self) -> set[int]:
        """The places of the changes whose condition did not hold."""
        return {place for place, reason in enumerate(self.reasons) if reason == FAILED}

    @property
    def lost(self) -> set[int]:
        """The places of the changes whose condition did not hold, or whose item another transaction was writing."""
        return {place for place, reason in enumerate(self.reasons) if reason in LOST}


def put(table: str, item: Item, condition: Condition = IS_NEW) -> Change:
    """Put the whole `item` into `table`."""
    return {"Put": {"TableName": table, "Item": item, **_on(condition)}}


def delete(table: str, key: Item, condition: Condition) -> Change:
    """Delete the item with this `key` from `table`."""
    return {"Delete": {"TableName": table, "Key": key, **_on(condition)}}


def write(client: Any, changes: Sequence[Change]) -> None:
    """Make all `changes`, up to 100, in one transaction.

    Raises Cancelled when a condition did not hold or an item was contended, Unavailable when the table was busy or did
    not answer. A change that DynamoDB cannot make is a fault of ours, and raised as it comes.
    """
    try:
        with answering():
            client.transact_write_items(TransactItems=changes)
    except client.exceptions.TransactionCanceledException as error:
        cancelled = Cancelled(reasons_of(error))
        if cancelled.lost:
            raise cancelled from error
        if all(reason in ("None", *SLOW_DOWN) for reason in cancelled.reasons):
            raise Unavailable(str(cancelled)) from error
        raise


def reasons_of(error: Any) -> list[str]:
    """Why a transaction was cancelled: a code for each of its items, `None` for those that were not the cause."""
    return [reason["Code"] for reason in error.response["CancellationReasons"]]


def _on(condition: Condition) -> dict[str, Any]:
    stated: dict[str, Any] = {"ConditionExpression": condition.text}
    return stated | ({"ExpressionAttributeValues": dict(condition.values)} if condition.values else {})
