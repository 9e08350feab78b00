"""Predictions in tables, whose rows name their image."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow
import pyarrow.parquet

from annotation.importing.classes import class_reader
from annotation.importing.json_lines import read_objects
from annotation.importing.picking import Members
from annotation.importing.top_k import MISSING, BadRows, from_indices, from_scores
from taxonomy.errors import InputError, InputErrors
from taxonomy.lookup import ClassLookup
from taxonomy.tables import read_table

RANKED = re.compile(r"top[-_ ]?(\d+)")
INDEX_LIMIT = 2**31


class Answer(NamedTuple):
    """A row: its line, the image's id, and classes best first (or a score for every class)."""

    line: int
    image_id: str
    values: Sequence[Any]
    are_scores: bool = False


Reader = Callable[[Path], Iterator[Answer]]


def read_answers(read: Reader, path: Path, members: Members, lookup: ClassLookup) -> np.ndarray:
    """top-k int32 [images, k] from a table; an image that has no row has -1.

    Raises InputErrors with every row whose image is unknown or occurs twice, whose classes are
    unknown, repeated or have gaps, or whose scores are not finite or of another number.
    """
    read_class = class_reader(lookup)
    found: dict[int, list[int]] = {}
    problems = []
    for answer in read(path):
        try:
            position = _position(answer.image_id, members, found)
            found[position] = _classes(answer, read_class, len(lookup.keys))
        except ValueError as error:
            problems.append((answer.line, _reason(error)))
    if problems:
        raise InputErrors(path, problems)
    if not found:
        raise InputError("has no rows", file=path)
    top_k = np.full((len(members), max(map(len, found.values()))), MISSING, np.int32)
    for position, row in found.items():
        top_k[position, : len(row)] = row
    return top_k


def _position(image_id: str, members: Members, found: dict[int, list[int]]) -> int:
    position = members.find(image_id)
    if position is None:
        raise ValueError(f"unknown image '{image_id[:60]}'")
    if position in found:
        raise ValueError(f"image '{image_id}' occurs twice")
    return position


def _classes(answer: Answer, read_class: Callable[[str], int], classes: int) -> list[int]:
    """The best classes of one row, at least one (-1 if there is none). Raises ValueError."""
    if answer.are_scores:
        return _from_scores(answer.values, classes)
    row = [_class(value, read_class) for value in answer.values] or [MISSING]
    return from_indices(np.array([row], np.int64), classes)[0].tolist()


def _from_scores(values: Sequence[Any], classes: int) -> list[int]:
    if not all(isinstance(value, int | float) for value in values):
        raise ValueError("a score is not a number")
    if len(values) != classes:
        raise ValueError(f"has {len(values)} scores, the taxonomy has {classes} classes")
    try:
        scores = np.array([values], np.float64)
    except OverflowError as error:
        raise ValueError("a score is too large a number") from error
    return from_scores(scores)[0].tolist()


def _class(value: Any, read_class: Callable[[str], int]) -> int:
    if value is None or value == "":
        return MISSING
    if isinstance(value, str):
        return MISSING if value == str(MISSING) else read_class(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < INDEX_LIMIT:
        return value
    raise ValueError(f"'{value}' is not a class")


def _reason(error: ValueError) -> str:
    return error.problems[0][1] if isinstance(error, BadRows) else str(error)


def read_csv(path: Path) -> Iterator[Answer]:
    """`image_id` and one column per rank, best first; columns called top1, top2, … by number."""
    rows = read_table(path, required=["image_id"])
    columns = _by_rank([name for name in rows[0].values if name != "image_id"], path)
    for line, values in rows:
        yield Answer(line, values["image_id"], [values[name] for name in columns])


def _by_rank(columns: list[str], path: Path) -> list[str]:
    if not columns:
        raise InputError("needs a column of classes beside 'image_id'", file=path, row=1)
    ranks = [RANKED.fullmatch(name.casefold()) for name in columns]
    if not all(ranks):
        return columns
    return sorted(columns, key=lambda name: int(RANKED.fullmatch(name.casefold())[1]))  # type: ignore[index]


def read_jsonl(path: Path) -> Iterator[Answer]:
    """An object a line: `image_id` and `top_k` or `predictions` (classes) or `scores`."""
    for line, item in read_objects(path):
        yield _answer(item, line, path)


def _answer(item: dict[str, Any], line: int, path: Path) -> Answer:
    for name in ("top_k", "predictions", "scores"):
        if isinstance(item.get(name), list):
            return Answer(line, item["image_id"], item[name], name == "scores")
    raise InputError('needs a list "top_k", "predictions" or "scores"', file=path, row=line)


def read_parquet(path: Path) -> Iterator[Answer]:
    """`image_id` and one column per rank, or one list column of classes or (floating) scores."""
    try:
        with path.open("rb") as data, pyarrow.parquet.ParquetFile(data) as file:
            names = file.schema_arrow.names
            if "image_id" not in names:
                raise InputError(
                    f"column 'image_id' is missing (found: {', '.join(names)})", file=path
                )
            columns = _by_rank([name for name in names if name != "image_id"], path)
            line = 1
            for batch in file.iter_batches(columns=["image_id", *columns]):
                for item in batch.to_pylist():
                    yield _parquet_answer(item, line, columns, batch.schema)
                    line += 1
    except InputError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InputError(f"can't be read as Parquet: {error}", file=path) from error


def _parquet_answer(
    item: dict[str, Any], line: int, columns: list[str], schema: pyarrow.Schema
) -> Answer:
    image_id = str(item["image_id"])
    kind = schema.field(columns[0]).type
    if len(columns) == 1 and _is_list(kind):
        scores = pyarrow.types.is_floating(kind.value_type)
        return Answer(line, image_id, item[columns[0]] or [], scores)
    return Answer(line, image_id, [item[name] for name in columns])


def _is_list(kind: pyarrow.DataType) -> bool:
    types = pyarrow.types
    return types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
