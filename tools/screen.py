"""How the demo prints: steps, progress, tables, the store's clock."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

type Say = Callable[[str], None]


@contextmanager
def step(say: Say, title: str) -> Iterator[None]:
    say(f"\n{title}")
    began = time.monotonic()
    yield
    say(f"   ({time.monotonic() - began:.1f} s)")


def show_progress[Thing](things: Iterable[Thing], total: int, what: str) -> Iterator[Thing]:
    """Passes `things` on and, where a person watches, counts them."""
    watched = sys.stdout.isatty()
    for number, thing in enumerate(things, 1):
        if watched:
            print(f"\r   {what}: {number} of {total}", end="\r" if number == total else "", flush=True)
        yield thing


def table(say: Say, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints rows; a column whose name starts with > is of numbers."""
    names = [column.lstrip(">") for column in columns]
    widths = [max(len(row[place]) for row in [names, *rows]) for place in range(len(columns))]
    for row in [names, *rows]:
        cells = (
            cell.rjust(width) if column.startswith(">") else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        )
        say(f"     {'  '.join(cells)}".rstrip())


def clock(instant: str, timezone: str) -> str:
    """An instant as the clocks of a time zone show it."""
    return f"{datetime.fromisoformat(instant).astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M:%S}"
