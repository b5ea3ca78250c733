"""DynamoDB in memory, as far as the ledger uses it, and strict: what is not modelled is refused, not guessed.

One table, as template.yaml defines it. It knows all its past, so that a read that need not be consistent can be
answered from some earlier moment, and an index can show half of a transaction. A transaction can be taken step by step
(`Table.transaction`), so that others find it under way. What the table answers, and what it says that costs, is
compared with the emulator's DynamoDB by test_dynamodb.py.
"""

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from tests.support.meter import READ_BLOCK, size
from tests.support.table import definition

type Item = Mapping[str, Any]
type Key = tuple[str, str]
type Request = Mapping[str, Any]
type Answer = dict[str, Any]
type Steps = Generator[None, None, Answer]
"""A transaction, step by step; in the end it answers."""

WRITE_BLOCK = 1024
MAX_ITEM, MAX_TRANSACTION, MAX_PAGE = 400 * 1024, 4 * 1024 * 1024, 1024 * 1024
MAX_ITEMS, MAX_KEYS = 100, 100
TOKEN_SECONDS = 600


class NotModelled(AssertionError):
    """The ledger asks for something that this table does not know. Teach it, and its differential test, first."""


class Rejected(Exception):
    """The table answers with the error `code`. `reasons` are those of a cancelled transaction."""

    def __init__(self, code: str, message: str = "", reasons: Iterable[str] = ()) -> None:
        super().__init__(message or code)
        self.code = code
        self.reasons = tuple(reasons)


@dataclass(frozen=True)
class Index:
    """The table's own order, or a secondary index."""

    name: str | None
    hash: str
    range: str
    projected: frozenset[str] | None = None
    """The attributes that it holds; None is all."""

    def holds(self, item: Item) -> bool:
        return self.hash in item and self.range in item

    def entry(self, item: Item) -> Item:
        return item if self.projected is None else {name: item[name] for name in item if name in self.projected}

    def place(self, item: Item) -> tuple[Any, str, str]:
        """Sorts entries of one hash: by range, then by the table's key."""
        return plain(item[self.range]), item["pk"]["S"], item["sk"]["S"]


@cache
def indexes() -> tuple[Index, ...]:
    """The table's own order, then its indexes."""
    table = definition()

    def keyed(schema: Any) -> tuple[str, str]:
        by_role = {part["KeyType"]: part["AttributeName"] for part in schema}
        return by_role["HASH"], by_role["RANGE"]

    found = [Index(None, *keyed(table["KeySchema"]))]
    for one in table["GlobalSecondaryIndexes"]:
        keys, projection = keyed(one["KeySchema"]), one["Projection"]
        names = frozenset({"pk", "sk", *keys, *projection.get("NonKeyAttributes", ())})
        found.append(Index(one["IndexName"], *keys, None if projection["ProjectionType"] == "ALL" else names))
    return tuple(found)


@cache
def key_types() -> dict[str, str]:
    return {one["AttributeName"]: one["AttributeType"] for one in definition()["AttributeDefinitions"]}


def plain(value: Mapping[str, Any]) -> Any:
    """A key's value, to be compared."""
    [(kind, content)] = value.items()
    if kind == "N":
        return Decimal(content)
    if kind == "S":
        return content.encode()
    raise NotModelled(f"comparing values of type {kind}")


