"""What commands have in common on the command line."""

import functools
import shlex
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import click
import urllib3

from loyalty_cli.client import ApiError
from loyalty_cli.failures import ExitCode, Failure, failure_of


class Family(click.Group):
    """A command that has others beside it: `loyalty liability`, `loyalty liability cohorts`.

    Its own options follow its name, so they are those of the command `default`, which is run without being named.
    """

    default = ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else [self.default, *args])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Those of the default, as they are typed after the name of the family; then the commands."""
        self.commands[self.default].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


def family(name: str, default: str, help_text: str) -> Family:
    """A command `name` that runs its member `default` unless another one is named."""
    members = Family(name, help=help_text, subcommand_metavar="[COMMAND] [ARGS]...")
    members.default = default
    return members


def of_program(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command --program, as its argument `program_id`."""
    return click.option(
        "--program",
        "program_id",
        envvar="LOYALTY_PROGRAM",
        required=True,
        metavar="ID",
        help="Or LOYALTY_PROGRAM.",
    )(command)


def once(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command --key, as its argument `key`, and names it when nobody knows whether the command was done."""

    @click.option(
        "--key",
        default=lambda: str(uuid4()),
        metavar="TEXT",
        help="The request's idempotency key: run again with the same one, nothing is done twice.  [default: a new one]",
    )
    @functools.wraps(command)
    def with_key(*args: Any, key: str, **options: Any) -> None:
        again = f"it may be done or not; run it again with --key {shlex.quote(key)} to have it done once"
        try:
            command(*args, key=key, **options)
        except KeyboardInterrupt:
            raise Failure(f"interrupted: {again}", ExitCode.INTERRUPTED) from None
        except (ApiError, urllib3.exceptions.HTTPError) as error:
            failure = failure_of(error)
            if failure.code is not ExitCode.UNREACHABLE:
                raise
            raise Failure(f"{failure.message}; {again}", failure.code) from None

    return with_key
