"""`loyalty journal`: months, forms, and what a piece of an answer says twice."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.function.cli.conftest import Run
from tests.function.cli.ledger import Ledger

JOURNAL = "shop/journal-entries"
DAYS = ("--from", "2026-01-30", "--to", "2026-03-02")
CSV_HEAD = "entry_id,points\r\n"


def entry(day: str, kind: str = "expire", points: int = 1234) -> dict[str, Any]:
    amount = f"{points / 100:.2f}"
    return {
        "entry_id": f"shop/{day}/{kind}",
        "program_id": "shop",
        "business_day": day,
        "kind": kind,
        "closed": True,
        "currency": "EUR",
        "movements": 2,
        "points": points,
        "amount": amount,
        "postings": [
            {"account": "[bold]liability", "side": "debit", "points": points, "amount": amount},
            {"account": "expense", "side": "credit", "points": points, "amount": amount},
        ],
    }


def beancount(day: str, *accounts: str) -> str:
    opened = "".join(f'{day} open {account} "NONE"\n' for account in accounts)
    return (
        f'{day} commodity PTS.SHOP\n  name: "points of shop"\n{opened}\n'
        f'{day} * "shop" "expire"\n  {accounts[0]}  -1 PTS.SHOP {{{{0.01 EUR}}}}\n  {accounts[1]}  1 PTS.SHOP\n'
    )


def test_a_long_range_is_asked_for_month_by_month(run: Run, ledger: Ledger) -> None:
    for first in ("2026-01-30", "2026-02-01", "2026-03-01"):
        ledger.says(JOURNAL, {"entries": [entry(first)]}, from_=first)
    ended = run("journal", "--program", "shop", *DAYS)
    assert (ended.code, ended.err) == (0, "")
    assert [json.loads(line) for line in ended.out.splitlines()] == [
        entry("2026-01-30"),
        entry("2026-02-01"),
        entry("2026-03-01"),
    ]
    assert [(asked.query["from"], asked.query["to"], asked.query["kind"]) for asked in ledger.asked] == [
        ("2026-01-30", "2026-01-31", "write_off"),
        ("2026-02-01", "2026-02-28", "write_off"),
        ("2026-03-01", "2026-03-02", "write_off"),
    ]
    assert {asked.authorization for asked in ledger.asked} == {"Bearer a-token"}
    assert len(ledger.tokens) == 1


def test_a_month_is_all_of_its_days(run: Run, ledger: Ledger) -> None:
    ledger.says(JOURNAL, {"entries": []})
    assert run("journal", "entries", "--program", "shop", "--month", "2028-02", "--kind", "all").code == 0
    assert ledger.asked[0].query == {"from": "2028-02-01", "to": "2028-02-29", "kind": "all"}


def test_a_table_has_separators_and_takes_nothing_for_markup(run: Run, ledger: Ledger) -> None:
    ledger.says(JOURNAL, {"entries": [entry("2026-01-30", points=1234567)]})
    ended = run("journal", "--program", "shop", "--month", "2026-01", "--format", "table")
    assert ended.out.splitlines() == [
        "business day  kind    movements  debit            credit      points         amount  closed",
        "2026-01-30    expire          2  [bold]liability  expense  1,234,567  12,345.67 EUR  yes",
    ]


def test_csv_has_one_header_and_its_own_line_ends(run: Run, ledger: Ledger, tmp_path: Path) -> None:
    for first, row in (("2026-01-30", "a,1\r\n"), ("2026-02-01", ""), ("2026-03-01", "b,2\r\n")):
        ledger.says(JOURNAL, CSV_HEAD + row, from_=first)
    path = tmp_path / "journal.csv"
    ended = run("journal", "--program", "shop", *DAYS, "--output", str(path))
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert path.read_bytes() == b"entry_id,points\r\na,1\r\nb,2\r\n"
    assert {asked.accept for asked in ledger.asked} == {"text/csv"}


def test_beancount_says_once_what_it_needs(run: Run, ledger: Ledger) -> None:
    ledger.says(JOURNAL, "; no entries\n", from_="2026-01-30")
    ledger.says(JOURNAL, beancount("2026-02-03", "Liabilities:Old", "Expenses:Points"), from_="2026-02-01")
    ledger.says(JOURNAL, beancount("2026-03-01", "Liabilities:New", "Expenses:Points"), from_="2026-03-01")
    ended = run("journal", "--program", "shop", *DAYS, "--format", "beancount")
    assert ended.out == (
        '2026-02-03 commodity PTS.SHOP\n  name: "points of shop"\n'
        '2026-02-03 open Liabilities:Old "NONE"\n2026-02-03 open Expenses:Points "NONE"\n\n'
        '2026-02-03 * "shop" "expire"\n'
        "  Liabilities:Old  -1 PTS.SHOP {{0.01 EUR}}\n  Expenses:Points  1 PTS.SHOP\n\n"
        '2026-03-01 open Liabilities:New "NONE"\n\n'
        '2026-03-01 * "shop" "expire"\n'
        "  Liabilities:New  -1 PTS.SHOP {{0.01 EUR}}\n  Expenses:Points  1 PTS.SHOP\n"
    )


def test_beancount_of_nothing_is_still_beancount(run: Run, ledger: Ledger) -> None:
    ledger.says(JOURNAL, "; no entries\n")
    assert run("journal", "--program", "shop", *DAYS, "--format", "beancount").out == "; no entries\n"


def test_open_days_that_are_too_large_together_are_asked_for_apart(run: Run, ledger: Ledger) -> None:
    for days in (("2026-01-01", "2026-01-03"), ("2026-01-01", "2026-01-02")):
        ledger.refuses(JOURNAL, 500, "open_days_too_large", from_=days[0], to=days[1])
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        ledger.says(JOURNAL, {"entries": [entry(day)]}, from_=day, to=day)
    ended = run("journal", "--program", "shop", "--from", "2026-01-01", "--to", "2026-01-03")
    assert (ended.code, ended.err) == (0, "")
    assert [json.loads(line)["business_day"] for line in ended.out.splitlines()] == [
        "2026-01-01",
        "2026-01-02",
        "2026-01-03",
    ]


def test_one_open_day_that_is_too_large_is_said(run: Run, ledger: Ledger) -> None:
    ledger.refuses(JOURNAL, 500, "open_days_too_large", "2026-01-01 is not closed.")
    ended = run("journal", "--program", "shop", "--from", "2026-01-01", "--to", "2026-01-02")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err == "error: open_days_too_large: 2026-01-01 is not closed.\n"


def test_movements_come_from_all_pages(run: Run, ledger: Ledger) -> None:
    def movement(number: int) -> dict[str, Any]:
        return {
            "movement_id": f"m{number}",
            "customer_id": "=cmd()",
            "guest": False,
            "order_id": None,
            "points": -number,
            "amount": "-0.01",
            "recorded_at": "2026-01-31T10:00:00.123456Z",
        }

    path = "shop/journal-entries/2026-01-31/expire"
    # A page may be empty although more follow.
    ledger.says(path, {"movements": [], "cursor": "c2"}, cursor="c1")
    ledger.says(path, {"movements": [movement(2)], "cursor": None}, cursor="c2")
    ledger.says(path, {"movements": [movement(1)], "cursor": "c1"})
    arguments = ("journal", "movements", "--program", "shop", "--day", "2026-01-31", "--kind", "expire")
    assert [json.loads(line)["movement_id"] for line in run(*arguments).out.splitlines()] == ["m1", "m2"]
    rows = list(csv.DictReader(io.StringIO(run(*arguments, "--format", "csv").out)))
    assert [(row["customer_id"], row["order_id"], row["points"]) for row in rows] == [
        ("'=cmd()", "", "-1"),
        ("'=cmd()", "", "-2"),
    ]
    assert rows[0]["recorded_at"] == "2026-01-31T10:00:00.123456Z"
    assert "2026-01-31 10:00:00Z" in run(*arguments, "--format", "table").out


@pytest.mark.parametrize("name", ["journal.beancount", "journal.bean"])
def test_a_file_s_name_says_its_form(run: Run, ledger: Ledger, tmp_path: Path, name: str) -> None:
    ledger.says(JOURNAL, beancount("2026-01-03", "Liabilities:A", "Expenses:B"))
    path = tmp_path / name
    assert run("journal", "--program", "shop", "--month", "2026-01", "--output", str(path)).code == 0
    assert path.read_text() == beancount("2026-01-03", "Liabilities:A", "Expenses:B")


def test_a_file_is_replaced_whole_or_not_at_all(run: Run, ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "journal.csv"
    path.write_text("what was there")
    ledger.says(JOURNAL, CSV_HEAD, from_="2026-01-30")
    ledger.refuses(JOURNAL, 500, "internal_error")
    assert run("journal", "--program", "shop", *DAYS, "--output", str(path)).code == 4
    assert path.read_text() == "what was there"
    assert [left.name for left in tmp_path.iterdir()] == ["journal.csv"]
