"""Histories without order ids become rows that the ledger takes, line by line."""

import io
import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.entry.rows.kinds import PAST_ACTIONS
from loyalty.entry.rows.read import Row, read_rows
from loyalty_cli.history import CDNOW, Converted, Facts, Layout, columns_of, convert

NEW_YORK = Facts("USD", ZoneInfo("America/New_York"))
NOW = datetime(2026, 11, 23, tzinfo=UTC)

PLAIN = Layout(CDNOW)
SAMPLE = Layout(("customer", "-", "date", "units", "amount"))

type Line = tuple[str, date, int, Decimal]

CUSTOMERS = st.text("01-æ", min_size=1, max_size=3)
DAYS = st.dates(date(1997, 1, 1), date(1997, 1, 3))
LINES = st.lists(
    st.tuples(CUSTOMERS, DAYS, st.integers(1, 99), st.decimals(0, 1000, places=2, allow_nan=False)), max_size=30
)


def converted(text: str | bytes, layout: Layout = PLAIN, **more: Any) -> tuple[Converted, list[Any]]:
    """What came of a file, and its lines: parsed, or None where one is empty."""
    target = io.BytesIO()
    source = text.encode() if isinstance(text, str) else text
    done = convert(io.BytesIO(source), target, layout, NEW_YORK, **{"sign_ups": False, **more})
    return done, [json.loads(line) if line else None for line in target.getvalue().splitlines()]


def written(lines: list[Line], commas: bool) -> str:
    apart = "," if commas else "  "
    return "".join(
        apart.join([customer, f"{day:%Y%m%d}", str(units), str(amount)]) + "\r\n"
        for customer, day, units, amount in lines
    )


@given(LINES, st.booleans())
def test_each_line_is_an_order_of_its_own(lines: list[Line], commas: bool) -> None:
    done, orders = converted(written(lines, commas))
    assert (done.rows, done.bad) == (len(lines), 0)
    assert [(o["customer_id"], o["items"][0]["quantity"], o["total"]) for o in orders] == [
        (customer, units, str(amount)) for customer, _, units, amount in lines
    ]
    assert len({order["order_id"] for order in orders}) == len(lines)
    assert converted(written(lines, commas))[1] == orders


@given(LINES)
def test_the_order_of_other_customers_changes_no_order_id(lines: list[Line]) -> None:
    def ids(of: list[Line]) -> Counter[tuple[str, str]]:
        return Counter((o["order_id"], o["total"]) for o in converted(written(of, commas=True))[1])

    assert ids(sorted(lines, key=lambda line: line[0])) == ids(lines)


@given(LINES)
def test_a_customer_signs_up_once_at_their_first_order(lines: list[Line]) -> None:
    done, rows = converted(written(lines, commas=True), sign_ups=True)
    sign_ups = {row["customer_id"]: row["completed_at"] for row in rows if row["action"] == "sign_up"}
    assert done.rows == len(rows) == len(lines) + len(sign_ups)
    assert {customer: instant[:10] for customer, instant in sign_ups.items()} == {
        customer: min(day for c, day, *_ in lines if c == customer).isoformat() for customer, *_ in lines
    }


@given(LINES.filter(bool), st.booleans())
def test_the_ledger_takes_every_row(lines: list[Line], sign_ups: bool) -> None:
    target = io.BytesIO()
    source = io.BytesIO(written(lines, commas=True).encode())
    done = convert(source, target, Layout(CDNOW), NEW_YORK, sign_ups=sign_ups)
    target.seek(0)
    taken = list(read_rows(target, "jsonl", PAST_ACTIONS, NOW))
    assert all(isinstance(row, Row) for row in taken)
    assert len(taken) == done.rows


def test_an_order_is_of_noon_where_the_program_is() -> None:
    _, [winter, summer] = converted(" 00004 0001 19970101  2   29.33\n 00004,x,1997-07-01,1,5\n", SAMPLE)
    assert (winter["completed_at"], summer["completed_at"]) == (
        "1997-01-01T12:00:00-05:00",
        "1997-07-01T12:00:00-04:00",
    )
    assert winter == {
        "action": "order",
        "order_id": "00004-19970101-1",
        "customer_id": "00004",
        "currency": "USD",
        "completed_at": "1997-01-01T12:00:00-05:00",
        "items": [{"sku": "order", "quantity": 2, "amount": "29.33"}],
        "total": "29.33",
    }


def test_lines_keep_their_numbers() -> None:
    text = "\ufeffcustomer_id date cds\n\n1 19970101 9.99\n \r\n1 19970101 5"
    done, lines = converted(text, Layout(("customer", "date", "amount"), header=True))
    assert done.rows == 2
    assert [line and line["order_id"] for line in lines] == [None, None, "1-19970101-1", None, "1-19970101-2"]
    assert lines[2]["items"][0]["quantity"] == 1


def test_a_byte_order_mark_is_no_part_of_the_first_customer() -> None:
    assert converted("\ufeff1 19970101 1 9.99")[1][0]["customer_id"] == "1"


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        (b"1 19970101 1", "", "ragged_row"),
        (b"1 19970101 1 11,77", "", "ragged_row"),
        (b"1,19970101,1,9.99,", "", "ragged_row"),
        (b",19970101,1,9.99", "customer", "missing_field"),
        (b"1 19970229 1 9.99", "date", "malformed_date"),
        (b"1 1997-0101 1 9.99", "date", "malformed_date"),
        (b"1 01.01.1997 1 9.99", "date", "malformed_date"),
        (b"1 970101 1 9.99", "date", "malformed_date"),
        (b"1 19970101 0 9.99", "units", "malformed_number"),
        (b"1 19970101 1.0 9.99", "units", "malformed_number"),
        (b"1 19970101 1 -9.99", "amount", "malformed_money"),
        (b"1 19970101 1 $9.99", "amount", "malformed_money"),
        (b"1 19970101 1 1e3", "amount", "malformed_money"),
        ("1 19970101 1 \u0663".encode(), "amount", "malformed_money"),
        (b"1 19970101 1 .", "amount", "malformed_money"),
        (b'"1",19970101,1,9.99', "", "malformed_csv"),
        (b"\xe6 19970101 1 9.99", "", "not_utf8"),
    ],
)
def test_a_bad_line_is_named(line: bytes, column: str, code: str) -> None:
    done, _ = converted(b"7 19970101 1 9.99\n\n" + line + b"\n8 19970101 1 9.99\n")
    [fault] = done.faults
    assert (fault["row"], fault["line"], fault["column"], fault["code"]) == (2, 3, column, code)
    assert (done.bad, bool(fault["message"])) == (1, True)


def test_only_the_first_bad_lines_are_named() -> None:
    done, _ = converted("x\n" * 1_000)
    assert (done.bad, len(done.faults)) == (1_000, 100)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("cdnow", CDNOW),
        ("amount,date,customer", ("amount", "date", "customer")),
        ("customer,-,date,-,units,amount", ("customer", "-", "date", "-", "units", "amount")),
    ],
)
def test_columns(text: str, columns: tuple[str, ...]) -> None:
    assert columns_of(text) == columns


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "'' is none of"),
        ("customer,date,total", "'total' is none of customer, date, units, amount, or -"),
        ("customer, date,amount", "' date' is none of"),
        ("customer,date,amount,date", "date is there twice"),
        ("customer,date,units", "amount is needed"),
    ],
)
def test_columns_that_are_none(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        columns_of(text)
