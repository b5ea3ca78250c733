"""Outstanding balances as CSV."""

from loyalty.entry.contracts.customers.account import LotAnswer
from loyalty.entry.contracts.customers.balances import BalancesAnswer
from loyalty.entry.texts.csv import csv_lines

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


def as_csv(page: BalancesAnswer) -> str:
    """A header and a row for each customer, in UTF-8; no cell runs as a formula, and numbers stay numbers."""
    rows = (
        (
            one.customer_id,
            one.guest,
            one.card_number,
            one.balance,
            one.outstanding,
            one.debt,
            one.value.amount,
            one.value.currency,
            _instant(one.next_expiry),
            one.next_expiry.points if one.next_expiry else None,
            one.tier,
        )
        for one in page.customers
    )
    return "".join(csv_lines([COLUMNS, *rows]))


def _instant(lot: LotAnswer | None) -> str | None:
    """When a lot expires, as JSON says it."""
    return lot.expires_at.isoformat().replace("+00:00", "Z") if lot and lot.expires_at else None
