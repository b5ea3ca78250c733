"""`loyalty cards`: created, looked up, given to customers, blocked, replaced, and listed for whoever prints them."""

from collections.abc import Iterator
from pathlib import Path

import click

from loyalty_cli.client import Json
from loyalty_cli.commands.family import of_program, once
from loyalty_cli.commands.jobs import end_with, followed, save, show_job
from loyalty_cli.connection import Connection, connected
from loyalty_cli.output import Column, Output, Rows, beside, field, instant, number, written
from loyalty_cli.progress import progress

MOST = 50
"""So many cards are created at once; more by a job."""
MOST_OF_A_JOB = 1_000_000
PAGE = 5_000
"""The most numbers that the API gives at once."""


def _printed(card: Json) -> str:
    digits: str = card["number"]
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


PRINTED = Column("printed", _printed)
"""In groups, as on the card: a spreadsheet takes the 16 digits themselves for a quantity, and keeps 15 of them."""
LISTED = (field("number"), PRINTED)
CREATED = (*LISTED, field("status"))
CHANGED = (field("number"), field("status"), field("customer_id"), field("replaces"))
CARD = (
    field("number"),
    field("status"),
    field("customer_id"),
    field("replaced_by"),
    number("balance"),
    number("value", "value", "amount"),
    field("currency", "value", "currency"),
    field("tier"),
)
TRANSACTIONS = (
    instant("recorded_at"),
    field("type"),
    number("points"),
    number("balance"),
    beside(field("order_id")),
    field("source"),
    field("reason"),
)


@click.group()
def cards() -> None:
    """Loyalty cards. A number may be typed as it is printed, with spaces or hyphens."""


@cards.command()
@click.option("--count", type=click.IntRange(1, MOST_OF_A_JOB), default=1, show_default=True, help="How many.")
@click.option("--dry-run", is_flag=True, help="Of more than 50: only say what would be done.")
@click.option("--numbers", type=click.Path(path_type=Path), metavar="FILE", help="Of more than 50: save them there.")
@once
@of_program
@written()
@connected
def create(
    count: int,
    dry_run: bool,
    numbers: Path | None,
    key: str,
    program_id: str,
    output: Output,
    connection: Connection,
) -> None:
    """Create cards that are nobody's yet. More than 50 are made by a job."""
    program = connection.program("admin", program_id)
    if count > MOST:
        body = {"kind": "cards", "count": count, "dry_run": dry_run}
        job = followed(program, program.call("POST", "jobs", body=body, idempotency_key=key).body, output)
        if numbers is not None:
            save(program, job["job_id"], "results", numbers)
        show_job(output, job)
        end_with(program, job, numbers)
        return
    if dry_run or numbers is not None:
        raise click.UsageError(f"--dry-run and --numbers are for more than {MOST} cards")
    with progress(output, "cards"):
        answer = program.call("POST", "cards", body={"count": count, "source": "DASHBOARD"}, idempotency_key=key)
    output.stream_rows(Rows(CREATED, answer.body["cards"]))


@cards.command()
@click.argument("number", metavar="NUMBER")
@of_program
@written()
@connected
def show(number: str, program_id: str, output: Output, connection: Connection) -> None:
    """A card as a till sees it: whose it is, what they have, and what happened last."""
    with progress(output, "card"):
        card = connection.program("admin", program_id).call("GET", "cards", number).body
    output.show(card, Rows(CARD, [card], upright=True), Rows(TRANSACTIONS, card["transactions"], title="transactions"))


@cards.command()
@click.argument("number", metavar="NUMBER")
@click.argument("customer_id", metavar="CUSTOMER")
@once
@of_program
@written()
@connected
def assign(number: str, customer_id: str, key: str, program_id: str, output: Output, connection: Connection) -> None:
    """Give a card to a customer, also where it is another one's; points stay where they are."""
    body = {"customer_id": customer_id, "source": "DASHBOARD"}
    _change(connection, output, program_id, number, "assignment", body, key)


@cards.command()
@click.argument("number", metavar="NUMBER")
@click.option("--reason", help="Why.")
@once
@of_program
@written()
@connected
def block(number: str, reason: str | None, key: str, program_id: str, output: Output, connection: Connection) -> None:
    """Block a lost card, for good; its customer keeps the points."""
    body = {"reason": reason, "source": "DASHBOARD"}
    _change(connection, output, program_id, number, "block", body, key)


@cards.command()
@click.argument("number", metavar="NUMBER")
@click.option("--by", metavar="NUMBER", help="A card that is nobody's yet.  [default: a new one]")
@click.option("--reason", help="Why.")
@once
@of_program
@written()
@connected
def replace(
    number: str,
    by: str | None,
    reason: str | None,
    key: str,
    program_id: str,
    output: Output,
    connection: Connection,
) -> None:
    """Block a card and give its customer another; the points stay with them."""
    body = {"number": by, "reason": reason, "source": "DASHBOARD"}
    _change(connection, output, program_id, number, "replacement", body, key)


@cards.command("list")
@of_program
@written()
@connected
def all_of_them(program_id: str, output: Output, connection: Connection) -> None:
    """The numbers of all cards of a program, in no particular order."""
    program = connection.program("admin", program_id)
    with progress(output, f"cards of {program_id}") as advance:

        def pages() -> Iterator[Json]:
            query = {"limit": str(PAGE)}
            while True:
                page = program.call("GET", "cards", query=query).body
                yield from page["cards"]
                advance(len(page["cards"]))
                if page["cursor"] is None:
                    return
                query["cursor"] = page["cursor"]

        output.stream_rows(Rows(LISTED, pages()))


def _change(
    connection: Connection, output: Output, program_id: str, number: str, what: str, body: Json, key: str
) -> None:
    with progress(output, "card"):
        changed = connection.program("admin", program_id).call(
            "POST", "cards", number, what, body=body, idempotency_key=key
        )
    output.show(changed.body, Rows(CHANGED, [changed.body], upright=True))
