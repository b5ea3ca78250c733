"""Outstanding balances as CSV (RFC 4180), for spreadsheets."""

import csv
from collections.abc import Sequence
from io import StringIO

from loyalty.entry.contracts.balances import CustomerBalanceAnswer
from loyalty.entry.journal_texts import harmless

COLUMNS = (
    "customer_id",
    "guest",
    "card_number",
    "balance",
    "outstanding",
    "debt",
    "value",
    "currency",
    "next_expiry",
    "next_expiry_points",
    "tier",
)


def as_csv(customers: Sequence[CustomerBalanceAnswer]) -> str:
    """A header and a row for each customer, in UTF-8; no cell runs as a formula, and numbers stay numbers."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in customers:
        lot = one.next_expiry
        writer.writerow(
            (
                harmless(one.customer_id),
                "true" if one.guest else "false",
                harmless(one.card_number or ""),
                one.balance,
                one.outstanding,
                one.debt,
                one.value.amount,
                one.value.currency,
                lot.expires_at.isoformat().replace("+00:00", "Z") if lot and lot.expires_at else "",
                lot.points if lot else "",
                harmless(one.tier or ""),
            )
        )
    return text.getvalue()