def key_of(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


class Table:
    """The table. `behind` says by how many seconds a look lags that need not be consistent; it is asked for each."""

    def __init__(self, seconds: Callable[[], float] = lambda: 0.0) -> None:
        self.seconds = seconds
        self.behind: Callable[[], float] = lambda: 0.0
        self.page_bytes = MAX_PAGE
        self.wrote: Callable[[Item | None, Item | None], None] = lambda old, new: None
        """Told of every item that is put or deleted."""
        self.ordered: Callable[[list[int]], list[int]] = lambda places: places
        """The order in which a transaction writes its items, given by their places."""
        self._past: dict[Key, tuple[tuple[float, Item | None], ...]] = {}
        self._members: dict[tuple[str | None, Any], tuple[Key, ...]] = {}
        self._tokens: dict[str, tuple[float, Request, Answer]] = {}
        self._held: set[Key] = set()
        """The items that a transaction will write which is decided already."""
        self._under_way: set[str] = set()
        """The tokens of transactions that are neither done nor cancelled."""

    def copy(self) -> "Table":
        """Another table with the same past."""
        other = copy(self)
        other._past, other._members, other._tokens = dict(self._past), dict(self._members), dict(self._tokens)
        other._held, other._under_way = set(self._held), set(self._under_way)
        return other

    def items(self) -> dict[Key, Item]:
        """Everything that is there now."""
        return {key: past[-1][1] for key, past in self._past.items() if past[-1][1] is not None}

    def past(self, key: Key, begun: float, ended: float) -> list[Item | None]:
        """All that was there at some time from `begun` to `ended`; None where nothing was."""
        known = self._past.get(key, ())
        before = [item for at, item in known if at < begun] or [None]
        return before[-1:] + [one for at, one in known if begun <= at <= ended]

    def now(self, key: Key) -> Item | None:
        return self._read(key, 0.0)

    def since(self, key: Key) -> float:
        """When what is there was written."""
        return self._past[key][-1][0]

    # --- the calls ---

    def get_item(self, request: Request) -> Answer:
        asked = Asked(request, "TableName", "Key", "ConsistentRead")
        item = self._read(_key(asked["Key"]), 0.0 if asked.consistent else self.behind())
        answer: Answer = {"Item": dict(item)} if item else {}
        return asked.charged(answer, [item] if item else [])

    def batch_get_item(self, request: Request) -> Answer:
        asked = Asked(request, "RequestItems")
        [(name, one)] = asked["RequestItems"].items()
        if set(one) - {"Keys", "ConsistentRead"}:
            raise NotModelled(f"a batch get with {sorted(one)}")
        keys = [_key(key) for key in one["Keys"]]
        if not 0 < len(keys) <= MAX_KEYS:
            raise Rejected("ValidationException", f"{len(keys)} keys")
        if len(set(keys)) < len(keys):
            raise Rejected("ValidationException", "Provided list of item keys contains duplicates")
        found = [self._read(key, 0.0 if one.get("ConsistentRead") else self.behind()) for key in keys]
        return {"Responses": {name: [dict(item) for item in found if item]}, "UnprocessedKeys": {}}

    def transact_get_items(self, request: Request) -> Answer:
        asked = Asked(request, "TransactItems")
        wanted = [Asked(one["Get"], "TableName", "Key") for one in asked["TransactItems"]]
        keys = [_key(one["Key"]) for one in wanted]
        if not 0 < len(keys) <= MAX_ITEMS:
            raise Rejected("ValidationException", f"{len(keys)} items")
        if len(set(keys)) < len(keys):
            raise Rejected("ValidationException", "Transaction request cannot include multiple operations on one item")
        reasons = ["TransactionConflict" if key in self._held else "None" for key in keys]
        if set(reasons) != {"None"}:
            raise Rejected("TransactionCanceledException", ", ".join(reasons), reasons)
        found = [self._read(key, 0.0) for key in keys]
        return {"Responses": [{"Item": dict(item)} if item else {} for item in found]}

    def query(self, request: Request) -> Answer:
        asked = Asked(
            request,
            *("TableName", "IndexName", "KeyConditionExpression", "FilterExpression", "ProjectionExpression"),
            *("ExpressionAttributeNames", "ExpressionAttributeValues"),
            *("ScanIndexForward", "Limit", "ExclusiveStartKey", "ConsistentRead", "Select"),
        )
        index = next((one for one in indexes() if one.name == asked.get("IndexName")), None)
        if index is None:
            raise Rejected("ValidationException", f"no index {asked['IndexName']}")
        if index.name and asked.consistent:
            raise Rejected("ValidationException", "Consistent reads are not supported on global secondary indexes")
        conditions = asked.terms("KeyConditionExpression")
        hashed = next((term for term in conditions if term.name == index.hash and term.operator == "="), None)
        others = [term for term in conditions if term is not hashed]
        if hashed is None or len(others) > 1 or any(term.name != index.range for term in others):
            raise Rejected("ValidationException", "Query condition missed key schema element")
        filters = asked.terms("FilterExpression")
        names = asked.projection()
        asked.all_used()

        entries = [
            entry for entry in self._entries(index, hashed.values[0], asked) if all(t.holds(entry) for t in others)
        ]
        entries.sort(key=index.place, reverse=not asked.get("ScanIndexForward", True))
        if start := asked.get("ExclusiveStartKey"):
            wanted = {"pk", "sk", index.hash, index.range}
            if set(start) != wanted:
                raise Rejected("ValidationException", "The provided starting key is invalid")
            place = index.place(start)
            forward = asked.get("ScanIndexForward", True)
            entries = [e for e in entries if (index.place(e) > place if forward else index.place(e) < place)]
        page, cut = self._page(entries, asked.get("Limit"))
        found = [entry for entry in page if all(term.holds(entry) for term in filters)]
        answer: Answer = {"Count": len(found), "ScannedCount": len(page)}
        if "Select" not in request:
            answer["Items"] = [dict(e) if names is None else {n: e[n] for n in e if n in names} for e in found]
        elif asked["Select"] != "COUNT":
            raise NotModelled(f"Select {asked['Select']}")
        if cut:
            keys = {"pk", "sk", index.hash, index.range}
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in keys}
        return asked.charged(answer, page, index.name)

    def transact_write_items(self, request: Request) -> Answer:
        return at_once(self.transaction(request))

    def transaction(self, request: Request) -> Steps:
        """A transaction: first it is taken up, then decided, then its items are written one by one.

        Between two of these steps others may do theirs. They read of each item what was there before or what is there
        after; a transaction that meets an item of one that is decided and not yet written is cancelled, and the same
        token sent again is told that it is under way.
        """
        asked = Asked(request, "TransactItems", "ClientRequestToken")
        token = asked.get("ClientRequestToken")
        payload = {name: value for name, value in request.items() if name != "ClientRequestToken"}
        if token in self._under_way:
            raise Rejected("TransactionInProgressException")
        if token in self._tokens:
            at, before, answer_of_a_repeat = self._tokens[token]
            if self.seconds() - at < TOKEN_SECONDS:
                if before != payload:
                    raise Rejected("IdempotentParameterMismatchException")
                return answer_of_a_repeat
        changes = [_change(one) for one in asked["TransactItems"]]
        if not 0 < len(changes) <= MAX_ITEMS:
            raise Rejected("ValidationException", f"{len(changes)} items")
        if len({change.key for change in changes}) < len(changes):
            raise Rejected("ValidationException", "Transaction request cannot include multiple operations on one item")
        if sum(change.size for change in changes) > MAX_TRANSACTION:
            raise Rejected("ValidationException", "Transaction request exceeds the 4MB transaction size limit")
        if token:
            self._under_way.add(token)
        try:
            yield
            before_all = self._decide(changes)
            for place in self.ordered(list(range(len(changes)))):
                yield
                change = changes[place]
                self._apply(change.key, before_all[place], change.item)
                self._held.discard(change.key)
        finally:
            self._under_way.discard(token)
        answer: Answer = {}
        repeated: Answer = {}
        if asked.reported:
            answer["ConsumedCapacity"] = [_write_units(asked, changes, before_all)]
            # A repeat is charged as a transaction that reads what it has written.
            sizes = (max(size(old or {}), change.size) for change, old in zip(changes, before_all, strict=True))
            repeated["ConsumedCapacity"] = [asked.report(sum(2.0 * _blocks(one, READ_BLOCK) for one in sizes), {})]
        if token:
            self._tokens[token] = self.seconds(), payload, repeated
        return answer

    # --- what is behind them ---

    def _read(self, key: Key, behind: float) -> Item | None:
        """What was there so many seconds ago."""
        past = self._past.get(key, ())
        if not behind:
            return past[-1][1] if past else None
        now = self.seconds()
        return next((item for at, item in reversed(past) if at <= now - behind), None)

    def _entries(self, index: Index, hashed: Any, asked: "Asked") -> Iterator[Item]:
        """The entries of a hash. What is not consistent lags entry by entry: half of a transaction may be seen."""
        for key in self._members.get((index.name, plain(hashed)), ()):
            item = self._read(key, 0.0 if asked.consistent else self.behind())
            if item and index.holds(item) and item[index.hash] == hashed:
                yield index.entry(item)

    def _page(self, entries: list[Item], limit: int | None) -> tuple[list[Item], bool]:
        """What one answer holds of `entries`, and whether it stopped because it was full."""
        page: list[Item] = []
        used = 0
        for entry in entries:
            used += size(entry)
            if page and used > self.page_bytes:
                return page, True
            page.append(entry)
            if len(page) == limit or used >= self.page_bytes:
                return page, True
        return page, False

    def _decide(self, changes: list["Change"]) -> list[Item | None]:
        """What is there before `changes`, which from now on nobody else writes to."""
        before_all = [self._read(change.key, 0.0) for change in changes]
        reasons = [
            "TransactionConflict"
            if change.key in self._held
            else "None"
            if any(all(term.holds(old or {}) for term in terms) for terms in change.conditions)
            else "ConditionalCheckFailed"
            for change, old in zip(changes, before_all, strict=True)
        ]
        if set(reasons) != {"None"}:
            raise Rejected("TransactionCanceledException", ", ".join(reasons), reasons)
        self._held |= {change.key for change in changes}
        return before_all

    def _apply(self, key: Key, old: Item | None, item: Item | None) -> None:
        self.wrote(old, item)
        self._past[key] = (*self._past.get(key, ()), (self.seconds(), item))
        for index in indexes():
            if item is not None and index.holds(item):
                place = index.name, plain(item[index.hash])
                if key not in (members := self._members.get(place, ())):
                    self._members[place] = (*members, key)


