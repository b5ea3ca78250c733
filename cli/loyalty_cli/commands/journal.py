"""`loyalty journal`: what finance books, and the movements behind an entry."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import click

from loyalty_cli.client import ApiError, Program
from loyalty_cli.commands.family import family, of_program
from loyalty_cli.connection import Connection, connected
from loyalty_cli.days import DAY, Days, of_days
from loyalty_cli.failures import ExitCode, Failure
from loyalty_cli.output import Column, Output, Rows, beside, field, instant, money, number, written
from loyalty_cli.progress import progress

PAGE = 500
"""The most movements that the API gives at once."""
TOO_LARGE = "open_days_too_large"


def _posted(side: str) -> Column:
    return Column(
        side, lambda entry: next(posting["account"] for posting in entry["postings"] if posting["side"] == side)
    )


ENTRIES = (
    field("business_day"),
    field("kind"),
    number("movements"),
    _posted("debit"),
    _posted("credit"),
    number("points"),
    money("amount"),
    beside(field("currency")),
    field("closed"),
)
MOVEMENTS = (
    field("movement_id"),
    instant("recorded_at"),
    field("customer_id"),
    field("guest"),
    field("order_id"),
    number("points"),
    number("amount"),
)

journal = family("journal", "entries", "Journal entries, or the movements behind one.")


@journal.command()
@of_program
@of_days
@click.option("--kind", type=click.Choice(["write_off", "all"]), default="write_off", show_default=True)
@written("beancount")
@connected
def entries(program_id: str, days: Days, kind: str, output: Output, connection: Connection) -> None:
    """Journal entries of some days, asked for month by month; as `loyalty journal`, too."""
    program = connection.program("finance", program_id)
    months = days.months()
    with progress(output, f"journal of {program_id}", len(months)) as advance:

        def asked(media_type: str | None) -> Iterator[Any]:
            for month in months:
                yield from _pieces(program, month, kind, media_type)
                advance(1)

        match output.form:
            case "csv":
                for text in merged_csv(asked("text/csv")):
                    output.write(text)
            case "beancount":
                for text in merged_beancount(asked("text/x-beancount")):
                    output.write(text)
            case _:
                output.stream_rows(Rows(ENTRIES, (entry for page in asked(None) for entry in page["entries"])))


def _pieces(program: Program, days: Days, kind: str, media_type: str | None) -> Iterator[Any]:
    """The journal of some days: as one answer, or as several where one would take the ledger too long."""
    query = {**days.query, "kind": kind}
    try:
        if media_type is None:
            yield program.call("GET", "journal-entries", query=query).body
        else:
            yield program.text("journal-entries", query=query, media_type=media_type)
    except ApiError as error:
        if error.code != TOO_LARGE or days.first == days.last:
            raise
        for half in days.halves():
            yield from _pieces(program, half, kind, media_type)


def merged_csv(texts: Iterator[str]) -> Iterator[str]:
    """Texts of CSV as one: with the header of the first."""
    header = None
    for text in texts:
        first, rows = text.split("\r\n", 1)
        if header is None:
            header = first
            yield f"{header}\r\n"
        elif first != header:
            raise Failure("the ledger changed its CSV while it was read; run this again", ExitCode.UNREACHABLE)
        yield rows


def merged_beancount(texts: Iterator[str]) -> Iterator[str]:
    """Texts of Beancount as one. Each says which accounts and commodities it needs; that may be said only once.

    Those directives stand at the head of a text, up to the first empty line: `2026-01-31 open Liabilities:Points`,
    with lines of their own below them that are indented.
    """
    said: set[tuple[str, ...]] = set()
    separator = ""
    for text in texts:
        head, _, transactions = text.partition("\n\n")
        if not transactions:  # nothing was booked in these days
            continue
        kept, keeping = [], True
        for line in head.splitlines():
            if not line.startswith((" ", "\t")):
                subject = tuple(line.split()[1:3])
                keeping = subject not in said
                said.add(subject)
            if keeping:
                kept.append(line)
        yield separator + "\n".join([*kept, "", transactions] if kept else [transactions])
        separator = "\n"
    if not separator:
        yield "; no entries\n"


@journal.command()
@of_program
@click.option("--day", "of_day", type=DAY, required=True, metavar="DAY", help="The entry's business day.")
@click.option("--kind", required=True, metavar="KIND", help="The entry's kind: earn, redeem, expire, ...")
@written()
@connected
def movements(program_id: str, of_day: date, kind: str, output: Output, connection: Connection) -> None:
    """The movements that an entry sums, all pages."""
    program = connection.program("finance", program_id)
    with progress(output, f"movements of {of_day} {kind}") as advance:

        def pages() -> Iterator[Any]:
            query = {"limit": str(PAGE)}
            while True:
                page = program.call("GET", "journal-entries", of_day.isoformat(), kind, query=query).body
                yield from page["movements"]
                advance(len(page["movements"]))
                if page["cursor"] is None:
                    return
                query["cursor"] = page["cursor"]

        output.stream_rows(Rows(MOVEMENTS, pages()))
