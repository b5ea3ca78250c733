"""The CPU of a function's import beside that of a function that only has boto3 make a client."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import ROOT
from benchmarks.functions import environment
from benchmarks.machine import machine
from benchmarks.report import Cell, Section, Table

ROUNDS = 15
BUDGET = 1.4
BARE = 'import boto3\nclient = boto3.client("dynamodb")\ndef handler(event, context): ...'
IMPORT = "import handler"
READY = "import handler\nfrom loyalty.entry import wiring\nwiring.world()"
LAYER = ROOT / "layers/domain/python"
PARTS = {
    "botocore makes a client": 'from botocore.session import get_session\nget_session().create_client("dynamodb")',
    "pydantic": "from pydantic import BaseModel\nclass Model(BaseModel): field: int",
    "powertools: logger and metrics": "from aws_lambda_powertools import Logger, Metrics\nLogger(); Metrics()",
    "our rules and one use case": "import loyalty.usecases.complete_order",
    "our contracts of orders": "import loyalty.entry.contracts.orders",
    "the rest of the function": READY,
}
"""Imported one after the other, in one interpreter: what each adds to those before it."""


@dataclass(frozen=True)
class Start:
    """A fresh interpreter, what it runs and where."""

    code: str
    directory: Path = ROOT
    layer: Path = LAYER
    compiles: bool = False
    """Whether it finds our modules as source only and compiles them, as Lambda does when no more is shipped."""

    def cpu(self) -> float:
        """Milliseconds that it works, in user and system mode."""
        before = getrusage(RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", self.code], cwd=self.directory, env=_environment(self), check=True)
        after = getrusage(RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def measure() -> Section:
    functions = sorted(path.parent for path in (ROOT / "functions").glob("*/handler.py"))
    with TemporaryDirectory() as folder:
        source = Path(folder) / "layer"
        shutil.copytree(LAYER, source, ignore=shutil.ignore_patterns("__pycache__"))
        lone = Path(folder) / "function"
        shutil.copytree(ROOT / "functions/order_completed", lone, ignore=shutil.ignore_patterns("__pycache__"))
        starts = {"": Start("pass"), "bare": Start(BARE), "source": Start(IMPORT, lone, source, compiles=True)}
        for directory in functions:
            starts[f"{directory.name} import"] = Start(IMPORT, directory)
            starts[f"{directory.name} ready"] = Start(READY, directory)
        took = _in_turns(starts)
    empty = took[""]
    bare = took["bare"] - empty
    rows: list[list[Cell]] = []
    for directory in functions:
        imported, ready = (took[f"{directory.name} {what}"] - empty for what in ("import", "ready"))
        modules = _modules(directory)
        rows.append(
            [directory.name, _ms(imported), _ratio(imported, bare), BUDGET, _ms(ready), _ratio(ready, bare), modules]
        )
    compiled = took["source"] - empty
    return Section(
        title="Import time",
        how=f"Timed: CPU (user and system) of fresh interpreters in {ROUNDS} rounds, each of which starts every one "
        f"once; medians, less those of an interpreter that does nothing ({empty:.0f} ms). Bare is a handler that "
        f"imports boto3 and makes a DynamoDB client as it is imported, as most do: {bare:.0f} ms. Our functions make "
        "theirs in the first request; ready is with that client made. Modules are counted.",
        tables=[
            Table(
                "Milliseconds of CPU, and the ratio to the bare handler's",
                ("function", "import ms", "ratio", "may be", "ready ms", "ratio when ready", "modules"),
                rows,
            ),
            Table("Where it goes: order_completed, each part on top of those before it", ("part", "ms"), _parts()),
            Table(
                "order_completed, our own modules as source alone, compiled at each start",
                ("import ms", "ratio"),
                [[_ms(compiled), _ratio(compiled, bare)]],
                note="A package without bytecode is compiled anew by every cold start, as Lambda cannot write it.",
            ),
        ],
        machine=machine(),
    )


def _parts() -> list[list[Cell]]:
    """What each part adds, in one interpreter."""
    directory = ROOT / "functions/order_completed"
    lines = ["import time", "before = time.process_time()"]
    for code in PARTS.values():
        lines += [code, "now = time.process_time(); print((now - before) * 1000); before = now"]
    runs = []
    for _ in range(ROUNDS):
        environment_ = _environment(Start("", directory))
        command = [sys.executable, "-c", "\n".join(lines)]
        done = subprocess.run(command, cwd=directory, env=environment_, check=True, capture_output=True, text=True)
        runs.append([float(line) for line in done.stdout.splitlines()])
    return [[name, _ms(median(column))] for name, column in zip(PARTS, zip(*runs, strict=True), strict=True)]


def _modules(directory: Path) -> int:
    code = "import sys; before = len(sys.modules)\n" + READY + "\nprint(len(sys.modules) - before)"
    command = [sys.executable, "-c", code]
    environment_ = _environment(Start("", directory))
    done = subprocess.run(command, cwd=directory, env=environment_, check=True, capture_output=True, text=True)
    return int(done.stdout)


def _ms(milliseconds: float) -> float:
    return round(milliseconds, 1)


def _ratio(mine: float, bare: float) -> float:
    return round(mine / bare, 2)


def _in_turns(starts: Mapping[str, Start]) -> dict[str, float]:
    for start in starts.values():
        start.cpu()  # so that bytecode and files are where they will be
    took: dict[str, list[float]] = {name: [] for name in starts}
    for _ in range(ROUNDS):
        for name, start in starts.items():
            took[name].append(start.cpu())
    return {name: median(times) for name, times in took.items()}


def _environment(start: Start) -> dict[str, str]:
    compiling = {"PYTHONDONTWRITEBYTECODE": "1"} if start.compiles else {}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(start.layer),
        **environment("http://127.0.0.1:1", "ledger"),
        **compiling,
    }
