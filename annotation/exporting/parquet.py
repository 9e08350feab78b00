"""A dump as a folder of Parquet files. docs/admins.md describes it for readers."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from annotation.exporting.counting import Counting
from annotation.exporting.records import Selection
from annotation.exporting.scope import prepared
from annotation.exporting.tables import QUERIES, TABLES, table_rows
from taxonomy.progress import Progress

ROWS = 50_000  # of a table that are held at a time
# Of which a row is large.
FEW_ROWS = {"predictions": 4}
BLOCK = 2 << 20  # bytes of what PostgreSQL sends that are held at a time


class Table:
    """A Parquet file that grows by rows, as `TABLES` has them."""

    def __init__(self, folder: Path, name: str) -> None:
        self.schema = pa.schema(TABLES[name])
        self.writer = pq.ParquetWriter(folder / f"{name}.parquet", self.schema, compression="zstd")
        self.limit = FEW_ROWS.get(name, ROWS)
        self.waiting: list[tuple[Any, ...]] = []
        self.rows = 0

    def add(self, row: tuple[Any, ...]) -> None:
        self.waiting.append(row)
        if len(self.waiting) >= self.limit:
            self._write_waiting()

    def write(self, columns: list[pa.Array]) -> None:
        self.writer.write_table(pa.Table.from_arrays(columns, schema=self.schema))
        self.rows += len(columns[0])

    def _write_waiting(self) -> None:
        columns = list(zip(*self.waiting, strict=True)) or [()] * len(self.schema)
        fields = zip(columns, self.schema, strict=True)
        self.write([pa.array(column, field.type) for column, field in fields])
        self.waiting = []

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self._write_waiting()
        self.writer.close()


class Incoming:
    """Takes what COPY sends as CSV, a row a call, and gives it to a table in blocks: no row ever
    becomes an object of Python's."""

    def __init__(self, table: Table, counting: Counting) -> None:
        self.table, self.counting = table, counting
        self.block = io.BytesIO()
        lists = [field.name for field in table.schema if pa.types.is_list(field.type)]
        self.options = pyarrow.csv.ConvertOptions(
            column_types={
                field.name: pa.string() if field.name in lists else field.type
                for field in table.schema
            },
            null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
            true_values=["t"], false_values=["f"],
        )  # fmt: skip

    def write(self, row: bytes) -> None:
        self.block.write(row)
        if self.block.tell() >= BLOCK:
            self.flush()

    def flush(self) -> None:
        if not self.block.tell():
            return
        self.block.seek(0)
        size = self.block.getbuffer().nbytes
        found = pyarrow.csv.read_csv(
            self.block,
            pyarrow.csv.ReadOptions(column_names=self.table.schema.names, block_size=size + 1),
            pyarrow.csv.ParseOptions(newlines_in_values=True),
            self.options,
        )
        columns = [
            _parsed(column, field.type) if pa.types.is_list(field.type) else column.combine_chunks()
            for column, field in zip(found.columns, self.table.schema, strict=True)
        ]
        self.table.write(columns)
        self.counting.add(len(found))
        self.block = io.BytesIO()


def _parsed(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    """Lists out of their JSON; each text, of which there are often few, is read once."""
    texts = column.combine_chunks().dictionary_encode()
    lists = pa.array([json.loads(text) for text in texts.dictionary.to_pylist()], kind)
    return lists.take(texts.indices)


def write_parquet(folder: Path, selection: Selection, progress: Progress) -> Counter[str]:
    """A file per table of `TABLES`; how many rows each has."""
    rows: Counter[str] = Counter()
    with prepared(selection) as scope:
        counting = Counting(progress, scope.total())
        for name in TABLES:
            with Table(folder, name) as table:
                if name in QUERIES:
                    incoming = Incoming(table, counting)
                    scope.copy(QUERIES[name], incoming.write)
                    incoming.flush()
                else:
                    for row in table_rows(scope, name):
                        table.add(row)
            rows[name] = table.rows
    counting.finish()
    return rows
