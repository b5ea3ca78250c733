"""The machine that measures, and the emulator that it measures against."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.report import Cell
from tests.support.table import dynamodb_client
from tools import emulator


def machine() -> dict[str, Cell]:
    """Where and when something was measured, and how busy the machine was with other things."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "Python": platform.python_version(),
        "botocore": version("botocore"),
        "ministack": version("ministack"),
        "load": round(os.getloadavg()[0], 1),
        "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


@contextmanager
def emulated() -> Iterator[str]:
    """The URL of an emulator of its own: its DynamoDB is in another process and is talked to over HTTP."""
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        running = emulator.start(directory, emulator.free_port(), keep=False)
        try:
            yield running.url
        finally:
            emulator.stop(directory)


@contextmanager
def dynamodb() -> Iterator[Any]:
    """A client of the DynamoDB of an emulator of its own."""
    with emulated() as url:
        client = dynamodb_client(url)
        try:
            yield client
        finally:
            client.close()
