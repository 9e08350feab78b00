"""Predictions in Parquet, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
import pyarrow.parquet
from numpy.typing import NDArray

from annotation.importing.columns import Columns, find_columns
from annotation.importing.tables import Answer, Scores
from annotation.importing.text_tables import image_name, plain
from annotation.importing.top_k import CHUNK
from taxonomy.errors import InputError

BUFFER = 2**20  # of a column; without it, and with `pre_buffer`, a whole row group is held
types = pyarrow.types


def read_parquet(path: Path) -> Iterator[Answer | Scores]:
    """The columns of `find_columns`: one per rank or class, or one with lists; an image may be a
    struct with its `path`, as Hugging Face's datasets have it. Lists of floats are scores."""
    try:
        with (
            path.open("rb") as data,
            pyarrow.parquet.ParquetFile(data, buffer_size=BUFFER, pre_buffer=False) as file,
        ):
            yield from _read(file, path)
    except InputError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, KeyError) as error:
        raise InputError(f"can't be read as Parquet: {error}", file=path) from error


def _read(file: pyarrow.parquet.ParquetFile, path: Path) -> Iterator[Answer | Scores]:
    schema = file.schema_arrow
    lists = {field.name for field in schema if _is_list(field.type)}
    try:
        columns = find_columns(schema.names, lists)
    except ValueError as error:
        raise InputError(str(error), file=path) from error
    kind = schema.field(columns.image).type
    if types.is_struct(kind) and kind.get_field_index("path") < 0:
        raise InputError(f"'{columns.image}' names no image: it has no path", file=path)
    image = f"{columns.image}.path" if types.is_struct(kind) else columns.image
    wanted = [image, *columns.values, *columns.labels]
    line = 1
    for batch in file.iter_batches(CHUNK, columns=wanted):
        yield from _answers(batch, columns, line, path)
        line += len(batch)


def _answers(
    batch: pyarrow.RecordBatch, columns: Columns, line: int, path: Path
) -> Iterator[Answer | Scores]:
    images = _images(batch.column(columns.image), columns.image, line, path)
    scores = _scores(batch, columns)
    if scores is not None:
        yield Scores(line, images, scores)
        return
    are_scores = columns.are_scores or _holds_scores(batch.schema, columns)
    for number, (image, values, labels) in enumerate(
        zip(images, _rows(batch, columns.values), _rows(batch, columns.labels), strict=True)
    ):
        yield Answer(line + number, image, values, are_scores, labels)


def _images(column: pyarrow.Array, name: str, line: int, path: Path) -> list[str]:
    images = []
    for number, value in enumerate(column.to_pylist()):
        try:
            number_or_text = value if isinstance(value, str | dict | None) else str(value)
            images.append(image_name(number_or_text, name))
        except ValueError as error:
            raise InputError(str(error), file=path, row=line + number) from error
    return images


def _holds_scores(schema: pyarrow.Schema, columns: Columns) -> bool:
    kind = schema.field(columns.values[0]).type
    return len(columns.values) == 1 and _is_list(kind) and types.is_floating(kind.value_type)


def _scores(batch: pyarrow.RecordBatch, columns: Columns) -> NDArray[Any] | None:
    """Scores [rows, n], unless these are none, or rows differ in length."""
    found = [batch.column(name) for name in columns.values]
    if len(found) > 1 or not _is_list(found[0].type):
        numbers = all(types.is_floating(one.type) or types.is_integer(one.type) for one in found)
        if not columns.are_scores or not numbers:
            return None
        return np.stack([one.to_numpy(zero_copy_only=False).astype(float) for one in found], 1)
    kind = found[0].type.value_type
    if not (types.is_floating(kind) or (columns.are_scores and types.is_integer(kind))):
        return None
    lengths = pyarrow.compute.list_value_length(found[0])
    if found[0].null_count or not len(batch) or len(lengths.unique()) > 1:
        return None
    flat = found[0].flatten().to_numpy(zero_copy_only=False)
    if flat.dtype.kind != "f":
        flat = flat.astype(np.float64)
    return flat.reshape(len(batch), -1)


def _rows(batch: pyarrow.RecordBatch, names: list[str]) -> list[list[Any]]:
    """Of each row the list in the only column, or the values of all columns."""
    if not names:
        return [[]] * len(batch)
    if len(names) == 1 and _is_list(batch.schema.field(names[0]).type):
        return [plain(values or []) for values in batch.column(names[0]).to_pylist()]
    found = [batch.column(name).to_pylist() for name in names]
    return [[plain(value) for value in row] for row in zip(*found, strict=True)]


def _is_list(kind: pyarrow.DataType) -> bool:
    return types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
