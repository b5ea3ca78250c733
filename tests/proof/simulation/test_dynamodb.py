"""The simulated DynamoDB answers as the emulator's does over HTTP, and its clients try again as boto3 does."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from loyalty.adapters.dynamodb import keys
from tests.proof.simulation.cloud import Cloud, DynamoDBClient
from tests.proof.simulation.dynamodb import NotModelled, Rejected, Table, at_once
from tests.proof.simulation.simulation import TRIED_AGAIN, TRIES_OF_BOTO
from tests.support.meter import READ_BLOCK, size
from tests.support.table import dynamodb_client

OPERATIONS = 400
PARTITIONS = ["shop#order#1", "shop#order#2", "shop#member#ann", "shop#purges", "programs"]
SORTS = ["00000001", "00000002", "00000010", "account", "2026-01-31T#a", "2026-01-31T#b"]
INSTANTS = [f"2026-01-{day:02}T00:00:00.000000Z" for day in (1, 2, 3)]
HASHES = ["shop#0", "shop#1"]
KINDS = ["earn", "redeem"]
DETAIL = {"M": {"steps": {"L": [{"S": "ø"}, {"N": "1.5"}, {"BOOL": True}, {"NULL": True}]}}}

type Request = dict[str, Any]
type Call = tuple[str, Request]
"""The name of a client's method, and what it is asked."""


