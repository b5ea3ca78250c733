"""docs/using/cli.md shows commands that there are."""

import re
import shlex

import pytest

from tests.function.cli.conftest import Run
from tests.function.cli.program import ROOT

SHOWN = re.findall(r"^\$ loyalty ([^|&\n]+)", (ROOT / "docs" / "using" / "cli.md").read_text(), re.MULTILINE)


def test_commands_are_shown() -> None:
    assert {shlex.split(command)[0] for command in SHOWN} == {
        *("journal", "liability", "balances", "purge", "verify"),
        *("customer", "statement", "order", "cards"),
        *("issue", "adjust", "import", "reward-past-actions", "jobs"),
    }


@pytest.mark.parametrize("command", sorted({command for command in SHOWN if "xml" not in command}))
def test_it_is_understood(nowhere: Run, command: str) -> None:
    ended = nowhere(*shlex.split(command), "--help")
    assert (ended.code, ended.err) == (0, "")
