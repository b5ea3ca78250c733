"""Where a command's result goes, and in which form: tables for a person, JSON lines or CSV for a program."""

import csv
import functools
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, TextIO

import click

from loyalty_cli.client import Json
from loyalty_cli.failures import ExitCode, Failure, PipeClosed, one_line

FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - the wide ones too, which some spreadsheets take alike
"""What a spreadsheet takes for the start of a formula (OWASP, CSV Injection)."""
SUFFIXES = {".json": "json", ".jsonl": "json", ".csv": "csv", ".beancount": "beancount", ".bean": "beancount"}
type Sort = Literal["text", "number", "instant"]

PIPE_WIDTH = 10_000
"""Columns of a table that no terminal shows: nothing is cut or folded."""


@dataclass(frozen=True)
class Column:
    """A column: its name in CSV and at the head of a table, and what of an item it shows."""

    name: str
    of: Callable[[Json], object]
    sort: Sort = "text"
    unit: str = ""
    """Where in an item the unit is that a table shows behind a number."""
    in_tables: bool = True
    """Or else it is in CSV alone."""

    @property
    def numeric(self) -> bool:
        return self.sort == "number"


def field(name: str, *path: str, sort: Sort = "text") -> Column:
    """The column `name` of what is at `path` in an item, or else at its name."""

    def of(item: Json) -> object:
        value: Any = item
        for key in path or (name,):
            value = value[key] if value is not None else None
        return value

    return Column(name, of, sort)


def number(name: str, *path: str) -> Column:
    """As `field`, of numbers."""
    return field(name, *path, sort="number")


def money(name: str, currency: str = "currency") -> Column:
    """As `number`, of an amount; its currency is beside it."""
    return replace(number(name), unit=currency)


def beside(column: Column) -> Column:
    """A column that tables have no room for: their reader finds it in CSV and JSON."""
    return replace(column, in_tables=False)


def instant(name: str, *path: str) -> Column:
    """As `field`, of instants: in UTC, and in a table to the second."""
    return field(name, *path, sort="instant")


@dataclass(frozen=True)
class Rows:
    """A part of a result: things of one kind, each with the same columns."""

    columns: Sequence[Column]
    items: Iterable[Json]
    title: str = ""
    upright: bool = False
    """A line for each column, as for one thing alone. So is every table that is wider than the terminal."""


@dataclass
class Output:
    """Where one command writes to. In a file, the result appears whole or not at all."""

    form: str
    path: Path | None
    stream: TextIO
    make_room: Callable[[], None] = lambda: None
    """Takes away what is drawn on the terminal while the result is awaited."""

    @property
    def shown(self) -> bool:
        """Whether a person sees the result appear, so that nothing else may be drawn meanwhile."""
        return self.path is None and self.form != "table" and self.stream.isatty()

    def write(self, text: str) -> None:
        if self.path is None and self.stream.isatty():
            self.make_room()
        try:
            self.stream.write(text)
        except BrokenPipeError:
            raise PipeClosed from None
        except OSError as error:
            raise Failure(f"the result cannot be written: {error.strerror}", ExitCode.USAGE) from None

    def show(self, document: Json, *parts: Rows, notes: Sequence[str] = ()) -> None:
        """Writes a document: as it is (JSON), its first part (CSV), or all parts (a table)."""
        match self.form:
            case "json":
                self.write(_line(document))
            case "csv":
                self._csv(parts[0])
            case _:
                for part in parts:
                    self._table(part)
                for note in notes:
                    self.write(f"{one_line(note)}\n")

    def stream_rows(self, rows: Rows) -> None:
        """Writes items as they come (JSON, CSV), or as a table once all are there."""
        match self.form:
            case "json":
                for item in rows.items:
                    self.write(_line(item))
            case "csv":
                self._csv(rows)
            case _:
                self._table(rows)

    def _csv(self, rows: Rows) -> None:
        self.write(_csv_line(column.name for column in rows.columns))
        for item in rows.items:
            self.write(_csv_line(_csv_cell(column, column.of(item)) for column in rows.columns))

    def _table(self, rows: Rows) -> None:
        # Only a person waits for this import.
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        watched = self.path is None and self.stream.isatty()
        width = shutil.get_terminal_size().columns if watched else PIPE_WIDTH
        # Whether there are codes for bold text is said outright: FORCE_COLOR would put them into a pipe.
        console = Console(
            file=io.StringIO(),
            force_terminal=watched and not os.environ.get("NO_COLOR"),
            width=width,
            highlight=False,
            markup=False,
            emoji=False,
        )
        columns = [column for column in rows.columns if column.in_tables]
        cells = [[_cell(column, item) for column in columns] for item in rows.items]
        # Everything as Text: an id may look like markup.
        table = Table(box=box.SIMPLE_HEAD if watched else None, pad_edge=False, padding=(0, 2 - watched, 0, 0))
        for column in columns:
            table.add_column(Text(_heading(column)), justify="right" if column.numeric else "left")
        for line in cells:
            table.add_row(*map(Text, line))
        if rows.upright or console.measure(table, options=console.options.update(width=PIPE_WIDTH)).maximum > width:
            table = Table(show_header=False, box=None, pad_edge=False)
            table.add_column()
            table.add_column(overflow="fold")
            for line in cells:
                for column, cell in zip(columns, line, strict=True):
                    table.add_row(Text(_heading(column)), Text(cell))
                if not rows.upright:
                    table.add_row()
        if rows.title:
            console.print(Text(rows.title, style="bold"))
        console.print(table)
        drawn = console.file
        assert isinstance(drawn, io.StringIO)
        self.write("\n".join(line.rstrip() for line in drawn.getvalue().splitlines()) + "\n")