class Requests:
    """Random requests of every form that the ledger makes, right ones and wrong ones."""

    def __init__(self, table: str, seed: int) -> None:
        self._table = table
        self._chance = Random(seed)
        self._sent: list[Request] = []

    def next(self) -> Call:
        make: Callable[[], Call] = self._chance.choices(
            [self._write, self._write_again, self._get, self._batch_get, self._transact_get, self._query],
            [8, 1, 3, 2, 2, 10],
        )[0]
        return make()

    def _text(self, *choices: str) -> Request:
        return {"S": self._chance.choice(choices)}

    def _key(self) -> Request:
        return {"pk": self._text(*PARTITIONS), "sk": self._text(*SORTS)}

    def _item(self) -> Request:
        chance = self._chance
        some: Request = {
            "version": {"N": str(chance.randint(1, 3))},
            "sequence": {"N": str(chance.choice([1, 2, 9, 10, 100]))},
            "account": self._text("shop#member#ann", "shop#guest#ann"),
            "day": self._text("shop#2026-01-31#0", "shop#2026-01-31#1"),
            "recorded": self._text(*INSTANTS),
            "expiry_shard": self._text(*HASHES),
            "due": self._text(*INSTANTS),
            "program_shard": self._text(*HASHES),
            "kind": self._text(*KINDS),
            "points": {"N": str(chance.choice([0, 5, 10, 12, 100, 123, -40, 1_000_000]))},
            "lots": {"B": bytes(chance.randrange(256) for _ in range(chance.choice([1, 40, 900])))},
            "detail": DETAIL,
            "reason": {"S": "x" * chance.choice([0, 10, 700, 1_500])},
        }
        return {**self._key(), **{name: some[name] for name in some if chance.random() < 0.7}}

    def _change(self) -> Request:
        change: Request = {"TableName": self._table}
        values: Request = {}
        match self._chance.randint(0, 4):
            case 0:
                change["ConditionExpression"] = "attribute_not_exists(pk)"
            case 1:
                change["ConditionExpression"] = "version = :read"
                values = {":read": {"N": str(self._chance.randint(1, 3))}}
            case 2:
                change["ConditionExpression"] = "attribute_not_exists(pk) OR kind = :kind"
                values = {":kind": self._text(*KINDS)}
            case 3:
                change["ConditionExpression"] = "detail = :detail AND attribute_not_exists(reason)"
                values = {":detail": DETAIL}
        if values:
            change["ExpressionAttributeValues"] = values
        if self._chance.random() < 0.15:
            return {"Delete": change | {"Key": self._key()}}
        return {"Put": change | {"Item": self._item()}}

    def _write(self) -> Call:
        request = {
            "TransactItems": [self._change() for _ in range(self._chance.choice([1, 1, 2, 2, 3]))],
            "ClientRequestToken": f"{self._chance.getrandbits(128):032x}",
        }
        self._sent.append(request)
        return "transact_write_items", request

    def _write_again(self) -> Call:
        """With a token that was used before, for the same or for something else."""
        if not self._sent:
            return self._write()
        before = self._chance.choice(self._sent)
        items = before["TransactItems"] if self._chance.random() < 0.7 else [self._change()]
        return "transact_write_items", {**before, "TransactItems": items}

    def _get(self) -> Call:
        consistent = self._chance.random() < 0.5
        return "get_item", {"TableName": self._table, "Key": self._key(), "ConsistentRead": consistent}

    def _batch_get(self) -> Call:
        asked = [self._key() for _ in range(self._chance.randint(1, 4))]
        consistent = {"ConsistentRead": True} if self._chance.random() < 0.5 else {}
        return "batch_get_item", {"RequestItems": {self._table: {"Keys": asked, **consistent}}}

    def _transact_get(self) -> Call:
        asked = [{"TableName": self._table, "Key": self._key()} for _ in range(self._chance.randint(1, 3))]
        return "transact_get_items", {"TransactItems": [{"Get": one} for one in asked]}

    def _query(self) -> Call:
        forms: list[tuple[str, list[Request], Request]] = [
            ("pk = :a", [self._text(*PARTITIONS)], {"ConsistentRead": self._chance.random() < 0.5}),
            ("pk = :a", [self._text(*PARTITIONS)], {"ProjectionExpression": "sk"}),
            ("pk = :a AND begins_with(sk, :b)", [self._text(*PARTITIONS), self._text("2026", "0000000", "z")], {}),
            (
                "pk = :a AND sk BETWEEN :b AND :c",
                [self._text(*PARTITIONS), {"S": "00000002"}, {"S": "2026-02"}],
                {},
            ),
            ("account = :a", [{"S": "shop#member#ann"}], {"IndexName": "movements_by_account"}),
            ("account = :a", [{"S": "shop#member#ann"}], {"IndexName": "movements_by_account", "Select": "COUNT"}),
            (
                "program_shard = :a AND pk > :b",
                [self._text(*HASHES), self._text(*PARTITIONS)],
                {"IndexName": "accounts_by_program"},
            ),
            (
                "account = :a AND #n < :b",
                [{"S": "shop#member#ann"}, {"N": str(self._chance.choice([2, 10, 11]))}],
                {"IndexName": "movements_by_account", "ExpressionAttributeNames": {"#n": "sequence"}},
            ),
            (
                "expiry_shard = :a AND due <= :b",
                [self._text(*HASHES), self._text(*INSTANTS)],
                {"IndexName": "accounts_by_expiry"},
            ),
            ("program_shard = :a", [self._text(*HASHES)], {"IndexName": "accounts_by_program"}),
            (
                "#n = :a AND recorded <= :b",
                [{"S": "shop#2026-01-31#0"}, self._text(*INSTANTS)],
                {"IndexName": "movements_by_day", "ExpressionAttributeNames": {"#n": "day"}},
            ),
            (
                "#n = :a",
                [{"S": "shop#2026-01-31#0"}, self._text(*KINDS)],
                {
                    "IndexName": "movements_by_day",
                    "ExpressionAttributeNames": {"#n": "day"},
                    "FilterExpression": "kind = :b",
                },
            ),
        ]
        condition, values, more = self._chance.choice(forms)
        request: Request = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {f":{letter}": value for letter, value in zip("abc", values, strict=False)},
            **more,
        }
        if self._chance.random() < 0.5:
            request["Limit"] = self._chance.randint(1, 3)
        if self._chance.random() < 0.5:
            request["ScanIndexForward"] = self._chance.random() < 0.5
        return "query", request


def answer(client: Any, call: Call) -> dict[str, Any]:
    """What a client answers, errors too, without what only a real one says."""
    name, request = call
    told = (
        request
        if name in ("batch_get_item", "transact_get_items")
        else {**request, "ReturnConsumedCapacity": "INDEXES"}
    )
    try:
        found: dict[str, Any] = getattr(client, name)(**told)
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        return {"error": error.response["Error"]["Code"], "reasons": [reason["Code"] for reason in reasons]}
    return {name: part for name, part in found.items() if name != "ResponseMetadata"}


def costs(answered: dict[str, Any]) -> list[tuple[float, dict[str, float]]]:
    """Units in all, and of each index; the emulator leaves out what is zero, and sometimes the table's part."""
    told = answered.pop("ConsumedCapacity", [])
    return [
        (
            float(one["CapacityUnits"]),
            {name: index["CapacityUnits"] for name, index in one.get("GlobalSecondaryIndexes", {}).items()},
        )
        for one in (told if isinstance(told, list) else [told])
    ]


