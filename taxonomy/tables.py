"""Reading the tables that people bring."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from taxonomy.errors import InputError, InputErrors

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Row(NamedTuple):
    """One row of a table: the line it begins on (the header is 1) and its stripped values."""

    line: int
    values: dict[str, str]


def read_table(
    path: str | Path,
    required: Sequence[str] = (),
    any_of: Sequence[str] = (),
    name: str | None = None,
) -> list[Row]:
    """All that `iter_table` gives, which see."""
    return list(iter_table(path, required, any_of, name))


def iter_table(
    path: str | Path,
    required: Sequence[str] = (),
    any_of: Sequence[str] = (),
    name: str | None = None,
    without_header: Callable[[list[str]], list[str]] | None = None,
) -> Iterator[Row]:
    """The rows of a comma-separated UTF-8 file with a header, blank lines left out, one by one.

    Column names are compared without case. `required` columns must all be there, and one of
    `any_of` if given; others are kept. `name` is the file's name in messages (an upload's).
    `without_header` gives the names of the columns if the first row is no header, else nothing.

    Raises InputError (InputErrors, after the last row, for rows of the wrong length) when the file
    cannot be read, is UTF-16 or not UTF-8, holds a NUL byte or broken quotes, has no row, or lacks
    or repeats a column.
    """
    file = name or str(path)
    records = _records(_text(path, file), file)
    first, header = next(((line, values) for line, values in records if values), (1, []))
    if without_header and (columns := without_header(header)):
        records = chain([(first, header)], records)
    else:
        columns = [column.strip().casefold() for column in header]
    _check_columns(columns, required, any_of, file)
    wrong = []
    empty = True
    for line, values in records:
        if not values:
            continue
        empty = False
        if len(values) == len(columns):
            yield Row(line, dict(zip(columns, map(str.strip, values), strict=True)))
        else:
            found = f"has {_count(values, 'value')}"
            wrong.append((line, f"{found}, the header has {_count(columns, 'column')}"))
    if wrong:
        raise InputErrors(file, wrong)
    if empty:
        raise InputError("has no rows", file=file)


def _count(items: Sequence[str], word: str) -> str:
    return f"{len(items)} {word}{'' if len(items) == 1 else 's'}"


def _text(path: str | Path, file: str) -> str:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError((error.strerror or "cannot be read").lower(), file=file) from error
    if data.startswith(UTF16_MARKS):
        raise InputError("is UTF-16; save it as UTF-8", file=file)
    if (nul := data.find(b"\0")) >= 0:
        raise InputError(
            "holds a NUL byte, so it is not UTF-8 text", file=file, row=_line(data, nul)
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from after the byte order mark.
        start = error.start + (len(data) - len(error.object))
        reason = f"is not UTF-8 (byte 0x{data[start]:02x})"
        raise InputError(reason, file=file, row=_line(data, start)) from error


def _line(data: bytes, position: int) -> int:
    """The number of the line that holds the byte at `position`."""
    before = data[:position]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")


def _records(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """(first line, values) of each record; blank lines come as an empty list."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for values in reader:
            yield start, values
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"cannot be read as CSV: {error}", file=file, row=start) from error


def _check_columns(
    columns: Sequence[str], required: Sequence[str], any_of: Sequence[str], file: str
) -> None:
    if not any(columns):
        raise InputError("is empty" if not columns else "has no column names", file=file, row=1)
    for column in columns:
        if columns.count(column) > 1:
            raise InputError(f"column '{column}' occurs twice", file=file, row=1)
    found = f"(found: {', '.join(columns)})"
    for column in required:
        if column not in columns:
            raise InputError(f"column '{column}' is missing {found}", file=file, row=1)
    if any_of and not set(any_of) & set(columns):
        names = ", ".join(f"'{column}'" for column in any_of)
        raise InputError(f"needs one of the columns {names} {found}", file=file, row=1)
