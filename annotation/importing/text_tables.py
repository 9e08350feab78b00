"""Predictions in text: CSV, JSON and JSON lines, as one's own scripts, timm and Hugging Face write
them (huggingface/pytorch-image-models, inference.py; transformers' image-classification pipeline).
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from annotation.importing.columns import IMAGES, Columns, find_columns
from annotation.importing.json_lines import read_lines
from annotation.importing.tables import Answer, Bad
from taxonomy.errors import InputError
from taxonomy.tables import iter_table

# An entry of a list that Python or NumPy printed: quoted, or up to the next blank or comma.
ENTRY = re.compile(r"""\s*(?:('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|([^\s,'"\[\]]+))\s*,?""")


def read_csv(path: Path) -> Iterator[Answer | Bad]:
    """A column that names the image, and those of `find_columns`; a cell may hold a list.

    timm up to 0.6 writes no header, but file names and class indices: `cat.jpg,281,282`.
    """
    found: Columns | None = None
    for line, values in iter_table(path, without_header=_without_header):
        if found is None:
            lists = {name for name, text in values.items() if text.startswith("[")}
            try:
                found = find_columns(list(values), lists)
            except ValueError as error:
                raise InputError(str(error), file=path, row=1) from error
        try:
            yield _answer(line, values, found, _scores if found.are_scores else _cell)
        except ValueError as error:
            yield Bad(line, str(error))


def _without_header(row: list[str]) -> list[str]:
    numbers = [text.strip() for text in row[1:]]
    headed = row[:1] and row[0].strip().casefold() in IMAGES
    if headed or not numbers or not all(text.isascii() and text.isdecimal() for text in numbers):
        return []
    return ["image_id", *(f"top{rank}" for rank in range(1, len(row)))]


def read_jsonl(path: Path) -> Iterator[Answer | Bad]:
    """An object a line, with columns as in CSV; `[{"label", "score"}, …]` is a list of classes."""
    return _answers(read_lines(path))


def read_json(path: Path) -> Iterator[Answer | Bad]:
    """The same objects in a list; or by file name, `{name: object, list or class}`; or
    `{"columns", "data"}`, as pandas writes them; or a list of what a pipeline said of each image of
    the dataset in its order, `[[{"label", "score"}, …], …]`. JSON lines will do too."""
    try:
        content = json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            yield from read_jsonl(path)
            return
        raise InputError(f"is not JSON: {error}", file=path) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", file=path) from error
    if isinstance(content, list) and content and all(isinstance(one, list) for one in content):
        for number, said in enumerate(content):
            try:
                yield Answer(number + 1, number, _best_first(said))
            except ValueError as error:
                yield Bad(number + 1, str(error))
        return
    yield from _answers(enumerate(_entries(content, path), start=1))


def _entries(content: Any, path: Path) -> Iterator[Any]:
    if isinstance(content, list):
        yield from content
    elif not isinstance(content, dict):
        raise InputError("is neither a JSON list nor an object", file=path)
    elif set(content) <= {"columns", "data", "index"} and "data" in content:
        yield from _split(content, path)
    else:
        for name, said in content.items():
            kind = "predictions" if isinstance(said, list) else "prediction"
            yield {IMAGES[1]: name, **(said if isinstance(said, dict) else {kind: said})}


def _split(content: dict[str, Any], path: Path) -> Iterator[Any]:
    columns, rows = content.get("columns"), content["data"]
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise InputError('needs "columns", a list of names', file=path)
    if len(set(columns)) < len(columns) or not isinstance(rows, list):
        raise InputError('needs different "columns", and "data", a list of rows', file=path)
    for row in rows:
        fits = isinstance(row, list) and len(row) == len(columns)
        yield dict(zip(columns, row, strict=True)) if fits else row


def _answers(items: Iterable[tuple[int, Any]]) -> Iterator[Answer | Bad]:
    find = cache(find_columns)
    for line, item in items:
        try:
            if not isinstance(item, dict):
                raise ValueError("is no object, or no row with a value for each column")
            lists = frozenset(name for name, value in item.items() if isinstance(value, list))
            yield _answer(line, item, find(tuple(item), lists), plain)
        except ValueError as error:
            yield Bad(line, str(error))


def _answer(
    line: int, row: Mapping[str, Any], columns: Columns, read: Callable[[Any], Any]
) -> Answer:
    values = _values([row[name] for name in columns.values], read)
    labels = _values([row[name] for name in columns.labels], read)
    image = image_name(row[columns.image], columns.image)
    return Answer(line, image, values, columns.are_scores, labels)


def image_name(value: Any, column: str) -> str:
    """A text, or the path of an image as Hugging Face's datasets have it. Raises ValueError."""
    if isinstance(value, dict):
        value = value.get("path")
    if not isinstance(value, str):
        raise ValueError(f"'{column}' names no image: it is no text")
    return value


def _values(cells: Sequence[Any], read: Callable[[Any], Any]) -> Sequence[Any]:
    """What the cells say, or the only one's list."""
    values = [read(cell) for cell in cells]
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


def _cell(text: str) -> Any:
    """A cell of a CSV file."""
    if text.startswith("[{"):
        try:
            said = ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
            raise ValueError(f"'{text[:30]}…' is no list of labels and scores") from error
        return _best_first(said)
    return _printed_list(text) if text.startswith("[") else text


def _scores(text: str) -> Any:
    """A cell with a score or a list of them. Raises ValueError."""
    return [*map(_score, _printed_list(text))] if text.startswith("[") else _score(text)


def _score(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"'{text[:30]}' is no score: it is no number") from None


def _printed_list(text: str) -> list[str]:
    """The entries of `[1 2 3]`, `[1, 2, 3]`, `['a' "b's"]`. Raises ValueError."""
    shown = text if len(text) <= 30 else f"{text[:30]}…"
    if not text.endswith("]"):
        raise ValueError(f"'{shown}' is no list such as [1, 2, 3]")
    inner, place, entries = text[1:-1].rstrip(), 0, []
    while place < len(inner):
        match = ENTRY.match(inner, place)
        if match is None:
            raise ValueError(f"'{shown}' is no list such as [1, 2, 3]")
        if match[2] == "...":
            raise ValueError(f"'{shown}' was shortened with '...' when it was written")
        entries.append(_unquoted(match[1]) if match[1] else match[2])
        place = match.end()
    return entries


def _unquoted(text: str) -> str:
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError) as error:
        raise ValueError(f"{text[:30]} is no quoted text") from error


def plain(value: Any) -> Any:
    """A value of a JSON object, or of Parquet. pandas makes floats of integers if one is missing."""
    if isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        return _best_first(value)
    if isinstance(value, float) and (value.is_integer() or math.isnan(value)):
        return None if math.isnan(value) else int(value)
    return value


def _best_first(said: Sequence[Any]) -> list[str]:
    """The labels of a pipeline's `[{"label", "score"}, …]`, best score first. Raises ValueError."""
    for one in said:
        if not isinstance(one, dict) or not isinstance(one.get("label"), str):
            raise ValueError('needs a "label" and a "score" in each entry of the list')
        score = one.get("score")
        if not isinstance(score, int | float) or not abs(score) < math.inf:
            raise ValueError(f"the score of '{one['label'][:30]}' is no number")
    return [one["label"] for one in sorted(said, key=lambda one: -one["score"])]
