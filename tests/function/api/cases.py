"""The table of bad input over HTTP: what is sent, and how it is refused."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from loyalty.domain.ledger.movement import MAX_POINTS
from loyalty.entry.contracts.fields import MAX_ID_BYTES, MAX_TEXT
from loyalty.entry.contracts.orders.order import MAX_ITEMS
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import MAX_BODY_BYTES
from tests.function.api.cloud import BLOCKED_CARD, CARD, FREE_CARD, NOW, order

COMPLETE, CANCEL = "POST p/orders/{order_id}/completed", "POST p/orders/{order_id}/cancelled"
REDEEM, VOID = "PUT p/orders/{order_id}/redemption", "DELETE p/orders/{order_id}/redemption"
REFUND, ISSUE = "POST p/orders/{order_id}/refunds", "POST p/customers/{customer_id}/issues"
JOBS, JOB, UNDO = "POST p/jobs", "GET p/jobs/{job_id}", "POST p/jobs/{job_id}/undo"
ADJUST = "POST p/customers/{customer_id}/adjustments"
STATEMENT, ACCOUNT = "GET p/customers/{customer_id}/movements", "GET p/customers/{customer_id}"
JOURNAL, PUT_PROGRAM = "GET p/journal-entries", "PUT p"
ENTRY = "GET p/journal-entries/{business_day}/{kind}"
QUOTE, GET_PROGRAM = "POST p/quotes", "GET p"
SIGN_UP = "POST p/customers/{customer_id}/sign-up"
LIABILITY, COHORTS = "GET p/liability", "GET p/liability/cohorts"
DEFERRED = "GET p/liability/deferred-revenue"
CREATE, LIST, LOOK_UP = "POST p/cards", "GET p/cards", "GET p/cards/{number}"
ASSIGN, BLOCK = "POST p/cards/{number}/assignment", "POST p/cards/{number}/block"
REPLACE = "POST p/cards/{number}/replacement"
BALANCES = "GET p/customers"
AUDIT, EXPORT = "GET p/audit", "GET p/customers/{customer_id}/export"
ERASE = "DELETE p/customers/{customer_id}"
NO_KEY, USED_KEY = [("/Idempotency-Key", "missing_header")], [("/Idempotency-Key", "idempotency_key_reused")]
JANUARY = {"from": "2026-01-01", "to": "2026-01-31"}

LONG_ID, LONG_ID_OF_TWO_BYTES = "x" * (MAX_ID_BYTES + 1), "ø" * (MAX_ID_BYTES // 2) + "x"
BAD_IDS = {
    "empty": ("", "empty_id"),
    "one byte too long": (LONG_ID, "id_too_long"),
    "one byte too long in UTF-8": (LONG_ID_OF_TWO_BYTES, "id_too_long"),
    "four bytes each": ("😀" * 33, "id_too_long"),
    "spaces alone": ("  ", "id_not_trimmed"),
    "a space before it": (" a", "id_not_trimmed"),
    "a space after it": ("a ", "id_not_trimmed"),
    "a tab before it": ("\ta", "id_not_trimmed"),
    "newline after it": ("a\n", "id_not_trimmed"),
    "no-break space after it": ("a\u00a0", "id_not_trimmed"),
    "ideographic space before it": ("\u3000a", "id_not_trimmed"),
    "line separator after it": ("a\u2028", "id_not_trimmed"),
    "next line after it": ("a\x85", "id_not_trimmed"),
    "newline": ("a\nb", "id_not_printable"),
    "zero width space after it": ("a\u200b", "id_not_printable"),
    "byte order mark before it": ("\ufeffa", "id_not_printable"),
    "null character": ("a\0b", "id_not_printable"),
    "escape": ("\x1b[31m", "id_not_printable"),
    "right-to-left override": ("a\u202eb", "id_not_printable"),
    "no-break space": ("a\u00a0b", "id_not_printable"),
    "lone surrogate": ("a\ud800", "id_not_printable"),
    "replacement character": ("a\ufffd", "id_not_printable"),
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request, how it is refused, and the pointer and code of each fault."""

    name: str
    code: str
    faults: list[tuple[str, str]] = field(default_factory=list)
    route: str = COMPLETE
    ids: tuple[str, ...] = ("shop", "#9")
    send: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.route.split('/')[-1]}: {self.name}"


def bad_field(name: str, pointer: str, code: str, body: Any, route: str = COMPLETE, **request: Any) -> Case:
    request.setdefault("ids", ("shop", "#9"))
    ids = request.pop("ids")
    return Case(name=name, code=code, faults=[(pointer, code)], route=route, ids=ids, send={"body": body, **request})


def item(**changes: Any) -> dict[str, Any]:
    return order(items=[{"sku": "A", "quantity": 1, "amount": "20.00", **changes}])


def redemption(**changes: Any) -> dict[str, Any]:
    facts = {"customer_id": "ben", "order_total": "20.00", "currency": "EUR", "points": 5, **changes}
    return {name: fact for name, fact in facts.items() if fact is not None}


def gift(**changes: Any) -> dict[str, Any]:
    return {"points": 10, "reason": "goodwill", **changes}


def adjustment(**changes: Any) -> dict[str, Any]:
    return {"points": -10, "reason": "a mistake", **changes}


def settings(**changes: Any) -> dict[str, Any]:
    return {"name": "Shop", "currency": "EUR", **changes}


