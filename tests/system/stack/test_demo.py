"""`make demo` on these tests' stack, twice: real orders in, books that balance, and nothing new the second time."""

from pathlib import Path

import pytest

from tools import demo
from tools.local_cloud import Stack


def test_the_demo_runs_and_runs_again(stack: Stack, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--directory", str(directory)]
    first, again = ((demo.main(arguments), capsys.readouterr()) for _ in range(2))
    assert (first[0], first[1].err) == (0, "")
    assert "136 orders in, 126 accruals" in first[1].out
    assert (again[0], again[1].err) == (0, "")
    assert "136 orders in, 0 accruals, 182 duplicates refused, 0 points earned" in again[1].out
    balance = [next(line for line in run[1].out.splitlines() if "the books balance:" in line) for run in (first, again)]
    assert balance[0] == balance[1]


def test_the_demo_says_what_to_do_when_nothing_is_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["--directory", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "error: the local cloud is not running; start it with: make up\n"
