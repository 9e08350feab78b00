"""Sending arrays to PostgreSQL."""

import numpy as np


def array_literal(values: np.ndarray) -> str:
    """Integers [n] in PostgreSQL's array notation, for a parameter cast to `bigint[]` or `int[]`.

    Far cheaper than a list, which the driver would adapt element by element.
    """
    return "{" + ",".join(map(str, values.tolist())) + "}"
