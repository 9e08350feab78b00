"""What every benchmark shares: a Tusker of its own, commands with their time, a table of figures."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Line:
    what: str
    value: str
    command: str


def chromium() -> str | None:
    """The Chromium to drive: CHROMIUM, else Debian's, the one without windows (twice as quick) first."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium-headless-shell") or shutil.which("chromium")


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def manage(*arguments: object) -> tuple[float, float]:
    """Run a command in a process of its own: (seconds, peak memory in MiB)."""
    script = (
        "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", script, sys.executable, "manage.py", *map(str, arguments)]
    start = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{arguments}: {done.stderr}")
    return time.perf_counter() - start, int(done.stderr.split()[-1]) / 1024


@contextmanager
def own_home() -> Iterator[Path]:
    """An empty TUSKER_HOME with running servers, for a while; its parent is a scratch folder."""
    with tempfile.TemporaryDirectory(prefix="tusker-bench-") as name:
        os.environ["TUSKER_HOME"] = f"{name}/home"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

        from config import embedded

        embedded.start()
        try:
            django.setup()
            yield Path(name)
        finally:
            embedded.stop()


def show(lines: Sequence[Line]) -> None:
    table = Table("what", "measured", "command")
    for line in lines:
        table.add_row(line.what, line.value, line.command)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    Console(width=150).print(table)
    print(f"{os.cpu_count()} cores; peak memory of this process {peak:.0f} MiB")
