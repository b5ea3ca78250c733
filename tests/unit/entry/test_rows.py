"""Files of rows: what is right is read as it was meant, all else is named by row and column."""

import io
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.entry.contracts.orders.order import OrderItem
from loyalty.entry.http.problems import BY_CODE
from loyalty.entry.rows.contract import MAX_ROWS, AdjustmentRow, CardRow, PastOrderRow, PastSignUpRow
from loyalty.entry.rows.kinds import ADJUSTMENTS, CARDS, PAST_ACTIONS, RowKind
from loyalty.entry.rows.lines import MAX_LINE_BYTES
from loyalty.entry.rows.read import CODES, BadRow, Row, check_rows, read_rows
from tests.support.builders import NOW

type Form = Literal["csv", "jsonl"]

KINDS: dict[str, RowKind[Any]] = {"adjustments": ADJUSTMENTS, "reward_past_actions": PAST_ACTIONS, "cards": CARDS}
HEADER = b"customer_id,points,reason\n"
GOOD = b"c0,5,Sorry\n"
ORDERS = b"action,order_id,customer_id,currency,completed_at,discount,shipping,tax,total,items,sku,quantity,amount\n"
DAY = b"2024-03-01T10:00:00Z"


def read(data: bytes, form: Form = "csv", kind: RowKind[Any] = ADJUSTMENTS) -> list[Row[Any] | BadRow]:
    found = list(read_rows(io.BytesIO(data), form, kind, NOW))
    for bad in found:
        if isinstance(bad, BadRow):
            assert bad.code in CODES or bad.code in BY_CODE
            assert bad.message[-1] not in ":;, "
            f"{bad.column}{bad.message}".encode()  # a report can be written of it
    return found


def good(found: Sequence[Row[Any] | BadRow]) -> list[dict[str, Any]]:
    return [row.value.model_dump(mode="json", exclude_defaults=True) for row in found if isinstance(row, Row)]


def bad(found: Sequence[Row[Any] | BadRow]) -> list[tuple[int, int, str, str]]:
    return [(row.number, row.line, row.column, row.code) for row in found if isinstance(row, BadRow)]


