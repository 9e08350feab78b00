"""Predictions as arrays: checked class indices, and the best classes of scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

MOST_K = 10  # of given class indices
SCORES_K = 5  # of given scores
MISSING = -1
CHUNK = 2048

# (position of the row, reason)
Problem = tuple[int, str]


class BadRows(ValueError):
    """Rows that are no predictions."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("bad rows")
        self.problems = list(problems)


def from_indices(indices: np.ndarray, classes: int) -> np.ndarray:
    """Integers [n, k], best first, -1 = none -> int32 [n, at most 10], the same but checked.

    Raises BadRows for an index that is not below `classes`, a class that occurs twice in its row,
    and a gap in front of a class.
    """
    problems = dict(reversed(list(_index_problems(indices, classes))))
    if problems:
        raise BadRows(sorted(problems.items()))
    return np.ascontiguousarray(indices[:, :MOST_K], dtype=np.int32)


def _index_problems(indices: np.ndarray, classes: int) -> Iterator[Problem]:
    wrong = (indices < MISSING) | (indices >= classes)
    for row, column in _first_of_rows(wrong):
        yield row, f"class index {indices[row, column]} is not among 0 to {classes - 1}"
    holes = (indices[:, :-1] == MISSING) & (indices[:, 1:] != MISSING)
    for row, column in _first_of_rows(holes):
        yield row, f"has no class at rank {column + 1}, but one after it"
    ordered = np.sort(indices, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != MISSING)
    for row, column in _first_of_rows(twice):
        yield row, f"class index {ordered[row, column]} occurs twice"


def _first_of_rows(mask: np.ndarray) -> Iterator[tuple[int, int]]:
    """(row, column) of the first True in each row that has one."""
    for row in np.flatnonzero(mask.any(axis=1)).tolist():
        yield row, int(mask[row].argmax())


def from_scores(scores: np.ndarray) -> np.ndarray:
    """Floats [n, classes] -> int32 [n, 5], the classes with the highest scores, best first.

    Equal scores are ordered by class index. Works in pieces, so `scores` may be a memory map.
    Raises BadRows for NaN and infinite scores.
    """
    best = np.empty((len(scores), min(SCORES_K, scores.shape[1])), np.int32)
    problems: list[Problem] = []
    for start in range(0, len(scores), CHUNK):
        block = _computable(np.asarray(scores[start : start + CHUNK]))
        for row, column in _first_of_rows(~np.isfinite(block)):
            problems.append((start + row, f"the score of class {column} is {block[row, column]}"))
        if not problems:
            best[start : start + CHUNK] = _best(block, best.shape[1])
    if problems:
        raise BadRows(problems)
    return best


def _computable(block: np.ndarray) -> np.ndarray:
    """numpy sorts half precision slowly."""
    return block.astype(np.float32) if block.dtype.itemsize < 4 else block


def _best(block: np.ndarray, k: int) -> np.ndarray:
    """Integers [n, k]. Where more than k reach the k-th highest score, all of the row is sorted."""
    threshold = np.partition(block, -k, axis=1)[:, -k, None]
    reach = block >= threshold
    clear = reach.sum(axis=1) == k
    best = np.empty((len(block), k), np.int64)
    columns = np.nonzero(reach[clear])[1].reshape(-1, k)
    order = np.argsort(-np.take_along_axis(block[clear], columns, 1), axis=1, kind="stable")
    best[clear] = np.take_along_axis(columns, order, 1)
    best[~clear] = np.argsort(-block[~clear], axis=1, kind="stable")[:, :k]
    return best
