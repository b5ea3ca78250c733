"""`loyalty issue` and `adjust`: points given, taken, or given another expiry, by hand."""

import re
import sys

import click
from click.core import ParameterSource

from loyalty_cli.client import Answer, Json
from loyalty_cli.commands.family import of_program, once
from loyalty_cli.connection import Connection, connected
from loyalty_cli.output import Output, Rows, field, instant, number, written
from loyalty_cli.progress import progress

DONE = (field("customer_id"), number("points"), instant("expires_at"), number("balance"), field("movement_id"))
ADJUSTED = (
    field("customer_id"),
    number("points"),
    number("points_shortfall"),
    instant("expires_at"),
    number("balance"),
    number("debt"),
    field("movement_id"),
)


class Signed(click.Command):
    """A command with a number that may be below zero: `-40` is no option of it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.ignore_unknown_options = any(re.fullmatch(r"-[0-9]+", arg) for arg in args)
        return super().parse_args(ctx, args)


@click.command(cls=Signed)
@click.argument("customer_id", metavar="CUSTOMER")
@click.argument("points", type=click.IntRange(min=1))
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the customer's statement.")
@click.option(
    "--expires-at", metavar="INSTANT", help="Such as 2027-01-31T00:00:00+01:00.  [default: as the program says]"
)
@once
@of_program
@written()
@connected
def issue(
    customer_id: str,
    points: int,
    reason: str,
    expires_at: str | None,
    key: str,
    program_id: str,
    output: Output,
    connection: Connection,
) -> None:
    """Give points to a customer."""
    body: Json = {"points": points, "expires_at": expires_at, "reason": reason, "source": "DASHBOARD"}
    with progress(output, customer_id):
        answer = connection.program("admin", program_id).call(
            "POST", "customers", customer_id, "issues", body=body, idempotency_key=key
        )
    _show(output, answer, Rows(DONE, [{"customer_id": customer_id, **answer.body}], upright=True))


@click.command(cls=Signed)
@click.argument("customer_id", metavar="CUSTOMER")
@click.argument("points", type=int)
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the customer's statement.")
@click.option("--expires-at", metavar="INSTANT", help="When the points expire, such as 2027-01-31T00:00:00+01:00.")
@click.option("--order", "order_id", metavar="ID", help="The order that this is on account of.")
@click.option("--guest", is_flag=True, help="A guest of that id, not a member.")
@once
@of_program
@written()
@connected
def adjust(
    customer_id: str,
    points: int,
    reason: str,
    expires_at: str | None,
    order_id: str | None,
    guest: bool,
    key: str,
    program_id: str,
    output: Output,
    connection: Connection,
) -> None:
    """Give (40) or take (-40) a customer's points.

    0 with --expires-at moves only when the customer's points expire.
    """
    body: Json = {
        "points": points,
        "expires_at": expires_at,
        "reason": reason,
        "source": "DASHBOARD",
        "order_id": order_id,
    }
    with progress(output, customer_id):
        answer = connection.program("admin", program_id).call(
            "POST",
            "customers",
            customer_id,
            "adjustments",
            body=body,
            query={"guest": "true"} if guest else None,
            idempotency_key=key,
        )
    _show(output, answer, Rows(ADJUSTED, [{"customer_id": customer_id, **answer.body}], upright=True))


def _show(output: Output, answer: Answer, rows: Rows) -> None:
    # With a key of its own, a command repeats only itself: an answer was lost on the way.
    given = click.get_current_context().get_parameter_source("key") is not ParameterSource.DEFAULT
    if answer.replayed and given:
        print("this was done before, with the same key; this is what it did then", file=sys.stderr)
    output.show(answer.body, rows)
