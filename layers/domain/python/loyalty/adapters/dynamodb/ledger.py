"""The ledger port on DynamoDB.

Two conditions carry every guarantee: a movement is put only where nothing is (its history's next
position), and an account only over the version that was read. Both go into one transaction.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from secrets import token_bytes
from typing import Any

from loyalty.adapters.dynamodb import items, keys
from loyalty.adapters.dynamodb.client import answering, query
from loyalty.adapters.dynamodb.writing import CONFLICT, Cancelled, Change, is_at, put, reasons_of, write
from loyalty.domain.books.journal import JournalEntry
from loyalty.domain.customers.cards import cause_of_card
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.domain.ledger.transaction import Transaction
from loyalty.ports.faults import BeingErased, LostRace, Unavailable
from loyalty.ports.ledger import Due, RecordPlace, WriteOff

SALT_BYTES = 16
BATCH_GET = 100
"""How many items DynamoDB gets in one batch."""


class DynamoDBLedger:
    """A `Ledger` in the DynamoDB table `table`; `client` is botocore's."""

    shards = keys.EXPIRY_SHARDS

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._beside = ThreadPoolExecutor(max_workers=1)

    def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> tuple[History, Account | None]:
        if account_id is None:
            return self._history(cause, consistent), None
        account = self._beside.submit(self.account, account_id, consistent=consistent)
        return self._history(cause, consistent), account.result()

    def is_whole(self, history: History) -> bool:
        # A transaction's items become visible one by one, whatever reads them; but not to a read that is a transaction.
        key = {"pk": {"S": keys.cause_pk(history.cause)}, "sk": {"S": keys.position_sk(history.next_position)}}
        try:
            with answering():
                found = self._client.transact_get_items(TransactItems=[{"Get": {"TableName": self._table, "Key": key}}])
        except self._client.exceptions.TransactionCanceledException as error:
            if reasons_of(error) == [CONFLICT]:
                return False
            raise Unavailable(f"cancelled: {reasons_of(error)}") from error
        return "Item" not in found["Responses"][0]

    def account(self, account_id: AccountId, *, consistent: bool) -> Account:
        key = {"pk": {"S": keys.account_pk(account_id)}, "sk": {"S": keys.ACCOUNT_SK}}
        with answering():
            found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=consistent)
        if "Item" not in found:
            return Account(account_id=account_id, salt=token_bytes(SALT_BYTES))
        if items.is_lock(found["Item"]):
            raise BeingErased("the customer is being erased")
        return items.account_from(found["Item"])

    def accounts(self, account_ids: Sequence[AccountId]) -> list[Account]:
        wanted = [
            {"pk": {"S": keys.account_pk(account_id)}, "sk": {"S": keys.ACCOUNT_SK}} for account_id in account_ids
        ]
        found: list[Account] = []
        while wanted:
            with answering():
                batch = self._client.batch_get_item(RequestItems={self._table: {"Keys": wanted[:BATCH_GET]}})
            found += (items.account_from(item) for item in batch["Responses"][self._table] if not items.is_lock(item))
            unread = batch["UnprocessedKeys"].get(self._table, {}).get("Keys", [])
            wanted = unread + wanted[BATCH_GET:]
        return found

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        puts: list[Change] = []
        writer: list[int] = []  # which transaction each put belongs to
        for number, transaction in enumerate(transactions):
            mine = self._puts(transaction)
            puts += mine
            writer += [number] * len(mine)
        if write_off:
            first = next(m for transaction in transactions for m in transaction.movements)
            puts.append(put(self._table, items.write_off_item(write_off, first)))
        try:
            write(self._client, puts)
        except Cancelled as cancelled:
            lost = {writer[place] for place in cancelled.lost if place < len(writer)}
            if not lost:  # The write-off alone: its name holds the seal of a movement that is new.
                raise
            raise LostRace(sorted(lost)) from cancelled

    def statement(self, account_id: AccountId, limit: int, before: int | None) -> list[Movement]:
        values: items.Item = {":account": {"S": keys.account_pk(account_id)}}
        condition = "account = :account"
        if before is not None:
            values[":before"] = {"N": str(before)}
            condition += " AND #sequence < :before"
        return self._movements(
            {
                "KeyConditionExpression": condition,
                "ExpressionAttributeValues": values,
                **({"ExpressionAttributeNames": {"#sequence": "sequence"}} if before is not None else {}),
            },
            limit,
        )

    def unbooked_records(self, account_id: AccountId, limit: int, after: RecordPlace | None) -> list[Movement]:
        return self._movements(
            {
                "KeyConditionExpression": "account = :account",
                "ExpressionAttributeValues": {":account": {"S": keys.aside_pk(account_id)}},
                **({"ExclusiveStartKey": items.aside_key(account_id, after)} if after else {}),
            },
            limit,
        )

    def _movements(self, asked: dict[str, Any], limit: int) -> list[Movement]:
        """Up to `limit` movements or records of an account, newest first: DynamoDB's pages end at a megabyte."""
        request = {"TableName": self._table, "IndexName": "movements_by_account", "ScanIndexForward": False, **asked}
        found: list[Movement] = []
        for page in query(self._client, request | {"Limit": limit}):
            found += (items.movement_from(item) for item in page)
            if len(found) >= limit:
                break
        return found[:limit]

    def due(
        self, program_id: str, shard: int, as_of: datetime, size: int, after: Due | None = None
    ) -> Iterator[list[Due]]:
        shard_key = keys.shard_key(program_id, shard)
        start = items.due_key(after, shard_key) if after else None
        pages = self._pages(
            "expiry_shard = :shard AND due <= :due",
            {":shard": shard_key, ":due": keys.instant(as_of)},
            index="accounts_by_expiry",
            size=size,
            start=start,
        )
        for page in pages:
            yield [items.due_from(item) for item in page]

    def accounts_of(
        self, program_id: str, shard: int, size: int | None = None, after: AccountId | None = None
    ) -> Iterator[list[AccountId]]:
        condition, values = "program_shard = :shard", {":shard": keys.shard_key(program_id, shard)}
        if after:
            condition += " AND pk > :after"
            values[":after"] = keys.account_pk(after)
        pages = self._pages(condition, values, index="accounts_by_program", size=size)
        for page in pages:
            yield [keys.account_id(item["pk"]["S"]) for item in page]

    def cards_of(self, program_id: str, limit: int, after: str | None = None) -> list[str]:
        last = cause_of_card(program_id, after) if after else None
        found: list[str] = []
        for shard in range(keys.card_shard(last) if last else 0, keys.CARD_SHARDS):
            condition, values = "program_shard = :shard", {":shard": keys.cards_key(program_id, shard)}
            if last and shard == keys.card_shard(last):
                condition += " AND pk > :after"
                values[":after"] = keys.cause_pk(last)
            for page in self._pages(condition, values, index="accounts_by_program", size=limit - len(found)):
                found += [item["pk"]["S"].split("#", 2)[2] for item in page]
                if len(found) >= limit:
                    return found[:limit]
        return found

    def write_offs(self, program_id: str, day: date, until: datetime | None = None) -> Iterator[JournalEntry]:
        for page in self._pages("pk = :pk", {":pk": keys.write_off_pk(program_id, day)}):
            for item in page:
                if until is None or item["recorded"]["S"] <= keys.instant(until):
                    yield items.write_off_from(item)

    def journal(self, program_id: str, day: date, until: datetime | None = None) -> Iterator[JournalEntry]:
        for shard in range(keys.DAY_SHARDS):
            condition = "#day = :day"
            values = {":day": keys.day_key(program_id, day, shard)}
            if until:
                condition += " AND recorded <= :until"
                values[":until"] = keys.instant(until)
            pages = self._pages(condition, values, index="movements_by_day", names={"#day": "day"})
            for page in pages:
                yield from map(items.journal_entry_from, page)

    def _history(self, cause: Cause, consistent: bool) -> History:
        pages = self._pages("pk = :pk", {":pk": keys.cause_pk(cause)}, consistent=consistent)
        movements = tuple(items.movement_from(item) for page in pages for item in page)
        return History(cause, movements)

    def _puts(self, transaction: Transaction) -> list[Change]:
        """A put for each movement, and one for the account if anything about it changed."""
        timezone = transaction.program.timezone
        puts = [put(self._table, items.movement_item(movement, timezone)) for movement in transaction.movements]
        account, read = transaction.account, transaction.read
        if account and read and account != read:
            puts.append(put(self._table, items.account_item(account), is_at(read.version)))
        return puts

    def _pages(
        self,
        condition: str,
        values: dict[str, str],
        *,
        index: str | None = None,
        names: dict[str, str] | None = None,
        consistent: bool = False,
        size: int | None = None,
        start: items.Item | None = None,
    ) -> Iterator[list[items.Item]]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {name: {"S": value} for name, value in values.items()},
        }
        if index:
            request["IndexName"] = index
        else:
            request["ConsistentRead"] = consistent
        if names:
            request["ExpressionAttributeNames"] = names
        if size:
            request["Limit"] = size
        if start:
            request["ExclusiveStartKey"] = start
        return query(self._client, request)
