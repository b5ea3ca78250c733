"""CSV for spreadsheets: no cell runs as a formula, and numbers stay numbers.

Sources: RFC 4180; OWASP, CSV Injection (which first characters a spreadsheet takes for a formula).
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

CSV = "text/csv"
CSV_TEXT = f"{CSV}; charset=utf-8; header=present"
"""The content type of an answer in CSV (RFC 4180, RFC 7111)."""

FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - the wide ones too, which some spreadsheets take alike
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

type Cell = str | int | Decimal | bool | date | datetime | None


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Each of the rows (the header is one too) as a line with its end; None is an empty cell."""
    writer = csv.writer(_Through(), lineterminator="\r\n")
    for row in rows:
        yield writer.writerow([_written(cell) for cell in row])


def harmless(cell: str) -> str:
    """A text for a cell: an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case date():
            return cell.isoformat()
        case str() if not _NUMBER.fullmatch(cell):
            return harmless(cell)
        case _:
            return str(cell)


class _Through:
    """A file that hands each line back to whom it is written for."""

    def write(self, line: str) -> str:
        return line
