"""Progress of long work, on stderr, where a person watches and nothing else is drawn."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from loyalty_cli.output import Output

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

type Advance = Callable[[int], None]
type Follow = Callable[[int, int | None, str], None]
"""Told how much is done, of how much if that is known, and what is being done."""


@contextmanager
def progress(output: Output, what: str, total: int | None = None) -> Iterator[Advance]:
    """A bar of `total` parts, or one that only shows that work goes on; gone when it is done."""
    if not sys.stderr.isatty() or output.shown:
        yield lambda parts: None
        return
    from rich.progress import MofNCompleteColumn, TextColumn

    with _bar(MofNCompleteColumn() if total is not None else TextColumn("{task.completed:,}")) as bar:
        output.make_room = bar.stop
        task = bar.add_task(what, total=total)
        yield lambda parts: bar.advance(task, parts)


@contextmanager
def following(output: Output, *, in_bytes: bool = False) -> Iterator[Follow]:
    """As `progress`, of work that is done elsewhere, which says how far it is."""
    if not sys.stderr.isatty() or output.shown:
        yield lambda done, total, what: None
        return
    from rich.progress import DownloadColumn, MofNCompleteColumn

    with _bar(DownloadColumn() if in_bytes else MofNCompleteColumn()) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total, description=what)


def _bar(counted: "ProgressColumn") -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        counted,
        TimeElapsedColumn(),
        console=Console(stderr=True, markup=False, highlight=False),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
