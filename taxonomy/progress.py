"""How long-running work tells where it is: a function called with (step, done, total)."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

# progress("reading labels.csv", 3, 10): done and total count the same things; total 0 = unknown.
Progress = Callable[[str, int, int], None]


def quiet(step: str, done: int = 0, total: int = 0) -> None:
    """The progress function for which nobody watches."""


@contextmanager
def terminal() -> Iterator[Progress]:
    """Draw one bar per step on standard error if that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield quiet
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def show(step: str, done: int = 0, total: int = 0) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step)
            bars.update(tasks[step], completed=done, total=total or None)

        yield show
