"""The process of the emulated cloud: starts it, knows it again, stops it.

ministack runs under this venv's Python in a session of its own, so that closing the terminal does not end it and that
its worker processes, which run the functions, can be ended with it. All its files are inside one directory.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

HOST = "127.0.0.1"
REGION: Final = "eu-north-1"
"""Where the emulated cloud says it is. Any region works; nothing leaves this machine."""
ACCOUNT = "000000000000"
START_SECONDS = 30.0
STOP_SECONDS = 30.0

# Started by this process. It is meant to outlive it, which Popen would complain about when collected.
_children: dict[int, subprocess.Popen[bytes]] = {}


class LocalCloudError(Exception):
    """Something a user can act on, said in one line."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator, as its directory remembers it."""

    pid: int
    port: int
    keep: bool

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


def running(directory: Path) -> Emulator | None:
    """The emulator that was started in this directory, if it is still alive."""
    try:
        emulator = Emulator(**json.loads(_record(directory).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise LocalCloudError(f"{_record(directory)} is damaged; stop the emulator yourself and remove it") from None
    return emulator if _is_emulator(emulator.pid) else None


def start(directory: Path, port: int, *, keep: bool) -> Emulator:
    """Starts an emulator and returns once it answers.

    With keep, what it holds is written to the directory when it stops and read again when it starts.
    Raises LocalCloudError when the port is taken or the emulator does not come up.
    """
    if not port_is_free(port):
        raise LocalCloudError(
            f"port {port} is taken by a program that is not this local cloud; choose another with PORT="
        )
    directory.mkdir(parents=True, exist_ok=True)
    scratch = directory / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    log = directory / "emulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            cwd=directory,
            env=_environment(directory, port, keep=keep),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children[process.pid] = process
    emulator = Emulator(process.pid, port, keep)
    _record(directory).write_text(json.dumps(asdict(emulator)))
    try:
        _await_answer(emulator, process, log)
    except BaseException:
        stop(directory)
        raise
    return emulator


def stop(directory: Path) -> bool:
    """Stops this directory's emulator and waits until its state is written. False: there was none."""
    emulator = running(directory)
    if emulator is not None:
        os.kill(emulator.pid, signal.SIGTERM)
        ended = _until(lambda: not _is_emulator(emulator.pid), STOP_SECONDS)
        # Workers that it left behind, and itself when it did not stop in time. The group is ours alone.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(emulator.pid, signal.SIGKILL)
        if child := _children.pop(emulator.pid, None):
            child.wait(STOP_SECONDS)
        if not ended and emulator.keep:
            _record(directory).unlink(missing_ok=True)
            raise LocalCloudError(
                f"the emulator did not stop in {STOP_SECONDS:.0f} s and was ended; its last state is lost"
            )
    _record(directory).unlink(missing_ok=True)
    shutil.rmtree(directory / "tmp", ignore_errors=True)
    return emulator is not None


def port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Some port that is free now, for a second local cloud beside the user's."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def answers(emulator: Emulator) -> bool:
    connection = http.client.HTTPConnection(HOST, emulator.port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _environment(directory: Path, port: int, *, keep: bool) -> dict[str, str]:
    """Only what the emulator needs: functions inherit it, and must see neither credentials nor proxies of the user."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        "LANG": "C.UTF-8",
        "TMPDIR": str(directory / "tmp"),
        "PYTHONUNBUFFERED": "1",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "PERSIST_STATE": "1" if keep else "0",
        # It writes keys there even when it keeps nothing; those must not mix with what an earlier run kept.
        "STATE_DIR": str(directory / "state" if keep else directory / "tmp" / "state"),
        "LOG_LEVEL": "INFO",
        # The roles of template.yaml are enforced: what a policy lacks fails here, not in production.
        "AUTH": "true",
        # Listeners on fixed ports, which a second local cloud could not have.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def _await_answer(emulator: Emulator, process: subprocess.Popen[bytes], log: Path) -> None:
    ready = _until(lambda: process.poll() is not None or answers(emulator), START_SECONDS)
    if process.poll() is not None:
        raise LocalCloudError(f"the emulator ended with exit code {process.returncode}; see {log}")
    if not ready:
        raise LocalCloudError(f"the emulator did not answer within {START_SECONDS:.0f} s; see {log}")


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _record(directory: Path) -> Path:
    return directory / "emulator.json"


def _is_emulator(pid: int) -> bool:
    """Whether this process is alive and ministack: a number in an old file may be anybody's by now."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes() if Path("/proc/self").exists() else _ps(pid)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return b"ministack" in command


def _ps(pid: int) -> bytes:
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False).stdout
