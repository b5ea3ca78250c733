"""`loyalty customer`, `statement` and `order`: what the ledger knows of one of them."""

from collections.abc import Iterator

import click

from loyalty_cli.client import Json
from loyalty_cli.commands.family import of_program
from loyalty_cli.connection import Connection, connected
from loyalty_cli.output import Output, Rows, beside, field, instant, money, number, written
from loyalty_cli.progress import progress

PAGE = 100
"""The most movements of a customer that the API gives at once."""
MOVEMENTS = (
    beside(number("sequence")),
    instant("recorded_at"),
    field("event"),
    number("points"),
    number("balance"),
    field("order_id"),
    instant("expires_at"),
    beside(field("source")),
    field("reason"),
)
ACCOUNT = (
    field("customer_id"),
    field("guest"),
    number("balance"),
    number("value", "value", "amount"),
    field("currency", "value", "currency"),
    number("outstanding"),
    number("debt"),
    number("earned_total"),
    number("redeemed_total"),
    number("expired_total"),
    instant("next_expiry", "next_expiry", "expires_at"),
    field("tier"),
)
LOTS = (number("points"), instant("expires_at"))
ORDER = (
    field("order_id"),
    field("customer_id"),
    field("status"),
    number("points_earned"),
    number("points_reversed"),
    number("points_redeemed"),
    number("points_restored"),
    money("discount"),
    beside(field("currency")),
)


@click.command()
@click.argument("customer_id", metavar="ID")
@of_program
@click.option("--guest", is_flag=True, help="A guest of that id, not a member.")
@written()
@connected
def customer(customer_id: str, program_id: str, guest: bool, output: Output, connection: Connection) -> None:
    """A customer's points, and when they expire."""
    with progress(output, customer_id):
        account = connection.program("storefront", program_id).call("GET", "customers", customer_id, query=_of(guest))
    output.show(
        account.body, Rows(ACCOUNT, [account.body], upright=True), Rows(LOTS, account.body["lots"], title="lots")
    )


@click.command()
@click.argument("customer_id", metavar="ID")
@of_program
@click.option("--guest", is_flag=True, help="A guest of that id, not a member.")
@written()
@connected
def statement(customer_id: str, program_id: str, guest: bool, output: Output, connection: Connection) -> None:
    """All that happened to a customer's points, newest first."""
    program = connection.program("storefront", program_id)
    with progress(output, f"statement of {customer_id}") as advance:

        def pages() -> Iterator[Json]:
            query = {**_of(guest), "limit": str(PAGE)}
            while True:
                page = program.call("GET", "customers", customer_id, "movements", query=query).body
                yield from page["movements"]
                advance(len(page["movements"]))
                if page["cursor"] is None:
                    return
                query["cursor"] = page["cursor"]

        output.stream_rows(Rows(MOVEMENTS, pages()))


@click.command()
@click.argument("order_id", metavar="ID")
@of_program
@written()
@connected
def order(order_id: str, program_id: str, output: Output, connection: Connection) -> None:
    """What an order has done to points."""
    with progress(output, order_id):
        view = connection.program("storefront", program_id).call("GET", "orders", order_id).body
    output.show(view, Rows(ORDER, [view], upright=True), Rows(MOVEMENTS, view["movements"], title="movements"))


def _of(guest: bool) -> dict[str, str]:
    return {"guest": "true"} if guest else {}
