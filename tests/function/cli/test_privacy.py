"""`loyalty audit`, `export` and `erase`."""

import json
from typing import Any

import pytest

from tests.function.cli.conftest import Run
from tests.function.cli.ledger import Ledger

ACT = {
    "at": "2026-01-31T12:00:00Z",
    "actor": "admin",
    "action": "points_issued",
    "subject": {"kind": "customer", "id": "=cmd()"},
    "points": 5,
    "reason": "[b]goodwill",
    "source": "API",
    "address": "203.0.113.7",
    "movement_id": "request/k/1",
    "program_version": 1,
}
EXPORT: dict[str, Any] = {"account": {"customer_id": "ann"}, "movements": [], "records": [], "cursor": None}
ERASED = {"status": "erased", "pseudonym": "erased-0", "points_forfeited": None, "records_rewritten": 4}


def test_the_audit_is_read_month_by_month_and_page_by_page(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/audit", {"entries": [ACT], "cursor": None}, cursor="c1")
    ledger.says("shop/audit", {"entries": [ACT], "cursor": "c1"}, from_="2026-01-31")
    ledger.says("shop/audit", {"entries": [], "cursor": None})
    ended = run("audit", "--program", "shop", "--from", "2026-01-31", "--to", "2026-02-03")
    assert (ended.code, ended.err) == (0, "")
    assert [json.loads(line) for line in ended.out.splitlines()] == [ACT, ACT]
    assert [(asked.query["from"], asked.query["to"]) for asked in ledger.asked] == [
        *[("2026-01-31", "2026-01-31")] * 2,
        ("2026-02-01", "2026-02-03"),
    ]
    text = run("audit", "--program", "shop", "--from", "2026-01-31", "--to", "2026-02-03", "--format", "csv").out
    assert "'=cmd()" in text


def test_an_export_is_all_of_its_pages(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/customers/ann/export", EXPORT, cursor="c1")
    ledger.says("shop/customers/ann/export", {**EXPORT, "cursor": "c1"})
    ended = run("export", "ann", "--program", "shop", "--guest")
    assert ended.code == 0
    assert [json.loads(line)["cursor"] for line in ended.out.splitlines()] == ["c1", None]
    assert [asked.query for asked in ledger.asked] == [{"guest": "true"}, {"guest": "true", "cursor": "c1"}]


def test_an_erasure_is_gone_on_with_until_it_is_done(run: Run, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [
        {**ERASED, "status": "erasing", "points_forfeited": 9, "records_rewritten": 3},
        {**ERASED, "status": "erasing"},
        ERASED,
    ]
    monkeypatch.setattr(ledger, "answer", lambda asked: (202 if len(parts) > 1 else 200, parts.pop(0)))
    ended = run("erase", "ann", "--program", "shop", "--yes")
    assert (ended.code, json.loads(ended.out)) == (0, {**ERASED, "points_forfeited": 9, "records_rewritten": 11})
    assert parts == []


def test_nobody_is_erased_by_accident(run: Run, ledger: Ledger) -> None:
    ended = run("erase", "ann", "--program", "shop")
    assert ended.code == 2
    assert "--yes" in ended.err
    assert ledger.asked == []


def test_of_whom_nothing_is_held_that_is_said(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/customers/ann", {**ERASED, "pseudonym": None, "records_rewritten": 0})
    ended = run("erase", "ann", "--program", "shop", "--yes")
    assert (ended.code, ended.err) == (0, "nothing was held about them\n")