def at_once(steps: Steps) -> Answer:
    """What a transaction answers that nobody finds under way."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            answer: Answer = end.value
            return answer


# --- requests --------------------------------------------------------------------------------------------------------

TERMS = (
    (re.compile(r"attribute_not_exists\((#?\w+)\)"), "missing"),
    (re.compile(r"begins_with\((#?\w+), (:\w+)\)"), "begins"),
    (re.compile(r"(#?\w+) BETWEEN (:\w+) AND (:\w+)"), "between"),
    (re.compile(r"(#?\w+) (?P<operator>=|<=|<|>) (:\w+)"), ""),
)
"""The forms of conditions that are known."""


@cache
def parsed(expression: str) -> list[tuple[str, str, list[str]]]:
    """The conditions that an expression joins by AND: operator, name and values as they stand there."""
    found: list[tuple[str, str, list[str]]] = []
    rest = expression
    while rest:
        matches = ((pattern.match(rest), operator) for pattern, operator in TERMS)
        match, operator = next(((match, operator) for match, operator in matches if match), (None, ""))
        if match is None or not (rest[match.end() :].startswith(" AND ") or match.end() == len(rest)):
            raise NotModelled(f"the expression {expression!r}")
        name, *values = (word for word in match.groups() if word[0] in "#:" or word[0].isalpha())
        found.append((operator or match["operator"], name, values))
        rest = rest[match.end() :].removeprefix(" AND ")
    return found


@dataclass(frozen=True)
class Term:
    """One condition on one attribute."""

    operator: str
    name: str
    values: tuple[Mapping[str, Any], ...] = ()

    def holds(self, item: Item) -> bool:
        value = item.get(self.name)
        if self.operator == "missing":
            return value is None
        if value is None or set(value) != set(self.values[0]):
            return False
        if self.operator == "=":  # Of values that are no keys nothing else is known.
            return bool(value == self.values[0])
        found, wanted = plain(value), [plain(one) for one in self.values]
        match self.operator:
            case "<":
                return bool(found < wanted[0])
            case ">":
                return bool(found > wanted[0])
            case "<=":
                return bool(found <= wanted[0])
            case "begins":
                return bool(found.startswith(wanted[0]))
            case "between":
                return bool(wanted[0] <= found <= wanted[1])
        raise NotModelled(self.operator)


class Asked:
    """A request: only what is known may be in it, and every name and value that it states has to be used."""

    def __init__(self, request: Request, *known: str) -> None:
        self.request = request
        self.used: set[str] = set()
        unknown = set(request) - {*known, "ReturnConsumedCapacity"}
        if unknown:
            raise NotModelled(f"the parameters {sorted(unknown)}")

    def __getitem__(self, name: str) -> Any:
        return self.request[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.request.get(name, default)

    @property
    def consistent(self) -> bool:
        return bool(self.get("ConsistentRead", False))

    def terms(self, parameter: str) -> list[Term]:
        """The conditions of an expression, all of which must hold."""
        return self._terms(self.get(parameter, ""))

    def alternatives(self, parameter: str) -> list[list[Term]]:
        """The conditions of an expression, joined by AND; of what is joined by OR one must hold."""
        return [self._terms(part) for part in self.get(parameter, "").split(" OR ")]

    def _terms(self, expression: str) -> list[Term]:
        return [
            Term(operator, self._name(name), tuple(map(self._value, values)))
            for operator, name, values in parsed(expression)
        ]

    def projection(self) -> frozenset[str] | None:
        if "ProjectionExpression" not in self.request:
            return None
        names = self["ProjectionExpression"].split(", ")
        if not all(re.fullmatch(r"#?\w+", name) for name in names):
            raise NotModelled(f"ProjectionExpression {self['ProjectionExpression']!r}")
        return frozenset(map(self._name, names))

    def all_used(self) -> None:
        given = {*self.get("ExpressionAttributeNames", {}), *self.get("ExpressionAttributeValues", {})}
        if given - self.used:
            raise Rejected("ValidationException", f"unused in expressions: {sorted(given - self.used)}")

    def _name(self, word: str) -> str:
        if not word.startswith("#"):
            return word
        self.used.add(word)
        return str(self["ExpressionAttributeNames"][word])

    def _value(self, word: str) -> Mapping[str, Any]:
        self.used.add(word)
        value: Mapping[str, Any] = self["ExpressionAttributeValues"][word]
        return value

    # --- what it costs ---

    @property
    def reported(self) -> bool:
        wanted = self.get("ReturnConsumedCapacity", "NONE")
        if wanted not in ("NONE", "INDEXES"):
            raise NotModelled(f"ReturnConsumedCapacity {wanted}")
        return bool(wanted == "INDEXES")

    def report(self, units: float, by_index: Mapping[str, float]) -> Answer:
        """As AWS does, but without the table's name."""
        return {
            "CapacityUnits": units + sum(by_index.values()),
            "Table": {"CapacityUnits": units},
            "GlobalSecondaryIndexes": {name: {"CapacityUnits": charge} for name, charge in by_index.items()},
        }

    def charged(self, answer: Answer, read: Iterable[Item], index: str | None = None) -> Answer:
        """The answer with what it cost to read these items, where that was asked for."""
        if self.reported:
            units = _blocks(sum(map(size, read)), READ_BLOCK) * (1.0 if self.consistent else 0.5)
            report = self.report(0.0, {index: units}) if index else self.report(units, {})
            answer["ConsumedCapacity"] = report
        return answer


