"""Errors in what people bring: one line each, naming file, row and reason."""

from collections.abc import Sequence
from pathlib import Path


class InputError(ValueError):
    """Bad input. `str()` is one line: ``labels.csv, row 3: unknown wnid 'n123'``.

    `file` (shown by its last part, so no folder of the server leaks) and `row` (a line number as
    a text editor shows it; the header is row 1) may be unknown.
    """

    def __init__(
        self, reason: str, *, file: str | Path | None = None, row: int | None = None
    ) -> None:
        self.reason = " ".join(reason.split())
        self.file = Path(file).name if file is not None else None
        self.row = row
        super().__init__(reason)

    def __str__(self) -> str:
        where = [self.file] if self.file else []
        if self.row is not None:
            where.append(f"row {self.row}")
        return ": ".join(filter(None, [", ".join(where), self.reason]))


class InputErrors(InputError):
    """Several bad rows of one file; `rows` holds every (row, reason), in the order given.

    `str()` is still one line: the first row and how many more there are.
    """

    def __init__(self, file: str | Path | None, rows: Sequence[tuple[int, str]]) -> None:
        self.rows = list(rows)
        row, reason = self.rows[0]
        super().__init__(reason, file=file, row=row)

    def __str__(self) -> str:
        more = len(self.rows) - 1
        plural = "" if more == 1 else "s"
        return super().__str__() + (f" (and {more} more row{plural})" if more else "")


def writable(text: str) -> str:
    """Without what PostgreSQL doesn't take in JSON, and UTF-8 can't hold: NUL, halves of characters."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()
