"""How many rows of an export are written, for those who wait for it."""

from __future__ import annotations

from taxonomy.progress import Progress

TELL = 20_000  # rows after which there is something to tell


class Counting:
    """`total` may be more than come in the end."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total = progress, total
        self.done = self._told = 0
        progress("exporting", 0, total)

    def add(self, rows: int) -> None:
        self.done += rows
        if self.done - self._told >= TELL:
            self._told = self.done
            self.progress("exporting", min(self.done, self.total), self.total)

    def finish(self) -> None:
        self.progress("exporting", self.total, self.total)
