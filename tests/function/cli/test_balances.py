"""`loyalty balances`: all pages as one list, in every form, and what it sums to."""

import json
from typing import Any

import pytest

from loyalty_cli.commands import balances
from tests.function.cli.conftest import Run
from tests.function.cli.ledger import Ledger

PATH = "shop/customers"
COMMAND = ("balances", "--program", "shop")


def customer(customer_id: str, balance: int, expires_at: str | None = None) -> dict[str, Any]:
    debt = max(0, -balance)
    return {
        "customer_id": customer_id,
        "guest": False,
        "card_number": None,
        "balance": balance,
        "outstanding": balance,
        "debt": debt,
        "value": {"amount": f"{balance / 100:.2f}", "currency": "EUR"},
        "next_expiry": {"points": 7, "expires_at": expires_at} if expires_at else None,
        "tier": None,
    }


ANN, BEN, CID = customer("=ann()", 123_456, "2026-03-01T00:00:00.5Z"), customer("[b]ben", -50), customer("cid", 7)


@pytest.fixture
def pages(ledger: Ledger) -> Ledger:
    """Three pages, one of them empty although more follow."""
    ledger.says(PATH, {"customers": [BEN, CID], "cursor": None}, cursor="c2")
    ledger.says(PATH, {"customers": [], "cursor": "c2"}, cursor="c1")
    ledger.says(PATH, {"customers": [ANN], "cursor": "c1"})
    return ledger


def test_all_pages_are_one_list(run: Run, pages: Ledger) -> None:
    ended = run(*COMMAND)
    assert (ended.code, ended.err) == (0, "")
    assert [json.loads(line) for line in ended.out.splitlines()] == [ANN, BEN, CID]
    assert [asked.query for asked in pages.asked] == [
        {"limit": "500"},
        {"limit": "500", "cursor": "c1"},
        {"limit": "500", "cursor": "c2"},
    ]


def test_filters_and_order_are_the_ledger_s(run: Run, ledger: Ledger) -> None:
    ledger.says(PATH, {"customers": [], "cursor": None})
    options = ("--min-balance", "0", "--tier", "gold", "--expiring-before", "2026-02-01", "--sort", "-balance")
    assert run(*COMMAND, *options).code == 0
    assert run(*COMMAND, "--expiring-before", "2026-02-01T00:00:00+01:00").code == 0
    assert [dict(asked.query) for asked in ledger.asked] == [
        {"min_balance": "0", "tier": "gold", "expiring_before": "2026-02-01", "sort": "-balance", "limit": "500"},
        {"expiring_before": "2026-02-01T00:00:00+01:00", "limit": "500"},
    ]


def test_a_table_ends_with_its_totals(run: Run, pages: Ledger) -> None:
    lines = run(*COMMAND, "--format", "table").out.splitlines()
    assert len(lines) == 5
    assert lines[1].split() == [
        *("=ann()", "no", "123,456", "123,456", "1,234.56"),
        *("2026-03-01", "00:00:00Z", "7", "-"),
    ]
    assert lines[2].split() == ["[b]ben", "no", "-50", "-50", "-0.50", "-", "-", "-"]
    assert lines[4] == "3 customers: balance 123,413 points (worth 1,234.13 EUR), outstanding 123,413, debt 50."


def test_a_long_table_is_drawn_in_parts(run: Run, pages: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balances, "TABLE", 2)
    lines = run(*COMMAND, "--format", "table").out.splitlines()
    assert [line.split()[0] for line in lines] == ["customer", "=ann()", "[b]ben", "customer", "cid", "3"]


def test_nobody_is_said(run: Run, ledger: Ledger) -> None:
    ledger.says(PATH, {"customers": [], "cursor": None})
    assert run(*COMMAND, "--format", "table").out == "0 customers: balance 0 points, outstanding 0, debt 0.\n"
    assert run(*COMMAND).out == ""


def test_as_csv_no_cell_runs(run: Run, pages: Ledger) -> None:
    assert run(*COMMAND, "--format", "csv").out.split("\r\n") == [
        "customer_id,guest,card_number,balance,outstanding,debt,value,currency,next_expiry,next_expiry_points,tier",
        "'=ann(),false,,123456,123456,0,1234.56,EUR,2026-03-01T00:00:00.5Z,7,",
        "[b]ben,false,,-50,-50,50,-0.50,EUR,,,",
        "cid,false,,7,7,0,0.07,EUR,,,",
        "",
    ]


def test_what_is_listed_is_out_before_the_rest_is_asked_for(run: Run, ledger: Ledger) -> None:
    ledger.refuses(PATH, 404, "unknown_program", cursor="c1")
    ledger.says(PATH, {"customers": [ANN], "cursor": "c1"})
    ended = run(*COMMAND)
    assert (ended.code, json.loads(ended.out)) == (3, ANN)
    assert ended.err == "error: unknown_program: No.\n"


def test_a_list_that_cannot_be_sorted_says_what_to_do(run: Run, ledger: Ledger) -> None:
    ledger.refuses(PATH, 422, "too_many_to_sort", "Take the list by customer_id, as CSV, and sort that.")
    ended = run(*COMMAND, "--sort", "balance")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == "error: too_many_to_sort: Take the list by customer_id, as CSV, and sort that.\n"