def promotion(**changes: Any) -> dict[str, Any]:
    facts = {
        "id": "twice",
        "starts_at": "2026-01-01T00:00:00Z",
        "ends_at": "2026-02-01T00:00:00Z",
        "multiplier": "2",
        **changes,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def quote(**changes: Any) -> dict[str, Any]:
    return order(**{"customer_id": "ben", "kind": "cart", **changes})


NOT_JSON = {
    "empty body": "",
    "no JSON": "{",
    "text after it": "{} {}",
    "NaN": '{"total": NaN}',
    "infinity": '{"total": -Infinity}',
    "a number of 5000 digits": f'{{"total": {"9" * 5000}}}',
    "a name twice": '{"total": "1.00", "total": "1000.00"}',
    "a name twice, deep inside": '{"items": [{"sku": "A", "sku": "B"}]}',
    "nested too deeply": "[" * 100_000 + "]" * 100_000,
    "byte order mark": "\ufeff{}",
    "single quotes": "{'total': '1.00'}",
}
NOT_OBJECTS = {"null": "null", "a list": "[]", "a text": '"order"', "a number": "1e400", "true": "true"}
TOO_LARGE = json.dumps({"reason": "x" * (300 * 1024)})

BODIES = [
    *(
        Case(name=name, code="malformed_json", route=route, send={"raw": raw})
        for route in (COMPLETE, REDEEM, REFUND)
        for name, raw in NOT_JSON.items()
    ),
    *(
        Case(name=name, code="malformed_json", route=ISSUE, send={"raw": raw, "idempotency_key": "n"})
        for name, raw in NOT_JSON.items()
    ),
    *(
        Case(name=name, code="not_an_object", route=route, send={"raw": raw, "idempotency_key": "n"})
        for route in (COMPLETE, CANCEL, REDEEM, REFUND, ISSUE)
        for name, raw in NOT_OBJECTS.items()
    ),
    *(
        Case(name="300 KB", code="body_too_large", route=route, send={"raw": TOO_LARGE, "idempotency_key": "n"})
        for route in (COMPLETE, CANCEL, REDEEM, REFUND, ISSUE)
    ),
    Case(name="a body, null", code="not_an_object", route=PUT_PROGRAM, ids=("new",), send={"raw": "null"}),
    Case(name="no body", code="malformed_json", route=PUT_PROGRAM, ids=("new",)),
    Case(name="300 KB", code="body_too_large", route=PUT_PROGRAM, ids=("new",), send={"raw": TOO_LARGE}),
    Case(
        name="one byte too large",
        code="body_too_large",
        send={"raw": json.dumps(order()).ljust(MAX_BODY_BYTES + 1)},
    ),
    Case(
        name="too large in UTF-8, not in characters",
        code="body_too_large",
        send={"raw": json.dumps({"x": "ø" * 131_200}, ensure_ascii=False)},
    ),
    Case(name="base64 of nothing that is UTF-8", code="malformed_json", send={"raw": "/w==", "base64": True}),
    Case(name="called base64 and is not", code="malformed_json", send={"raw": "{}", "base64": True}),
    Case(
        name="base64 of a null",
        code="not_an_object",
        send={"raw": b64encode(b"null").decode(), "base64": True},
    ),
    Case(
        name="nested, but not too deeply",
        code="money_not_string",
        faults=[("/total", "money_not_string")],
        send={"body": order(total=json.loads("[" * 500 + "]" * 500))},
    ),
]

ORDERS = [
    bad_field("unknown field", "/colour", "unknown_field", order(colour="red")),
    bad_field("unknown field of an item", "/items/0/price", "unknown_field", item(price="1.00")),
    bad_field("unknown field with a slash", "/a~1b~0c", "unknown_field", order(**{"a/b~c": 1})),
    bad_field("no currency", "/currency", "missing_field", order(currency=None)),
    bad_field("no total", "/total", "missing_field", order(total=None)),
    bad_field("no items", "/items", "missing_field", order(items=None)),
    bad_field("customer_id is a number", "/customer_id", "wrong_type", order(customer_id=17)),
    bad_field("guest is a text", "/guest", "wrong_type", order(guest="true")),
    bad_field("items is an object", "/items", "wrong_type", order(items={})),
    bad_field("an item is a text", "/items/0", "wrong_type", order(items=["A"])),
    bad_field("quantity is a float", "/items/0/quantity", "wrong_type", item(quantity=1.0)),
    bad_field("quantity is 1e400", "/items/0/quantity", "wrong_type", item(quantity=float("inf"))),
    bad_field("quantity is true", "/items/0/quantity", "wrong_type", item(quantity=True)),
    bad_field("quantity is a text", "/items/0/quantity", "wrong_type", item(quantity="1")),
    bad_field("quantity is zero", "/items/0/quantity", "out_of_range", item(quantity=0)),
    bad_field("quantity is negative", "/items/0/quantity", "out_of_range", item(quantity=-1)),
    bad_field("quantity of 4000 digits", "/items/0/quantity", "out_of_range", item(quantity=int("9" * 4000))),
    bad_field("total is a float", "/total", "money_not_string", order(total=20.0)),
    bad_field("total is a whole number", "/total", "money_not_string", order(total=20)),
    bad_field("amount is null", "/items/0/amount", "money_not_string", item(amount=None)),
    bad_field("amount is negative", "/items/0/amount", "negative_amount", item(amount="-1.00")),
    bad_field("total is negative", "/total", "negative_amount", order(total="-20.00")),
    bad_field("tax is negative nothing", "/tax", "negative_amount", order(tax="-0.00")),
    bad_field("discount is negative", "/discount", "negative_amount", order(discount="-5")),
    *(
        bad_field(f"shipping is {text!r:.20}", "/shipping", "malformed_money", order(shipping=text))
        for text in (
            *("", " ", "1,50", "1.", ".5", "+1", "1e3", "0x10", "NaN", "Infinity", "1_000", "١٢", "1.00 ", "1.00\n"),
            *("1" * 13, "1.0000001", "9" * 5000),
        )
    ),
    bad_field("too many decimals of the total", "/total", "too_many_decimals", order(total="20.001")),
    bad_field("too many decimals of an item", "/items/0/amount", "too_many_decimals", item(amount="0.125")),
    bad_field("JPY has none", "/total", "too_many_decimals", order(currency="JPY", total="1.5"), ids=("jpy", "#9")),
    bad_field(
        "KWD has three",
        "/total",
        "too_many_decimals",
        order(currency="KWD", total="1.2345"),
        ids=("kwd", "#9"),
    ),
    bad_field("currency in small letters", "/currency", "unknown_currency", order(currency="eur")),
    bad_field("no such currency", "/currency", "unknown_currency", order(currency="XXX")),
    bad_field("currency is a list", "/currency", "wrong_type", order(currency=["EUR"])),
    bad_field("currency of another program", "/currency", "currency_mismatch", order(currency="USD")),
    bad_field(
        "completed in six minutes",
        "/completed_at",
        "completed_in_future",
        order(completed_at=(NOW + timedelta(minutes=6)).isoformat()),
    ),
    *(
        bad_field(f"completed at {text!r}", "/completed_at", "malformed_instant", order(completed_at=text))
        for text in (
            *("", "2026-01-31", "2026-01-31T09:30:00", "2026-01-31 09:30:00Z", "2026-01-31T09:30Z", "1769851800"),
            *("2026-02-30T09:30:00Z", "2026-01-31T25:00:00Z", "2026-01-31T09:30:61Z", "2026-01-31T09:30:00+0100"),
            *(
                "2026-01-31T09:30:00+25:00",
                "\uff12026-01-31T09:30:00Z",
                "2026-01-31T09:30:00Z\n",
                "0000-01-01T00:00:00Z",
            ),
        )
    ),
    bad_field("completed at a number", "/completed_at", "wrong_type", order(completed_at=1769851800)),
    *(
        bad_field(f"completed at {text}", "/completed_at", "out_of_range", order(completed_at=text))
        for text in (
            *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59"),
            *("1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "3000-01-01T00:00:00Z"),
        )
    ),
    bad_field("completed in 2999", "/completed_at", "completed_in_future", order(completed_at="2999-12-31T23:59:59Z")),
    bad_field("no item", "/items", "empty", order(items=[])),
    bad_field("an item too many", "/items", "too_many", order(items=item()["items"] * (MAX_ITEMS + 1))),
    *(
        bad_field(f"customer_id: {name}", "/customer_id", code, order(customer_id=bad))
        for name, (bad, code) in BAD_IDS.items()
    ),
    *(bad_field(f"sku: {name}", "/items/0/sku", code, item(sku=bad)) for name, (bad, code) in BAD_IDS.items()),
    bad_field("category: empty", "/items/0/category", "empty_id", item(category="")),
    bad_field("referrer_id: empty", "/referrer_id", "empty_id", order(referrer_id="")),
    bad_field(
        "the order of another customer",
        "/customer_id",
        "order_customer_mismatch",
        order(customer_id="ben"),
        ids=("shop", "#1"),
    ),
    bad_field(
        "the order of a member, as a guest",
        "/customer_id",
        "order_customer_mismatch",
        order(guest=True),
        ids=("shop", "#1"),
    ),
    bad_field(
        "the order on which another customer uses points",
        "/customer_id",
        "order_customer_mismatch",
        order(),
        ids=("shop", "#2"),
    ),
]

CANCELLATIONS = [
    bad_field("unknown field", "/why", "unknown_field", {"why": "x"}, CANCEL),
    bad_field("reason is empty", "/reason", "empty", {"reason": ""}, CANCEL),
    bad_field("reason is too long", "/reason", "too_long", {"reason": "x" * (MAX_TEXT + 1)}, CANCEL),
    bad_field("reason holds a newline", "/reason", "not_printable", {"reason": "a\nb"}, CANCEL),
    bad_field("reason holds a lone surrogate", "/reason", "not_printable", {"reason": "\udfff"}, CANCEL),
    bad_field("reason is a number", "/reason", "wrong_type", {"reason": 5}, CANCEL),
    bad_field(
        "the order of another customer",
        "/customer_id",
        "order_customer_mismatch",
        {"customer_id": "ben"},
        CANCEL,
        ids=("shop", "#1"),
    ),
]

POINTS = {
    "zero": (0, "out_of_range"),
    "negative": (-5, "out_of_range"),
    "over the limit": (MAX_POINTS + 1, "out_of_range"),
    "4000 digits": (int("9" * 4000), "out_of_range"),
    "a float": (1.5, "wrong_type"),
    "1e400": (float("inf"), "wrong_type"),
    "a text": ("5", "wrong_type"),
    "all": ("all", "wrong_type"),
    "true": (True, "wrong_type"),
    "a list": ([5], "wrong_type"),
}

REDEMPTIONS = [
    *(
        bad_field(f"points: {name}", "/points", code, redemption(points=bad), REDEEM)
        for name, (bad, code) in POINTS.items()
    ),
    bad_field("points: null", "/points", "wrong_type", {**redemption(), "points": None}, REDEEM),
    bad_field("no points", "/points", "missing_field", redemption(points=None), REDEEM),
    bad_field("no customer", "/customer_id", "missing_field", redemption(customer_id=None), REDEEM),
    bad_field("order_total is a float", "/order_total", "money_not_string", redemption(order_total=1.5), REDEEM),
    bad_field("too many decimals", "/order_total", "too_many_decimals", redemption(order_total="1.001"), REDEEM),
    bad_field("another currency", "/currency", "currency_mismatch", redemption(currency="USD"), REDEEM),
    bad_field("more than there is", "/points", "insufficient_points", redemption(points=41), REDEEM),
    bad_field("more than the order is worth", "/points", "exceeds_order_limit", redemption(order_total="0.04"), REDEEM),
    bad_field(
        "the order of another customer",
        "/customer_id",
        "order_customer_mismatch",
        redemption(customer_id="ann"),
        REDEEM,
        ids=("shop", "#2"),
    ),
    Case(
        name="a completed order",
        code="order_closed",
        route=REDEEM,
        ids=("shop", "#1"),
        send={"body": redemption(customer_id="ann")},
    ),
    Case(name="a completed order", code="order_closed", route=VOID, ids=("shop", "#1")),
    Case(
        name="a program that is off",
        code="program_disabled",
        route=REDEEM,
        ids=("off", "#9"),
        send={"body": redemption()},
    ),
]

REFUNDS = [
    bad_field("a float", "/refunded_total", "money_not_string", {"refunded_total": 5.0}, REFUND, ids=("shop", "#1")),
    bad_field("negative", "/refunded_total", "negative_amount", {"refunded_total": "-5"}, REFUND, ids=("shop", "#1")),
    bad_field("nothing", "/refunded_total", "missing_field", {}, REFUND, ids=("shop", "#1")),
    bad_field(
        "too many decimals",
        "/refunded_total",
        "too_many_decimals",
        {"refunded_total": "5.001"},
        REFUND,
        ids=("shop", "#1"),
    ),
    bad_field(
        "negative points",
        "/points",
        "out_of_range",
        {"refunded_total": "5", "points": -1},
        REFUND,
        ids=("shop", "#1"),
    ),
    bad_field(
        "more points than earned",
        "/points",
        "exceeds_earned",
        {"refunded_total": "5", "points": 21},
        REFUND,
        ids=("shop", "#1"),
    ),
]


def bad_gift(name: str, pointer: str, code: str, body: Any) -> Case:
    return bad_field(name, pointer, code, body, ISSUE, ids=("shop", "ann"), idempotency_key="new")


def bad_adjustment(name: str, pointer: str, code: str, body: Any) -> Case:
    return bad_field(name, pointer, code, body, ADJUST, ids=("shop", "ann"), idempotency_key="new")


ADJUSTMENTS = [
    *(
        bad_adjustment(f"points: {name}", "/points", code, adjustment(points=bad))
        for name, (bad, code) in POINTS.items()
        if name not in ("zero", "negative")
    ),
    bad_adjustment("points: under the limit", "/points", "out_of_range", adjustment(points=-MAX_POINTS - 1)),
    bad_adjustment("no points and no date", "/points", "not_allowed", adjustment(points=0)),
    bad_adjustment("no reason", "/reason", "missing_field", {"points": 1}),
    bad_adjustment(
        "points that are taken until a date",
        "/expires_at",
        "not_allowed",
        adjustment(expires_at="2027-01-01T00:00:00Z"),
    ),
    bad_adjustment(
        "expires now", "/expires_at", "expires_in_the_past", adjustment(points=0, expires_at=NOW.isoformat())
    ),
    bad_adjustment("unknown kind of source", "/source", "not_allowed", adjustment(source="EMAIL")),
    *(
        bad_adjustment(f"order_id: {name}", "/order_id", code, adjustment(order_id=bad))
        for name, (bad, code) in BAD_IDS.items()
    ),
    Case(
        name="the order of another customer",
        code="order_customer_mismatch",
        faults=[("/customer_id", "order_customer_mismatch")],
        route=ADJUST,
        ids=("shop", "ben"),
        send={"body": adjustment(order_id="#1"), "idempotency_key": "new"},
    ),
    Case(
        name="no key",
        code="missing_header",
        faults=NO_KEY,
        route=ADJUST,
        ids=("shop", "ann"),
        send={"body": adjustment()},
    ),
    Case(
        name="the key of an issue",
        code="idempotency_key_reused",
        faults=USED_KEY,
        route=ADJUST,
        ids=("shop", "ann"),
        send={"body": adjustment(points=1000, reason="goodwill"), "idempotency_key": "k"},
    ),
]


def job(**changes: Any) -> dict[str, Any]:
    told = {"kind": "adjustments", "rows": [{"customer_id": "ann", "points": 5, "reason": "ported"}], **changes}
    return {name: fact for name, fact in told.items() if fact is not None}


def bad_job(name: str, pointer: str, code: str, body: Any) -> Case:
    return bad_field(name, pointer, code, body, JOBS, ids=("shop",), idempotency_key="new")


JOBS_ = [
    bad_job("no kind", "/kind", "missing_field", job(kind=None)),
    bad_job("unknown kind", "/kind", "not_allowed", job(kind="refunds")),
    bad_job("dry_run is a text", "/dry_run", "wrong_type", job(dry_run="true")),
    bad_job("no rows", "/rows", "missing_field", job(rows=None)),
    bad_job("empty rows", "/rows", "empty", job(rows=[])),
    bad_job("too many rows", "/rows", "too_many", job(rows=[{}] * 10_001)),
    bad_job("a row is a text", "/rows/0", "wrong_type", job(rows=["ann"])),
    bad_job("a row is bad", "/rows/0/points", "missing_field", job(rows=[{"customer_id": "ann", "reason": "x"}])),
    bad_job("a row of another kind", "/rows/0/action", "missing_field", job(kind="reward_past_actions", rows=[{}])),
    bad_job("a row is there twice", "/rows/1", "duplicate", job(rows=job()["rows"] * 2)),
    bad_job("rows and an upload", "/upload_id", "not_allowed", job(upload_id="u", format="csv")),
    bad_job("rows and a format", "/format", "not_allowed", job(format="csv")),
    bad_job("content without format", "/format", "missing_field", job(rows=None, content="x")),
    bad_job("unknown format", "/format", "not_allowed", job(rows=None, content="x", format="xlsx")),
    bad_job("empty content", "/content", "empty", job(rows=None, content="", format="csv")),
    bad_job("a count of adjustments", "/count", "not_allowed", job(rows=None, count=5)),
    bad_job("no cards", "/count", "out_of_range", job(kind="cards", rows=None, count=0)),
    bad_job("too many cards", "/count", "out_of_range", job(kind="cards", rows=None, count=1_000_001)),
    bad_job("unknown upload", "/upload_id", "unknown_upload", job(rows=None, upload_id="../x", format="csv")),
    Case(name="no key", code="missing_header", faults=NO_KEY, route=JOBS, ids=("shop",), send={"body": job()}),
    Case(name="unknown job", code="unknown_job", route=JOB, ids=("shop", "1")),
    Case(name="unknown job", code="unknown_job", route=UNDO, ids=("shop", "1")),
]

ISSUES = [
    *(bad_gift(f"points: {name}", "/points", code, gift(points=bad)) for name, (bad, code) in POINTS.items()),
    bad_gift("no points", "/points", "missing_field", {"reason": "x"}),
    bad_gift("no reason", "/reason", "missing_field", {"points": 1}),
    bad_gift("unknown kind of source", "/source", "not_allowed", gift(source="EMAIL")),
    bad_gift("source is a number", "/source", "not_allowed", gift(source=1)),
    bad_gift("expires now", "/expires_at", "expires_in_the_past", gift(expires_at=NOW.isoformat())),
    bad_gift("expires without offset", "/expires_at", "malformed_instant", gift(expires_at="2027-01-01T00:00:00")),
    bad_gift("expires in 9999", "/expires_at", "out_of_range", gift(expires_at="9999-12-31T23:59:59Z")),
    Case(name="no key", code="missing_header", faults=NO_KEY, route=ISSUE, ids=("shop", "ann"), send={"body": gift()}),
    Case(
        name="an empty key",
        code="missing_header",
        faults=NO_KEY,
        route=ISSUE,
        ids=("shop", "ann"),
        send={"body": gift(), "idempotency_key": ""},
    ),
    *(
        Case(
            name=f"key: {name}",
            code=code,
            faults=[("/Idempotency-Key", code)],
            route=ISSUE,
            ids=("shop", "ann"),
            send={"body": gift(), "idempotency_key": bad},
        )
        for name, (bad, code) in BAD_IDS.items()
        if bad
    ),
    *(
        Case(
            name=f"the key of another {what}",
            code="idempotency_key_reused",
            faults=USED_KEY,
            route=ISSUE,
            ids=("shop", customer_id),
            send={"body": body, "idempotency_key": "k"},
        )
        for what, customer_id, body in (
            ("number of points", "ann", gift(points=999)),
            ("customer", "ben", gift(points=1000)),
            ("reason", "ann", gift(points=1000, reason="other")),
            ("expiry", "ann", gift(points=1000, expires_at="2027-01-01T00:00:00Z")),
            ("source", "ann", gift(points=1000, source="POS")),
        )
    ),
]


def bad_program(name: str, pointer: str, code: str, body: Any, program_id: str = "new") -> Case:
    return bad_field(name, pointer, code, body, PUT_PROGRAM, ids=(program_id,))


PROGRAMS = [
    bad_program("no name", "/name", "missing_field", {"currency": "EUR"}),
    bad_program("name is empty", "/name", "empty", settings(name="")),
    bad_program("label is too long", "/label", "too_long", settings(label="x" * (MAX_TEXT + 1))),
    bad_program("no such currency", "/currency", "unknown_currency", settings(currency="EURO")),
    bad_program("no such time zone", "/timezone", "unknown_timezone", settings(timezone="Europe/Atlantis")),
    *(
        bad_program(f"time zone {zone!r:.20}", "/timezone", "unknown_timezone", settings(timezone=zone))
        for zone in (
            "localtime",
            "right/UTC",
            "posix/UTC",
            "posixrules",
            "Factory",
            "",
            "../../etc/passwd",
            "/etc/localtime",
            "Europe",
            "a\0b",
            "x" * 5000,
            "\u00e9",
        )
    ),
    bad_program("unknown expiry", "/expiry/policy", "not_allowed", settings(expiry={"policy": "never"})),
    bad_program("after_days without days", "/expiry/days", "missing_field", settings(expiry={"policy": "after_days"})),
    bad_program("months of no use", "/expiry/months", "unknown_field", settings(expiry={"months": 3})),
    bad_program("3661 days", "/expiry/days", "out_of_range", settings(expiry={"policy": "after_days", "days": 3661})),
    bad_program("earn is null", "/earn", "wrong_type", settings(earn=None)),
    bad_program("unknown rounding", "/earn/rounding", "not_allowed", settings(earn={"rounding": "up"})),
    bad_program(
        "points_per_unit is true",
        "/earn/points_per_unit",
        "money_not_string",
        settings(earn={"points_per_unit": True}),
    ),
    *(
        bad_program(
            f"points_per_unit is {rate}", "/earn/points_per_unit", code, settings(earn={"points_per_unit": rate})
        )
        for rate, code in ((-1, "negative_amount"), (1e-7, "malformed_money"), (1e22, "malformed_money"))
    ),
    bad_program(
        "point_value is a number", "/redeem/point_value", "money_not_string", settings(redeem={"point_value": 1})
    ),
    bad_program(
        "too many decimals", "/earn/min_order_total", "too_many_decimals", settings(earn={"min_order_total": "0.001"})
    ),
    bad_program(
        "a point worth nothing", "/redeem/point_value", "out_of_range", settings(redeem={"point_value": "0.00"})
    ),
    bad_program(
        "more than the order", "/redeem/max_order_share", "out_of_range", settings(redeem={"max_order_share": "1.01"})
    ),
    bad_program(
        "a million points a unit",
        "/earn/points_per_unit",
        "out_of_range",
        settings(earn={"points_per_unit": "1000000"}),
    ),
    bad_program(
        "a point worth a million", "/redeem/point_value", "out_of_range", settings(redeem={"point_value": "1000000"})
    ),
    bad_program("blocks of nothing", "/redeem/block_size", "out_of_range", settings(redeem={"block_size": 0})),
    bad_program("another program's id", "/program_id", "not_allowed", settings(program_id="other")),
    Case(
        name="a version that is not there",
        code="unknown_version",
        faults=[("/version", "unknown_version")],
        route=GET_PROGRAM,
        ids=("shop",),
        send={"query": {"version": "2"}},
    ),
    bad_program("version zero", "/version", "out_of_range", settings(version=0)),
    *(
        Case(name=name, code="precondition_failed", route=PUT_PROGRAM, ids=(program_id,), send=send)
        for name, program_id, send in (
            ("a version that is not the current one", "shop", {"body": settings(version=2)}),
            ("a version of nothing", "new", {"body": settings(version=1)}),
            ("another ETag", "shop", {"body": settings(), "if_match": '"2"'}),
            ("an ETag of nothing", "new", {"body": settings(), "if_match": "*"}),
            ("no ETag", "shop", {"body": settings(), "if_match": ""}),
        )
    ),
    bad_program("a basis of one's own", "/earn/basis", "not_allowed", settings(earn={"basis": "profit"})),
    *(
        bad_program(f"a rate: {name}", pointer, code, settings(earn={"rates": [rate]}))
        for name, pointer, code, rate in (
            ("of nothing", "/earn/rates/0/points_per_item", "missing_field", {"skus": ["A"]}),
            (
                "of both",
                "/earn/rates/0/points_per_item",
                "not_allowed",
                {"skus": ["A"], "points_per_unit": "1", "points_per_item": 1},
            ),
            ("no SKU", "/earn/rates/0/skus/0", "empty_id", {"skus": [""], "points_per_item": 1}),
        )
    ),
    *(
        bad_program(f"a promotion: {name}", pointer, code, settings(promotions=[promotion(**changes)]))
        for name, pointer, code, changes in (
            ("ends when it starts", "/promotions/0/ends_at", "out_of_range", {"ends_at": "2026-01-01T00:00:00Z"}),
            ("adds nothing", "/promotions/0/bonus_points", "missing_field", {"multiplier": None}),
            ("adds both", "/promotions/0/bonus_points", "not_allowed", {"bonus_points": 5}),
            ("takes away", "/promotions/0/multiplier", "out_of_range", {"multiplier": "0.5"}),
            ("no days", "/promotions/0/expiry/days", "missing_field", {"expiry": {"policy": "after_days"}}),
            ("no id", "/promotions/0/id", "empty_id", {"id": ""}),
            ("no start", "/promotions/0/starts_at", "missing_field", {"starts_at": None}),
        )
    ),
    *(
        bad_program(f"tiers: {name}", pointer, code, settings(tiers=tiers))
        for name, pointer, code, tiers in (
            ("ask for nothing", "/tiers/0/min_spend", "missing_field", [{"name": "a"}]),
            ("ask for no orders", "/tiers/0/min_orders", "out_of_range", [{"name": "a", "min_orders": 0}]),
            ("a long name", "/tiers/0/name", "too_long", [{"name": "x" * 41, "min_orders": 1}]),
            ("one twice", "/tiers", "duplicate", [{"name": "a", "min_orders": n} for n in (1, 2)]),
            ("two alike", "/tiers", "overlapping_tiers", [{"name": n, "min_orders": 1} for n in "ab"]),
            (
                "more given for less",
                "/tiers",
                "overlapping_tiers",
                [{"name": "a", "min_orders": 2}, {"name": "b", "min_orders": 1, "multiplier": "2"}],
            ),
            ("too precise", "/tiers/0/min_spend", "too_many_decimals", [{"name": "a", "min_spend": "0.001"}]),
        )
    ),
    bad_program(
        "a promotion for a tier that is not there",
        "/promotions/0/tiers/0",
        "not_allowed",
        settings(promotions=[promotion(tiers=["gold"])]),
    ),
    *(
        bad_program(f"books: {name} in the liability's account", f"/books/{name}", "duplicate", settings(books=books))
        for name, books in (
            ("expense", {"liability": "2400", "expense": "2400"}),
            ("redeemed", {"redeemed": "points_liability"}),
        )
    ),
    bad_program("a promotion twice", "/promotions", "duplicate", settings(promotions=[promotion(), promotion()])),
    bad_program("another currency", "/currency", "currency_fixed", settings(currency="USD"), "shop"),
    *(
        bad_program(f"id {program_id!r:.20}", "/program_id", "invalid_program_id", settings(), program_id)
        for program_id in ("", "a#b", "a b", "ø", "-a", "x" * 65, "a\n", "p" * 3000)
    ),
]

QUERIES = [
    Case(name=name, code=code, faults=[(pointer, code)], route=route, ids=ids, send={"query": query})
    for name, pointer, code, route, ids, query in (
        ("unknown parameter", "/page", "unknown_field", ACCOUNT, ("shop", "ann"), {"page": "1"}),
        ("guest is no truth", "/guest", "wrong_type", ACCOUNT, ("shop", "ann"), {"guest": "maybe"}),
        ("version is zero", "/version", "out_of_range", GET_PROGRAM, ("shop",), {"version": "0"}),
        ("limit is zero", "/limit", "out_of_range", STATEMENT, ("shop", "ann"), {"limit": "0"}),
        ("limit over 100", "/limit", "out_of_range", STATEMENT, ("shop", "ann"), {"limit": "101"}),
        ("limit is no number", "/limit", "wrong_type", STATEMENT, ("shop", "ann"), {"limit": "ten"}),
        ("limit twice", "/limit", "wrong_type", STATEMENT, ("shop", "ann"), {"limit": "1,2"}),
        ("limit of 5000 digits", "/limit", "wrong_type", STATEMENT, ("shop", "ann"), {"limit": "9" * 5000}),
        ("no start", "/from", "missing_field", JOURNAL, ("shop",), {"to": "2026-01-31"}),
        ("reversed", "/to", "out_of_range", JOURNAL, ("shop",), {"from": "2026-02-01", "to": "2026-01-31"}),
        ("over a year", "/to", "out_of_range", JOURNAL, ("shop",), {"from": "2025-01-01", "to": "2026-01-02"}),
        ("all of time", "/to", "out_of_range", JOURNAL, ("shop",), {"from": "0001-01-01", "to": "9999-12-31"}),
        ("a week", "/from", "malformed_date", JOURNAL, ("shop",), {"from": "2026-W01-1", "to": "2026-01-31"}),
        ("no such day", "/from", "malformed_date", JOURNAL, ("shop",), {"from": "2026-02-30", "to": "2026-03-31"}),
        ("no start", "/from", "missing_field", LIABILITY, ("shop",), {"to": "2026-01-31"}),
        ("reversed", "/to", "out_of_range", LIABILITY, ("shop",), {"from": "2026-02-01", "to": "2026-01-31"}),
        ("over ten years", "/to", "out_of_range", LIABILITY, ("shop",), {"from": "2016-01-01", "to": "2026-01-31"}),
        ("reversed", "/to", "out_of_range", DEFERRED, ("shop",), {"from": "2026-02-01", "to": "2026-01-31"}),
        ("all of time", "/to", "out_of_range", DEFERRED, ("shop",), {"from": "0001-01-01", "to": "9999-12-31"}),
        ("no day", "/to", "missing_field", COHORTS, ("shop",), {}),
        ("a month", "/to", "malformed_date", COHORTS, ("shop",), {"to": "2026-01"}),
        ("a start", "/from", "unknown_field", COHORTS, ("shop",), JANUARY),
        *(
            (f"a share of {share}", f"/{name}", code, DEFERRED, ("shop",), {**JANUARY, name: share})
            for name in ("expected_redemption", "allocation_redemption")
            for share, code in (
                ("0", "out_of_range"),
                ("1.000001", "out_of_range"),
                ("-0.5", "negative_amount"),
                ("95%", "malformed_money"),
                ("NaN", "malformed_money"),
                ("0.9500001", "malformed_money"),
            )
        ),
        ("no such day", "/business_day", "malformed_date", ENTRY, ("shop", "2026-02-30", "earn"), {}),
        ("a time", "/business_day", "malformed_date", ENTRY, ("shop", "2026-01-31T00:00:00Z", "earn"), {}),
        ("unknown kind", "/kind", "not_allowed", ENTRY, ("shop", "2026-01-31", "write_off"), {}),
        ("no kind", "/kind", "not_allowed", ENTRY, ("shop", "2026-01-31", ""), {}),
        ("limit is zero", "/limit", "out_of_range", ENTRY, ("shop", "2026-01-31", "earn"), {"limit": "0"}),
        ("limit over 500", "/limit", "out_of_range", ENTRY, ("shop", "2026-01-31", "earn"), {"limit": "501"}),
        (
            "unknown kind",
            "/kind",
            "not_allowed",
            JOURNAL,
            ("shop",),
            {"from": "2026-01-31", "to": "2026-01-31", "kind": "refund"},
        ),
    )
] + [
    Case(
        name=f"cursor {cursor!r:.20}",
        code="invalid_cursor",
        faults=[("/cursor", "invalid_cursor")],
        route=STATEMENT,
        ids=("shop", "ann"),
        send={"query": {"cursor": cursor}},
    )
    for cursor in ("", "1", "-", "1-00000000", "0-00000000", "-1-abc", "9" * 5000, "٣-abc", "1-é", "2-cafe; DROP")
]

QUERIES += [
    Case(
        name=f"cursor {cursor!r:.20}",
        code="invalid_cursor",
        faults=[("/cursor", "invalid_cursor")],
        route=ENTRY,
        ids=("shop", "2026-01-31", "earn"),
        send={"query": {"cursor": cursor}},
    )
    for cursor in ("", "1", "%", "W10=", "bnVsbA==", "e30=", "é", "A" * 5000, "W1tbW1tbW1tbW1tb")
]
QUERIES += [
    Case(
        name=f"cursor {cursor!r:.20}",
        code="invalid_cursor",
        faults=[("/cursor", "invalid_cursor")],
        route=BALANCES,
        ids=("shop",),
        send={"query": {"cursor": cursor, **query}},
    )
    for query in ({}, {"sort": "balance"}, {"sort": "next_expiry"})
    for cursor in ("", "1", "%", "W10=", "bnVsbA==", "e30=", "é", "A" * 5000, "W1tbW1tbW1tbW1tb")
]
QUERIES += [
    Case(name=name, code=code, faults=[(pointer, code)], route=BALANCES, ids=("shop",), send={"query": query})
    for name, pointer, code, query in (
        ("limit is zero", "/limit", "out_of_range", {"limit": "0"}),
        ("limit over 500", "/limit", "out_of_range", {"limit": "501"}),
        ("limit is no number", "/limit", "wrong_type", {"limit": "all"}),
        ("a debt at the least", "/min_balance", "out_of_range", {"min_balance": "-1"}),
        ("more than there can be", "/min_balance", "out_of_range", {"min_balance": str(10**15 + 1)}),
        ("half a point", "/min_balance", "wrong_type", {"min_balance": "0.5"}),
        ("no number", "/min_balance", "wrong_type", {"min_balance": ""}),
        ("an order of its own", "/sort", "not_allowed", {"sort": "tier"}),
        ("no order", "/sort", "not_allowed", {"sort": ""}),
        ("no tier's name", "/tier", "empty", {"tier": ""}),
        ("a long tier", "/tier", "too_long", {"tier": "x" * (MAX_TEXT + 1)}),
        ("a tier that cannot be printed", "/tier", "not_printable", {"tier": "gold\n"}),
        ("a tier that is not there", "/tier", "unknown_tier", {"tier": "gold"}),
        ("a month", "/expiring_before", "malformed_date", {"expiring_before": "2026-01"}),
        ("no day", "/expiring_before", "malformed_date", {"expiring_before": ""}),
        ("no such day", "/expiring_before", "malformed_date", {"expiring_before": "2026-02-30"}),
        ("the first day", "/expiring_before", "out_of_range", {"expiring_before": "0001-01-01"}),
        ("the last day", "/expiring_before", "out_of_range", {"expiring_before": "9999-12-31"}),
        ("no offset", "/expiring_before", "malformed_instant", {"expiring_before": "2026-02-01T00:00:00"}),
        ("in 9999", "/expiring_before", "out_of_range", {"expiring_before": "9999-12-31T00:00:00Z"}),
        ("a page", "/page", "unknown_field", {"page": "2"}),
    )
]
QUERIES += [
    Case(name=f"accept {accept!r:.30}", code="not_acceptable", route=BALANCES, ids=("shop",), send={"accept": accept})
    for accept in ("text/html", "text/x-beancount", ",")
]
QUERIES += [
    Case(name=f"accept {accept!r:.30}", code="not_acceptable", route=JOURNAL, ids=("shop",), send=send)
    for accept in ("text/html", "application/xml, text/*;q=0, application/json;q=0", "nonsense", ",", "text/csv;q=2")
    for send in ({"query": JANUARY, "accept": accept},)
]

QUOTES = [
    bad_field(name, pointer, code, body, QUOTE, ids=("shop",))
    for name, pointer, code, body in (
        ("no kind", "/kind", "missing_field", order()),
        ("a kind of its own", "/kind", "not_allowed", order(kind="wish")),
        ("an order without an id", "/order_id", "missing_field", order(kind="order")),
        ("an order of another customer", "/customer_id", "order_customer_mismatch", quote(order_id="#1")),
        ("another currency", "/currency", "currency_mismatch", quote(currency="USD")),
        ("uses points: negative", "/use_points", "out_of_range", quote(use_points=-1)),
        ("uses points: all", "/use_points", "wrong_type", quote(use_points="all")),
        ("uses points: more than there are", "/use_points", "insufficient_points", quote(use_points=41)),
        ("uses points: nobody's", "/use_points", "members_only", order(kind="cart", customer_id=None, use_points=5)),
        ("uses points: a guest's", "/use_points", "members_only", quote(guest=True, use_points=5)),
        ("too many decimals", "/total", "too_many_decimals", quote(total="20.001")),
        ("completed in 2999", "/completed_at", "completed_in_future", quote(completed_at="2999-12-31T23:59:59Z")),
    )
]

SIGN_UPS = [
    bad_field("says how many points", "/points", "unknown_field", {"points": 5}, SIGN_UP, ids=("shop", "ann")),
    Case(name="not JSON", code="malformed_json", route=SIGN_UP, ids=("shop", "ann"), send={"raw": "{"}),
]

PRIVACY = [
    Case(
        name=f"{what} {name}: {text!r:.20}",
        code=code,
        faults=[(f"/{name}", code)],
        route=route,
        ids=("shop",) if route == AUDIT else ("shop", "ann"),
        send={"query": {**(JANUARY if route == AUDIT else {}), name: text}},
    )
    for what, route, name, text, code in (
        *(
            (what, route, "cursor", text, "invalid_cursor")
            for what, route in (("audit", AUDIT), ("export", EXPORT))
            for text in ("", "x", "x" * 9999, "bnVsbA==", "WyIiLCAiIl0=", "W1tbW1tb", "ø", "WyIwIiwgWzVdXQ==")
        ),
        ("audit", AUDIT, "from", "yesterday", "malformed_date"),
        ("audit", AUDIT, "to", "2025-12-31", "out_of_range"),
        ("audit", AUDIT, "to", "2027-01-02", "out_of_range"),
        ("audit", AUDIT, "limit", "0", "out_of_range"),
        ("audit", AUDIT, "limit", "1001", "out_of_range"),
        ("audit", AUDIT, "actor", "me", "unknown_field"),
        ("export", EXPORT, "limit", "5", "unknown_field"),
        ("erase", ERASE, "guest", "perhaps", "wrong_type"),
        ("erase", ERASE, "really", "true", "unknown_field"),
    )
]


def keys() -> list[str]:
    return [f"{route.method} {route.path.replace('/v1/programs/{program_id}', 'p')}" for route in Route]


def ids_of(key: str, program_id: str, other: str) -> tuple[str, ...]:
    """The ids in a route's path: of the program, and of an order, a customer or a card; or an entry of the journal."""
    if key == ENTRY:
        return (program_id, "2026-01-31", "earn")
    if "{number}" in key:
        return (program_id, CARD)
    return (program_id, other) if "{" in key else (program_id,)


def valid(key: str) -> dict[str, Any]:
    """What a route takes."""
    sent: dict[str, dict[str, Any]] = {
        COMPLETE: {"body": order()},
        REDEEM: {"body": redemption()},
        REFUND: {"body": {"refunded_total": "5.00"}},
        ISSUE: {"body": gift(), "idempotency_key": "new"},
        JOBS: {"body": job(), "idempotency_key": "new"},
        ADJUST: {"body": adjustment(), "idempotency_key": "new"},
        PUT_PROGRAM: {"body": settings()},
        QUOTE: {"body": quote()},
        JOURNAL: {"query": {"from": "2026-01-31", "to": "2026-01-31"}},
        LIABILITY: {"query": JANUARY},
        AUDIT: {"query": JANUARY},
        DEFERRED: {"query": JANUARY},
        COHORTS: {"query": {"to": "2026-01-31"}},
        CREATE: {"body": {"count": 2}, "idempotency_key": "new"},
        ASSIGN: {"body": {"customer_id": "ben"}, "idempotency_key": "new"},
        BLOCK: {"body": {"reason": "lost"}, "idempotency_key": "new"},
        REPLACE: {"body": {"reason": "lost"}, "idempotency_key": "new"},
    }
    return sent.get(key, {})


def bad_card(code: str, card: str, route: str = ASSIGN, pointer: str | None = None, **body: Any) -> Case:
    body = body or ({"customer_id": "ben"} if route == ASSIGN else {})
    faults = [(pointer, code)] if pointer else []
    send = {} if route == LOOK_UP else {"body": body, "idempotency_key": "new"}
    return Case(name=f"{card} {body}", code=code, faults=faults, route=route, ids=("shop", card), send=send)


NO_NUMBERS = {
    "empty": "",
    "a wrong digit": "9976072682309142",
    "neighbours swapped": "9976702682309141",
    "a digit less": CARD[:-1],
    "a digit more": f"{CARD}0",
    "letters": "997607268230914x",
    "other digits": CARD.replace("9", "٩"),
    "a line's end": f"{CARD}\n",
    "dots": "9976.0726.8230.9141",
    "very long": CARD * 300,
}
NOBODYS_NUMBER = "9900000000000002"

CARDS = [
    *(
        Case(
            name=f"number: {name}",
            code="invalid_card_number",
            faults=[("/number", "invalid_card_number")],
            route=route,
            ids=("shop", bad),
            send=valid(route),
        )
        for route in (LOOK_UP, ASSIGN, BLOCK, REPLACE)
        for name, bad in NO_NUMBERS.items()
    ),
    *(bad_card("unknown_card", NOBODYS_NUMBER, route) for route in (LOOK_UP, ASSIGN, BLOCK, REPLACE)),
    bad_card("card_blocked", BLOCKED_CARD),
    bad_card("customer_has_card", FREE_CARD, customer_id="ann"),
    bad_card("card_unassigned", FREE_CARD, REPLACE),
    bad_card("card_unassigned", BLOCKED_CARD, REPLACE),
    bad_card("card_blocked", CARD, REPLACE, "/number", number=BLOCKED_CARD),
    bad_card("card_assigned", CARD, REPLACE, "/number", number=CARD),
    bad_card("unknown_card", CARD, REPLACE, "/number", number=NOBODYS_NUMBER),
    *(
        bad_card("invalid_card_number", CARD, REPLACE, "/number", number=bad)
        for name, bad in NO_NUMBERS.items()
        if name != "empty"
    ),
    bad_card("wrong_type", CARD, REPLACE, "/number", number=int(FREE_CARD)),
    bad_card("missing_field", FREE_CARD, ASSIGN, "/customer_id", source="POS"),
    bad_card("not_allowed", FREE_CARD, BLOCK, "/source", source="EMAIL"),
    bad_card("too_long", FREE_CARD, BLOCK, "/reason", reason="x" * (MAX_TEXT + 1)),
    *(
        bad_card(code, FREE_CARD, ASSIGN, "/customer_id", customer_id=bad)
        for name, (bad, code) in BAD_IDS.items()
        if name != "lone surrogate"
    ),
    *(
        bad_field(f"count: {count}", "/count", code, {"count": count}, CREATE, ids=("shop",), idempotency_key="new")
        for count, code in (
            (0, "out_of_range"),
            (51, "out_of_range"),
            (-1, "out_of_range"),
            ("5", "wrong_type"),
            (1.5, "wrong_type"),
            (None, "wrong_type"),
        )
    ),
    bad_field(
        "numbers of one's own", "/cards", "unknown_field", {"cards": []}, CREATE, ids=("shop",), idempotency_key="n"
    ),
    *(
        Case(
            name="no key",
            code="missing_header",
            faults=NO_KEY,
            route=route,
            ids=ids_of(route, "shop", ""),
            send={"body": {}},
        )
        for route in (CREATE, ASSIGN, BLOCK, REPLACE)
    ),
    *(
        Case(
            name=f"a key used for {what}",
            code="idempotency_key_reused",
            faults=USED_KEY,
            route=route,
            ids=ids_of(route, "shop", "") if number is None else ("shop", number),
            send={"body": body, "idempotency_key": key},
        )
        for what, route, number, body, key in (
            ("points", CREATE, None, {"count": 3}, "k"),
            ("another count", CREATE, None, {"count": 2}, "cards"),
            ("another source", CREATE, None, {"count": 3, "source": "POS"}, "cards"),
            ("another customer", ASSIGN, CARD, {"customer_id": "ben"}, "assign"),
            ("another card", ASSIGN, FREE_CARD, {"customer_id": "ann"}, "assign"),
            ("something else", BLOCK, CARD, {}, "assign"),
            ("another reason", BLOCK, BLOCKED_CARD, {"reason": "lost"}, "block"),
            ("something else", REPLACE, BLOCKED_CARD, {}, "block"),
        )
    ),
    *(
        Case(name=name, code=code, faults=[(pointer, code)], route=LIST, ids=("shop",), send={"query": query})
        for name, pointer, code, query in (
            ("limit is zero", "/limit", "out_of_range", {"limit": "0"}),
            ("limit over 5000", "/limit", "out_of_range", {"limit": "5001"}),
            ("unknown parameter", "/status", "unknown_field", {"status": "active"}),
            *(
                (f"cursor {cursor!r:.20}", "/cursor", "invalid_cursor", {"cursor": cursor})
                for cursor in ("", "1", f"{CARD}-00000000", "9" * 5000, "٣-abc", f"{FREE_CARD}-")
            ),
        )
    ),
    Case(name="as a page", code="not_acceptable", route=LIST, ids=("shop",), send={"accept": "text/html"}),
]

PLACES = {"order_id": "/order_id", "customer_id": "/customer_id", "job_id": "/job_id", "program_id": "/program_id"}


PATHS = [
    *(
        Case(
            name=f"{place}: {name}",
            code=code,
            faults=[(PLACES[place], code)],
            route=key,
            ids=("shop", bad),
            send=valid(key),
        )
        for key in keys()
        for place in ("order_id", "customer_id", "job_id")
        if place in key
        for name, (bad, code) in {**BAD_IDS, "lone surrogate": ("a\ud800", "id_not_path_safe")}.items()
    ),
    *(
        Case(
            name="unknown program", code="unknown_program", route=key, ids=ids_of(key, "nowhere", "#1"), send=valid(key)
        )
        for key in keys()
        if key != PUT_PROGRAM
    ),
    *(
        Case(
            name="no program's id",
            code="invalid_program_id",
            faults=[("/program_id", "invalid_program_id")],
            route=key,
            ids=ids_of(key, "p" * 3000, "#1"),
            send=valid(key),
        )
        for key in keys()
    ),
]

CASES = [
    *BODIES,
    *ORDERS,
    *CANCELLATIONS,
    *REDEMPTIONS,
    *REFUNDS,
    *ADJUSTMENTS,
    *JOBS_,
    *ISSUES,
    *PROGRAMS,
    *QUOTES,
    *SIGN_UPS,
    *CARDS,
    *PRIVACY,
    *QUERIES,
    *PATHS,
]