@dataclass(frozen=True)
class Change:
    """One item of a transaction: what is put, or None where it is deleted."""

    key: Key
    item: Item | None
    size: int
    conditions: list[list[Term]]
    """Of which one must hold, with all of its terms."""


def _change(one: Mapping[str, Any]) -> Change:
    if set(one) == {"Delete"}:
        delete = Asked(one["Delete"], "TableName", "Key", "ConditionExpression", "ExpressionAttributeValues")
        conditions = delete.alternatives("ConditionExpression")
        delete.all_used()
        return Change(_key(delete["Key"]), None, 0, conditions)
    if set(one) != {"Put"}:
        raise NotModelled(f"{sorted(one)} in a transaction")
    put = one["Put"]
    asked = Asked(put, "TableName", "Item", "ConditionExpression", "ExpressionAttributeValues")
    item = dict(put["Item"])
    for name, kind in key_types().items():
        if name in item and (set(item[name]) != {kind} or item[name][kind] == ""):
            raise Rejected("ValidationException", f"{name} is a key of type {kind}")
    bytes_ = size(item)
    if bytes_ > MAX_ITEM:
        raise Rejected("ValidationException", "Item size has exceeded the maximum allowed size")
    conditions = asked.alternatives("ConditionExpression")
    asked.all_used()
    return Change(key_of(item), item, bytes_, conditions)


