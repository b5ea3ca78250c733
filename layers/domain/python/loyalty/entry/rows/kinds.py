"""The kinds of rows that bulk jobs take: their columns in a CSV file, and what a row is checked as."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from loyalty.entry.contracts.fields import Contract, Money, parse, read_json
from loyalty.entry.http.problems import Fault, Problem
from loyalty.entry.rows.contract import AdjustmentRow, CardRow, PastAction, PastOrderRow, PastSignUpRow


class JobRow(Protocol):
    """What every kind of row says of itself."""

    @property
    def identity(self) -> str | None: ...
    @property
    def repeated(self) -> str: ...
    @property
    def makes(self) -> int: ...
    def faults(self, now: datetime) -> list[Fault]: ...


class BadCell(Exception):
    """A cell that does not say what its column says."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


type Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class RowKind[R: JobRow]:
    """A kind of row.

    `columns` are those that a CSV file may have, each with how its cells are read (raises BadCell), `needed`
    those that it must have. `nested` makes a document of a row's cells, and tells which column a pointer into
    it means. `read` makes the row of a document; raises Problem.
    """

    columns: Mapping[str, Callable[[str], object]]
    needed: frozenset[str]
    read: Callable[[Document], R]
    nested: Callable[[Document], Mapping[str, str]] = lambda _: {}


def text(cell: str) -> str:
    """A cell as it is."""
    return cell


def identifier(cell: str) -> str:
    """A cell that holds an id. The id's own rule refuses spaces around it, in quotes or not."""
    return cell


def whole_number(cell: str) -> int:
    """A cell of digits, with a hyphen before them if it is below zero. Raises BadCell."""
    if _WHOLE.fullmatch(cell):
        return int(cell)
    if re.fullmatch(r"-?[0-9]+", cell):
        raise BadCell("out_of_range", "must have at most 18 digits")
    hint = next((f": {hint}" for pattern, hint in _HINTS if pattern.fullmatch(cell)), "")
    raise BadCell("malformed_number", f"must be a whole number in digits, such as 1000 or -1000{hint}")


_WHOLE = re.compile(r"-?[0-9]{1,18}")
_HINTS = tuple(
    (re.compile(pattern), hint)
    for pattern, hint in (
        (r"\+[0-9]+", "leave out the plus sign"),
        (r"[-+]?[0-9]{1,3}([.,' _\u00a0\u2009\u2019\u202f][0-9]{3})+", "leave out what groups the digits"),
        (r"[-+]?[0-9]+(_[0-9]+)+", "leave out what groups the digits"),
        (r"[-+]?[0-9]*[.,][0-9]*", "there are no parts of one, so leave out the point and what follows"),
        (r"[-+]?[0-9]+([.,][0-9]*)?[eE][-+]?[0-9]+", "write all digits instead of an exponent"),
        (r"[-+]?0[xXoObB][0-9a-fA-F]+", "write it with the digits 0 to 9, ten to the next"),
        (r"\s*[-+]?[0-9]+\s*", "leave out the spaces"),
        (r"[\u2010-\u2015\u2212\uff0d]\d+", "the sign of a number below zero is a hyphen"),
        (r"\([0-9]+\)|[0-9]+-", "the sign of a number below zero is a hyphen before it"),
        (r"[-+]?\d+", "write it with the digits 0 to 9"),
    )
)
"""What people and spreadsheets write instead, and what to do about it."""


def boolean(cell: str) -> bool:
    """true or false; spreadsheets write them in capitals. Raises BadCell."""
    if cell in ("true", "TRUE"):
        return True
    if cell in ("false", "FALSE"):
        return False
    raise BadCell("not_allowed", "must be true or false")


def json_text(cell: str) -> object:
    """A cell that holds JSON. Raises BadCell."""
    try:
        return read_json(cell)
    except (ValueError, RecursionError):
        message = 'must be JSON, such as [{"sku": "A-1", "quantity": 1, "amount": "12.50"}]'
        raise BadCell("malformed_json", message) from None


_GOODS = ("sku", "category", "quantity", "amount")
WHOLE_ORDER = "order"
"""The sku of the one line of an order of which only the total is known."""


def goods_of(document: Document) -> Mapping[str, str]:
    """Puts what a flat row says of an order's goods into its `items`, if it says so otherwise.

    - `sku`, `category`, `quantity` and `amount` are its one line.
    - With neither these nor `items` the order is one line of what the goods came to: history often has
      only a total. A total is the goods less the discount, plus shipping and tax, so the line's amount is
      total - shipping - tax + discount; what points are earned on (the goods less the discount) is then
      total - shipping - tax, as it would be with the lines. Where more than the total was shipping and tax,
      as when a gift card paid for the rest, the goods came to 0 and earn nothing. Rules about a sku
      or a category do not meet such a line.
    """
    if document.get("action") != "order":
        return {}
    flat = {name: document.pop(name) for name in _GOODS if name in document}
    if flat:
        if "items" in document:
            message = "must be absent where sku, category, quantity or amount is there"
            raise Problem.of([Fault("/items", "not_allowed", message)])
        document["items"] = [flat]
        return {f"/items/0/{name}": name for name in _GOODS}
    if "items" not in document and "total" in document:
        document["items"] = [{"sku": WHOLE_ORDER, "quantity": 1, "amount": _goods_came_to(document)}]
        return {"/items/0/amount": "total"}
    return {}


class _Amounts(Contract):
    """What of an order's amounts tells what its goods came to."""

    total: Money
    shipping: Money = Decimal(0)
    tax: Money = Decimal(0)
    discount: Money = Decimal(0)


def _goods_came_to(document: Document) -> str:
    try:
        order = parse(_Amounts, {name: document[name] for name in _Amounts.model_fields if name in document})
    except Problem:
        return "0"  # one of them is no money, which is found where it stands
    return str(max(order.total - order.shipping - order.tax + order.discount, Decimal(0)))


def _past_action(document: Document) -> PastAction:
    match document.get("action"):
        case "order":
            return parse(PastOrderRow, document)
        case "sign_up":
            return parse(PastSignUpRow, document)
        case None:
            raise Problem.of([Fault("/action", "missing_field", "is needed: order or sign_up")])
        case _:
            raise Problem.of([Fault("/action", "not_allowed", "must be order or sign_up")])


ADJUSTMENTS = RowKind(
    columns={
        "customer_id": identifier,
        "points": whole_number,
        "expires_at": text,
        "reason": text,
        "guest": boolean,
        "order_id": identifier,
    },
    needed=frozenset({"customer_id", "points", "reason"}),
    read=lambda document: parse(AdjustmentRow, document),
)
PAST_ACTIONS = RowKind(
    columns={
        "action": text,
        "order_id": identifier,
        "customer_id": identifier,
        "guest": boolean,
        "referrer_id": identifier,
        "currency": text,
        "completed_at": text,
        "discount": text,
        "shipping": text,
        "tax": text,
        "total": text,
        "items": json_text,
        "sku": identifier,
        "category": identifier,
        "quantity": whole_number,
        "amount": text,
    },
    needed=frozenset({"action", "completed_at"}),
    read=_past_action,
    nested=goods_of,
)
CARDS = RowKind(
    columns={"count": whole_number},
    needed=frozenset({"count"}),
    read=lambda document: parse(CardRow, document),
)