# Files that are bad as a whole.


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        pytest.param(b"", [("", "empty")], id="nothing"),
        pytest.param(b"\n\r\n  \n", [("", "empty")], id="only empty lines"),
        pytest.param(HEADER, [("", "empty")], id="only a header"),
        pytest.param(b"\xef\xbb\xbf", [("", "empty")], id="only a byte order mark"),
        pytest.param("customer_id,points,reason\n".encode("utf-16"), [("", "not_utf8")], id="UTF-16"),
        pytest.param("customer_id,points,reason\n".encode("utf-16-be"), [("", "not_utf8")], id="UTF-16 without mark"),
        pytest.param("customer_id,points,reason\n".encode("utf-32"), [("", "not_utf8")], id="UTF-32"),
        pytest.param(b"PK\x03\x04" + bytes(100), [("", "not_utf8")], id="a spreadsheet"),
        pytest.param(b"\x1f\x8b\x08" + bytes(100), [("", "not_utf8")], id="compressed"),
        pytest.param(GOOD, [("", "no_header")], id="no header"),
        pytest.param(b"sep=;\n" + HEADER, [("", "no_header")], id="a word to a spreadsheet"),
        pytest.param(b"customer_id,points,reason,Guest\n", [("Guest", "unknown_field")], id="capitals"),
        pytest.param(b"customer_id,points\n" + GOOD, [("reason", "missing_field")], id="a column is missing"),
        pytest.param(b"customer_id,points,reason,note\n", [("note", "unknown_field")], id="an unknown column"),
        pytest.param(b"customer_id,points,reason,\n", [("", "unknown_field")], id="a column without a name"),
        pytest.param(b"customer_id,points,reason,points\n", [("points", "duplicate")], id="a column twice"),
        pytest.param(b"customer_id,\xe9,reason\n", [("", "not_utf8")], id="a header in Latin-1"),
        pytest.param(b'customer_id,"points,reason\n', [("", "malformed_csv")], id="a quote in the header not closed"),
        pytest.param(b"customer_id," * 6000 + b"\n", [("", "line_too_long")], id="a header without end"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why_and_gives_no_rows(data: bytes, faults: list[tuple[str, str]]) -> None:
    found = read(data)
    assert [(number, column, code) for number, _, column, code in bad(found)] == [(0, *fault) for fault in faults]
    assert len(found) == len(faults)


def test_a_wrong_encoding_is_called_by_its_name() -> None:
    for encoding, name in [("utf-16", "UTF-16"), ("utf-32", "UTF-32")]:
        [fault] = read("customer_id".encode(encoding))
        assert isinstance(fault, BadRow)
        assert name in fault.message


def test_an_unknown_column_is_answered_with_those_there_are() -> None:
    [fault] = read(b"customer_id,points,reason,note\n")
    assert isinstance(fault, BadRow)
    assert all(name in fault.message for name in ADJUSTMENTS.columns)


# Files with bad rows.


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (b"c1,5", "", "ragged_row"),
        (b"c1,5,Sorry,and more", "", "ragged_row"),
        (b"c1,5,Sorry,", "", "ragged_row"),
        (b",", "", "ragged_row"),
        (b",,,", "", "ragged_row"),
        (b",5,Sorry", "customer_id", "missing_field"),
        (b"c1,,Sorry", "points", "missing_field"),
        (b"c1,5,", "reason", "missing_field"),
        (b"c1,5,caf\xe9", "", "not_utf8"),
        (b"c1,5,\xff\xfe", "", "not_utf8"),
        (b'c1,5,5" nails', "", "malformed_csv"),
        (b'c1,5,"Sorry" again', "", "malformed_csv"),
        (b'c1,5,"Sorry', "", "malformed_csv"),
        (b'c1,5, "Sorry"', "", "malformed_csv"),
        (b"c1 ,5,Sorry", "customer_id", "id_not_trimmed"),
        (b'" c1",5,Sorry', "customer_id", "id_not_trimmed"),
        (b" ,5,Sorry", "customer_id", "id_not_trimmed"),
        (b"c1,5, Sorry", "reason", "surrounding_spaces"),
        (b"c1,5,\tSorry", "reason", "surrounding_spaces"),
        (b'c1,5,"two\nlines"', "reason", "not_printable"),
        (b'c1,5,"two\r\nlines"', "reason", "not_printable"),
        (b"c\x001,5,Sorry", "customer_id", "id_not_printable"),
        (b"c1,5," + b"x" * 201, "reason", "too_long"),
        (b"x" * 129 + b",5,Sorry", "customer_id", "id_too_long"),
        (b"c1,5," + b"x" * MAX_LINE_BYTES, "", "line_too_long"),
        (b"c1,0,Sorry", "points", "not_allowed"),
        (b"c1,1000000001,Sorry", "points", "out_of_range"),
        (b"c1,-1000000001,Sorry", "points", "out_of_range"),
        (b"c1," + b"9" * 5000 + b",Sorry", "points", "out_of_range"),
        (GOOD.strip(), "", "duplicate"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_and_the_rows_around_it_are_read(row: bytes, column: str, code: str) -> None:
    found = read(HEADER + GOOD + row + b"\nc2,7,Thanks\n")
    assert bad(found) == [(2, 3, column, code)]
    assert [one["customer_id"] for one in good(found)] == ["c0", "c2"]


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ('"1,000"', "groups"), ("1.000", "groups"), ("1'000", "groups"), ("1 000", "groups"), ("1_000", "groups"),
        ("1_0", "groups"), ("1\u00a0000", "groups"), ('"1,000,000"', "groups"),
        ("1e3", "exponent"), ("1E+3", "exponent"), ("1.5e3", "exponent"),
        ("+5", "plus"), ('" 5"', "spaces"), ('"5\n"', "spaces"),
        ("５", "0 to 9"), ("٥", "0 to 9"), ("0x10", "0 to 9"), ("0b1", "0 to 9"),  # noqa: RUF001
        ("5.0", "parts"), ('"5,5"', "parts"), ("5.", "parts"), (".5", "parts"),
        ("−5", "hyphen"), ("(5)", "hyphen"), ("5-", "hyphen"),  # noqa: RUF001
        ("five", "such as"), ("--5", "such as"), ("NaN", "such as"), ("-", "such as"),
        ("²", "such as"), ("½", "such as"),
    ],
)  # fmt: skip
def test_a_number_in_another_notation_is_refused_with_how_to_write_it(cell: str, advice: str) -> None:
    [fault] = read(HEADER + f"c1,{cell},Sorry".encode())
    assert isinstance(fault, BadRow)
    assert (fault.number, fault.column, fault.code) == (1, "points", "malformed_number")
    assert advice in fault.message


