"""Jobs on the command line: listed, watched to their end, downloaded, undone."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.function.cli.conftest import Run, Somebody
from tests.function.cli.ledger import Ledger, in_turn, job

OF = ("--program", "shop")
FAULT = {"row": 2, "line": 3, "column": "points", "code": "malformed_number", "message": "must be a whole number"}


def test_the_latest_jobs(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/jobs", {"jobs": [job(), job("failed", dry_run=True)]}, limit="5")
    ended = run("jobs", *OF, "--limit", "5", "--format", "table")
    assert (ended.code, ended.err) == (0, "")
    assert [line.split() for line in ended.out.splitlines()[1:]] == [
        ["j1", "adjustments", "no", "completed", "5", "5", "0", "0", "15", "0"],
        ["j1", "adjustments", "yes", "failed", "5", "5", "0", "0", "15", "0"],
    ]
    assert json.loads(run("jobs", "list", *OF, "--limit", "5").out.splitlines()[0]) == job()


def test_a_job_and_its_bad_rows(run: Run, ledger: Ledger) -> None:
    failed = job("failed", failed=1, errors=[FAULT])
    ledger.says("shop/jobs/j1", failed)
    ended = run("jobs", "show", "j1", *OF)
    assert (ended.code, ended.err, json.loads(ended.out)) == (0, "", failed)
    table = run("jobs", "show", "j1", *OF, "--format", "table").out.splitlines()
    assert table[3].split() == ["status", "failed"]
    assert table[-3:] == [
        "bad rows",
        "row  line  column  code              message",
        "  2     3  points  malformed_number  must be a whole number",
    ]


@pytest.mark.parametrize(
    ("end", "code", "line"),
    [
        (job(), 0, ""),
        (job(failed=2), 1, "error: 2 of 5 rows failed; which: loyalty jobs results j1 --program shop\n"),
        (
            job("failed", failed=1),
            1,
            "error: 1 bad row, so nothing was done; all: loyalty jobs report j1 --program shop\n",
        ),
        (job("undone"), 1, "error: the job was undone\n"),
    ],
)
def test_a_job_is_waited_for(run: Run, ledger: Ledger, end: Any, code: int, line: str) -> None:
    ledger.says("shop/jobs/j1", in_turn(job("queued"), job("running"), job("running"), end))
    ended = run("jobs", "show", "j1", "--wait", *OF)
    assert (ended.code, ended.err, json.loads(ended.out)) == (code, line, end)
    assert len(ledger.asked) == 4


def test_a_result_that_says_what_failed_gets_into_its_file(run: Run, ledger: Ledger, tmp_path: Path) -> None:
    ledger.says("shop/jobs/j1", job(failed=2))
    assert run("jobs", "show", "j1", "--wait", *OF, "--output", "job.json").code == 1
    assert json.loads((tmp_path / "job.json").read_text())["failed"] == 2


def test_who_interrupts_learns_that_the_job_goes_on(run: Run, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    ledger.says("shop/jobs/j1", job("running"))
    ended = run("jobs", "show", "j1", "--wait", *OF)
    assert (ended.code, ended.out) == (130, "")
    assert ended.err == "error: interrupted; job j1 goes on, see: loyalty jobs show j1 --program shop --wait\n"


def test_a_ledger_that_is_lost_meanwhile(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/jobs/j1", in_turn(job("running"), "<html>"))
    ended = run("jobs", "show", "j1", "--wait", *OF)
    assert (ended.code, ended.out, ended.err.count("\n")) == (4, "", 1)
    assert ended.err.endswith("; job j1 goes on, see: loyalty jobs show j1 --program shop --wait\n")


def test_a_job_is_undone(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/jobs/j1/undo", job("undoing"), 202)
    end = job("undone", undone=5, points_undone=-12, short=3)
    ledger.says("shop/jobs/j1", in_turn(job("undoing", undone=2), end))
    ended = run("jobs", "undo", "j1", *OF)
    assert (ended.code, json.loads(ended.out)) == (0, end)
    where = "loyalty jobs results j1 --undone --program shop"
    assert ended.err == f"3 points were spent and stay so; whose: {where}\n"
    assert [asked.method for asked in ledger.asked] == ["POST", "GET", "GET"]


def test_undoing_asks(run: Run, ledger: Ledger, somebody: Somebody) -> None:
    ledger.says("shop/jobs/j1", job())
    ledger.says("shop/jobs/j1/undo", job("undone"), 202)
    somebody.says = "n"
    ended = run("jobs", "undo", "j1", *OF)
    assert (ended.code, ended.out, ended.err) == (130, "", "error: nothing was done\n")
    assert somebody.asked == ["Undo adjustments j1 of shop: 5 rows, 15 points? [y/N]: "]
    assert [asked.method for asked in ledger.asked] == ["GET"]
    somebody.says = "y"
    assert run("jobs", "undo", "j1", *OF).code == 0
    assert run("jobs", "undo", "j1", *OF, "--yes").code == 0
    assert len(somebody.asked) == 2


def test_what_cannot_be_undone(run: Run, ledger: Ledger) -> None:
    ledger.refuses("shop/jobs/j1/undo", 409, "job_not_undoable", "A dry run has nothing to undo.")
    ended = run("jobs", "undo", "j1", *OF)
    assert (ended.code, ended.err) == (3, "error: job_not_undoable: A dry run has nothing to undo.\n")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("results", "j1"), "results"),
        (("results", "j1", "--undone"), "undo_results"),
        (("report", "j1"), "report"),
    ],
)
def test_files_are_downloaded(run: Run, ledger: Ledger, tmp_path: Path, command: tuple[str, ...], name: str) -> None:
    text = "row,status\r\n" + "".join(f"{n},æ\r\n" for n in range(100_000))
    ledger.files["/files/f?signature=x"] = text
    links = dict.fromkeys(("results", "undo_results", "report"))
    link = {"url": f"{ledger.url}/files/f?signature=x", "expires_at": "2026-11-23T08:00:00Z"}
    ledger.says("shop/jobs/j1/files", {**links, name: link})
    ended = run("jobs", *command, *OF)
    assert (ended.code, ended.err, ended.out) == (0, "", text)
    assert run("jobs", *command, *OF, "-o", "saved.csv").out == ""
    assert (tmp_path / "saved.csv").read_bytes() == text.encode()


def test_a_file_that_is_not_there(run: Run, ledger: Ledger, tmp_path: Path) -> None:
    ledger.says("shop/jobs/j1/files", {"results": None, "undo_results": None, "report": None})
    ended = run("jobs", "results", "j1", "--undone", *OF, "-o", "saved.csv")
    assert (ended.code, ended.err) == (3, "error: job j1 has no undo results\n")
    assert not (tmp_path / "saved.csv").exists()


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://files.example/f", "the ledger gave a link that is not https, to files.example"),
        ("{ledger}/gone", "the file was not had: 404"),
    ],
)
def test_a_link_that_leads_nowhere(run: Run, ledger: Ledger, tmp_path: Path, url: str, line: str) -> None:
    link = {"url": url.format(ledger=ledger.url), "expires_at": "2026-11-23T08:00:00Z"}
    ledger.says("shop/jobs/j1/files", {"report": link})
    ended = run("jobs", "report", "j1", *OF, "-o", "saved.csv")
    assert (ended.code, ended.out, ended.err.count("\n")) == (4, "", 1)
    assert line in ended.err
    assert list(tmp_path.iterdir()) == []
