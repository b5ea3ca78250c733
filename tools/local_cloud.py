"""The whole product on one machine: `python -m tools.local_cloud up|down|logs|status`.

`up` starts the emulated cloud, deploys template.yaml to it, waits until the API answers and writes what a client needs
to stack.json in its directory. Tests start a second one, in a directory and on a port of its own, with `up(...)`.
"""

import argparse
import http.client
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from tools import emulator
from tools.deployment import Deployment, client, deploy, restore_routes
from tools.emulator import HOST, REGION, Emulator, LocalCloudError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_logs import CloudWatchLogsClient

ROOT = Path(__file__).resolve().parent.parent
DIRECTORY = ROOT / ".local"
PORT = 4566
STACK_NAME = "loyalty-ledger"
ANSWER_SECONDS = 30.0
FUNCTION_NAME = re.compile(r'"function_name":"([^"]+)"')
# What Lambda itself writes around each invocation.
PLATFORM_LINES = ("START RequestId", "END RequestId", "REPORT RequestId")

# What one machine wants otherwise than production. A failed order event gets to its dead-letter queue in half a minute.
LOCAL_PARAMETERS: Mapping[str, str] = {
    "DeletionProtection": "false",
    "OrderRetrySeconds": "10",
    "PurgeRetrySeconds": "300",
    "JobRetrySeconds": "60",
    "RequireTls": "false",
    "CombinedAlarms": "false",
    "OrderTries": "3",
}

Progress = Callable[[str], None]


class Client(TypedDict):
    """A machine client of the API: what it asks the token endpoint with."""

    client_id: str
    client_secret: str
    scope: str


@dataclass(frozen=True)
class Stack:
    """A deployed local stack; the fields of stack.json."""

    api_url: str
    token_url: str
    clients: Mapping[str, Client]
    """storefront, admin, finance."""
    endpoint_url: str
    region: str
    table_name: str
    event_bus_name: str
    functions: Mapping[str, str]
    """Logical name in the template -> deployed name."""
    queues: Mapping[str, str]
    """Logical name in the template -> URL."""


@dataclass(frozen=True)
class Line:
    """A line of the functions' log."""

    at: int
    """Milliseconds since 1970."""
    function: str
    """Its logical name in the template; empty when no line of the invocation says it."""
    stream: str
    message: str


def up(
    directory: Path,
    port: int,
    keep: bool,
    progress: Progress,
    *,
    stack_name: str = STACK_NAME,
    parameters: Mapping[str, str] | None = None,
    root: Path = ROOT,
) -> Stack:
    """Starts what is not running, deploys the template as it is now, and returns once the API answers.

    parameters are the template's, e.g. {"PurgeSchedule": "rate(1 minute)"}.
    Raises LocalCloudError, which says in one line what a user can do.
    """
    directory = directory.resolve()
    running = emulator.running(directory)
    if running is None:
        progress(f"starting the emulator on port {port}")
        (directory / "stack.json").unlink(missing_ok=True)
        running = emulator.start(directory, port, keep=keep)
    else:
        _same_settings(running, port, keep=keep)
    if not emulator.answers(running):
        raise LocalCloudError(
            f"the emulator (process {running.pid}) does not answer on port {running.port}; make down, then make up"
        )
    deployment = deploy(running.url, root, stack_name, {**LOCAL_PARAMETERS, **(parameters or {})}, progress)
    changed = restore_routes(running.url, deployment)
    if changed:
        progress(f"set {changed} routes")
    stack = _stack(running, deployment)
    _await_api(stack)
    (directory / "stack.json").write_text(json.dumps(asdict(stack), indent=2) + "\n")
    return stack


def down(directory: Path) -> bool:
    """Stops the local cloud of this directory. False: it was not running."""
    stopped = emulator.stop(directory.resolve())
    (directory / "stack.json").unlink(missing_ok=True)
    return stopped


def load(directory: Path) -> Stack:
    """The stack that is up in this directory. Raises LocalCloudError when none is."""
    if emulator.running(directory.resolve()) is None:
        raise LocalCloudError("the local cloud is not running; start it with: make up")
    try:
        return Stack(**json.loads((directory / "stack.json").read_text()))
    except FileNotFoundError:
        raise LocalCloudError("the local cloud runs but was not deployed to; finish it with: make up") from None


