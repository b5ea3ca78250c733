"""The program itself, as its users run it: as a process, on a pipe or on a terminal."""

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOYALTY = Path(sys.executable).with_name("loyalty")
SECONDS = 60


@dataclass(frozen=True)
class Ended:
    """How it ended, and what it wrote."""

    code: int
    out: bytes
    err: bytes


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """The caller's, without what would configure the program or its screen, and with this checkout's code."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LOYALTY_", "AWS_")) and name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
    }
    return {**kept, "PYTHONPATH": str(ROOT / "cli"), "TERM": "xterm-256color", **more}


def on_a_pipe(*arguments: str, env: Mapping[str, str], cwd: Path) -> Ended:
    done = subprocess.run(
        [LOYALTY, *arguments], env=environment(env), cwd=cwd, capture_output=True, timeout=SECONDS, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def on_a_terminal(*arguments: str, env: Mapping[str, str], cwd: Path, out: bool = True) -> Ended:
    """stderr is a terminal, and stdout another one unless `out` is False: then it is a pipe."""
    errors, errors_end = pty.openpty()
    output, output_end = pty.openpty() if out else os.pipe()
    process = subprocess.Popen(
        [LOYALTY, *arguments], env=environment(env), cwd=cwd, stdout=output_end, stderr=errors_end
    )
    os.close(errors_end)
    os.close(output_end)
    try:
        return Ended(code=process.wait(SECONDS), out=_read(output), err=_read(errors))
    finally:
        process.kill()


def on_one_terminal(*arguments: str, env: Mapping[str, str], cwd: Path) -> Ended:
    """stdout and stderr are the same terminal, as for a person. What it was sent is in `out`."""
    shown, end = pty.openpty()
    process = subprocess.Popen([LOYALTY, *arguments], env=environment(env), cwd=cwd, stdout=end, stderr=end)
    os.close(end)
    try:
        return Ended(code=process.wait(SECONDS), out=_read(shown), err=b"")
    finally:
        process.kill()


def _read(end: int) -> bytes:
    """All that was written to the other end, which is closed. A terminal says so with an error."""
    parts = []
    try:
        while part := os.read(end, 65536):
            parts.append(part)
    except OSError:
        pass
    finally:
        os.close(end)
    return b"".join(parts)
