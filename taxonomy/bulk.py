"""Sending arrays to PostgreSQL."""

import numpy as np
from django.db import connection


def array_literal(values: np.ndarray) -> str:
    """Integers [n] in PostgreSQL's array notation, for a parameter cast to `bigint[]` or `int[]`.

    Far cheaper than a list, which the driver would adapt element by element.
    """
    return "{" + ",".join(map(str, values.tolist())) + "}"


def analyze(*tables: str) -> None:
    """Count the tables for the planner, which otherwise takes them for as small as they were.

    Autovacuum does so too, but a minute later; until then joins can take hours.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")
