"""CSV as spreadsheets and databases write it, taken apart with a bound.

The standard library's reader is not used: a quote that is never closed makes it read the file to its
end, it takes a quote inside of a cell for a letter, and it does not tell `" a"` from ` a`.

Source: RFC 4180.
"""

import re
from collections import deque
from collections.abc import Collection, Iterator
from typing import NamedTuple

from loyalty.entry.rows.lines import MAX_LINE_BYTES, Line

DELIMITERS = (",", ";", "\t", "|")
_CELL = {
    mark: re.compile(rf'(?:"([^"]*+(?:""[^"]*+)*+)"|([^"{re.escape(mark)}]*+))({re.escape(mark)}|\Z)')
    for mark in DELIMITERS
}


class Record(NamedTuple):
    """A row's cells, which of them were in quotes, and the line that it begins on."""

    line: int
    cells: list[str]
    quoted: Collection[int]


class Unreadable(NamedTuple):
    """A row that has no cells."""

    line: int
    code: str
    message: str


def records_of(lines: Iterator[Line], delimiter: str) -> Iterator[Record | Unreadable]:
    """The rows; lines without anything in them are left out.

    A row whose quotes do not match costs its first line alone: reading goes on at the next one.
    """
    ahead: deque[Line] = deque()
    while line := ahead.popleft() if ahead else next(lines, None):
        if line.data is None:
            yield _too_long(line)
            continue
        gathered = [line]
        # In a row that is well formed every quote has its partner, so a row ends where their number is even.
        open_quotes, size = line.data.count(b'"') % 2, len(line.data)
        while open_quotes and (more := ahead.popleft() if ahead else next(lines, None)):
            gathered.append(more)
            if more.data is None or (size := size + len(more.data)) > MAX_LINE_BYTES:
                break
            open_quotes ^= more.data.count(b'"') % 2
        record = _never_closed(line.number) if open_quotes else _record(gathered, delimiter)
        if isinstance(record, Unreadable) and record.code == "malformed_csv":
            ahead.extendleft(reversed(gathered[1:]))
        if isinstance(record, Unreadable) or record.cells:
            yield record


def header_of(line: Line, known: Collection[str]) -> tuple[str, list[str]] | Unreadable:
    """The delimiter of a file and the names of its columns, of the line that names them.

    The delimiter is the one that finds the most of the `known` names, else the most names.
    """
    if line.data is None:
        return _too_long(line)
    readings = [(mark, _record([line], mark)) for mark in DELIMITERS]
    readable = [
        (mark, [cell.strip() for cell in record.cells]) for mark, record in readings if isinstance(record, Record)
    ]
    if not readable:
        return next(record for _, record in readings if isinstance(record, Unreadable))
    return max(readable, key=lambda reading: (len(set(known).intersection(reading[1])), len(reading[1])))


def _too_long(line: Line) -> Unreadable:
    return Unreadable(line.number, "line_too_long", f"The line has more than {MAX_LINE_BYTES} bytes.")


def _never_closed(line: int) -> Unreadable:
    message = f"A quote opens a cell and is not closed within {MAX_LINE_BYTES} bytes; a quote in a cell is doubled."
    return Unreadable(line, "malformed_csv", message)


def _record(lines: list[Line], delimiter: str) -> Record | Unreadable:
    first = lines[0]
    data = b"".join(line.data or b"" for line in lines)
    try:
        text, foreign = data.decode(), None
    except UnicodeDecodeError as error:
        # Where the row ends can be told all the same, as what ends it is ASCII.
        text, foreign = data.decode("latin-1"), Unreadable(first.number, "not_utf8", not_utf8(first.start, error))
    text = text.removesuffix("\n").removesuffix("\r")
    if '"' not in text:
        return foreign or Record(first.number, text.split(delimiter) if text.strip() else [], ())
    cells: list[str] = []
    quoted: set[int] = set()
    at, cell = 0, _CELL[delimiter]
    while True:
        found = cell.match(text, at)
        if not found:
            message = (
                f"Cell {len(cells) + 1} has a quote where there can be none: "
                "a cell with a quote in it is put in quotes, and the quote is doubled."
            )
            return Unreadable(first.number, "malformed_csv", message)
        inside, plain, end = found.groups()
        if inside is None:
            cells.append(plain)
        else:
            quoted.add(len(cells))
            cells.append(inside.replace('""', '"'))
        if not end:
            return foreign or Record(first.number, cells, quoted)
        at = found.end()


def not_utf8(start: int, error: UnicodeDecodeError) -> str:
    """What to say about bytes that begin at the offset `start` of their file and are no UTF-8."""
    byte = error.object[error.start]
    return f"Byte {start + error.start} of the file (0x{byte:02X}) is not UTF-8: save the file as UTF-8."
