"""What a section found: tables of plain values, shown on the terminal, kept as JSON, and written into the docs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

type Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """Rows under columns. A column's name says its unit."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


@dataclass(frozen=True)
class Section:
    """What one section found. `how` says what is counted, which is the same everywhere, and what is timed."""

    title: str
    how: str
    tables: Sequence[Table]
    machine: Mapping[str, Cell] = field(default_factory=dict)
    plots: Sequence[str] = ()
    """Names of the files that show it."""

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Section":
        return cls(**{**document, "tables": [Table(**table) for table in document["tables"]]})


def show(section: Section, console: Console) -> None:
    console.rule(f"[bold]{escape(section.title)}")
    console.print(escape(section.how), highlight=False)
    for table in section.tables:
        grid = Grid(title=escape(table.title), title_justify="left", caption=escape(table.note), caption_justify="left")
        for place, column in enumerate(table.columns):
            grid.add_column(escape(column), justify="left" if _is_text(table, place) else "right")
        for row in table.rows:
            grid.add_row(*(escape(text(cell)) for cell in row))
        console.print(grid)


def markdown(section: Section) -> str:
    lines = [f"## {section.title}", "", section.how, ""]
    for table in section.tables:
        rules = ("---" if _is_text(table, place) else "--:" for place in range(len(table.columns)))
        lines += [f"**{table.title}**", "", _row(table.columns), _row(list(rules))]
        lines += [_row([text(cell) for cell in row]) for row in table.rows]
        lines += ["", *([table.note, ""] if table.note else [])]
    lines += [f"![{section.title}]({name})\n" for name in section.plots]
    if section.machine:
        lines += ["Measured on: " + "; ".join(f"{name} {value}" for name, value in section.machine.items()) + ".", ""]
    return "\n".join(lines)


def text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case float():
            return f"{cell:,.3f}".rstrip("0").rstrip(".")
        case int():
            return f"{cell:,}"
        case _:
            return cell


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _is_text(table: Table, place: int) -> bool:
    return any(isinstance(row[place], str) for row in table.rows)