@pytest.mark.parametrize(("cell", "points"), [("5", 5), ("-5", -5), ("007", 7), ('"12"', 12), ("1000000000", 10**9)])
def test_a_number_in_digits_is_read(cell: str, points: int) -> None:
    assert [row["points"] for row in good(read(HEADER + f"c1,{cell},Sorry".encode()))] == [points]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (b"c1,5,Sorry,2026-13-01T00:00:00Z,,", "expires_at", "malformed_instant"),
        (b"c1,5,Sorry,2027-01-31,,", "expires_at", "malformed_instant"),
        (b"c1,5,Sorry,3000-01-01T00:00:00Z,,", "expires_at", "out_of_range"),
        (b"c1,5,Sorry,2026-01-31T09:30:00Z,,", "expires_at", "expires_in_the_past"),
        (b"c1,-5,Sorry,2027-01-31T00:00:00Z,,", "expires_at", "not_allowed"),
        (b"c1,5,Sorry,,yes,", "guest", "not_allowed"),
        (b"c1,5,Sorry,,1,", "guest", "not_allowed"),
        (b"c1,5,Sorry,,,a\x7f", "order_id", "id_not_printable"),
        (b"c1,5,Sorry,,, a", "order_id", "id_not_trimmed"),
    ],
)
def test_what_may_be_left_out_is_checked_where_it_is_there(row: bytes, column: str, code: str) -> None:
    found = read(b"customer_id,points,reason,expires_at,guest,order_id\n" + row)
    assert bad(found) == [(1, 2, column, code)]


def test_all_faults_of_a_row_are_reported() -> None:
    found = read(b"customer_id,points,reason,expires_at\n" + b"x" * 129 + b",1e3,,tomorrow\n")
    assert {(column, code) for _, _, column, code in bad(found)} == {
        ("customer_id", "id_too_long"),
        ("points", "malformed_number"),
        ("reason", "missing_field"),
        ("expires_at", "malformed_instant"),
    }


def test_a_byte_that_is_no_utf8_is_found_by_its_offset() -> None:
    data = b"\xef\xbb\xbf" + HEADER + GOOD + b'c1,5,"caf\xe9 or\n not"\n'
    [_, fault] = read(data)  # one row, though of two lines
    assert isinstance(fault, BadRow)
    assert f"Byte {data.index(0xE9)} of the file (0xE9)" in fault.message


def test_a_row_of_several_lines_is_one_row_and_lines_are_still_counted() -> None:
    found = read(HEADER + b'c1,5,"a\nb\nc"\n\nc2,x,Sorry\n')
    assert bad(found) == [(1, 2, "reason", "not_printable"), (2, 6, "points", "malformed_number")]


def test_a_quote_that_is_never_closed_costs_its_own_row_alone() -> None:
    rows = [f"c{number},5,Sorry\n".encode() for number in range(20_000)]
    rows[7] = b'c7,5,"Sorry\n'
    found = read(HEADER + b"".join(rows))
    assert bad(found) == [(8, 9, "", "malformed_csv")]
    assert len(good(found)) == 19_999


def test_a_row_of_many_lines_is_bounded_as_one_line_is() -> None:
    long = b'c1,5,"' + b"x\n" * MAX_LINE_BYTES + b'"\n'
    found = read(HEADER + long + GOOD)
    assert bad(found)[0] == (1, 2, "", "malformed_csv")
    assert [row["customer_id"] for row in good(found)] == ["c0"]


def test_rows_of_nothing_are_left_out_and_not_counted() -> None:
    found = read(HEADER + b"\n,,\n" + GOOD + b'"","",""\n   \nc1,x,y\n')
    assert len(good(found)) == 1
    assert bad(found) == [(2, 7, "points", "malformed_number")]


