"""The program `loyalty`: its commands, and how it ends."""

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper

import click
import urllib3

from loyalty_cli.client import ApiError
from loyalty_cli.commands.balances import balances
from loyalty_cli.commands.cards import cards
from loyalty_cli.commands.imports import import_, reward_past_actions
from loyalty_cli.commands.jobs import jobs
from loyalty_cli.commands.journal import journal
from loyalty_cli.commands.liability import liability
from loyalty_cli.commands.lookups import customer, order, statement
from loyalty_cli.commands.points import adjust, issue
from loyalty_cli.commands.privacy import audit, erase, export
from loyalty_cli.commands.purge import purge
from loyalty_cli.commands.verify import verify
from loyalty_cli.failures import ExitCode, Failure, PipeClosed, failure_of, one_line


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="loyalty-cli", message="%(prog)s %(version)s")
def loyalty() -> None:
    """The loyalty ledger, for finance and operators.

    It finds the ledger in LOYALTY_API_URL, LOYALTY_TOKEN_URL, LOYALTY_CLIENT_ID and LOYALTY_CLIENT_SECRET, or in
    .local/stack.json, which the local one writes. A table on a terminal, JSON lines on a pipe.

    \b
    Ends with 0 (well), 1 (differences, bad rows),
    2 (usage), 3 (refused), 4 (no answer).
    """


for command in (
    *(journal, liability, balances, purge, verify),
    *(customer, statement, order, cards),
    *(audit, export, erase),
    *(issue, adjust, import_, reward_past_actions, jobs),
):
    loyalty.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Whatever goes wrong is one line on stderr; the exit code says of what sort it was."""
    _encode_as_utf_8()
    # Libraries warn of each try; what came of it is said at the end.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        given = None if arguments is None else list(arguments)
        ended = loyalty.main(args=given, prog_name="loyalty", standalone_mode=False)
        return ended if isinstance(ended, int) else ExitCode.OK
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return ExitCode.USAGE
    except click.ClickException as error:
        return _failed(error)
    except (ApiError, urllib3.exceptions.HTTPError) as error:
        return _failed(failure_of(error))
    except click.exceptions.Abort:
        return ExitCode.INTERRUPTED
    except PipeClosed:
        # What is still in the buffer has nowhere to go; Python would complain about it when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.PIPE_CLOSED


def run() -> None:
    """What the console script calls."""
    sys.exit(main())


def _failed(error: click.ClickException) -> int:
    with suppress(BrokenPipeError):
        print(f"error: {one_line(error.format_message())}", file=sys.stderr)
    return error.code if isinstance(error, Failure) else error.exit_code


def _encode_as_utf_8() -> None:
    """What is read by programs is in UTF-8 whatever the locale says, and CSV keeps its line ends."""
    if isinstance(sys.stdout, TextIOWrapper):
        if sys.stdout.isatty():
            sys.stdout.reconfigure(errors="replace")
        else:
            sys.stdout.reconfigure(encoding="utf-8", newline="")
