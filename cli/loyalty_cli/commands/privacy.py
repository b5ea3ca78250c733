"""`loyalty audit`, `export` and `erase`: what administrators did, and the rights of one customer."""

import sys
from collections.abc import Iterator

import click

from loyalty_cli.client import Json
from loyalty_cli.commands.family import of_program
from loyalty_cli.commands.jobs import asking, confirm
from loyalty_cli.commands.lookups import MOVEMENTS
from loyalty_cli.connection import Connection, connected
from loyalty_cli.days import Days, of_days
from loyalty_cli.failures import ExitCode, Failure
from loyalty_cli.output import Output, Rows, beside, field, instant, number, written
from loyalty_cli.progress import progress

PAGE = 1000
"""The most acts that the API gives at once."""
CALLS = 1000
"""So often an erasure is gone on with; each call rewrites thousands of records."""
ACTS = (
    instant("at"),
    field("actor"),
    field("action"),
    field("subject_kind", "subject", "kind"),
    field("subject_id", "subject", "id"),
    number("points"),
    field("reason"),
    beside(field("source")),
    field("address"),
    beside(field("movement_id")),
)
ERASED = (field("status"), field("pseudonym"), number("points_forfeited"), number("records_rewritten"))


@click.command()
@of_program
@of_days
@written()
@connected
def audit(program_id: str, days: Days, output: Output, connection: Connection) -> None:
    """What administrators did, when, from where and why.

    Days are UTC's.
    """
    program = connection.program("finance", program_id)
    months = days.months()
    with progress(output, f"audit of {program_id}", len(months)) as advance:

        def acts() -> Iterator[Json]:
            for month in months:
                query = {**month.query, "limit": str(PAGE)}
                while True:
                    page = program.call("GET", "audit", query=query).body
                    yield from page["entries"]
                    if page["cursor"] is None:
                        break
                    query["cursor"] = page["cursor"]
                advance(1)

        output.stream_rows(Rows(ACTS, acts()))


@click.command()
@click.argument("customer_id", metavar="CUSTOMER")
@click.option("--guest", is_flag=True, help="A guest of that id, not a member.")
@of_program
@written()
@connected
def export(customer_id: str, guest: bool, program_id: str, output: Output, connection: Connection) -> None:
    """All that is held about a customer.

    For the customer: as JSON, each page on a line. CSV and tables have the movements alone. That you asked is in the
    audit.
    """
    program = connection.program("admin", program_id)
    query = {"guest": "true"} if guest else {}
    while True:
        page = program.call("GET", "customers", customer_id, "export", query=query).body
        output.show(page, Rows(MOVEMENTS, [*page["movements"], *page["records"]]))
        if page["cursor"] is None:
            return
        query["cursor"] = page["cursor"]


@click.command()
@click.argument("customer_id", metavar="CUSTOMER")
@click.option("--guest", is_flag=True, help="A guest of that id, not a member.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@of_program
@written()
@connected
def erase(customer_id: str, guest: bool, yes: bool, program_id: str, output: Output, connection: Connection) -> None:
    """Erase a customer: the person goes, the books stay. What they have is forfeited.

    There is no way back.
    """
    program = connection.program("admin", program_id)
    query = {"guest": "true"} if guest else None
    if not yes:
        if not asking():
            raise Failure("there is no way back: say --yes", ExitCode.USAGE)
        balance = program.call("GET", "customers", customer_id, query=query).body["balance"]
        confirm(f"Erase {customer_id} of {program_id}, who has {balance:,} points? There is no way back.")
    done: Json = {"points_forfeited": None, "records_rewritten": 0}
    with progress(output, customer_id):
        for _ in range(CALLS):
            part = program.call("DELETE", "customers", customer_id, query=query).body
            forfeited = part["points_forfeited"] if done["points_forfeited"] is None else done["points_forfeited"]
            rewritten = done["records_rewritten"] + part["records_rewritten"]
            done = {**part, "points_forfeited": forfeited, "records_rewritten": rewritten}
            if part["status"] == "erased":
                break
    output.show(done, Rows(ERASED, [done], upright=True))
    if done["pseudonym"] is None:
        print("nothing was held about them", file=sys.stderr)
    if done["status"] != "erased":
        raise Failure("it is not done: run it again", ExitCode.UNREACHABLE)