def _key(key: Mapping[str, Any]) -> Key:
    if set(key) != {"pk", "sk"}:
        raise Rejected("ValidationException", "The provided key element does not match the schema")
    return key_of(key)


def _blocks(read: int, block: int) -> int:
    return max(1, -(-read // block))


def _write_units(asked: Asked, puts: Iterable[Change], before: Iterable[Item | None]) -> Answer:
    """What a transaction costs: twice what its items would alone, and what the indexes pay."""
    units = 0.0
    by_index: Counter[str] = Counter()
    for put, old in zip(puts, before, strict=True):
        units += 2.0 * _blocks(max(size(old or {}), put.size), WRITE_BLOCK)
        for index in indexes()[1:]:
            if charge := _index_units(index, old, put.item):
                by_index[str(index.name)] += charge  # type: ignore[assignment]
    return asked.report(units, by_index)


def _index_units(index: Index, old: Item | None, new: Item | None) -> float:
    """What an index pays for a write: an entry put in, taken out or changed; two where it moves."""
    entries = [index.entry(item) if item and index.holds(item) else None for item in (old, new)]
    before, after = entries
    if before == after:
        return 0.0
    units = [float(_blocks(size(entry), WRITE_BLOCK)) for entry in entries if entry]
    if before and after and index.place(before)[0] == index.place(after)[0] and before[index.hash] == after[index.hash]:
        return max(units)
    return sum(units)