def test_the_columns_may_stand_in_any_order_with_spaces_and_quotes_around_their_names() -> None:
    found = read(b'\xef\xbb\xbf reason ;"points";customer_id\r\nSorry;5;c1\r\n')
    assert good(found) == [{"customer_id": "c1", "points": 5, "reason": "Sorry"}]


def test_spaces_in_quotes_are_meant_but_around_an_id() -> None:
    assert good(read(HEADER + b'c1,5," Sorry "'))[0]["reason"] == " Sorry "
    [fault] = read(HEADER + b'" c1 ",5," Sorry "')
    assert isinstance(fault, BadRow)
    assert (fault.column, fault.code) == ("customer_id", "id_not_trimmed")
    assert "quotes" not in fault.message


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_though_cells_hold_the_others(mark: str) -> None:
    others = "".join({",", ";", "|"} - {mark})
    data = f"customer_id{mark}points{mark}reason\nc{others}{mark}5{mark}{others}\n".encode()
    assert good(read(data)) == [{"customer_id": f"c{others}", "points": 5, "reason": others}]


def test_no_more_rows_are_read_than_a_job_may_have() -> None:
    found = read(b'{"count": 999999}\n{"count": 1}\n{"count": 1}\n{', "jsonl", CARDS)
    assert len(good(found)) == 2
    assert bad(found) == [(3, 3, "", "too_many")]
    assert MAX_ROWS == 1_000_000


# JSON lines.


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        (b"{", "", "malformed_json"),
        (b"c1,5,Sorry", "", "malformed_json"),
        (b'{"customer_id": "c1", "customer_id": "c2", "points": 5, "reason": "x"}', "", "malformed_json"),
        (b'{"customer_id": "c1", "points": NaN, "reason": "x"}', "", "malformed_json"),
        (b'{"customer_id": "c1", "points": ' + b"9" * 5000 + b', "reason": "x"}', "", "malformed_json"),
        (b"[" * 50_000, "", "malformed_json"),
        (b"\xef\xbb\xbf{}", "", "malformed_json"),
        (b"[{}]", "", "not_an_object"),
        (b"null", "", "not_an_object"),
        (b'{"customer_id": "caf\xe9", "points": 5, "reason": "x"}', "", "not_utf8"),
        (b'{"customer_id": "c1", "points": 5, "reason": "' + b"x" * MAX_LINE_BYTES + b'"}', "", "line_too_long"),
        (b'{"customer_id": "c1", "points": 5}', "reason", "missing_field"),
        (b'{"customer_id": "c1", "points": 5, "reason": "x", "note": 1}', "note", "unknown_field"),
        (b'{"customer_id": "c1", "points": 5, "reason": "x", "a\\nb": 1}', "a\ufffdb", "unknown_field"),
        (b'{"customer_id": 1, "points": 5, "reason": "x"}', "customer_id", "wrong_type"),
        (b'{"customer_id": "c1", "points": "5", "reason": "x"}', "points", "wrong_type"),
        (b'{"customer_id": "c1", "points": 5.0, "reason": "x"}', "points", "wrong_type"),
        (b'{"customer_id": "c1", "points": true, "reason": "x"}', "points", "wrong_type"),
        (b'{"customer_id": "\\ud800", "points": 5, "reason": "x"}', "customer_id", "id_not_printable"),
        (b'{"reason": "Sorry", "points": 5, "customer_id": "c0"}', "", "duplicate"),
    ],
)
def test_a_bad_line_is_named_and_the_lines_around_it_are_read(line: bytes, column: str, code: str) -> None:
    first = b'\xef\xbb\xbf{"customer_id": "c0", "points": 5, "reason": "Sorry"}\r\n\n'
    found = read(first + line + b'\n{"customer_id": "c2", "points": -5, "reason": "Oh"}', "jsonl")
    assert bad(found) == [(2, 3, column, code)]
    assert [one["customer_id"] for one in good(found)] == ["c0", "c2"]


