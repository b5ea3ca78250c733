"""Files of rows: CSV or JSON lines in, rows and what is wrong with the others out.

A file is read once and as it comes. What grows with it is 16 bytes and the number of each row, to find a
row that is there twice.

Nothing is guessed:

- UTF-8, with or without a byte order mark; lines end with LF, CRLF or CR; lines with nothing in them are
  left out and not counted, though line numbers count them.
- CSV: the first line names the columns, in any order and each once, in lower case; spaces around a name do
  not count. It also tells the delimiter: comma, semicolon, tab or vertical bar. An empty cell is a field
  that is absent, a row of empty cells is left out. An id has no spaces around it; any other cell that
  has some must be in quotes.
- JSON lines: an object on each line, with no name in it twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from json import JSONDecodeError
from typing import Literal, NamedTuple

from loyalty.entry.contracts.fields import read_json
from loyalty.entry.http.problems import MAX_FAULTS, Problem
from loyalty.entry.rows.contract import MAX_ROWS
from loyalty.entry.rows.csv import Record, Unreadable, header_of, not_utf8, records_of
from loyalty.entry.rows.kinds import BadCell, Document, JobRow, RowKind, identifier
from loyalty.entry.rows.lines import MAX_LINE_BYTES, ByteSource, ForeignFile, Line, lines_of

CODES = {
    "ragged_row": "A row has more or fewer cells than the file has columns",
    "line_too_long": "A line has more bytes than a row may have",
    "malformed_csv": "The quotes of a row do not match",
    "malformed_number": "A cell is not a number in plain digits",
    "no_header": "The first line does not name the columns",
    "not_utf8": "The file or a row is not text in UTF-8",
    "surrounding_spaces": "A cell without quotes begins or ends with a space",
}
"""What can be wrong with a file and not with a request; all other codes are those of requests."""


class Row[R](NamedTuple):
    """A good row: its number (the header has none), its line in the file, what it says."""

    number: int
    line: int
    value: R


class BadRow(NamedTuple):
    """One fault of a row: `column` is the field's name (`items/0/amount`), or empty if it is about all of it.

    Number 0 is a fault of the file, after which nothing more is read.
    """

    number: int
    line: int
    column: str
    code: str
    message: str


def read_rows[R: JobRow](
    source: ByteSource, form: Literal["csv", "jsonl"], kind: RowKind[R], now: datetime
) -> Iterator[Row[R] | BadRow]:
    """The rows of a file and the faults of its bad rows, in order; a row is good or has faults, never both."""
    try:
        lines = lines_of(source)
        yield from _checked(_csv(lines, kind) if form == "csv" else _json_lines(lines), kind, now)
    except ForeignFile as error:
        yield BadRow(0, 1, "", "not_utf8", f"The file {error}; it must be text in UTF-8.")


def check_rows[R: JobRow](documents: Iterable[object], kind: RowKind[R], now: datetime) -> Iterator[Row[R] | BadRow]:
    """The same for rows that are parsed JSON, as those in a request; the line of each is its number."""
    return _checked((_taken(number, document) for number, document in enumerate(documents, 1)), kind, now)


class _Finding(NamedTuple):
    """A fault, before the row has a number."""

    column: str
    code: str
    message: str


class _Taken(NamedTuple):
    """What stands on a line before it is checked as a row, and what is wrong with it already."""

    line: int
    document: Document | None
    findings: list[_Finding]
    cells: bool = False


def _checked[R: JobRow](found: Iterable[_Taken | BadRow], kind: RowKind[R], now: datetime) -> Iterator[Row[R] | BadRow]:
    first: dict[bytes, int] = {}
    number = made = 0
    readable = True
    for taken in found:
        if isinstance(taken, BadRow):
            readable = False
            yield taken
            continue
        number += 1
        value, findings = _row(taken, kind, now)
        made += value.makes if value else 1
        if made > MAX_ROWS:
            yield BadRow(number, taken.line, "", "too_many", f"A job makes at most {MAX_ROWS}; reading stops here.")
            return
        if value and (identity := value.identity) is not None:
            digest = blake2b(identity.encode(), digest_size=16).digest()
            before = first.setdefault(digest, number)
            if before != number:
                findings = [_Finding("", "duplicate", f"repeats row {before}: {value.repeated}")]
        if value and not findings:
            yield Row(number, taken.line, value)
        for finding in findings:
            yield BadRow(number, taken.line, *finding)
    if readable and not number:
        yield BadRow(0, 1, "", "empty", "There are no rows.")


def _row[R: JobRow](taken: _Taken, kind: RowKind[R], now: datetime) -> tuple[R | None, list[_Finding]]:
    if taken.document is None:
        return None, taken.findings
    value: R | None = None
    columns: Mapping[str, str] = {}
    try:
        columns = kind.nested(taken.document) if taken.cells else {}
        value = kind.read(taken.document)
        faults = value.faults(now)
    except Problem as problem:
        faults = list(problem.faults)
    if not faults and not taken.findings:
        return value, []
    findings = {finding.column: finding for finding in taken.findings}
    for fault in faults:
        column = columns.get(fault.pointer) or _shown(fault.pointer.removeprefix("/"))
        findings.setdefault(column, _Finding(column, fault.code, fault.message))
    return None, list(findings.values())


def _csv[R: JobRow](lines: Iterator[Line], kind: RowKind[R]) -> Iterator[_Taken | BadRow]:
    header = next((line for line in lines if line.data is None or line.data.strip()), None)
    if header is None:
        return
    found = header_of(header, kind.columns)
    if isinstance(found, Unreadable):
        yield BadRow(0, found.line, "", found.code, found.message)
        return
    delimiter, names = found
    if faults := _faults_of_header(names, kind):
        yield from (BadRow(0, header.number, *fault) for fault in faults[:MAX_FAULTS])
        return
    columns = [(name, kind.columns[name]) for name in names]
    for record in records_of(lines, delimiter):
        if isinstance(record, Unreadable):
            yield _Taken(record.line, None, [_Finding("", record.code, record.message)])
        elif len(record.cells) != len(columns):
            yield _Taken(record.line, None, [_ragged(record, len(columns), delimiter)])
        elif any(record.cells):
            yield _from_cells(record, columns)


def _faults_of_header[R: JobRow](names: list[str], kind: RowKind[R]) -> list[_Finding]:
    known = ", ".join(kind.columns)
    if not set(names).intersection(kind.columns):
        return [_Finding("", "no_header", f"The first line must name the columns, of these: {known}.")]
    faults = []
    for number, name in enumerate(names, 1):
        if name not in kind.columns:
            what = f"is not a column of this; known are {known}" if name else f"column {number} has no name"
            faults.append(_Finding(_shown(name), "unknown_field", what))
        elif name in names[: number - 1]:
            faults.append(_Finding(name, "duplicate", "names a column that is there already"))
    missing = (name for name in kind.columns if name in kind.needed and name not in names)
    return faults + [_Finding(name, "missing_field", "is needed as a column") for name in missing]


def _ragged(record: Record, columns: int, delimiter: str) -> _Finding:
    mark = {"\t": "a tab"}.get(delimiter, delimiter)
    hint = f"; a cell with {mark} in it must be in quotes" if len(record.cells) > columns else ""
    return _Finding("", "ragged_row", f"The row has {len(record.cells)} cells and the file {columns} columns{hint}.")


def _from_cells(record: Record, columns: list[tuple[str, Callable[[str], object]]]) -> _Taken:
    document: Document = {}
    findings = []
    for number, ((name, read), cell) in enumerate(zip(columns, record.cells, strict=True)):
        if not cell:
            continue
        if cell != cell.strip() and number not in record.quoted and read is not identifier:
            message = "begins or ends with a space: leave it out, or put the cell in quotes if it is meant"
            findings.append(_Finding(name, "surrounding_spaces", message))
        try:
            document[name] = read(cell)
        except BadCell as bad:
            document[name] = cell
            findings.append(_Finding(name, bad.code, bad.message))
    return _Taken(record.line, document, findings, cells=True)


def _json_lines(lines: Iterator[Line]) -> Iterator[_Taken]:
    for line in lines:
        if line.data is None:
            message = f"The line has more than {MAX_LINE_BYTES} bytes."
            yield _Taken(line.number, None, [_Finding("", "line_too_long", message)])
            continue
        if not line.data.strip():
            continue
        try:
            yield _taken(line.number, read_json(line.data.decode()))
        except UnicodeDecodeError as error:
            yield _Taken(line.number, None, [_Finding("", "not_utf8", not_utf8(line.start, error))])
        except (ValueError, RecursionError) as error:
            yield _Taken(line.number, None, [_Finding("", "malformed_json", f"The line is not JSON: {_why(error)}.")])


def _why(error: Exception) -> str:
    match error:
        case JSONDecodeError():
            return f"{error.msg} at character {error.pos + 1}"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return str(error).partition(";")[0]


def _taken(line: int, document: object) -> _Taken:
    if isinstance(document, dict):
        return _Taken(line, document, [])
    return _Taken(line, None, [_Finding("", "not_an_object", "A row must be a JSON object.")])


def _shown(name: str) -> str:
    """A name that the file chose, for a report: not without end, and nothing that cannot be written."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name[:128])
