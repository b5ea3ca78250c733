"""The CPU of a function's import beside that of a function that only has boto3 make a client."""

import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import ROOT
from benchmarks.functions import environment
from benchmarks.machine import machine
from benchmarks.report import Cell, Section, Table
from tools.deployment import build_layer

TURNS = 5
CLOSELY = {"order_completed": 25, "redeem": 25}
"""How many turns the functions take that a shopper waits for: ratios of a few differ by 0.1 from run to run."""
BUDGET = 1.15
BARE = 'import boto3\nclient = boto3.client("dynamodb")\ndef handler(event, context): ...'
IMPORT = "import handler"
READY = "import handler\nfrom loyalty.entry import wiring\nwiring.world()"
LAYER = ROOT / "layers/domain/python"
PARTS = {
    "botocore makes a client": 'from botocore.session import get_session\nget_session().create_client("dynamodb")',
    "pydantic": "from pydantic import BaseModel\nclass Model(BaseModel): field: int",
    "powertools: logger and metrics": "from aws_lambda_powertools import Logger, Metrics\nLogger(); Metrics()",
    "our rules and one use case": "import loyalty.usecases.orders.complete",
    "our contracts of orders": "import loyalty.entry.contracts.orders.completion",
    "the rest of the function": READY,
}
"""Imported one after the other, in one interpreter: what each adds to those before it."""


@dataclass(frozen=True)
class Start:
    """A fresh interpreter, what it runs and where."""

    code: str
    directory: Path = ROOT
    layer: Path = LAYER

    def cpu(self) -> float:
        """Milliseconds that it works, in user and system mode."""
        before = getrusage(RUSAGE_CHILDREN)
        code = f"{self.code}\nimport os; os._exit(0)"  # an interpreter that ends looks for garbage; Lambda's does not
        subprocess.run([sys.executable, "-c", code], cwd=self.directory, env=_environment(self), check=True)
        after = getrusage(RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


@dataclass(frozen=True)
class Times:
    """Milliseconds of starts that took turns with the bare handler's, and the medians of their ratios."""

    bare: float
    took: Sequence[float]
    ratios: Sequence[float]


def measure() -> Section:
    with TemporaryDirectory() as folder:
        return _measure(Path(folder))


def _measure(folder: Path) -> Section:
    layer = folder / "layer"
    with zipfile.ZipFile(io.BytesIO(build_layer("DomainLayer", ROOT / "layers/domain"))) as archive:
        archive.extractall(layer)
    layer /= "python"
    shutil.copytree(ROOT / "functions", folder / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    empty = median(Start("pass").cpu() for _ in range(TURNS))
    rows: list[list[Cell]] = []
    bares = []
    for function in sorted(path.parent for path in (folder / "functions").glob("*/handler.py")):
        turns = CLOSELY.get(function.name, TURNS)
        times = _in_turns(turns, empty, *(Start(code, function, layer) for code in (IMPORT, READY)))
        (imported, ready), (ratio, ratio_ready) = times.took, times.ratios
        loaded = modules(Start(READY, function, layer))
        rows.append([function.name, turns, imported, ratio, BUDGET, ready, ratio_ready, len(loaded)])
        bares.append(times.bare)
    return Section(
        title="Import time",
        how="Timed: CPU (user and system) of fresh interpreters. Bare is a handler that imports boto3 and makes a "
        "DynamoDB client while it is imported, as most do. Each function took turns with it; ratios are medians of the "
        f"turns'. What an interpreter takes that does nothing ({empty:.0f} ms) is not in them. The bare handler took "
        f"{min(bares):.0f} to {max(bares):.0f} ms. As deployed: our layer and the libraries have bytecode, handlers "
        "are compiled at each start. Our functions make their client in their first request; ready is with that made. "
        "Modules are counted.",
        tables=[
            Table(
                "Milliseconds of CPU, and the ratio to the bare handler's",
                ("function", "turns", "import ms", "ratio", "may be", "ready ms", "ratio when ready", "modules"),
                rows,
            ),
            Table("Where it goes: order_completed, each part on top of those before it", ("part", "ms"), _parts(layer)),
        ],
        machine=machine(),
    )


def _in_turns(turns: int, empty: float, *starts: Start) -> Times:
    for start in starts:
        start.cpu()  # so that the files are where they will be
    took = [[start.cpu() - empty for start in (Start(BARE), *starts)] for _ in range(turns)]
    bare, *others = (round(median(column), 1) for column in zip(*took, strict=True))
    ratios = [round(median(turn[place] / turn[0] for turn in took), 2) for place in range(1, len(starts) + 1)]
    return Times(bare, others, ratios)


def _parts(layer: Path) -> list[list[Cell]]:
    """What each part adds, in one interpreter."""
    directory = ROOT / "functions/order_completed"
    lines = ["import time", "before = time.process_time()"]
    for code in PARTS.values():
        lines += [code, "now = time.process_time(); print((now - before) * 1000); before = now"]
    start = Start("\n".join(lines), directory, layer)
    runs = [[float(line) for line in output(start).splitlines()] for _ in range(TURNS)]
    return [[name, round(median(column), 1)] for name, column in zip(PARTS, zip(*runs, strict=True), strict=True)]


def modules(start: Start) -> frozenset[str]:
    """The names of all modules that a start imports."""
    code = f"import sys; before = set(sys.modules)\n{start.code}\nprint(*(set(sys.modules) - before))"
    return frozenset(output(replace(start, code=code)).split())


def output(start: Start) -> str:
    """What the start prints."""
    command = [sys.executable, "-c", start.code]
    done = subprocess.run(
        command, cwd=start.directory, env=_environment(start), check=True, capture_output=True, text=True
    )
    return done.stdout


def _environment(start: Start) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(start.layer),
        "PYTHONDONTWRITEBYTECODE": "1",  # as in Lambda, where nothing can be written beside what is imported
        **environment("http://127.0.0.1:1", "ledger"),
    }