def test_rows_of_a_request_are_checked_as_those_of_a_file_are() -> None:
    rows = [{"customer_id": "c1", "points": 5, "reason": "Sorry"}, "c2", {"customer_id": "c1"}]
    found = list(check_rows([*rows, rows[0]], ADJUSTMENTS, NOW))
    assert found == read("\n".join(map(json.dumps, [*rows, rows[0]])).encode(), "jsonl")
    assert bad(list(check_rows([], ADJUSTMENTS, NOW))) == [(0, 1, "", "empty")]


# Past actions.


def past_order(**cells: str) -> bytes:
    """A file of one order, of which all but `cells` is empty."""
    row = {"action": "order", "order_id": "#1", "customer_id": "c1", "currency": "EUR", "completed_at": DAY.decode()}
    return ORDERS + ",".join((row | cells).get(name, "") for name in ORDERS.decode().strip().split(",")).encode()


@pytest.mark.parametrize(
    ("cells", "items"),
    [
        ({"total": "20.00"}, [("order", 1, "20.00")]),
        ({"total": "20.00", "shipping": "4.90", "tax": "2", "discount": "1.50"}, [("order", 1, "14.60")]),
        ({"total": "3.00", "shipping": "4.90"}, [("order", 1, "0")]),
        ({"total": "20.00", "sku": "A", "quantity": "2", "amount": "18.00"}, [("A", 2, "18.00")]),
        ({"total": "20", "items": '"[{""sku"": ""A"", ""quantity"": 3, ""amount"": ""20""}]"'}, [("A", 3, "20")]),
    ],
)
def test_the_goods_of_an_order_are_its_items_or_its_one_line_or_what_its_total_leaves(
    cells: dict[str, str], items: list[tuple[str, int, str]]
) -> None:
    [row] = read(past_order(**cells), kind=PAST_ACTIONS)
    assert isinstance(row, Row)
    assert [(item.sku, item.quantity, str(item.amount)) for item in row.value.items] == items


