"""A transaction that was cancelled is a lost race, a busy table or a fault of ours: never two of them."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from loyalty.adapters.dynamodb.writing import IS_NEW, Cancelled, Condition, delete, is_at, put, write
from loyalty.ports.faults import Unavailable

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
NONE, FAILED, CONFLICT = "None", "ConditionalCheckFailed", "TransactionConflict"
BUSY = ["ThrottlingError", "ProvisionedThroughputExceeded"]
OURS = ["ValidationError", "ItemCollectionSizeLimitExceeded"]
reasons = st.lists(st.sampled_from([NONE, FAILED, CONFLICT, *BUSY, *OURS]), min_size=1, max_size=5)


class TransactionCanceledException(ClientError):
    """As botocore's client has it among its exceptions."""


class Table:
    """A client whose transactions are cancelled for `reasons`."""

    exceptions = SimpleNamespace(TransactionCanceledException=TransactionCanceledException)

    def __init__(self, *reasons: str) -> None:
        self.error = TransactionCanceledException(
            {
                "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
                "CancellationReasons": [{"Code": reason} for reason in reasons],
            },
            "TransactWriteItems",
        )

    def transact_write_items(self, **_: Any) -> None:
        raise self.error


@given(reasons)
def test_a_cancelled_transaction_says_which_changes_were_the_cause(reasons: list[str]) -> None:
    if {FAILED, CONFLICT} & set(reasons):
        with pytest.raises(Cancelled) as cancelled:
            write(Table(*reasons), [])
        assert cancelled.value.failed == {place for place, reason in enumerate(reasons) if reason == FAILED}
        assert cancelled.value.lost == {place for place, reason in enumerate(reasons) if reason in (FAILED, CONFLICT)}
    elif set(OURS) & set(reasons):
        table = Table(*reasons)
        with pytest.raises(TransactionCanceledException) as raised:
            write(table, [])
        assert raised.value is table.error
    else:
        with pytest.raises(Unavailable):
            write(Table(*reasons), [])


def test_an_item_is_new_unless_a_version_was_read() -> None:
    assert put("table", KEY) == {
        "Put": {"TableName": "table", "Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"}
    }
    assert put("table", KEY, is_at(0)) == put("table", KEY, IS_NEW) == put("table", KEY)
    assert put("table", KEY, is_at(7)) == {
        "Put": {
            "TableName": "table",
            "Item": KEY,
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": {"N": "7"}},
        }
    }


def test_what_is_deleted_is_deleted_on_a_condition() -> None:
    mine = Condition("job_id = :mine", {":mine": {"S": "j1"}})
    assert delete("table", KEY, mine) == {
        "Delete": {
            "TableName": "table",
            "Key": KEY,
            "ConditionExpression": "job_id = :mine",
            "ExpressionAttributeValues": {":mine": {"S": "j1"}},
        }
    }
