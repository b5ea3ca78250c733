"""What commands have in common on the command line."""

from collections.abc import Callable

import click


class Family(click.Group):
    """A command that has others beside it: `loyalty liability`, `loyalty liability cohorts`.

    Its own options follow its name, so they are those of the command `default`, which is run without being named.
    """

    default = ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else [self.default, *args])


def family(name: str, default: str, help_text: str) -> Family:
    """A command `name` that runs its member `default` unless another one is named."""
    members = Family(name, help=help_text)
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
