"""Where the ledger is, and as whom it is called: a local stack's file, or the environment."""

import functools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import click

from loyalty_cli.client import Client, Credentials, Program, retries
from loyalty_cli.failures import ExitCode, Failure

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

type Role = Literal["storefront", "admin", "finance"]

LOCAL_STACK = Path(".local/stack.json")
VERIFY_SECONDS = 910
"""As long as a function can live, and a little more."""
# A person waits for this: fewer tries than a storefront makes, and hardly any at an address where nobody listens.
RETRIES = retries(3, connect=1)
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def _usage(message: str) -> Failure:
    return Failure(message, ExitCode.USAGE)


@dataclass(frozen=True)
class Connection:
    """A ledger, as one command reaches it."""

    stack: Path | None
    api_url: str | None
    token_url: str | None
    client_id: str | None
    function: str | None = None

    def program(self, role: Role, program_id: str) -> Program:
        """The API of one program, called as `role`. Raises Failure when that is not configured."""
        return self._client(role).program(program_id)

    def _client(self, role: Role) -> Client:
        stack = self._stack()
        if stack is not None:
            credentials: Credentials = stack["clients"][role]
            return _client(stack["api_url"], stack["token_url"], credentials)
        secret = os.environ.get("LOYALTY_CLIENT_SECRET")
        wanted = {
            "LOYALTY_API_URL": self.api_url,
            "LOYALTY_TOKEN_URL": self.token_url,
            "LOYALTY_CLIENT_ID": self.client_id,
            "LOYALTY_CLIENT_SECRET": secret,
        }
        missing = [name for name, value in wanted.items() if not value]
        if len(missing) == len(wanted):
            raise _usage(f"no ledger is configured: set {', '.join(wanted)}, or start the local one with: make up")
        if not (self.api_url and self.token_url and self.client_id and secret):
            raise _usage(f"not set: {', '.join(missing)}")
        return _client(
            self.api_url, self.token_url, {"client_id": self.client_id, "client_secret": secret, "scope": None}
        )

    def verify_function(self) -> tuple["LambdaClient", str]:
        """The function that verifies, and who can invoke it: the user's AWS credentials, or the local stack."""
        # Only this command talks to AWS, and importing it takes longer than most commands do.
        import boto3
        from botocore.config import Config

        # A second invocation would run beside the first: it is not tried again.
        patient = Config(read_timeout=VERIFY_SECONDS, retries={"total_max_attempts": 1}, tcp_keepalive=True)
        stack = self._stack()
        if stack is None:
            if not self.function:
                raise _usage(
                    "set LOYALTY_VERIFY_FUNCTION to the stack's output VerifyFunctionName, or start the local ledger"
                    " with: make up"
                )
            return boto3.Session().client("lambda", config=patient), self.function
        local: LambdaClient = boto3.Session().client(
            "lambda",
            endpoint_url=stack["endpoint_url"],
            region_name=stack["region"],
            # The local stack knows nobody. Never the user's own credentials or proxies.
            aws_access_key_id="000000000000",
            aws_secret_access_key="local",
            config=patient.merge(Config(proxies={})),
        )
        return local, stack["functions"]["VerifyFunction"]

    def _stack(self) -> dict[str, Any] | None:
        """The local stack: named, or found where nothing else is configured."""
        path = self.stack
        if path is None:
            if self.api_url or self.function or not LOCAL_STACK.is_file():
                return None
            path = LOCAL_STACK
        try:
            stack: dict[str, Any] = json.loads(path.read_text())
            urls = [stack["api_url"], stack["token_url"], stack["endpoint_url"]]
            complete = all(urls) and stack["region"] and stack["functions"] and stack["clients"]
        except OSError as error:
            raise _usage(f"{path} cannot be read: {error.strerror}") from None
        except (ValueError, TypeError, KeyError):
            complete = False
        if not complete:
            raise _usage(f"{path} is not what the local ledger writes; start it again with: make up")
        return stack


def _client(api_url: str, token_url: str, credentials: Credentials) -> Client:
    for url in (api_url, token_url):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise _usage(f"{url!r} is not the URL of a ledger")
        if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
            raise _usage(f"{url} is not https: secrets and tokens are sent in the clear to this machine alone")
    return Client(api_url.rstrip("/"), token_url, **credentials, retry=RETRIES)


def connected(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options that say where the ledger is, as its argument `connection`."""

    @click.option(
        "--stack", type=click.Path(path_type=Path), help=f"File of a local stack.  [default: {LOCAL_STACK}, if there]"
    )
    @click.option("--api-url", envvar="LOYALTY_API_URL", help="The stack's output ApiUrl.")
    @click.option("--token-url", envvar="LOYALTY_TOKEN_URL", help="Where clients get tokens.")
    @click.option("--client-id", envvar="LOYALTY_CLIENT_ID", help="Its secret is LOYALTY_CLIENT_SECRET, never a flag.")
    @functools.wraps(command)
    def with_connection(
        *args: Any,
        stack: Path | None,
        api_url: str | None,
        token_url: str | None,
        client_id: str | None,
        **options: Any,
    ) -> None:
        connection = Connection(stack, api_url, token_url, client_id, options.pop("function", None))
        command(*args, connection=connection, **options)

    return with_connection
