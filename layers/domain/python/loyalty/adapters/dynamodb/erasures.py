"""The `Erasures` port on DynamoDB: the only code that changes or deletes what the ledger wrote."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from loyalty.adapters.dynamodb import items, keys
from loyalty.adapters.dynamodb.client import answering, query
from loyalty.adapters.dynamodb.items import Item
from loyalty.adapters.dynamodb.writing import Cancelled, Change, Condition, delete, is_at, put, write
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.transaction import Transaction
from loyalty.ports.erasures import MAX_REWRITINGS, Erasure, Rewriting
from loyalty.ports.faults import LostRace

CHANGES = ("account", "detail", "reason", "redacted")
"""What of a movement an erasure changes, besides its name."""


class DynamoDBErasures:
    """The `Erasures` port on the DynamoDB table `table`; `client` is boto3's low-level one."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def under_way(self, account_id: AccountId) -> Erasure | None:
        with answering():
            found = self._client.get_item(TableName=self._table, Key=_account_key(account_id), ConsistentRead=True)
        item = found.get("Item", {})
        return erasure_from(item) if items.is_lock(item) else None

    def begin(self, transactions: Sequence[Transaction], salt: bytes) -> None:
        read, account = transactions[0].read, transactions[-1].holder
        if read is None:
            raise ValueError("there is no erasure of nobody")
        erasure = Erasure(
            account_id=read.account_id, pseudonym=account.account_id, salt=salt, movements=account.version
        )
        timezone = transactions[0].program.timezone
        puts = [items.movement_item(movement, timezone) for one in transactions for movement in one.movements]
        changes = [put(self._table, item) for item in (*puts, items.account_item(account))]
        self._write([*changes, put(self._table, lock_item(erasure), is_at(read.version))])

    def records(self, account_id: AccountId) -> Iterator[list[Movement]]:
        for key in (keys.account_pk(account_id), keys.aside_pk(account_id)):
            for page in query(self._client, self._of_account(key) | {"Limit": MAX_REWRITINGS}):
                yield [items.movement_from(item) for item in page]

    def count(self, account_id: AccountId) -> int:
        request = self._of_account(keys.account_pk(account_id)) | {"Select": "COUNT"}
        total = 0
        while True:
            with answering():
                page = self._client.query(**request)
            total += int(page["Count"])
            if "LastEvaluatedKey" not in page:
                return total
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def rewrite(self, erasure: Erasure, rewritings: Sequence[Rewriting]) -> int:
        stored = self._get([_key(one.before) for one in rewritings])
        changes: list[Change] = []
        rewritten = 0
        for one in rewritings:
            item = stored.get(_name(_key(one.before)))
            if item is None or items.movement_from(item) == one.after:
                continue  # it has another name by now, or is as it is to be
            rewritten += 1
            made = rewritten_item(item, one.after)
            if one.before.cause == one.after.cause:
                changes.append(put(self._table, made, _unchanged(one.before)))
            else:
                gone = delete(self._table, _key(one.before), _unchanged(one.before))
                changes += [put(self._table, made), gone]
        if changes:
            # The lock as it is, on the condition that it is there: nobody has ended the erasure, and the customer, who
            # may come back then, has not. What they do would be found under the same id.
            self._write([put(self._table, lock_item(erasure), _locked(erasure)), *changes])
        return rewritten

    def end(self, erasure: Erasure) -> None:
        self._write([delete(self._table, _account_key(erasure.account_id), _locked(erasure))])

    def _get(self, wanted: list[Item]) -> dict[tuple[str, str], Item]:
        found: dict[tuple[str, str], Item] = {}
        while wanted:
            request = {self._table: {"Keys": wanted, "ConsistentRead": True}}
            with answering():
                batch = self._client.batch_get_item(RequestItems=request)
            found |= {_name(item): item for item in batch["Responses"][self._table]}
            wanted = batch["UnprocessedKeys"].get(self._table, {}).get("Keys", [])
        return found

    def _of_account(self, key: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "IndexName": "movements_by_account",
            "KeyConditionExpression": "account = :account",
            "ExpressionAttributeValues": {":account": {"S": key}},
        }

    def _write(self, changes: list[Change]) -> None:
        try:
            write(self._client, changes)
        except Cancelled as cancelled:
            raise LostRace from cancelled


def _locked(erasure: Erasure) -> Condition:
    """The condition that the erasure has begun and not ended."""
    return Condition("pseudonym = :pseudonym", {":pseudonym": {"S": erasure.pseudonym.customer_id}})


def _unchanged(movement: Movement) -> Condition:
    """The condition that of a movement nothing has changed that an erasure changes."""
    item = items.movement_item(movement, "UTC")
    conditions = [f"{name} = :{name}" if name in item else f"attribute_not_exists({name})" for name in CHANGES]
    return Condition(" AND ".join(conditions), {f":{name}": item[name] for name in CHANGES if name in item})


def _key(movement: Movement) -> Item:
    pk, sk = keys.cause_pk(movement.cause), keys.position_sk(movement.position)
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _account_key(account_id: AccountId) -> Item:
    return {"pk": {"S": keys.account_pk(account_id)}, "sk": {"S": keys.ACCOUNT_SK}}


def _name(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def lock_item(erasure: Erasure) -> Item:
    """What stands in the place of an account while its customer is being erased. It is no account, and is due never."""
    pk = keys.account_pk(erasure.account_id)
    return items.wire(
        {
            "pk": pk,
            "sk": keys.ACCOUNT_SK,
            "pseudonym": erasure.pseudonym.customer_id,
            "salt": erasure.salt,
            "movements": erasure.movements,
            "program_shard": keys.shard_key(erasure.account_id.program_id, keys.shard_of(pk, keys.EXPIRY_SHARDS)),
        }
    )


def erasure_from(item: Item) -> Erasure:
    stored = items.plain(item)
    account_id = keys.account_id(stored["pk"])
    return Erasure(
        account_id=account_id,
        pseudonym=replace(account_id, customer_id=stored["pseudonym"]),
        salt=stored["salt"],
        movements=stored["movements"],
    )


def rewritten_item(item: Item, movement: Movement) -> Item:
    """The item of a movement that was rewritten: it stays booked where it was."""
    made = items.movement_item(movement, "UTC")
    made.pop("day", None)
    return made | {"day": item["day"]} if "day" in item else made
