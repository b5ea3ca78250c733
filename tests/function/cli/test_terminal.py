"""Tables, colours and progress for a person; none of that for a program."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.function.cli.ledger import Ledger
from tests.function.cli.program import LOYALTY, environment, on_a_pipe, on_a_terminal, on_one_terminal
from tests.function.cli.test_journal import CSV_HEAD, DAYS, JOURNAL, entry

COMMAND = ("journal", "--program", "shop", *DAYS)
ESCAPE, BOLD, COLOUR, LINE_CLEARED = b"\x1b", b"\x1b[1m", b"\x1b[3", b"\x1b[2K"


@pytest.fixture(autouse=True)
def booked(ledger: Ledger) -> None:
    ledger.says(JOURNAL, {"entries": [entry("2026-01-30", points=1234567)]})


def test_a_program_gets_lines_of_json(ledger: Ledger, tmp_path: Path) -> None:
    # Colours are not even forced into a pipe.
    ended = on_a_pipe(*COMMAND, env={**ledger.environment, "FORCE_COLOR": "1"}, cwd=tmp_path)
    assert (ended.code, ended.err) == (0, b"")
    assert [json.loads(line)["points"] for line in ended.out.splitlines()] == [1234567] * 3


def test_a_table_on_a_pipe_has_no_colours(ledger: Ledger, tmp_path: Path) -> None:
    ended = on_a_pipe(*COMMAND, "--format", "table", env={**ledger.environment, "FORCE_COLOR": "1"}, cwd=tmp_path)
    assert (ended.code, ended.err) == (0, b"")
    assert b"1,234,567" in ended.out
    assert ESCAPE not in ended.out


def test_a_person_gets_a_table_and_progress(ledger: Ledger, tmp_path: Path) -> None:
    ended = on_a_terminal(*COMMAND, env={**ledger.environment, "COLUMNS": "120"}, cwd=tmp_path)
    assert ended.code == 0
    assert BOLD in ended.out
    assert "─".encode() in ended.out
    assert ended.out.count(b"1,234,567") == 3
    assert b"journal of shop" in ended.err
    assert b"3/3" in ended.err


@pytest.mark.parametrize("columns", ["40", "120"])
def test_progress_is_gone_before_the_table_is_drawn(ledger: Ledger, tmp_path: Path, columns: str) -> None:
    ended = on_one_terminal(*COMMAND, env={**ledger.environment, "COLUMNS": columns}, cwd=tmp_path)
    drawn, _, table = ended.out.partition(b"business day")
    bar, _, between = drawn.rpartition(b"0:00:")
    assert b"journal of shop" in bar
    assert LINE_CLEARED in between
    assert b"journal of shop" not in table


@pytest.mark.parametrize("width", [40, 80, 120])
def test_what_is_wider_than_the_terminal_gets_a_line_for_each_column(
    ledger: Ledger, tmp_path: Path, width: int
) -> None:
    env = {**ledger.environment, "COLUMNS": str(width), "NO_COLOR": "1"}
    lines = on_a_terminal(*COMMAND, env=env, cwd=tmp_path).out.decode().splitlines()
    assert max(map(len, lines)) <= width
    as_lines = [line for line in lines if line.split() == ["points", "1,234,567"]]
    as_table = [line for line in lines if "[bold]liability  expense  1,234,567" in line]
    assert (len(as_lines), len(as_table)) == ((0, 3) if width == 120 else (3, 0))


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colours_gets_none(ledger: Ledger, tmp_path: Path, name: str, value: str) -> None:
    ended = on_a_terminal(*COMMAND, env={**ledger.environment, name: value}, cwd=tmp_path)
    assert ended.code == 0
    assert COLOUR not in ended.out + ended.err


def test_progress_is_shown_while_a_file_is_written(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    ended = on_a_terminal(*COMMAND, "--output", str(path), env=ledger.environment, cwd=tmp_path)
    assert (ended.code, ended.out) == (0, b"")
    assert b"3/3" in ended.err
    assert len(path.read_text().splitlines()) == 3


def test_progress_does_not_get_into_what_a_person_reads_as_it_comes(ledger: Ledger, tmp_path: Path) -> None:
    ended = on_a_terminal(*COMMAND, "--format", "json", env=ledger.environment, cwd=tmp_path)
    assert (ended.code, ended.err) == (0, b"")


def test_progress_on_a_terminal_leaves_the_pipe_alone(ledger: Ledger, tmp_path: Path) -> None:
    ended = on_a_terminal(*COMMAND, env=ledger.environment, cwd=tmp_path, out=False)
    assert ended.code == 0
    assert b"3/3" in ended.err
    assert [json.loads(line)["points"] for line in ended.out.splitlines()] == [1234567] * 3


def test_csv_keeps_its_line_ends_on_a_pipe(ledger: Ledger, tmp_path: Path) -> None:
    ledger.answers.clear()
    ledger.says(JOURNAL, f"{CSV_HEAD}ø,1\r\n")
    # Whatever the locale says, it is UTF-8.
    env = {**ledger.environment, "LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}
    ended = on_a_pipe("journal", "--program", "shop", "--month", "2026-01", "--format", "csv", env=env, cwd=tmp_path)
    assert (ended.code, ended.out) == (0, f"{CSV_HEAD}ø,1\r\n".encode())


def test_a_reader_who_had_enough_gets_no_complaint(ledger: Ledger, tmp_path: Path) -> None:
    ledger.answers.clear()
    ledger.says(JOURNAL, {"entries": [entry("2026-01-30")] * 1000})
    process = subprocess.Popen(
        [LOYALTY, *COMMAND],
        env=environment(ledger.environment),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


def test_help_says_how_it_ends(tmp_path: Path) -> None:
    ended = on_a_pipe("--help", env={}, cwd=tmp_path)
    assert (ended.code, ended.err) == (0, b"")
    assert b"4 (no answer)" in ended.out
    assert on_a_pipe(env={}, cwd=tmp_path).code == 2


def test_nothing_is_said_of_tries(tmp_path: Path, ledger: Ledger) -> None:
    env = {**ledger.environment, "LOYALTY_TOKEN_URL": "http://127.0.0.1:9/oauth2/token"}
    ended = on_a_pipe(*COMMAND, env=env, cwd=tmp_path)
    assert (ended.code, ended.out) == (4, b"")
    assert ended.err == b"error: the ledger cannot be reached at 127.0.0.1:9; is it up?\n"
