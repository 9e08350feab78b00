"""Rows of booleans as bits: 64 images to a word, and how many two rows have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WORD = 8  # bytes


def pack(rows: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """bool [n_rows, n] as uint64 [n_rows, ceil(n / 64)], unset where there is no image."""
    bits = np.packbits(rows, axis=1)
    packed = np.zeros((len(rows), -(-bits.shape[1] // WORD) * WORD), dtype=np.uint8)
    packed[:, : bits.shape[1]] = bits
    return packed.view(np.uint64)


def count_common(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.int64]:
    """How many bits a row of `a` and a row of `b` have both set.

    uint64 [n_a, n_words] and [n_b, n_words] give int64 [n_a, n_b]. The same as a product of
    matrices, but in a fraction of its time, on one thread.

    >>> a, b = np.array([[True, True, False]]), np.array([[True, True, True], [True, False, False]])
    >>> count_common(pack(a), pack(b))
    array([[2, 1]])
    """
    found = np.empty((len(a), len(b)), dtype=np.int64)
    for row, bits in enumerate(b):
        found[:, row] = np.bitwise_count(a & bits).sum(axis=1, dtype=np.int64)
    return found
