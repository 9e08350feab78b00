"""Judgments as a table a person can read: a row per candidate, a column per reviewer, 0 = none."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotation.consensus import UNCLEAR, Judgments


def judgments_of(table: object) -> Judgments:
    table = np.atleast_2d(np.asarray(table))
    candidates, reviewers = np.nonzero(table)
    return Judgments(candidates, reviewers, table[candidates, reviewers], *table.shape)


def tables(
    most_candidates: int = 12,
    most_reviewers: int = 6,
    fewest_reviewers: int = 0,
    full: bool = False,
) -> st.SearchStrategy[np.ndarray]:
    """Any table of so many candidates and reviewers; if `full`, everybody judges everything."""
    shapes = st.tuples(
        st.integers(1, most_candidates), st.integers(fewest_reviewers, most_reviewers)
    )
    verdicts = st.integers(int(full), UNCLEAR)
    return shapes.flatmap(lambda shape: arrays(np.int8, shape, elements=verdicts))


def drawn(
    seed: int, candidates: int, accuracies: list[float], share: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """(what each candidate is, the table) by reviewers who are right so often, independently.

    Each judges such a share of the candidates; nobody says unclear.
    """
    rng = np.random.default_rng(seed)
    truth = np.where(rng.random(candidates) < 0.3, 1, 2)
    right = rng.random((candidates, len(accuracies))) < accuracies
    table = np.where(right, truth[:, None], 3 - truth[:, None])
    return truth, np.where(rng.random(table.shape) < share, table, 0)