@pytest.mark.parametrize(
    ("cells", "faults"),
    [
        ({}, {("total", "missing_field"), ("items", "missing_field")}),
        ({"total": '"12,50"'}, {("total", "malformed_money")}),
        ({"total": "1e999999"}, {("total", "malformed_money")}),
        ({"total": "Infinity"}, {("total", "malformed_money")}),
        ({"total": "5", "tax": "x"}, {("tax", "malformed_money")}),
        ({"total": "-5"}, {("total", "negative_amount")}),
        ({"total": "5.001"}, {("total", "too_many_decimals")}),
        ({"total": "5.00", "shipping": "1.001"}, {("total", "too_many_decimals"), ("shipping", "too_many_decimals")}),
        ({"total": "999999999999", "discount": "999999999999"}, {("total", "malformed_money")}),
        ({"total": "5", "currency": "EURO"}, {("currency", "unknown_currency")}),
        ({"total": "5", "order_id": ""}, {("order_id", "missing_field")}),
        ({"total": "5", "completed_at": "2024-03-01 10:00"}, {("completed_at", "malformed_instant")}),
        ({"total": "5", "completed_at": "2026-02-01T00:00:00Z"}, {("completed_at", "completed_in_future")}),
        ({"total": "5", "action": "refund"}, {("action", "not_allowed")}),
        ({"total": "5", "action": ""}, {("action", "missing_field")}),
        ({"total": "5", "sku": "A"}, {("quantity", "missing_field"), ("amount", "missing_field")}),
        ({"total": "5", "sku": "A", "quantity": "2.0", "amount": "x"},
         {("quantity", "malformed_number"), ("amount", "malformed_money")}),
        ({"total": "5", "items": "[]"}, {("items", "empty")}),
        ({"total": "5", "items": "[1"}, {("items", "malformed_json")}),
        ({"total": "5", "items": "{}"}, {("items", "wrong_type")}),
        ({"total": "5", "items": "[1]"}, {("items/0", "wrong_type")}),
        ({"total": "5", "items": "[{}]", "sku": "A"}, {("items", "not_allowed")}),
        ({"action": "sign_up", "order_id": "", "currency": "", "total": "5"}, {("total", "unknown_field")}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_order_is_said_of_the_column_that_it_is_in(
    cells: dict[str, str], faults: set[tuple[str, str]]
) -> None:
    found = read(past_order(**cells), kind=PAST_ACTIONS)
    assert not good(found)
    assert {(column, code) for _, _, column, code in bad(found)} == faults


def test_an_order_is_completed_once_and_a_customer_signs_up_once() -> None:
    rows = [
        b'{"action": "order", "order_id": "1", "customer_id": "c1", "currency": "EUR", "total": "5",'
        b' "completed_at": "%b", "items": [{"sku": "A", "quantity": 1, "amount": "5"}]}' % DAY,
        b'{"action": "sign_up", "customer_id": "1", "completed_at": "%b"}' % DAY,
    ]
    other = [row.replace(b'"5"', b'"7"').replace(b"10:00", b"11:00") for row in rows]
    found = read(b"\n".join([*rows, *other]), "jsonl", PAST_ACTIONS)
    assert len(good(found)) == 2
    assert bad(found) == [(3, 3, "", "duplicate"), (4, 4, "", "duplicate")]
    assert [row.message.partition(":")[0] for row in found[2:] if isinstance(row, BadRow)] == [
        "repeats row 1", "repeats row 2",
    ]  # fmt: skip


def test_a_guest_has_not_signed_up() -> None:
    data = b'{"action": "sign_up", "customer_id": "1", "completed_at": "%b", "guest": true}' % DAY
    assert bad(read(data, "jsonl", PAST_ACTIONS)) == [(1, 1, "guest", "not_allowed")]


# Cards.


@pytest.mark.parametrize(
    ("row", "faults"),
    [
        (b'{"count": 1000000}', []),
        (b"{}", [("count", "missing_field")]),
        (b'{"customer_id": "c1", "count": 1}', [("customer_id", "unknown_field")]),
        (b'{"count": 0}', [("count", "out_of_range")]),
        (b'{"count": 1000001}', [("count", "out_of_range")]),
    ],
)
def test_cards_are_counted(row: bytes, faults: list[tuple[str, str]]) -> None:
    assert [(column, code) for _, _, column, code in bad(read(row, "jsonl", CARDS))] == faults


def test_cards_may_be_asked_for_in_many_rows() -> None:
    found = read(b"count\n5\n5\n", kind=CARDS)
    assert [row["count"] for row in good(found)] == [5, 5]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("adjustments", set(AdjustmentRow.model_fields)),
        ("reward_past_actions", {*PastOrderRow.model_fields, *PastSignUpRow.model_fields, *OrderItem.model_fields}),
        ("cards", set(CardRow.model_fields)),
    ],
)  # fmt: skip
def test_there_is_a_column_for_every_field(kind: str, fields: set[str]) -> None:
    assert set(KINDS[kind].columns) == fields


# What is written in any way that is right is read as it was.

texts = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="\ufffd", include_characters=' ";,|=+'),
    min_size=1,
    max_size=30,
)
ids = texts.map(str.strip).filter(bool)
past = st.datetimes(datetime(1970, 1, 1), datetime(2026, 1, 31), timezones=st.just(UTC)).map(datetime.isoformat)  # noqa: DTZ001
future = st.integers(1, 10**16).map(lambda n: (NOW + timedelta(microseconds=n)).isoformat())
money = st.integers(0, 10**11).map(lambda n: str(Decimal(n).scaleb(-2)))
goods = st.fixed_dictionaries(
    {"sku": ids, "quantity": st.integers(1, 10**6), "amount": money}, optional={"category": ids}
)
adjustments = st.one_of(
    st.fixed_dictionaries(
        {"customer_id": ids, "points": st.integers(1, 10**9), "reason": texts},
        optional={"expires_at": future, "guest": st.booleans(), "order_id": ids},
    ),
    st.fixed_dictionaries({"customer_id": ids, "points": st.integers(-(10**9), -1), "reason": texts}),
    st.fixed_dictionaries({"customer_id": ids, "points": st.just(0), "reason": texts, "expires_at": future}),
)
past_actions = st.one_of(
    st.fixed_dictionaries(
        {
            "action": st.just("order"),
            "order_id": ids,
            "customer_id": ids,
            "currency": st.just("EUR"),
            "completed_at": past,
            "total": money,
            "items": st.lists(goods, min_size=1, max_size=4),
        },
        optional={"guest": st.booleans(), "referrer_id": ids, "tax": money, "discount": money},
    ),
    st.fixed_dictionaries({"action": st.just("sign_up"), "customer_id": ids, "completed_at": past}),
)
cards = st.fixed_dictionaries({"count": st.integers(1, 1000)})
DOCUMENTS = {"adjustments": adjustments, "reward_past_actions": past_actions, "cards": cards}