def pages(client: Any, call: Call) -> Iterator[dict[str, Any]]:
    """The answer, and of a query those that follow."""
    while True:
        answered = answer(client, call)
        yield answered
        if "LastEvaluatedKey" not in answered:
            return
        call = call[0], {**call[1], "ExclusiveStartKey": answered["LastEvaluatedKey"]}


@pytest.mark.parametrize("seed", range(5))
def test_it_answers_as_the_emulator_does(seed: int, dynamodb: Any, ledger_table: Callable[[], str]) -> None:
    table = ledger_table()
    requests, simulated = Requests(table, seed), DynamoDBClient(Cloud())
    answers: set[str] = set()
    for _ in range(OPERATIONS):
        call = requests.next()
        for expected, found in zip(pages(dynamodb, call), pages(simulated, call), strict=True):
            compare_costs(call, costs(expected), costs(found), found)
            for one in (expected, found):
                for items in one.get("Responses", {}).values() if call[0] == "batch_get_item" else ():
                    items.sort(key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
            assert found == expected, call
            answers.add(found.get("error", call[0]))
    assert answers >= {"TransactionCanceledException", "transact_write_items", "query", "ValidationException"}


def compare_costs(call: Call, expected: list[Any], found: list[Any], answered: dict[str, Any]) -> None:
    """Equal; but of a read the emulator says what one block costs, however many there were.

    How many is seen in the answer, unless it leaves out what was read.
    """
    if call[0] != "query" or not expected:
        assert found == expected, call
        return
    [(block, by_index)], [(units, found_by_index)] = expected, found
    blocks = max(1, -(-sum(map(size, answered.get("Items", []))) // READ_BLOCK))
    if {"FilterExpression", "ProjectionExpression", "Select"} & set(call[1]):
        assert units >= block * blocks
        blocks = round(units / block)
    assert units == block * blocks, call
    assert found_by_index == {name: one * blocks for name, one in by_index.items()}, call


def test_a_page_ends_where_the_emulators_does(dynamodb: Any, ledger_table: Callable[[], str]) -> None:
    """At a megabyte."""
    table, simulated = ledger_table(), DynamoDBClient(Cloud())
    for number in range(8):
        item = {
            "pk": {"S": "p"},
            "sk": {"S": keys.position_sk(number)},
            "text": {"S": "x" * (300_000 - number * 9_000)},
        }
        put: Call = "transact_write_items", {"TransactItems": [{"Put": {"TableName": table, "Item": item}}]}
        assert costs(answer(dynamodb, put)) == costs(answer(simulated, put))
    call = (
        "query",
        {
            "TableName": table,
            "KeyConditionExpression": "pk = :a",
            "ExpressionAttributeValues": {":a": {"S": "p"}},
            "ConsistentRead": True,
        },
    )
    expected, found = list(pages(dynamodb, call)), list(pages(simulated, call))
    assert [page["Count"] for page in found] == [page["Count"] for page in expected]
    assert len(found) > 2


def test_what_is_too_large_is_refused_by_both(dynamodb: Any, ledger_table: Callable[[], str]) -> None:
    table, simulated = ledger_table(), DynamoDBClient(Cloud())

    def put(number: int, length: int) -> Request:
        item = {"pk": {"S": "p"}, "sk": {"S": keys.position_sk(number)}, "text": {"S": "x" * length}}
        return {"Put": {"TableName": table, "Item": item}}

    for puts in (
        [put(1, 410_000)],
        [put(number, 390_000) for number in range(11)],
        [put(number, 1) for number in range(101)],
        [put(1, 1), put(1, 2)],
    ):
        call: Call = "transact_write_items", {"TransactItems": puts}
        assert answer(simulated, call) == answer(dynamodb, call) == {"error": "ValidationException", "reasons": []}


@pytest.mark.parametrize(
    "call",
    [
        ("get_item", {"TableName": "t", "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}, "AttributesToGet": ["a"]}),
        ("query", {"KeyConditionExpression": "pk = :a OR sk = :b", "ExpressionAttributeValues": {}}),
        ("transact_write_items", {"TransactItems": [{"Update": {"Key": {}}}]}),
        ("transact_write_items", {"TransactItems": [{"Put": {"Item": {}, "ReturnValues": "ALL_OLD"}}]}),
    ],
)
def test_what_it_does_not_know_it_does_not_guess(call: Call) -> None:
    with pytest.raises(NotModelled):
        answer(DynamoDBClient(Cloud()), call)


# --- transactions that overlap ---


def writing(sort: str, *others: str, token: str, text: str = "x") -> Request:
    """A transaction that puts items of one partition."""
    puts = [{"TableName": "t", "Item": item(one, text)} for one in (sort, *others)]
    return {"TransactItems": [{"Put": put} for put in puts], "ClientRequestToken": token}


def item(sort: str, text: str) -> Request:
    return {**key(sort), "text": {"S": text}}


def key(sort: str) -> Request:
    return {"pk": {"S": "p"}, "sk": {"S": sort}}


def texts(table: Table) -> dict[str, str]:
    return {sort: found["text"]["S"] for (_, sort), found in table.items().items()}


def test_a_transaction_that_meets_one_which_is_decided_is_cancelled_and_names_the_item() -> None:
    table = Table()
    first = table.transaction(writing("a", "b", token="1"))
    next(first)
    next(first)
    with pytest.raises(Rejected) as rejected:
        table.transact_write_items(writing("c", "b", token="2"))
    assert (rejected.value.code, rejected.value.reasons) == (
        "TransactionCanceledException",
        ("None", "TransactionConflict"),
    )
    with pytest.raises(Rejected, match="TransactionConflict"):
        table.transact_get_items({"TransactItems": [{"Get": {"TableName": "t", "Key": key("b")}}]})
    next(first)
    assert texts(table) == {"a": "x"}
    table.transact_write_items(writing("a", token="3", text="after"))
    assert at_once(first) == {}
    table.transact_write_items(writing("c", "b", token="2"))
    assert texts(table) == {"a": "after", "b": "x", "c": "x"}


def test_whoever_is_decided_first_wins_not_who_was_first() -> None:
    table = Table()
    first = table.transaction(writing("a", token="1"))
    next(first)
    table.transact_write_items(writing("a", token="2", text="second"))
    at_once(first)
    assert texts(table) == {"a": "x"}


def test_others_read_of_each_item_what_was_there_before_or_is_after() -> None:
    table = Table()
    table.ordered = lambda places: places[::-1]
    table.transact_write_items(writing("a", "b", token="1", text="before"))
    steps = table.transaction(writing("a", "b", token="2", text="after"))
    seen = [texts(table) for _ in steps]
    assert seen == [
        {"a": "before", "b": "before"},
        {"a": "before", "b": "before"},
        {"a": "before", "b": "after"},
    ]
    assert texts(table) == {"a": "after", "b": "after"}


def test_a_token_is_in_progress_until_its_transaction_is_done_and_free_when_it_is_cancelled() -> None:
    table = Table()
    holding = table.transaction(writing("a", token="1"))
    next(holding)
    next(holding)
    cancelled = table.transaction(writing("a", token="2"))
    next(cancelled)
    for token in ("1", "2"):
        with pytest.raises(Rejected, match="TransactionInProgressException"):
            table.transact_write_items(writing("a", token=token))
    with pytest.raises(Rejected, match="TransactionConflict"):
        next(cancelled)
    at_once(holding)
    table.transact_write_items(writing("a", token="2"))
    table.transact_write_items(writing("a", token="1"))


# --- what boto3 does by itself ---------------------------------------------------------------------------------------


class Sent(AWSResponse):
    """An answer that never came over a wire."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__("nowhere", status, HTTPHeaders(), None)
        self._content = f'{{"__type": "{code}", "message": "no"}}'.encode()


WITHOUT_ANSWER = ReadTimeoutError(endpoint_url="nowhere")
OFTEN = ["InternalServerError", *sorted(TRIED_AGAIN - {"InternalServerError"})]


@pytest.mark.parametrize("code", [None, *OFTEN, "TransactionCanceledException", "TransactionConflictException"])
def test_boto3_tries_again_as_the_simulation_does(code: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """So often, after these errors and where no answer came; a transaction each time with the same token."""
    tokens: list[bytes] = []

    def send(request: Any, **_: Any) -> Sent:
        tokens.append(request.body.partition(b'"ClientRequestToken": "')[2][:36])
        if code is None:
            raise WITHOUT_ANSWER
        return Sent(500 if code == "InternalServerError" else 400, code)

    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    client = dynamodb_client("http://nowhere.invalid")
    client.meta.events.register("before-send.dynamodb", send)
    with pytest.raises((ClientError, BotoCoreError)):
        client.transact_write_items(TransactItems=[{"Put": {"TableName": "t", "Item": {"pk": {"S": "a"}}}}])
    client.close()
    again = code is None or code in TRIED_AGAIN
    assert len(tokens) == (TRIES_OF_BOTO if again else 1)
    assert len(set(tokens)) == 1
    assert len(tokens[0]) == 36
