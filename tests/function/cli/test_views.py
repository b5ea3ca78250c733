"""Liability, purges, customers and orders: the same facts as a table, as JSON and as CSV."""

import json
from typing import Any

from tests.function.cli.conftest import Run
from tests.function.cli.ledger import Ledger

NOVEMBER = ("--program", "shop", "--from", "2026-11-01", "--to", "2026-11-30")


def worth(points: int) -> dict[str, Any]:
    return {"points": points, "amount": f"{points / 100:.2f}"}


LIABILITY: dict[str, Any] = {
    "program_id": "shop",
    "from": "2026-11-01",
    "to": "2026-11-30",
    "currency": "EUR",
    **{
        line: worth(points)
        for line, points in {
            "opening": 1000,
            "issued": 1500,
            "reversed": 10,
            "redeemed": 20,
            "restored": 5,
            "expired": 75,
            "closing": 2400,
        }.items()
    },
    "outstanding": 2400,
    "note": None,
}


def test_liability_as_a_table(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/liability", LIABILITY)
    ended = run("liability", *NOVEMBER, "--format", "table")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "shop, 2026-11-01 to 2026-11-30",
        "            points     amount",
        "opening      1,000  10.00 EUR",
        "issued       1,500  15.00 EUR",
        "- reversed      10   0.10 EUR",
        "- redeemed      20   0.20 EUR",
        "restored         5   0.05 EUR",
        "- expired       75   0.75 EUR",
        "closing      2,400  24.00 EUR",
        "All accounts hold 2,400 points now.",
    ]