@st.composite
def jobs(draw: Callable[..., Any]) -> tuple[RowKind[Any], list[dict[str, Any]]]:
    """A kind, and rows of it of which none repeats another."""
    name = draw(st.sampled_from(sorted(KINDS)))
    kind = KINDS[name]
    rows = draw(st.lists(DOCUMENTS[name], min_size=1, max_size=6))
    unlike: dict[object, dict[str, Any]] = {}
    for row in rows:
        unlike.setdefault(kind.read(row).identity or object(), row)
    return kind, list(unlike.values())


def as_csv(rows: list[dict[str, Any]], columns: list[str], mark: str, end: str, all_quoted: bool) -> str:
    def cell(value: object) -> str:
        match value:
            case bool():
                text = str(value).lower()
            case list():
                text = json.dumps(value, ensure_ascii=False, indent=1)
            case _:
                text = str(value)
        needs = all_quoted or text != text.strip() or any(letter in text for letter in f'"{mark}\r\n')
        return '"' + text.replace('"', '""') + '"' if needs else text

    lines = [columns, *([cell(row[name]) if name in row else "" for name in columns] for row in rows)]
    return end.join(mark.join(line) for line in lines)


@given(
    job=jobs(),
    mark=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    bom=st.booleans(),
    quoted=st.booleans(),
    last=st.booleans(),
    seed=st.randoms(use_true_random=False),
)
def test_rows_as_csv_are_read_as_they_were(
    job: tuple[RowKind[Any], list[dict[str, Any]]], mark: str, end: str, bom: bool, quoted: bool, last: bool, seed: Any
) -> None:
    kind, rows = job
    columns = [name for name in kind.columns if name in kind.needed or any(name in row for row in rows)]
    seed.shuffle(columns)
    if len(columns) == 1:
        mark = ","  # a header of one name shows no delimiter
    text = as_csv(rows, columns, mark, end, quoted) + (end if last else "")
    found = read(text.encode("utf-8-sig" if bom else "utf-8"), "csv", kind)
    assert bad(found) == []
    assert [row.value for row in found if isinstance(row, Row)] == [kind.read(row) for row in rows]


@given(job=jobs(), end=st.sampled_from(["\n", "\r\n"]), escaped=st.booleans())
def test_rows_as_json_lines_are_read_as_they_were(
    job: tuple[RowKind[Any], list[dict[str, Any]]], end: str, escaped: bool
) -> None:
    kind, rows = job
    found = read(end.join(json.dumps(row, ensure_ascii=escaped) for row in rows).encode(), "jsonl", kind)
    assert [row.value for row in found if isinstance(row, Row)] == [kind.read(row) for row in rows]
    assert [row.number for row in found] == list(range(1, len(rows) + 1))


@given(jobs())
def test_a_row_is_plain_json_and_comes_back_from_it(job: tuple[RowKind[Any], list[dict[str, Any]]]) -> None:
    kind, rows = job
    for row in rows:
        value = kind.read(row)
        assert kind.read(json.loads(json.dumps(value.model_dump(mode="json")))) == value


# Whatever the bytes are.

marks = [
    b'"',
    b'""',
    b",",
    b";",
    b"\n",
    b"\r",
    b"\r\n",
    b" ",
    b"{",
    b"}",
    b"\x00",
    b"\xe9",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
]
words = [b"5", b"-1", b"1e3", b"c1", b"c2,5,Sorry\n", b'{"customer_id": "c", "points": 1, "reason": "r"}', HEADER]
pieces = st.lists(st.sampled_from(marks + words), max_size=60).map(b"".join)
files = st.binary(max_size=300) | pieces | pieces.map(lambda rest: HEADER + rest)
forms: st.SearchStrategy[Form] = st.sampled_from(["csv", "jsonl"])


