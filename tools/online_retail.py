"""A trading day of the Online Retail data set, as the orders that a storefront would send.

What is a judgement about the data is made here, and nowhere else.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from loyalty_cli.client import Json

CURRENCY, TIMEZONE = "GBP", "Europe/London"
DAY = Path(__file__).resolve().parents[1] / "events" / "online_retail" / "2010-12-01.csv"

CARRIAGE = frozenset({"POST", "DOT", "C2"})
"""No articles but what bringing them costs: sent as `shipping`, which earns nothing."""
DISCOUNT = "D"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice."""

    sku: str
    quantity: int
    price: Decimal

    @property
    def amount(self) -> Decimal:
        """Quantity times price, in pence; below zero where something was given back."""
        return (self.quantity * self.price).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice or a credit note. Without `customer` it is a guest's."""

    number: str
    customer: str
    at: datetime
    lines: Sequence[Line]

    @property
    def is_credit_note(self) -> bool:
        return self.number.startswith("C")

    @property
    def is_sale(self) -> bool:
        """Whether anything left the store. What is neither a sale nor a credit note corrects the stock."""
        return not self.is_credit_note and any(line.quantity > 0 for line in self.lines)

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def customer_id(self) -> str:
        """The store's customer; a guest is known by the invoice alone."""
        return self.customer or f"guest-{self.number}"


def read_day(path: Path = DAY) -> list[Invoice]:
    """The invoices of a day, as they were written, the first one first."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [_invoice(number, list(lines)) for number, lines in groupby(rows, key=lambda row: row["InvoiceNo"])]


def _invoice(number: str, rows: Sequence[dict[str, str]]) -> Invoice:
    first = rows[0]
    return Invoice(
        number=number,
        customer=first["CustomerID"].removesuffix(".0"),
        at=datetime.fromisoformat(first["InvoiceDate"]).replace(tzinfo=ZoneInfo(TIMEZONE)),
        lines=[Line(row["StockCode"], int(row["Quantity"]), Decimal(row["UnitPrice"])) for row in rows],
    )


def order_of(invoice: Invoice) -> Json:
    """The facts of a sale, as the ledger wants them.

    Articles given away for nothing stay in, with an amount of nothing.
    """
    sold = [line for line in invoice.lines if line.quantity > 0]
    order: Json = {
        "customer_id": invoice.customer_id,
        "currency": CURRENCY,
        "completed_at": invoice.at.isoformat(),
        "items": [
            {"sku": line.sku, "quantity": line.quantity, "amount": str(line.amount)}
            for line in sold
            if line.sku not in CARRIAGE
        ],
        "shipping": str(_sum(line for line in sold if line.sku in CARRIAGE)),
        "total": str(_sum(sold)),
    }
    if not invoice.customer:
        order["guest"] = True
    return order


@dataclass(frozen=True, slots=True)
class Return:
    """A credit note and what it gives back.

    `order` is the sale it undoes, as far as the day's invoices tell; `whole` says that it undoes all of it.
    """

    note: Invoice
    order: Invoice | None
    whole: bool
    why: str


def match(note: Invoice, sales: Iterable[Invoice]) -> Return:
    """Which sale a credit note belongs to: the customer's latest before it that holds all that it returns."""
    if all(line.sku == DISCOUNT for line in note.lines):
        return Return(note, None, False, "a discount after the sale, not a return")
    before = [sale for sale in sales if note.customer and sale.customer == note.customer and sale.at <= note.at]
    returned = _quantities(note)
    for sale in sorted(before, key=lambda sale: sale.at, reverse=True):
        sold = _quantities(sale)
        if all(sold.get(article, 0) >= -quantity for article, quantity in returned.items()):
            whole = note.total == -sale.total
            return Return(note, sale, whole, f"{'all' if whole else 'a part'} of order {sale.number}")
    return Return(note, None, False, "not of that day's orders" if before else "no order before it that day")


def _quantities(invoice: Invoice) -> dict[tuple[str, Decimal], int]:
    """Pieces by article and price."""
    quantities: dict[tuple[str, Decimal], int] = {}
    for line in invoice.lines:
        article = (line.sku, line.price)
        quantities[article] = quantities.get(article, 0) + line.quantity
    return quantities


def _sum(lines: Iterable[Line]) -> Decimal:
    return sum((line.amount for line in lines), Decimal("0.00"))