@contextmanager
def destination(form: str | None, path: Path | None, *, forms: Sequence[str]) -> Iterator[Output]:
    """Where a result goes that is written to a file, or to stdout."""
    if path is None or str(path) == "-":
        chosen = form or ("table" if sys.stdout.isatty() else "json")
        try:
            yield Output(chosen, None, sys.stdout)
            sys.stdout.flush()
        except BrokenPipeError:
            raise PipeClosed from None
        return
    named = SUFFIXES.get(path.suffix.lower(), "json")
    chosen = form or (named if named in forms else "json")
    if path.exists() and not path.is_file():  # a device or a named pipe is written to, not replaced
        with _opened(path) as stream:
            yield Output(chosen, path, stream)
        return
    try:
        handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        found = None
        with open(handle, "w", encoding="utf-8", newline="") as stream:
            try:
                yield Output(chosen, path, stream)
            except Failure as failure:
                if failure.code is not ExitCode.DIFFERENCES:
                    raise
                found = failure  # the result is whole: it says what differs
        os.chmod(scratch, 0o666 & ~_umask())
        os.replace(scratch, path)
        if found:
            raise found
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        with suppress(FileNotFoundError):
            os.unlink(scratch)


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield stream
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> Failure:
    return Failure(f"{path} cannot be written: {error.strerror}", ExitCode.USAGE)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def written(*more: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command --format and --output, as its argument `output`. `more`: forms beside table, json and csv."""
    forms = ("table", "json", "csv", *more)

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @click.option(
            "--format", "form", type=click.Choice(forms), help="[default: table on a terminal, else json, a line each]"
        )
        @click.option("--output", "path", type=click.Path(path_type=Path), help="A file instead of stdout.")
        @functools.wraps(command)
        def with_output(*args: Any, form: str | None, path: Path | None, **options: Any) -> None:
            with destination(form, path, forms=forms) as output:
                command(*args, output=output, **options)

        return with_output

    return decorate


def _line(document: Json) -> str:
    return f"{json.dumps(document, ensure_ascii=False)}\n"


def _csv_line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(list(cells))
    return text.getvalue()


def _csv_cell(column: Column, value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() if not column.numeric and value.startswith(FORMULA):
            return f"'{value}"
        case _:
            return value


def _heading(column: Column) -> str:
    return column.name.replace("_", " ")


def _cell(column: Column, item: Json) -> str:
    """What a person reads in a column: numbers with separators, nothing as a dash."""
    unit = f" {item[column.unit]}" if column.unit else ""
    match column.of(item):
        case None:
            return "-"
        case bool() as value:
            return "yes" if value else "no"
        case int() as value if column.numeric:
            return f"{value:,}"
        case str() as value if column.numeric:
            with suppress(InvalidOperation):
                return f"{Decimal(value):,}{unit}"
        case str() as value if column.sort == "instant":
            with suppress(ValueError):
                return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
        case value:
            pass
    return one_line(str(value))
