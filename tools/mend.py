"""What an operator mends in the table itself: `python -m tools.mend verify|movements|items|account`.

docs/operating/runbook.md says when. No command of the ledger alters what is stored; this is for when somebody else
did. The table
is TABLE_NAME's, reached with the AWS credentials of whoever runs it, which must be allowed to read and put items.
Nothing here overwrites what was changed meanwhile, and an account is only ever what its movements say.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from loyalty.adapters.dynamodb import items, keys
from loyalty.adapters.dynamodb.client import connect, query
from loyalty.adapters.dynamodb.ledger import DynamoDBLedger
from loyalty.adapters.dynamodb.programs import DynamoDBPrograms
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.replay import differences
from loyalty.domain.ledger.tiers import review_at
from loyalty.entry.wiring import world
from loyalty.ports.faults import Unavailable
from loyalty.usecases.books.verify import verify_program, whole_statement


class NotMended(Exception):
    """Why nothing was changed, in one line."""


def rebuild_account(
    client: Any, table: str, account_id: AccountId, salt_from: str | None = None, now: datetime | None = None
) -> Account:
    """Put the account that its movements make over whatever is stored, readable or not. Raises NotMended.

    `salt_from` is a table that holds the account's salt, where `table` does not: the one thing that movements do not
    say. The tier is looked at anew by the next purge that is due to.
    """
    key = {"pk": {"S": keys.account_pk(account_id)}, "sk": {"S": keys.ACCOUNT_SK}}
    seen = _get(client, table, key)
    trusted = _get(client, salt_from, key) if salt_from else seen
    if seen and items.is_lock(seen):
        raise NotMended("the customer is being erased: go on with that")
    salt = (trusted or {}).get("salt", {}).get("B")
    if trusted is None or not isinstance(salt, bytes):
        raise NotMended("its salt is lost: name a restored table with --salt-from")
    account = Account(account_id=account_id, salt=salt)
    try:
        movements = whole_statement(DynamoDBLedger(client, table), account_id)
    except (TypeError, ValueError, KeyError) as error:
        raise NotMended(f"its movements cannot be read: {type(error).__name__}; put them back first") from None
    try:
        for movement in movements:
            account = account.apply(movement)
    except ValueError as error:
        raise NotMended(f"its movements are not whole: {error}; put them back first") from None
    if faults := list(differences(account, movements)):
        raise NotMended(f"its movements are not whole: {faults[0]}; put them back first")
    reached = max(_version(seen), _version(trusted))
    if account.version < reached:
        raise NotMended(f"movement {account.version + 1} is missing, of {reached}; put it back first")
    program = DynamoDBPrograms(client, table).get(account_id.program_id)
    if program.tiers:
        account = account.reviewed_at(review_at(program, account.standing, now or datetime.now(UTC)))
    _put(client, table, items.account_item(account), seen)
    return account


def put_movements_back(client: Any, table: str, source: str, account_id: AccountId) -> list[str]:
    """Put movements of a customer as they are in the table `source`; the keys of those that were not so.

    Raises NotMended where the customer may have been erased since: a restored table knows them still.
    """
    account = {"pk": {"S": keys.account_pk(account_id)}, "sk": {"S": keys.ACCOUNT_SK}}
    if _get(client, table, account) is None:
        raise NotMended("the table has no such account: was the customer erased since?")
    found = (
        {"pk": {"S": keys.cause_pk(movement.cause)}, "sk": {"S": keys.position_sk(movement.position)}}
        for movement in whole_statement(DynamoDBLedger(client, source), account_id)
    )
    return _put_back(client, table, source, found)


def put_items_back(client: Any, table: str, source: str, pk: str, sk: str = "") -> list[str]:
    """The same for the items of partition `pk` whose sort key begins with `sk`: a history, a closed day, write-offs."""
    request = {
        "TableName": source,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)" if sk else "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": pk}, **({":sk": {"S": sk}} if sk else {})},
        "ConsistentRead": True,
    }
    found = [{"pk": item["pk"], "sk": item["sk"]} for page in query(client, request) for item in page]
    if not found:
        raise NotMended(f"{source} has nothing there")
    if any(key["sk"]["S"] == keys.ACCOUNT_SK for key in found):
        raise NotMended("an account is not put back but rebuilt: an old one lacks what came after")
    return _put_back(client, table, source, found)


def _put_back(client: Any, table: str, source: str, wanted: Iterator[items.Item] | Sequence[items.Item]) -> list[str]:
    put: list[str] = []
    for key in wanted:
        name = f"{key['pk']['S']} {key['sk']['S']}"
        item, seen = _get(client, source, key), _get(client, table, key)
        if item is None or item == seen:
            continue
        if seen and "redacted" in seen:
            raise NotMended(f"{name} is of a customer who was erased since")
        _put(client, table, item, seen)
        put.append(name)
    return put


def _get(client: Any, table: str, key: items.Item) -> items.Item | None:
    found: items.Item | None = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    return found


def _put(client: Any, table: str, item: items.Item, seen: items.Item | None) -> None:
    """Put `item` in the place of `seen`. Raises NotMended when something else is there by now."""
    request: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if seen:
        # Of the key nothing can have changed.
        names = sorted(seen.keys() - {"pk", "sk"})
        request = {
            "ConditionExpression": " AND ".join(f"#n{place} = :n{place}" for place in range(len(names))),
            "ExpressionAttributeNames": {f"#n{place}": name for place, name in enumerate(names)},
            "ExpressionAttributeValues": {f":n{place}": seen[name] for place, name in enumerate(names)},
        }
    try:
        client.put_item(TableName=table, Item=item, **request)
    except client.exceptions.ConditionalCheckFailedException:
        raise NotMended("it was changed meanwhile; try again") from None


def _version(stored: items.Item | None) -> int:
    """How far an account says that it is; 0 where it does not."""
    said = (stored or {}).get("version", {}).get("N", "0")
    return int(said)


def _verify() -> bool:
    """Say of every program in the table whether it agrees."""
    agrees = True
    for program_id in world().programs.ids():
        result = verify_program(world(), program_id)
        agrees = agrees and not result.found
        print(
            f"{program_id}: {result.accounts:,} accounts, {result.movements:,} movements, "
            f"{result.outstanding:,} points outstanding, {result.liability:,} in the books"
        )
        for difference in result.found:
            print(f"  {difference.where}: {difference.what}")
    return agrees


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.mend", description=__doc__.partition(":")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("verify", help="compare accounts, movements and journal of the table, as `loyalty verify` does")
    account = commands.add_parser("account", help="rebuild an account from its movements")
    account.add_argument("--salt-from", metavar="TABLE", help="a restored table, if the account's salt is lost")
    movements = commands.add_parser("movements", help="put a customer's movements back from a restored table")
    for of_customer in (account, movements):
        of_customer.add_argument("program")
        of_customer.add_argument("customer")
        of_customer.add_argument("--guest", action="store_true", help="the customer is a guest")
    some = commands.add_parser("items", help="put items back from a restored table")
    some.add_argument("pk")
    some.add_argument("sk", nargs="?", default="", help="what their sort keys begin with")
    for from_source in (movements, some):
        from_source.add_argument("--from", dest="source", metavar="TABLE", required=True, help="the restored table")
    told = parser.parse_args()
    try:
        client, table = connect(), os.environ["TABLE_NAME"]
        match told.command:
            case "verify":
                return 0 if _verify() else 1
            case "account":
                account_id = AccountId(told.program, told.customer, told.guest)
                rebuilt = rebuild_account(client, table, account_id, told.salt_from)
                print(f"rebuilt from {rebuilt.version} movements: {rebuilt.outstanding:,} points outstanding")
                return 0
            case "movements":
                put = put_movements_back(client, table, told.source, AccountId(told.program, told.customer, told.guest))
            case _:
                put = put_items_back(client, table, told.source, told.pk, told.sk)
        print("\n".join([*(f"put back: {name}" for name in put), f"{len(put)} put back"]))
    except KeyError as error:
        print(f"error: {error.args[0]} is not set", file=sys.stderr)
        return 2
    except (NotMended, Unavailable, BotoCoreError, ClientError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
