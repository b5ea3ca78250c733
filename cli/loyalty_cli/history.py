"""Histories of orders without order ids: a customer, a day and an amount on each line, as CDNOW's has them.

They become the rows of a job, as JSON lines: line by line, so that what the ledger says of a line is true of the file
that it came from. Nothing is guessed: a line that is not as it should be is named and nothing is sent.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import BinaryIO
from zoneinfo import ZoneInfo

from loyalty_cli.client import Json

CDNOW = ("customer", "date", "units", "amount")
NEEDED = ("customer", "date", "amount")
LEFT_OUT = "-"
GOODS = "order"
"""The sku of the one line of an order."""
MOST_NAMED = 100
DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
WHOLE = re.compile(r"[1-9][0-9]{0,8}")
MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


class BadLine(Exception):
    """A line that does not say what its columns say."""

    def __init__(self, column: str, code: str, message: str) -> None:
        super().__init__(message)
        self.column, self.code, self.message = column, code, message


@dataclass(frozen=True)
class Layout:
    """What stands where in a file: `columns` from left to right, after `header` lines that name them."""

    columns: tuple[str, ...]
    header: bool = False


@dataclass(frozen=True)
class Facts:
    """What a program says and a file does not: an order's currency, and when noon is."""

    currency: str
    zone: ZoneInfo


@dataclass
class Converted:
    """How many rows were written, or else what is wrong: the first `faults`, of `bad` lines."""

    rows: int
    bad: int
    faults: list[Json]


def columns_of(text: str) -> tuple[str, ...]:
    """The columns that `text` lists; `cdnow` stands for those of CDNOW. Raises ValueError."""
    columns = CDNOW if text == "cdnow" else tuple(text.split(","))
    unknown = next((name for name in columns if name not in (*CDNOW, LEFT_OUT)), None)
    if unknown is not None:
        raise ValueError(f"{unknown!r} is none of {', '.join(CDNOW)}, or {LEFT_OUT} for one to leave out")
    named = [name for name in columns if name != LEFT_OUT]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice} is there twice")
    missing = next((name for name in NEEDED if name not in named), None)
    if missing is not None:
        raise ValueError(f"{missing} is needed")
    return columns


def convert(
    source: BinaryIO,
    target: BinaryIO,
    layout: Layout,
    facts: Facts,
    *,
    sign_ups: bool,
    watch: Callable[[int], None] = lambda read: None,
) -> Converted:
    """Writes the orders of `source` to `target`, and then perhaps a sign-up of each customer at their first order.

    An order is named by its customer, its day, and its place among the customer's orders of that day. `watch` is told
    how many bytes were read.
    """
    noons = lru_cache(maxsize=None)(lambda day: datetime.combine(day, time(12), facts.zone).isoformat())
    counts: Counter[tuple[str, date]] = Counter()
    first: dict[str, date] = {}
    done = Converted(rows=0, bad=0, faults=[])
    number = read = 0
    for line, raw in enumerate(source, 1):
        read += len(raw)
        watch(read)
        if not raw.strip(b" \t\r\n") or (layout.header and line == 1):
            target.write(b"\n")  # so that lines keep their numbers
            continue
        number += 1
        try:
            cells = _cells(raw, layout, line)
            customer, day = cells["customer"], _day(cells["date"])
            units, amount = _units(cells.get("units", "1")), _amount(cells["amount"])
        except BadLine as bad:
            done.bad += 1
            if len(done.faults) < MOST_NAMED:
                done.faults.append(
                    {"row": number, "line": line, "column": bad.column, "code": bad.code, "message": bad.message}
                )
            continue
        counts[customer, day] += 1
        first[customer] = min(day, first.get(customer, day))
        _write(
            target,
            {
                "action": "order",
                "order_id": f"{customer}-{day:%Y%m%d}-{counts[customer, day]}",
                "customer_id": customer,
                "currency": facts.currency,
                "completed_at": noons(day),
                "items": [{"sku": GOODS, "quantity": units, "amount": amount}],
                "total": amount,
            },
        )
    if sign_ups:
        for customer, day in first.items():
            _write(target, {"action": "sign_up", "customer_id": customer, "completed_at": noons(day)})
    done.rows = number + (len(first) if sign_ups else 0)
    return done


def _write(target: BinaryIO, row: Json) -> None:
    target.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def _cells(raw: bytes, layout: Layout, line: int) -> dict[str, str]:
    try:
        text = raw.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError:
        raise BadLine("", "not_utf8", "The line is not text in UTF-8.") from None
    if '"' in text:
        raise BadLine("", "malformed_csv", "There are quotes, which mean nothing here.")
    cells = [cell.strip() for cell in text.split(",")] if "," in text else text.split()
    if len(cells) != len(layout.columns):
        message = f"The line has {len(cells)} cells and not the {len(layout.columns)} of --columns."
        raise BadLine("", "ragged_row", message)
    named = dict(zip(layout.columns, cells, strict=True))
    if not named["customer"]:
        raise BadLine("customer", "missing_field", "is needed")
    return named


def _day(cell: str) -> date:
    found = DAY.fullmatch(cell)
    try:
        if found is None:
            raise ValueError
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        raise BadLine("date", "malformed_date", "must be a day such as 19970131 or 1997-01-31") from None


def _units(cell: str) -> int:
    if not WHOLE.fullmatch(cell):
        raise BadLine("units", "malformed_number", "must be a whole number above 0 in digits")
    return int(cell)


def _amount(cell: str) -> str:
    if not MONEY.fullmatch(cell):
        raise BadLine("amount", "malformed_money", "must be a decimal such as 12.50")
    return cell
