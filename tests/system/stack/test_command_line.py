"""`loyalty` against a deployed stack: what finance and operators see of it, and what Beancount says to it."""

import csv
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loyalty.adapters.dynamodb.keys import cause_pk, position_sk
from loyalty.domain.ledger.kinds import CauseKind
from loyalty.domain.ledger.movement import Cause
from tests.function.cli.program import Ended, on_a_pipe, on_a_terminal
from tests.system.stack.api import Shop, eventually
from tests.system.stack.conftest import ShortLived
from tests.system.stack.test_purge import SCHEDULE_SECONDS
from tools.deployment import client
from tools.local_cloud import Stack

BEAN_CHECK = Path(sys.executable).with_name("bean-check")

type Loyalty = Callable[..., Ended]


def day(offset: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + offset * 86_400))


# A long range, so that it takes many answers; to tomorrow, so that a midnight can't come between.
DAYS = ("--from", day(-200), "--to", day(1))


@pytest.fixture
def loyalty(stack: Stack, directory: Path) -> Loyalty:
    """Runs the program on a pipe; `stack` is up in `directory`."""
    return lambda *arguments: on_a_pipe(*arguments, "--stack", str(directory / "stack.json"), env={}, cwd=directory)


def lines(ended: Ended) -> list[Any]:
    assert (ended.code, ended.err) == (0, b""), ended
    return [json.loads(line) for line in ended.out.splitlines()]


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A program in which points were earned, used and given."""
    assert shop.complete("#1", "100.50").status == 201
    assert shop.redeem("#2", 30).status == 200
    assert shop.issue("given", 12_345).status == 201
    return shop


def test_journal_in_every_form(loyalty: Loyalty, shop: Shop, tmp_path: Path) -> None:
    command = ("journal", "--program", shop.program_id, *DAYS, "--kind", "all")
    entries = lines(loyalty(*command))
    assert entries == shop.journal()
    assert {entry["kind"]: entry["points"] for entry in entries} == {"earn": 100, "redeem": 30, "issue": 12_345}

    table = loyalty(*command, "--format", "table")
    assert (table.code, len(table.out.splitlines())) == (0, 1 + len(entries))
    assert b"  12,345  123.45 EUR" in table.out

    path = tmp_path / "journal.csv"
    assert loyalty(*command, "--output", str(path)).code == 0
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["kind"], int(row["points"])) for row in rows if row["side"] == "debit"] == [
        (entry["kind"], entry["points"]) for entry in entries
    ]


def test_beancount_checks_the_journal(loyalty: Loyalty, shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "journal.beancount"
    ended = loyalty("journal", "--program", shop.program_id, *DAYS, "--kind", "all", "--output", str(path))
    assert (ended.code, ended.out, ended.err) == (0, b"", b"")
    assert path.read_text().count(" * ") == 3
    checked = subprocess.run([BEAN_CHECK, "--no-cache", path], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_movements_of_an_entry(loyalty: Loyalty, shop: Shop) -> None:
    [entry] = [entry for entry in shop.journal() if entry["kind"] == "earn"]
    command = ("journal", "movements", "--program", shop.program_id, "--day", entry["business_day"], "--kind", "earn")
    [movement] = lines(loyalty(*command))
    assert (movement["customer_id"], movement["order_id"], movement["points"]) == ("ann", "#1", 100)


def test_liability_in_three_ways(loyalty: Loyalty, shop: Shop) -> None:
    program = ("--program", shop.program_id)
    [liability] = lines(loyalty("liability", *program, *DAYS))
    owed = 100 - 30 + 12_345
    assert (liability["opening"]["points"], liability["closing"]["points"], liability["outstanding"]) == (0, owed, owed)
    table = loyalty("liability", *program, *DAYS, "--format", "table")
    assert (table.code, b"closing     12,415  124.15 EUR" in table.out) == (0, True)
    [cohorts] = lines(loyalty("liability", "cohorts", *program, "--to", day(1)))
    assert cohorts["outstanding"] == owed
    [deferred] = lines(loyalty("liability", "deferred-revenue", *program, *DAYS, "--expected-redemption", "0.9"))
    assert deferred["expected_redemption"] == {"share": "0.9", "source": "the request"}


def test_balances_sum_to_the_liability(loyalty: Loyalty, shop: Shop) -> None:
    shop.issue("to ben", 500, customer_id="ben / cid")
    command = ("balances", "--program", shop.program_id)
    found = lines(loyalty(*command))
    assert {one["customer_id"]: one["balance"] for one in found} == {"ann": 12_415, "ben / cid": 500}
    [liability] = lines(loyalty("liability", "--program", shop.program_id, *DAYS))
    assert sum(one["outstanding"] for one in found) == liability["outstanding"]
    table = loyalty(*command, "--sort", "balance", "--min-balance", "501", "--format", "table")
    assert table.out.endswith(b"1 customer: balance 12,415 points (worth 124.15 EUR), outstanding 12,415, debt 0.\n")
    lower = [one["customer_id"] for one in lines(loyalty(*command, "--sort", "balance"))]
    assert lower == ["ben / cid", "ann"]


def test_purges_say_what_they_wrote_off(loyalty: Loyalty, short_lived: ShortLived) -> None:
    eventually(lambda: short_lived.shop.journal("write_off"), seconds=SCHEDULE_SECONDS)
    command = ("purge", "--status", "--program", short_lived.shop.program_id)
    [run] = lines(loyalty(*command))
    assert (run["points"], run["amount"], run["accounts"]) == (short_lived.points, "0.07", 1)
    assert b"0.07 EUR" in loyalty(*command, "--format", "table").out


def test_look_ups(loyalty: Loyalty, shop: Shop) -> None:
    program = ("--program", shop.program_id)
    assert lines(loyalty("customer", "ann", *program)) == [shop.account()]
    assert lines(loyalty("statement", "ann", *program)) == shop.statement()
    assert lines(loyalty("order", "#1", *program)) == [shop.order("#1")]


def test_points_are_given_and_adjusted_by_hand(loyalty: Loyalty, shop: Shop) -> None:
    program = ("--program", shop.program_id, "--reason", "by hand")
    before = shop.account()["balance"]
    assert lines(loyalty("issue", "ann", "7", *program))[0]["balance"] == before + 7
    adjusted = lines(loyalty("adjust", "ann", "-5", *program, "--order", "#1", "--key", "k"))
    assert adjusted[0]["balance"] == before + 2
    again = loyalty("adjust", "ann", "-5", *program, "--order", "#1", "--key", "k")
    assert (json.loads(again.out), again.err[:20]) == (adjusted[0], b"this was done before")
    assert [movement["points"] for movement in shop.statement()[:2]] == [-5, 7]
    assert [adjustment["points"] for adjustment in shop.order("#1")["adjustments"]] == [-5]


def test_a_file_is_looked_at_imported_once_and_undone(loyalty: Loyalty, shop: Shop, tmp_path: Path) -> None:
    program = ("--program", shop.program_id)
    rows = [f"customer-{n};{n + 1};row {n}" for n in range(50)]
    file = tmp_path / "rows.csv"
    file.write_text("\n".join(["customer_id;points;reason", *rows]))
    [looked] = lines(loyalty("import", str(file), *program, "--dry-run"))
    assert (looked["status"], looked["points"]) == ("completed", 1275)
    assert shop.account("customer-9")["balance"] == 0

    [job] = lines(loyalty("import", str(file), *program, "--results", "done.csv"))
    assert (job["status"], job["processed"], job["failed"], job["points"]) == ("completed", 50, 0, 1275)
    again = loyalty("import", str(file), *program)
    assert (again.code, json.loads(again.out)["job_id"]) == (0, job["job_id"])
    assert job["job_id"].encode() in again.err
    assert shop.account("customer-9")["balance"] == 10
    downloaded = loyalty("jobs", "results", job["job_id"], *program).out.decode()
    assert [row["points"] for row in csv.DictReader(io.StringIO(downloaded))] == [str(n + 1) for n in range(50)]

    assert shop.redeem("#3", 4, customer_id="customer-9").status == 200
    ended = loyalty("jobs", "undo", job["job_id"], *program)
    assert (ended.code, ended.err[:21]) == (0, b"4 points were spent a")
    assert json.loads(ended.out)["points_undone"] == 4 - 1275
    assert [found["status"] for found in lines(loyalty("jobs", *program))] == ["undone", "completed"]
    assert loyalty("verify", *program).code == 0


def test_a_bad_file_is_named_line_by_line(loyalty: Loyalty, shop: Shop, tmp_path: Path) -> None:
    program = ("--program", shop.program_id)
    file, report = tmp_path / "rows.csv", tmp_path / "bad.csv"
    file.write_text("customer_id,points,reason\nann,5,gift\nann,1e3,gift\n")
    ended = loyalty("import", str(file), *program, "--report", str(report))
    assert (ended.code, json.loads(ended.out)["status"]) == (1, "failed")
    assert ended.err.decode() == f"error: 1 bad row, so nothing was done; all: {report}\n"
    assert "2,3,points,malformed_number" in report.read_text()


def test_a_history_without_order_ids_is_rewarded_once(loyalty: Loyalty, shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "history.txt"
    file.write_text(" 00004 19970101  2   29.33\n 00004 19970101  1   10.00\n 00021 19970102  3   63.34\n")
    command = ("reward-past-actions", str(file), "--columns", "cdnow", "--program", shop.program_id)
    [looked] = lines(loyalty(*command, "--dry-run"))
    [job] = lines(loyalty(*command))
    assert looked["points"] == job["points"] == 29 + 10 + 63
    assert shop.account("00004")["balance"] == 39
    assert shop.complete("00004-19970101-2", "10.00", "00004").body["reason"] == "past_action"
    file.write_text(" 00004 19970103  1   10.00\n")
    ended = loyalty(*command)
    assert (ended.code, ended.out) == (3, b"")
    assert ended.err.startswith(b"error: past_actions_rewarded: ")
    assert job["job_id"].encode() in ended.err


def test_verify_finds_what_somebody_changed(loyalty: Loyalty, shop: Shop, stack: Stack) -> None:
    command = ("verify", "--program", shop.program_id)
    ended = loyalty(*command)
    assert (ended.code, ended.err) == (0, b"everything agrees\n")
    assert json.loads(ended.out)["movements"] == 3

    table = client(stack.endpoint_url, "dynamodb")
    cause = Cause(shop.program_id, CauseKind.ORDER, "#1")
    key = {"pk": {"S": cause_pk(cause)}, "sk": {"S": position_sk(1)}}
    earned = table.get_item(TableName=stack.table_name, Key=key)["Item"]
    table.delete_item(TableName=stack.table_name, Key=key)
    try:
        ended = loyalty(*command)
        assert ended.code == 1
        assert b"; the first: " in ended.err
        assert json.loads(ended.out)["differences"]
        named = loyalty(*command, "--format", "table")
        assert named.code == 1
        assert b"where" in named.out
    finally:
        table.put_item(TableName=stack.table_name, Item=earned)
    assert loyalty(*command).code == 0


def test_on_a_terminal(shop: Shop, directory: Path) -> None:
    command = ("journal", "--program", shop.program_id, *DAYS, "--kind", "all", "--stack", "stack.json")
    ended = on_a_terminal(*command, env={"COLUMNS": "140"}, cwd=directory)
    assert ended.code == 0
    assert b"12,345" in ended.out
    assert b"\x1b[1m" in ended.out
    assert b"8/8" in ended.err or b"7/7" in ended.err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("journal", *DAYS), b"error: unknown_program: There is no program of this id.\n"),
        (
            ("journal", "movements", "--day", "2026-01-31", "--kind", "gift"),
            b"kind must be one of earn, issue, ",
        ),
        (
            ("liability", "--from", "1990-01-01", "--to", "2026-01-01"),
            b"to must be within 3660 days of `from`.\n",
        ),
    ],
)
def test_bad_input(loyalty: Loyalty, arguments: tuple[str, ...], line: bytes) -> None:
    ended = loyalty(*arguments, "--program", "nobody-made-this")
    assert (ended.code, ended.out, ended.err.count(b"\n")) == (3, b"", 1)
    assert line in ended.err


def test_a_client_of_another_scope_is_refused(stack: Stack, directory: Path) -> None:
    """Credentials from the environment; those of the storefront read no journal."""
    env = {
        "LOYALTY_API_URL": stack.api_url,
        "LOYALTY_TOKEN_URL": stack.token_url,
        "LOYALTY_CLIENT_ID": stack.clients["storefront"]["client_id"],
        "LOYALTY_CLIENT_SECRET": stack.clients["storefront"]["client_secret"],
        "LOYALTY_PROGRAM": "shop",
    }
    ended = on_a_pipe("journal", *DAYS, env=env, cwd=directory)
    assert (ended.code, ended.out) == (3, b"")
    assert ended.err.startswith(b"error: forbidden: ")
    env["LOYALTY_CLIENT_SECRET"] = "wrong"
    ended = on_a_pipe("journal", *DAYS, env=env, cwd=directory)
    assert (ended.code, ended.out, ended.err) == (3, b"", b"error: bad_request: invalid_client\n")
