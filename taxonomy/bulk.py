"""Arrays to PostgreSQL and back."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray


def array_literal(values: np.ndarray) -> str:
    """Integers [n] in PostgreSQL's array notation, for a parameter cast to `bigint[]` or `int[]`.

    Far cheaper than a list, which the driver would adapt element by element.
    """
    return "{" + ",".join(map(str, values.tolist())) + "}"


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The values in order, each once. `np.unique` hashes them: fifty times slower for a million."""
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)]]


def analyze(*tables: str) -> None:
    """Count the tables for the planner, which otherwise takes them for as small as they were.

    Autovacuum does so too, but a minute later; until then joins can take hours.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")


def copy_rows(query: str, parameters: Sequence[Any], **columns: str) -> NDArray[Any]:
    """The rows of a query as a structured array, by COPY in PostgreSQL's binary format.

    `columns` name the query's columns, none of which may be NULL, with their dtypes, big-endian:
    `>i8` for bigint, `>i4` for int, `>i2` for smallint. The format is in PostgreSQL's manual, at
    COPY: a header of 19 bytes; per row the number of fields (2 bytes) and per field its size
    (4 bytes) and value; at the end 2 bytes.
    """
    fields: list[tuple[str, str]] = [("", ">i2")]
    for name, dtype in columns.items():
        fields += [(f"size of {name}", ">i4"), (name, dtype)]
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        sql = cursor.mogrify(query, parameters).decode()
        cursor.copy_expert(f"COPY ({sql}) TO STDOUT (FORMAT binary)", buffer)
    return np.frombuffer(buffer.getbuffer()[19:-2], dtype=fields)


@contextmanager
def one_moment() -> Iterator[None]:
    """A transaction all of whose statements see the database as it is at the first one, unless the
    caller has a transaction open: then that one's isolation holds."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