def logged(stack: Stack, since: int = 0) -> list[Line]:
    """What the functions wrote since then (milliseconds since 1970), without what Lambda itself writes."""
    logs: CloudWatchLogsClient = client(stack.endpoint_url, "logs")
    names = {deployed: name for name, deployed in stack.functions.items()}
    lines: list[Line] = []
    for group in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"], startTime=since)
        events = [event for page in pages for event in page["events"]]
        # AWS names a stream after its function. The emulator makes one of each invocation, and names it after nothing.
        writers = {e["logStreamName"]: found[1] for e in events if (found := FUNCTION_NAME.search(e["message"]))}
        lines += [
            Line(e["timestamp"], names.get(writers.get(e["logStreamName"], ""), ""), e["logStreamName"], e["message"])
            for e in events
            if not e["message"].startswith(PLATFORM_LINES)
        ]
    return lines


def show_logs(directory: Path, *, follow: bool, minutes: float = 15) -> None:
    """Prints what the functions wrote in the last minutes, oldest first, and goes on when told to."""
    stack = load(directory)
    since = int((time.time() - minutes * 60) * 1000)
    seen: set[Line] = set()
    while True:
        lines = [line for line in logged(stack, since) if line not in seen]
        seen.update(lines)
        for line in sorted(lines, key=lambda line: line.at):
            moment = datetime.fromtimestamp(line.at / 1000, UTC)
            name = line.function.removesuffix("Function") or "-"
            print(f"{moment:%H:%M:%S}Z {name:16} {line.message.rstrip()}", flush=True)
        if not follow:
            return
        time.sleep(1)


def _same_settings(running: Emulator, port: int, *, keep: bool) -> None:
    if running.port != port:
        raise LocalCloudError(f"the local cloud already runs on port {running.port}; make down first to move it")
    if keep and not running.keep:
        raise LocalCloudError("the local cloud runs without KEEP=1; make down first (that empties it)")


def _stack(running: Emulator, deployment: Deployment) -> Stack:
    outputs = deployment.outputs
    cognito: CognitoIdentityProviderClient = client(running.url, "cognito-idp")
    clients: dict[str, Client] = {}
    for name in ("storefront", "admin", "finance"):
        described = cognito.describe_user_pool_client(
            UserPoolId=outputs["UserPoolId"], ClientId=outputs[f"{name.capitalize()}ClientId"]
        )["UserPoolClient"]
        clients[name] = {
            "client_id": described["ClientId"],
            "client_secret": described["ClientSecret"],
            "scope": f"loyalty/{name}",
        }
    return Stack(
        # The emulator's way to call an API by path; the template's output is a host name that may not resolve.
        api_url=f"{running.url}/_aws/execute-api/{deployment.physical['Api']}",
        token_url=f"{running.url}/oauth2/token",
        clients=clients,
        endpoint_url=running.url,
        region=REGION,
        table_name=outputs["TableName"],
        event_bus_name=outputs["EventBusName"],
        functions=deployment.functions,
        queues={
            key.removesuffix("Url"): value
            for key, value in outputs.items()
            if key.endswith("Url") and key not in ("ApiUrl", "TokenUrl")
        },
    )


def _await_api(stack: Stack) -> None:
    """Until a call without a token is refused by the authorizer: the API, its stage and its routes are there."""
    path = f"{urlsplit(stack.api_url).path}/v1/programs/none"
    deadline = time.monotonic() + ANSWER_SECONDS
    status = 0
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(HOST, urlsplit(stack.api_url).port, timeout=5)
        with suppress(OSError):
            connection.request("GET", path)
            status = connection.getresponse().status
        connection.close()
        if status == 401:
            return
        time.sleep(0.1)
    raise LocalCloudError(f"the API answers {status or 'nothing'} where it should ask for a token (401)")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.local_cloud", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=["up", "down", "logs", "status"])
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where its files are (default .local)")
    parser.add_argument("--port", type=int, default=PORT, choices=range(1, 65536), metavar="1-65535")
    parser.add_argument("--stack-name", default=STACK_NAME)
    parser.add_argument("--keep", action="store_true", help="keep what it holds over restarts")
    parser.add_argument("--follow", action="store_true", help="go on showing logs")
    options = parser.parse_args(arguments)
    directory: Path = options.directory
    try:
        match options.command:
            case "up":
                began = time.monotonic()
                stack = up(directory, options.port, options.keep, _say, stack_name=options.stack_name)
                print(
                    f"up: {stack.api_url} ({time.monotonic() - began:.1f} s); details in {_shown(directory)}/stack.json"
                )
            case "down":
                print("down: stopped" if down(directory) else "down: was not running")
            case "logs":
                show_logs(directory, follow=options.follow)
            case _:
                print(f"up: {load(directory).api_url}")
    except LocalCloudError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"error: the emulator failed a call: {error}; see {_shown(directory)}/emulator.log", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _say(line: str) -> None:
    print(f"up: {line}", flush=True)


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
