"""The journal as text: CSV for spreadsheets, Beancount for plain-text accounting.

Source: the Beancount language syntax (accounts, commodities, costs, metadata).
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from itertools import chain
from unicodedata import category

from loyalty.domain.ledger.kinds import BookAccount, Kind
from loyalty.entry.contracts.books.journal import JournalEntryAnswer, PostingAnswer
from loyalty.entry.texts.csv import csv_lines

BEANCOUNT = "text/x-beancount"

COLUMNS = (
    "entry_id",
    "program_id",
    "business_day",
    "kind",
    "closed",
    "movements",
    "account",
    "side",
    "points",
    "amount",
    "currency",
)

_ROOT_OF = {
    BookAccount.LIABILITY: "Liabilities",
    BookAccount.DISTRIBUTED_EXPENSE: "Expenses",
    BookAccount.REDEEMED: "Income",
}
_ROOTS = ("Assets", "Liabilities", "Equity", "Income", "Expenses")
_LONGEST_COMMODITY = 24
_PREFIX = "PTS."


def as_csv(entries: Sequence[JournalEntryAnswer]) -> str:
    """A header and a row for each posting, in UTF-8; no cell runs as a formula, and numbers stay numbers."""
    rows = (
        (
            entry.entry_id,
            entry.program_id,
            entry.business_day,
            entry.kind,
            entry.closed,
            entry.movements,
            posting.account,
            posting.side,
            posting.points,
            posting.amount,
            entry.currency,
        )
        for entry in entries
        for posting in entry.postings
    )
    return "".join(csv_lines(chain([COLUMNS], rows)))


def as_beancount(program_id: str, entries: Sequence[JournalEntryAnswer]) -> str:
    """A transaction for each entry, of points at their total cost, with the directives that it needs.

    Accounts are opened without a booking method ("NONE"): points are fungible and their cost is what
    the ledger says, so nothing is to be matched, and a month can be read without those before it.
    """
    if not entries:
        return "; no entries\n"
    points, first = commodity(program_id), entries[0].business_day.isoformat()
    accounts = {_account(entry, posting) for entry in entries for posting in entry.postings}
    lines = [f"{first} commodity {points}", f"  name: {quoted(f'points of {program_id}')}"]
    lines += [f'{first} open {account} "NONE"' for account in sorted(accounts)]
    for entry in entries:
        lines += [
            "",
            f"{entry.business_day.isoformat()} * {quoted(program_id)} {quoted(entry.kind)}",
            f"  entry: {quoted(entry.entry_id)}",
            f"  movements: {entry.movements}",
            f"  closed: {'TRUE' if entry.closed else 'FALSE'}",
        ]
        for posting in entry.postings:
            sign = "" if posting.side == "debit" else "-"
            cost = f"{{{{{posting.amount} {entry.currency}}}}}"
            lines.append(f"  {_account(entry, posting)}  {sign}{posting.points} {points} {cost}")
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text as Beancount quotes it; all our texts are printable, so they have no line breaks."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def commodity(program_id: str) -> str:
    """A commodity for the points of a program: its id in capitals, and a hash where that is not all of it."""
    name = _PREFIX + program_id.upper()
    if program_id == program_id.lower() and program_id[-1].isalnum() and len(name) <= _LONGEST_COMMODITY:
        return name
    digest = sha256(program_id.encode()).hexdigest()[:8].upper()
    return f"{name[: _LONGEST_COMMODITY - 9]}-{digest}"


def beancount_account(name: str, root: str) -> str:
    """`name` where it is an account to Beancount, or else one made of it under `root`."""
    head, *components = name.split(":")
    if head in _ROOTS and components and all(map(_is_component, components)):
        return name
    made = []
    for part in name.split(":"):
        kept = re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-")
        if kept:
            made.append(kept[0].upper() + kept[1:])
    return ":".join([root, *(made or [f"X{sha256(name.encode()).hexdigest()[:8]}"])])


def _account(entry: JournalEntryAnswer, posting: PostingAnswer) -> str:
    effect = Kind(entry.kind).booked
    return beancount_account(posting.account, _ROOT_OF[effect.debit if posting.side == "debit" else effect.credit])


def _is_component(text: str) -> bool:
    """A capital or digit, then letters, digits and hyphens."""
    kinds = [category(character) for character in text]
    return (
        bool(kinds)
        and kinds[0] in ("Lu", "Nd")
        and all(kind[0] == "L" or kind == "Nd" or character == "-" for kind, character in zip(kinds, text, strict=True))
    )
