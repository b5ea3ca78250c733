"""`loyalty liability`: what the store owes in points, over time, by cohort, and as deferred revenue."""

from datetime import date

import click

from loyalty_cli.client import Json
from loyalty_cli.commands.family import family, of_program
from loyalty_cli.connection import Connection, connected
from loyalty_cli.days import DAY, Days, of_days
from loyalty_cli.output import Output, Rows, beside, field, money, number, written
from loyalty_cli.progress import progress

LINES = ("opening", "issued", "reversed", "redeemed", "restored", "expired", "closing")
"""opening + issued - reversed - redeemed + restored - expired = closing"""
TAKEN = {"reversed", "redeemed", "expired"}

COHORTS = (
    field("issue_month"),
    field("expiry_month"),
    *(
        number(name)
        for name in ("issued", "restored", "redeemed", "reversed", "expired", "outstanding", "expected_to_lapse")
    ),
)
POSITION = ("price", "goods", "allocated", "recognised", "deferred")

liability = family("liability", "roll-forward", "What the store owes in points.")


@liability.command("roll-forward")
@of_program
@of_days
@written()
@connected
def roll_forward(program_id: str, days: Days, output: Output, connection: Connection) -> None:
    """Opening to closing balance of some days; as `loyalty liability`, too."""
    with progress(output, f"liability of {program_id}"):
        answer = connection.program("finance", program_id).call("GET", "liability", query=days.query).body
    rows = Rows(
        (field("line"), number("points"), money("amount"), beside(field("currency"))),
        [{"line": line, **answer[line], "currency": answer["currency"]} for line in LINES],
    )
    shown = Rows(
        (field(""), number("points"), money("amount")),
        [{**row, "": f"{'- ' if row['line'] in TAKEN else ''}{row['line']}"} for row in rows.items],
        title=f"{program_id}, {days.first} to {days.last}",
    )
    held = answer["outstanding"]
    note = answer["note"] if held is None else f"All accounts hold {held:,} points now."
    output.show(answer, rows if output.form == "csv" else shown, notes=[note])


@liability.command()
@of_program
@click.option("--to", "last", type=DAY, required=True, metavar="DAY", help="At the end of which business day.")
@written()
@connected
def cohorts(program_id: str, last: date, output: Output, connection: Connection) -> None:
    """Points by the month they were issued in and the month they expire in."""
    with progress(output, f"cohorts of {program_id}"):
        answer = (
            connection.program("finance", program_id)
            .call("GET", "liability", "cohorts", query={"to": last.isoformat()})
            .body
        )
    history = answer["breakage"]
    lapse = history["reason"] or f"Expected to lapse: {history['share']} = {history['formula']}."
    output.show(
        answer,
        Rows(COHORTS, answer["cohorts"], title=f"{program_id}, at the end of {last}"),
        notes=[f"Outstanding: {answer['outstanding']:,} points. {lapse}"],
    )


@liability.command("deferred-revenue")
@of_program
@of_days
@click.option("--expected-redemption", metavar="SHARE", help="Of points, as expected now; else from the history.")
@click.option("--allocation-redemption", metavar="SHARE", help="As it was expected when the orders were made.")
@written()
@connected
def deferred_revenue(
    program_id: str,
    days: Days,
    expected_redemption: str | None,
    allocation_redemption: str | None,
    output: Output,
    connection: Connection,
) -> None:
    """Deferred revenue by IFRS 15 and ASC 606; --format json has its formulas and inputs."""
    query = days.query
    if expected_redemption is not None:
        query["expected_redemption"] = expected_redemption
    if allocation_redemption is not None:
        query["allocation_redemption"] = allocation_redemption
    with progress(output, f"deferred revenue of {program_id}"):
        answer = (
            connection.program("finance", program_id).call("GET", "liability", "deferred-revenue", query=query).body
        )
    expected = answer["expected_redemption"]
    output.show(
        answer,
        Rows(
            (field("line"), money("opening"), money("closing"), beside(field("currency"))),
            [_position(answer, line) for line in POSITION],
            title=f"{program_id}, {days.first} to {days.last}",
        ),
        notes=[
            f"In these days: {answer['allocated']} allocated, {answer['recognised']} recognised.",
            f"Expected to be redeemed: {expected['share']} ({expected['source']}).",
        ],
    )


def _position(answer: Json, line: str) -> Json:
    opening, closing = answer["opening"][line], answer["closing"][line]
    return {"line": line, "opening": opening, "closing": closing, "currency": answer["currency"]}
