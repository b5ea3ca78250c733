"""`loyalty purge`: what the nightly purge has done."""

import click

from loyalty_cli.commands.family import of_program
from loyalty_cli.connection import Connection, connected
from loyalty_cli.output import Output, Rows, beside, field, instant, money, number, written
from loyalty_cli.progress import progress

RUNS = (
    beside(field("run_id")),
    instant("as_of"),
    field("status"),
    beside(instant("started_at")),
    number("seconds"),
    number("accounts"),
    number("points"),
    money("amount"),
    beside(field("currency")),
    number("left"),
)


@click.command()
@of_program
@click.option("--status", is_flag=True, help="Show the latest runs that found something due, newest first.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many.")
@written()
@connected
def purge(program_id: str, status: bool, limit: int, output: Output, connection: Connection) -> None:
    """What the purge wrote off, and how far it is. It starts by itself, each night."""
    if not status:
        raise click.UsageError("the purge starts by itself; to see its runs: loyalty purge --status")
    with progress(output, f"purges of {program_id}"):
        runs = connection.program("finance", program_id).call("GET", "purges", query={"limit": str(limit)}).body["runs"]
    output.stream_rows(Rows(RUNS, runs))
