"""What can go wrong, in one line on stderr, and the exit code that says of what sort it was."""

from enum import IntEnum

import click
import urllib3

from loyalty_cli.client import ApiError


class ExitCode(IntEnum):
    """What `loyalty` ends with. A script may rely on it."""

    OK = 0
    DIFFERENCES = 1
    """`verify` found differences or could not compare all; rows of a job were bad or failed. The result says which."""
    USAGE = 2
    """The command line or the configuration is not right; nothing was asked."""
    REFUSED = 3
    """The ledger said no."""
    UNREACHABLE = 4
    """There was no answer, or one that says to come back later."""
    INTERRUPTED = 130
    PIPE_CLOSED = 141


class Failure(click.ClickException):
    """A command ends with this line and this code."""

    def __init__(self, message: str, code: ExitCode) -> None:
        super().__init__(message)
        self.code = code


class PipeClosed(Exception):
    """Whoever read our output has had enough: `loyalty journal | head`."""


def one_line(text: str) -> str:
    """`text` on one line, and harmless to a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))


def failure_of(error: Exception) -> Failure:
    """What a call to the API ended with, as a user can act on it."""
    if isinstance(error, ApiError):
        # The detail may be the first fault, or the message of the only one.
        untold = [fault for fault in error.errors if fault["message"] not in error.detail]
        faults = ", ".join(f"{fault['pointer'].lstrip('/')} {fault['message']}" for fault in untold)
        detail = error.detail.removesuffix(".") if faults else error.detail
        said = ": ".join(part for part in (error.code, detail, faults) if part)
        code = ExitCode.UNREACHABLE if error.status >= 500 or error.status == 429 else ExitCode.REFUSED
        return Failure(said, code)
    reason = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason else error
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return Failure(
            f"the ledger cannot be reached at {reason.conn.host}:{reason.conn.port}; is it up?", ExitCode.UNREACHABLE
        )
    return Failure(f"the ledger does not answer: {reason}", ExitCode.UNREACHABLE)
