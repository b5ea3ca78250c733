"""Files are sent and become jobs: once for what is in them, watched to their end."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.function.cli.conftest import Run, Somebody
from tests.function.cli.ledger import Ledger, in_turn, job
from tests.function.cli.program import on_a_terminal

OF = ("--program", "shop")
ROWS = b"customer_id,points,reason\nann,5,gift\n"
DIGEST = hashlib.sha256(ROWS).hexdigest()
HISTORY = " 00004 19970101  2   29.33\n 00004 19970101  1    9.00\n 00021 19970102  3   63.34\n"
IMPORT = ("import", "rows.csv", *OF)
REWARD = ("reward-past-actions", "history.txt", "--columns", "cdnow", *OF)


@pytest.fixture
def shop(run: Run, ledger: Ledger, tmp_path: Path) -> Ledger:
    """A ledger that takes files and carries out jobs, and files for it."""
    (tmp_path / "rows.csv").write_bytes(ROWS)
    (tmp_path / "history.txt").write_text(HISTORY)
    link = {"upload_id": "u1", "method": "PUT", "url": f"{ledger.url}/files/u1?signature=x"}
    ledger.says("shop/uploads", link, 201)
    ledger.says("shop/jobs", job("queued", processed=0, total=0), 202)
    ledger.says("shop/jobs/j1", in_turn(job("running", processed=2), job()))
    ledger.says("shop", {"currency": "USD", "timezone": "America/New_York"})
    return ledger


def started(ledger: Ledger) -> list[tuple[Any, Any]]:
    """The jobs that were asked for, and their keys."""
    return [(asked.body, asked.key) for asked in ledger.asked if (asked.path, asked.method) == ("shop/jobs", "POST")]


def test_a_file_is_sent_and_watched(run: Run, shop: Ledger) -> None:
    ended = run(*IMPORT)
    assert (ended.code, ended.err, json.loads(ended.out)) == (0, "", job())
    [(path, headers, content)] = shop.sent
    assert (path, content) == ("/files/u1?signature=x", ROWS)
    assert headers["content-length"] == str(len(ROWS))
    assert not {"authorization", "transfer-encoding", "content-type"} & headers.keys()
    body = {"kind": "adjustments", "dry_run": False, "upload_id": "u1", "format": "csv"}
    assert started(shop) == [(body, f"adjustments-csv-{DIGEST}")]


def test_a_large_file_is_sent_whole(run: Run, shop: Ledger, tmp_path: Path) -> None:
    content = os.urandom(1_000_003)
    (tmp_path / "rows.csv").write_bytes(content)
    assert run(*IMPORT).code == 0
    assert shop.sent[0][2] == content
    assert started(shop)[0][1].endswith(hashlib.sha256(content).hexdigest())


def test_the_key_is_of_what_is_in_the_file(run: Run, shop: Ledger, tmp_path: Path) -> None:
    (tmp_path / "copy.csv").write_bytes(ROWS)
    (tmp_path / "other.csv").write_bytes(ROWS + b"ben,5,gift\n")
    for name in ("rows", "copy", "other"):
        run("import", f"{name}.csv", *OF)
    keys = [key for _, key in started(shop)]
    assert keys[0] == keys[1] != keys[2]


def test_what_is_always_done_has_a_key_of_its_own(run: Run, shop: Ledger) -> None:
    for option in ("--dry-run", "--dry-run", "--again", "--again"):
        run(*IMPORT, option)
    run(*IMPORT, "--key", "mine")
    keys = [key for _, key in started(shop)]
    assert len({*keys, f"adjustments-csv-{DIGEST}"}) == 6
    assert keys[4] == "mine"
    assert [body["dry_run"] for body, _ in started(shop)] == [True, True, False, False, False]


@pytest.mark.parametrize("again", [job(), job("failed", failed=1), job("undone")])
def test_the_same_file_again_leads_to_its_job(run: Run, ledger: Ledger, shop: Ledger, again: Any) -> None:
    reused = {"code": "idempotency_key_reused", "detail": "This key was used.", "job_id": "j7"}
    shop.answers.insert(0, ("shop/jobs", {}, 422, reused))
    shop.says("shop/jobs/j7", {**again, "job_id": "j7"})
    ended = run(*IMPORT)
    assert ended.err.startswith("this file was sent before: nothing is done now, this is job j7; --again for another\n")
    assert json.loads(ended.out)["job_id"] == "j7"
    assert ended.code == (0 if again["status"] == "completed" else 1)


def test_a_key_that_was_used_is_refused(run: Run, shop: Ledger) -> None:
    """It may have been for another file."""
    reused = {"code": "idempotency_key_reused", "detail": "This key was used.", "job_id": "j7"}
    shop.answers.insert(0, ("shop/jobs", {}, 422, reused))
    ended = run(*IMPORT, "--key", "mine")
    assert (ended.code, ended.out) == (3, "")
    said = "idempotency_key_reused: This key was used. See: loyalty jobs show j7 --program shop"
    assert ended.err == f"error: {said}\n"


def test_past_actions_that_were_rewarded(run: Run, shop: Ledger) -> None:
    taken = {"code": "past_actions_rewarded", "detail": "The program has rewarded them.", "job_id": "j7"}
    shop.answers.insert(0, ("shop/jobs", {}, 409, taken))
    ended = run(*REWARD)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.endswith("rewarded them. See: loyalty jobs show j7 --program shop\n")


def test_bad_rows_are_shown_and_saved(run: Run, shop: Ledger, tmp_path: Path) -> None:
    fault = {"row": 1, "line": 2, "column": "points", "code": "malformed_number", "message": "must be a number"}
    shop.answers.insert(0, ("shop/jobs/j1", {}, 200, job("failed", processed=0, failed=1, errors=[fault])))
    shop.files["/files/report"] = "row,line\r\n1,2\r\n"
    link = {"url": f"{shop.url}/files/report", "expires_at": "2026-11-23T08:00:00Z"}
    shop.says("shop/jobs/j1/files", {"report": link, "results": None, "undo_results": None})
    ended = run(*IMPORT, "--report", "bad.csv", "--results", "done.csv", "--format", "table")
    assert ended.code == 1
    assert ended.out.splitlines()[-1].split() == [
        "1",
        "2",
        "points",
        "malformed_number",
        *["must", "be", "a", "number"],
    ]
    assert ended.err.splitlines() == [
        "the job has no results, so done.csv was not written",
        "error: 1 bad row, so nothing was done; all: bad.csv",
    ]
    assert (tmp_path / "bad.csv").read_text() == "row,line\n1,2\n"
    assert not (tmp_path / "done.csv").exists()


def test_rows_that_failed(run: Run, shop: Ledger) -> None:
    shop.answers.insert(0, ("shop/jobs/j1", {}, 200, job(failed=2)))
    ended = run(*IMPORT)
    assert (ended.code, json.loads(ended.out)["failed"]) == (1, 2)
    assert ended.err == "error: 2 of 5 rows failed; which: loyalty jobs results j1 --program shop\n"


def test_a_job_that_may_be_started(run: Run, shop: Ledger) -> None:
    shop.answers.insert(0, ("shop/jobs", {}, 500, {"code": "internal_error", "detail": "A fault of ours."}))
    said = "internal_error: A fault of ours.; the job may be started or not, see: loyalty jobs --program shop"
    assert run(*IMPORT, "--again").err == f"error: {said}\n"
    shop.answers.insert(0, ("shop/jobs", {}, 202, "<html>"))
    ended = run(*IMPORT)
    assert ended.code == 4
    assert ended.err.endswith("; the job may be started or not, see: loyalty jobs --program shop\n")


def test_progress_is_shown_on_a_terminal(shop: Ledger, tmp_path: Path) -> None:
    ended = on_a_terminal(*IMPORT, "--yes", env=shop.environment, cwd=tmp_path)
    assert ended.code == 0
    assert all(shown in ended.err for shown in (b"sending", b"2/5"))
    assert b"completed" in ended.out


def test_storage_that_refuses(run: Run, shop: Ledger) -> None:
    shop.takes_files = 403
    ended = run(*IMPORT)
    assert (ended.code, ended.out) == (4, "")
    assert ended.err == "error: the file was not taken: 403 <Error>no</Error>\n"
    assert started(shop) == []


def test_a_link_that_others_could_read(run: Run, ledger: Ledger, shop: Ledger) -> None:
    shop.answers.insert(0, ("shop/uploads", {}, 201, {"upload_id": "u", "method": "PUT", "url": "http://a.example/f"}))
    ended = run(*IMPORT)
    assert (ended.code, ended.err) == (4, "error: the ledger gave a link that is not https, to a.example\n")


@pytest.mark.parametrize("command", [IMPORT, REWARD])
def test_it_asks_before_it_does_something(run: Run, shop: Ledger, somebody: Somebody, command: tuple[str, ...]) -> None:
    somebody.says = "n"
    ended = run(*command)
    assert (ended.code, ended.out, ended.err) == (130, "", "error: nothing was done\n")
    assert len(somebody.asked) == 1
    assert not shop.asked
    assert run(*command, "--dry-run").code == run(*command, "--yes").code == 0
    assert len(somebody.asked) == 1
    somebody.says = "y"
    assert run(*command).code == 0


def test_a_history_is_converted_on_the_way(run: Run, shop: Ledger) -> None:
    ended = run(*REWARD, "--sign-ups")
    assert (ended.code, json.loads(ended.out)) == (0, job())
    rows = [json.loads(line) for line in shop.sent[0][2].splitlines()]
    assert [row.get("order_id") for row in rows] == [
        *("00004-19970101-1", "00004-19970101-2", "00021-19970102-1"),
        *(None, None),
    ]
    assert {row["completed_at"] for row in rows} == {"1997-01-01T12:00:00-05:00", "1997-01-02T12:00:00-05:00"}
    [(body, _)] = started(shop)
    assert (body["kind"], body["format"]) == ("reward_past_actions", "jsonl")


def test_a_history_with_bad_lines_is_not_sent(run: Run, shop: Ledger, tmp_path: Path) -> None:
    (tmp_path / "history.txt").write_text(HISTORY + "x\n")
    ended = run(*REWARD, "--format", "table")
    assert (ended.code, ended.err) == (1, "error: 1 bad line, so nothing was sent\n")
    assert ended.out.splitlines()[1].split()[:3] == ["4", "4", "ragged_row"]
    (tmp_path / "history.txt").write_text("x\n" * 1_000)
    ended = run(*REWARD)
    assert ended.err == "error: 1,000 bad lines (the first 100 are shown), so nothing was sent\n"
    assert not shop.sent


def test_rows_of_past_actions_are_sent_as_they_are(run: Run, shop: Ledger, tmp_path: Path) -> None:
    content = b'{"action":"sign_up","customer_id":"ann","completed_at":"2020-01-01T00:00:00Z"}\n'
    (tmp_path / "past.jsonl").write_bytes(content)
    assert run("reward-past-actions", "past.jsonl", *OF).code == 0
    assert shop.sent[0][2] == content
    assert started(shop)[0][0]["format"] == "jsonl"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("import", "gone.csv", *OF), "gone.csv cannot be read: No such file or directory"),
        (("import", ".", *OF, "--file-format", "csv"), ". cannot be read: Is a directory"),
        (("import", "/dev/null", *OF, "--file-format", "csv"), "/dev/null is no file"),
        (("import", "history.txt", *OF), "is history.txt CSV or JSON lines? Give --file-format"),
        ((*IMPORT, "--again", "--key", "k"), "--again is for another job"),
        ((*IMPORT, "--report", "no/such/place.csv"), "no/such/place.csv cannot be written"),
        ((*REWARD, "--file-format", "csv"), "--columns is instead of --file-format"),
        (("reward-past-actions", "rows.csv", *OF, "--sign-ups"), "--header and --sign-ups need --columns"),
        (("reward-past-actions", "rows.csv", *OF, "--columns", "customer,date"), "'--columns': amount is needed"),
    ],
)
def test_what_was_typed_wrong(run: Run, shop: Ledger, arguments: tuple[str, ...], line: str) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert line in ended.err
    assert not shop.sent
    assert not started(shop)


def test_a_time_zone_that_this_machine_does_not_know(run: Run, shop: Ledger) -> None:
    shop.answers.insert(0, ("shop", {}, 200, {"currency": "USD", "timezone": "Mars/Olympus"}))
    ended = run(*REWARD)
    assert (ended.code, ended.err) == (2, "error: this machine does not know the time zone Mars/Olympus\n")
