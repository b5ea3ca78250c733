"""Progress of long work, on stderr, where a person watches and nothing else is drawn."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from loyalty_cli.output import Output

type Advance = Callable[[int], None]


@contextmanager
def progress(output: Output, what: str, total: int | None = None) -> Iterator[Advance]:
    """A bar of `total` parts, or one that only shows that work goes on; gone when it is done."""
    if not sys.stderr.isatty() or output.shown:
        yield lambda parts: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    counted = MofNCompleteColumn() if total is not None else TextColumn("{task.completed:,}")
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        counted,
        TimeElapsedColumn(),
        console=Console(stderr=True, markup=False, highlight=False),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda parts: bar.advance(task, parts)
