"""`loyalty balances`: what each customer of a program has."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import batched
from typing import Any

import click

from loyalty_cli.client import Json
from loyalty_cli.commands.family import of_program
from loyalty_cli.connection import Connection, connected
from loyalty_cli.output import Output, Rows, beside, field, instant, number, written
from loyalty_cli.progress import progress

PAGE = 500
"""The most customers that the API gives at once."""
TABLE = 1_000
"""Rows of a table: a longer list is several, each drawn once it is there, so that memory does not grow with it."""
COLUMNS = (
    field("customer_id"),
    field("guest"),
    beside(field("card_number")),
    number("balance"),
    number("outstanding"),
    beside(number("debt")),
    number("value", "value", "amount"),
    beside(field("currency", "value", "currency")),
    instant("next_expiry", "next_expiry", "expires_at"),
    number("next_expiry_points", "next_expiry", "points"),
    field("tier"),
)


class _Moment(click.ParamType[str]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt].+)?", text):  # fromisoformat alone reads weeks too
                raise ValueError
            date.fromisoformat(text[:10])
        except ValueError:
            self.fail(f"{text!r} is not a date such as 2026-01-31, or an instant", param, ctx)
        return text


@dataclass
class Totals:
    """Of all that was listed."""

    customers: int = 0
    balance: int = 0
    outstanding: int = 0
    debt: int = 0
    value: Decimal = Decimal(0)
    currency: str = ""

    def add(self, customer: Json) -> None:
        self.customers += 1
        self.balance += customer["balance"]
        self.outstanding += customer["outstanding"]
        self.debt += customer["debt"]
        self.value += Decimal(customer["value"]["amount"])
        self.currency = customer["value"]["currency"]

    def __str__(self) -> str:
        customers = f"{self.customers:,} customer{'s' if self.customers != 1 else ''}"
        worth = f" (worth {self.value:,} {self.currency})" if self.customers else ""
        balance = f"balance {self.balance:,} points{worth}"
        return f"{customers}: {balance}, outstanding {self.outstanding:,}, debt {self.debt:,}."


@click.command()
@of_program
@click.option("--min-balance", type=click.IntRange(min=0), metavar="POINTS", help="Who has so many or more.")
@click.option("--tier", metavar="NAME", help="Who is in this tier.")
@click.option("--expiring-before", type=_Moment(), metavar="DATE", help="Who has points that expire by then, not yet.")
@click.option(
    "--sort",
    type=click.Choice(["customer_id", "balance", "-balance", "next_expiry"]),
    help="[default: customer_id; with --expiring-before: next_expiry]",
)
@written()
@connected
def balances(
    program_id: str,
    min_balance: int | None,
    tier: str | None,
    expiring_before: str | None,
    sort: str | None,
    output: Output,
    connection: Connection,
) -> None:
    """Outstanding balances of all customers.

    Without --min-balance: whoever has points or a debt, so that `outstanding` sums to the liability.
    """
    program = connection.program("finance", program_id)
    wanted = {"min_balance": min_balance, "tier": tier, "expiring_before": expiring_before, "sort": sort}
    query = {name: str(value) for name, value in wanted.items() if value is not None} | {"limit": str(PAGE)}
    totals = Totals()
    with progress(output, f"balances of {program_id}") as advance:

        def customers() -> Iterator[Json]:
            while True:
                page = program.call("GET", "customers", query=query).body
                for customer in page["customers"]:
                    totals.add(customer)
                    yield customer
                advance(len(page["customers"]))
                if page["cursor"] is None:
                    return
                query["cursor"] = page["cursor"]

        if output.form != "table":
            output.stream_rows(Rows(COLUMNS, customers()))
            return
        for part in batched(customers(), TABLE, strict=False):
            output.stream_rows(Rows(COLUMNS, part))
        output.write(f"{totals}\n")
