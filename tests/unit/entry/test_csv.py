"""CSV for spreadsheets: what is written is read back, and nothing in it runs."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.entry.texts.csv import FORMULA, Cell, csv_lines, harmless
from loyalty_cli import output

texts = st.text(max_size=20) | st.text("=+-@\t\r\n,;'\"1.", max_size=6)


def test_the_command_line_which_ships_alone_guards_the_same_cells_as_the_api() -> None:
    """So the characters stand in both; here they are held to be the same."""
    assert output.FORMULA == FORMULA


def back(lines: list[str]) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(lines), newline=""), strict=True))


@given(st.lists(st.lists(texts, min_size=2, max_size=4), max_size=4))
def test_texts_are_read_back_but_for_the_apostrophe_before_what_would_run(rows: list[list[str]]) -> None:
    for row, read in zip(rows, back(list(csv_lines(rows))), strict=True):
        for cell, found in zip(row, read, strict=True):
            assert found in (cell, f"'{cell}")
            if found == cell and cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
                assert Decimal(cell) <= 0


@given(st.lists(st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=2), min_size=1, max_size=4))
def test_numbers_stay_numbers(row: list[int | Decimal]) -> None:
    [read] = back(list(csv_lines([row])))
    assert [Decimal(cell) for cell in read] == row
    assert back(list(csv_lines([read]))) == [read]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (-5, "-5"),
        ("-5.00", "-5.00"),
        ("-5+1", "'-5+1"),
        ("+5", "'+5"),
        ("=1+1", "'=1+1"),
        ("5\n", "5\n"),
        ("-5\n", "'-5\n"),
        (Decimal("-1.50"), "-1.50"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 9, 30, tzinfo=UTC), "2026-01-31T09:30:00+00:00"),
    ],
)
def test_a_cell_is_written_as_what_it_is(cell: Cell, written: str) -> None:
    assert back(list(csv_lines([[cell, "x"]]))) == [[written, "x"]]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])  # noqa: RUF001
def test_a_text_that_a_spreadsheet_would_run_does_not_begin_as_one(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
