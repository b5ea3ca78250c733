"""The command line, run in this process against a ledger that only talks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loyalty_cli.main import main
from tests.function.cli.ledger import Ledger, served


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass
class Somebody:
    """Somebody at the terminal: what they were asked, and what they answer."""

    says: str = "y"
    asked: list[str] = field(default_factory=list)

    def answer(self, question: str) -> str:
        self.asked.append(question)
        return self.says


type Run = Callable[..., Ended]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with served() as ledger:
        yield ledger


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `loyalty` where no ledger is configured."""
    monkeypatch.chdir(tmp_path)
    for name in ("API_URL", "TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "PROGRAM", "VERIFY_FUNCTION"):
        monkeypatch.delenv(f"LOYALTY_{name}", raising=False)

    def run(*arguments: str) -> Ended:
        code = main(arguments)
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def run(nowhere: Run, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `loyalty` with the ledger in its environment."""
    for name, value in ledger.environment.items():
        monkeypatch.setenv(name, value)
    return nowhere


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> Somebody:
    """A terminal, and somebody at it."""
    somebody = Somebody()
    monkeypatch.setattr("loyalty_cli.commands.jobs.asking", lambda: True)
    monkeypatch.setattr("loyalty_cli.commands.imports.asking", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", somebody.answer)
    return somebody


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two looks at a job."""
    monkeypatch.setattr("loyalty_cli.commands.jobs.FIRST_WAIT", 0.0)
