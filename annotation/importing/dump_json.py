"""A dump as JSON, as `exporting.json_file` writes it, unfolded into a Parquet file per table."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from annotation.exporting.images import VERDICTS
from annotation.exporting.json_file import FORMAT, INSIDE, SEAL, VERSION
from annotation.exporting.parquet import Table
from annotation.exporting.tables import TABLES
from taxonomy.errors import InputError

JSON_FILE = "annotations.json"
OLDEST = 2
LONGEST_HEAD = 64 << 20  # bytes
SEAL_SIZE = len(SEAL.format("0" * 64))
SEALED = re.compile(re.escape(SEAL.format("X")).replace("X", "([0-9a-f]{64})"))
SECTION = re.compile(r'"(\w+)": \[')
Add = Callable[[str, tuple[Any, ...]], None]


def unfold(path: Path, folder: Path) -> dict[str, Any]:
    """Write the tables of a dump into a folder, in constant memory, and return what its first line says.

    Raises InputError for a file that is no dump or an old one, one of a newer Tusker, and one whose
    end is missing or whose content is not what the seal at its end says.
    """
    try:
        with path.open("rb") as file:
            head = _head(file, path)
            _check_seal(file, path)
            file.seek(0)
            _write_tables(file, folder, head)
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        pa.ArrowException,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"is not laid out as a dump: {error!r}", file=path) from error
    return head


def _head(file: BinaryIO, path: Path) -> dict[str, Any]:
    line = file.readline(LONGEST_HEAD)
    try:
        head = json.loads(line.rstrip().removesuffix(b",") + b"}")
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise InputError("does not begin as a dump of annotations does", file=path)
    version = head.get("version")
    if not isinstance(version, int):
        raise InputError("does not say of which version it is", file=path)
    if version > VERSION:
        raise InputError(f"is of version {version}; this Tusker reads up to {VERSION}", file=path)
    if version < OLDEST:
        raise InputError(
            f"is of version {version}, which holds too little to be imported", file=path
        )
    if not isinstance(head.get("datasets"), list) or not isinstance(head.get("taxonomy"), str):
        raise InputError("does not say of which datasets it is", file=path)
    return head


def _check_seal(file: BinaryIO, path: Path) -> None:
    size = file.seek(0, 2)
    file.seek(max(0, size - SEAL_SIZE))
    found = SEALED.fullmatch(file.read().decode(errors="replace"))
    if found is None:
        raise InputError("is cut short: it does not end as a dump does", file=path)
    file.seek(0)
    digest = hashlib.sha256()
    left = size - SEAL_SIZE
    while left and (piece := file.read(min(left, 1 << 20))):
        digest.update(piece)
        left -= len(piece)
    if digest.hexdigest() != found[1]:
        raise InputError(
            "is not as it was written: its content differs from its SHA-256", file=path
        )


def _write_tables(file: BinaryIO, folder: Path, head: dict[str, Any]) -> None:
    classes = {one["key"]: (one["index"], one["name"]) for one in head["classes"]}
    with ExitStack() as stack:
        tables = {name: stack.enter_context(Table(folder, name)) for name in TABLES}

        def add(table: str, row: tuple[Any, ...]) -> None:
            tables[table].add(row)

        for name, item in _items(file):
            if name == "images":
                _add_image(item, classes, add)
            elif name in TABLES:
                add(name, tuple(item[column] for column, _ in TABLES[name]))


def _items(file: BinaryIO) -> Iterator[tuple[str, dict[str, Any]]]:
    """(list, item) of everything after the first line: a list begins with its name, has an item per line, and ends
    with a bracket."""
    section = None
    file.readline(LONGEST_HEAD)
    for number, line in enumerate(file, start=2):
        text = line.decode().strip().removesuffix(",")
        if section is None:
            begins = SECTION.fullmatch(text)
            section = begins[1] if begins else None
        elif text == "]":
            section = None
        elif text:
            try:
                yield section, json.loads(text)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error


def _add_image(item: dict[str, Any], classes: dict[str, tuple[int, str]], add: Add) -> None:
    image, (target,) = item["image_id"], item["targets"]
    add("images", (image, item["datasets"], target, item["problematic"], item["problem_reason"]))
    for verdict in VERDICTS:
        for key in item[verdict]:
            add("candidates", (image, key, *classes[key], key == target, verdict))
    for table in INSIDE[1:]:
        for word in item[table]:
            word |= {"judgment_id": word.get("id"), "image_id": image}
            add(table, tuple(word[column] for column, _ in TABLES[table]))