def test_liability_for_a_program(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/liability", LIABILITY)
    assert json.loads(run("liability", *NOVEMBER).out) == LIABILITY
    assert ledger.asked[0].query == {"from": "2026-11-01", "to": "2026-11-30"}
    assert run("liability", *NOVEMBER, "--format", "csv").out.split("\r\n")[:3] == [
        "line,points,amount,currency",
        "opening,1000,10.00,EUR",
        "issued,1500,15.00,EUR",
    ]


def test_accounts_that_were_not_read_are_said(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/liability", {**LIABILITY, "outstanding": None, "note": "There are more accounts."})
    assert run("liability", *NOVEMBER, "--format", "table").out.endswith("There are more accounts.\n")


def test_cohorts(run: Run, ledger: Ledger) -> None:
    cohort = {
        "issue_month": None,
        "expiry_month": "debt",
        "issued": 0,
        "restored": 0,
        "redeemed": 0,
        "reversed": 1200,
        "expired": 0,
        "outstanding": -1200,
        "expected_to_lapse": None,
    }
    breakage = {"share": "0.25", "reason": None, "formula": "expired / all", "expired": 1, "redeemed": 3}
    answer = {"program_id": "shop", "outstanding": -1200, "breakage": breakage, "cohorts": [cohort]}
    ledger.says("shop/liability/cohorts", answer, to="2026-11-30")
    arguments = ("liability", "cohorts", "--program", "shop", "--to", "2026-11-30")
    assert json.loads(run(*arguments).out) == answer
    assert run(*arguments, "--format", "csv").out.split("\r\n")[1] == ",debt,0,0,0,1200,0,-1200,"
    lines = run(*arguments, "--format", "table").out.splitlines()
    assert lines[2].split() == ["-", "debt", "0", "0", "0", "1,200", "0", "-1,200", "-"]
    assert lines[3] == "Outstanding: -1,200 points. Expected to lapse: 0.25 = expired / all."


def test_deferred_revenue(run: Run, ledger: Ledger) -> None:
    position = dict.fromkeys(("price", "goods", "allocated", "recognised", "deferred"), "1234.50")
    answer = {
        "currency": "EUR",
        "expected_redemption": {"share": "0.95", "source": "the request"},
        "allocated": "10.00",
        "recognised": "2.00",
        "opening": {**position, "inputs": {}},
        "closing": {**position, "deferred": "8.00", "inputs": {}},
    }
    ledger.says("shop/liability/deferred-revenue", answer)
    arguments = ("liability", "deferred-revenue", *NOVEMBER, "--expected-redemption", "0.95")
    assert json.loads(run(*arguments).out) == answer
    assert ledger.asked[0].query["expected_redemption"] == "0.95"
    assert "allocation_redemption" not in ledger.asked[0].query
    assert run(*arguments, "--format", "table").out.splitlines()[-3:] == [
        "deferred    1,234.50 EUR      8.00 EUR",
        "In these days: 10.00 allocated, 2.00 recognised.",
        "Expected to be redeemed: 0.95 (the request).",
    ]
    assert run(*arguments, "--format", "csv").out.split("\r\n")[-2] == "deferred,1234.50,8.00,EUR"


def test_purges(run: Run, ledger: Ledger) -> None:
    purge = {
        "run_id": "r1",
        "as_of": "2026-11-23T00:00:00Z",
        "status": "running",
        "started_at": "2026-11-23T00:05:00.5Z",
        "finished_at": None,
        "seconds": None,
        "accounts": 12345,
        "points": 99999,
        "amount": "999.99",
        "currency": "EUR",
        "left": 0,
    }
    ledger.says("shop/purges", {"runs": [purge]}, limit="5")
    arguments = ("purge", "--status", "--program", "shop", "--limit", "5")
    assert json.loads(run(*arguments).out) == purge
    assert run(*arguments, "--format", "table").out.splitlines()[1].split() == [
        *("2026-11-23", "00:00:00Z"),
        "running",
        *("-", "12,345", "99,999", "999.99", "EUR", "0"),
    ]


def test_a_customer_whose_id_is_no_path(run: Run, ledger: Ledger) -> None:
    account = {
        "customer_id": "a/b?",
        "guest": True,
        "balance": 1234,
        "value": {"amount": "12.34", "currency": "EUR"},
        "outstanding": 1234,
        "debt": 0,
        "earned_total": 1234,
        "redeemed_total": 0,
        "expired_total": 0,
        "next_expiry": None,
        "tier": None,
        "lots": [{"points": 1234, "expires_at": None}],
    }
    ledger.says("shop/customers/a/b?", account, guest="true")
    arguments = ("customer", "a/b?", "--guest", "--program", "shop")
    assert json.loads(run(*arguments).out) == account
    shown = [line.split() for line in run(*arguments, "--format", "table").out.splitlines()]
    assert shown[:5] == [
        ["customer", "id", "a/b?"],
        ["guest", "yes"],
        ["balance", "1,234"],
        ["value", "12.34"],
        ["currency", "EUR"],
    ]
    assert shown[-3:] == [["lots"], ["points", "expires", "at"], ["1,234", "-"]]


def test_an_order_and_a_statement(run: Run, ledger: Ledger) -> None:
    movement = {
        "sequence": 1,
        "recorded_at": "2026-11-23T08:00:00Z",
        "event": "order_completed",
        "points": 5,
        "balance": 5,
        "order_id": "#1",
        "expires_at": None,
        "source": "API",
        "reason": "\x1b[31m a reason\u0000",
    }
    view = {
        "order_id": "#1",
        "customer_id": None,
        "status": "completed",
        "points_earned": 5,
        "points_reversed": 0,
        "points_redeemed": 0,
        "points_restored": 0,
        "discount": "0.00",
        "currency": "EUR",
        "movements": [movement],
    }
    ledger.says("shop/orders/#1", view)
    ledger.says("shop/customers/ann/movements", {"movements": [movement], "cursor": None}, cursor="c", limit="100")
    ledger.says("shop/customers/ann/movements", {"movements": [movement], "cursor": "c"}, limit="100")
    assert json.loads(run("order", "#1", "--program", "shop").out) == view
    assert "\x1b" not in run("order", "#1", "--program", "shop", "--format", "table").out
    assert len(run("statement", "ann", "--program", "shop").out.splitlines()) == 2