@given(data=files, form=forms, kind=st.sampled_from(sorted(KINDS)))
def test_any_bytes_are_rows_or_faults_and_none_is_left_out(data: bytes, form: Form, kind: str) -> None:
    found = read(data, form, KINDS[kind])
    assert found
    accepted = {row.number for row in found if isinstance(row, Row)}
    refused = {row.number for row in found if isinstance(row, BadRow)}
    if 0 in refused:
        assert (accepted, refused) == (set(), {0})
        return
    assert accepted.isdisjoint(refused)
    numbers = [row.number for row in found]
    assert numbers == sorted(numbers)
    assert accepted | refused == set(range(1, max(numbers) + 1))
    assert [row.line for row in found] == sorted(row.line for row in found)
    # Without a quote in it, each line that is more than the delimiters of empty cells is a row.
    body = data.removeprefix(b"\xef\xbb\xbf")
    if form == "jsonl":
        assert max(numbers) == sum(bool(line.strip()) for line in body.splitlines())
    elif b'"' not in body and body.startswith(HEADER):
        lines = [line for line in body.splitlines()[1:] if line.strip() not in (b"", b",,")]
        assert max(numbers) == len(lines)


@given(data=files, form=forms, sizes=st.lists(st.integers(1, 7), min_size=1, max_size=5))
def test_it_does_not_matter_how_the_bytes_arrive(data: bytes, form: Form, sizes: list[int]) -> None:
    class Dripping(io.BytesIO):
        turn = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.turn += 1
            return super().read(sizes[self.turn % len(sizes)])

    assert list(read_rows(Dripping(data), form, ADJUSTMENTS, NOW)) == read(data, form)


# A file is never held whole.


class Endless:
    """A file made as it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts, self.rest = parts, b""

    def read(self, size: int, /) -> bytes:
        while len(self.rest) < size and (part := next(self.parts, b"")):
            self.rest += part
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken


def peak(source: Endless, form: Form) -> tuple[int, int]:
    """How many rows and faults there are, and the most memory that reading takes."""
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_rows(source, form, ADJUSTMENTS, NOW))
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("part", [b"x" * 1000, b'"' * 1001, b"[" * 1000, b'"x' * 500])
def test_a_line_of_ten_megabytes_is_not_held(form: Form, part: bytes) -> None:
    def parts() -> Iterator[bytes]:
        yield HEADER
        yield from (part for _ in range(10_000))

    _, most = peak(Endless(parts()), form)
    assert most < 3_000_000


def test_memory_grows_by_the_digests_of_the_rows_alone() -> None:
    def rows(count: int) -> Iterator[bytes]:
        yield HEADER
        yield from (b"customer-%d,5,%b\n" % (number, b"x" * 150) for number in range(count))

    (few, small), (many, large) = peak(Endless(rows(1_000)), "csv"), peak(Endless(rows(21_000)), "csv")
    assert (few, many) == (1_000, 21_000)
    assert (large - small) / 20_000 < 220


def test_bad_rows_are_not_remembered() -> None:
    def rows() -> Iterator[bytes]:
        yield HEADER
        yield from (b"customer-%d,1e3,Sorry\n" % number for number in range(20_000))

    _, most = peak(Endless(rows()), "csv")
    assert most < 2_000_000


@pytest.mark.parametrize(
    "line", [b'c,5,5" x\n', b'"\n', b'"c\n', b'c,5,"\n,\n', b'""\n', b'"""\n', b'"x""\n,\n', b'c,"",5"\n']
)
def test_a_file_full_of_stray_quotes_is_read_in_the_time_of_its_length(line: bytes) -> None:
    data = HEADER + line * (500_000 // len(line))
    begun = time.process_time()
    assert read_rows(io.BytesIO(data), "csv", ADJUSTMENTS, NOW)
    assert sum(1 for _ in read_rows(io.BytesIO(data), "csv", ADJUSTMENTS, NOW)) > 0
    assert time.process_time() - begun < 15
