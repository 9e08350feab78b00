"""Participants in order, and how sure that order is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.intervals import tail_of
from evaluation.metrics.pairs import PairCounts, holm
from evaluation.metrics.proportion import Proportion


@dataclass(frozen=True, eq=False)
class Ranks:
    """Places from 1, float64 [n_participants, n_subsets]; nan for one without an image.

    rank    1 + how many have a higher accuracy
    best    the best place that is compatible with the comparisons
    worst   the worst one
    """

    rank: NDArray[np.float64]
    best: NDArray[np.float64]
    worst: NDArray[np.float64]


def rank_participants(
    accuracy: Proportion, pairs: PairCounts, exact: NDArray[np.float64], confidence: float = 0.95
) -> Ranks:
    """Each participant's rank by accuracy, and the ranks that it may truly have.

    accuracy: of [n_participants, n_subsets]; pairs and exact: from `count_pairs` and `mcnemar` on
    the same subsets. Best is 1 + the number of participants found better, worst the number of all
    less those found worse: found by the one-sided exact McNemar tests of all ordered pairs with
    Holm's correction, so that with the given confidence all true ranks are in their ranges at once.
    Where participants have different images, the accuracies may order two otherwise than the images
    of both do; the range then is widened to hold the rank.

    Raises ValueError unless 0 < confidence < 1.

    Source: M. Mogstad, J. P. Romano, A. M. Shaikh and D. Wilhelm, "Inference for ranks with
    applications to mobility across neighbourhoods and academic achievement across countries",
    Review of Economic Studies 91 (2024).
    """
    wrong = 2 * tail_of(confidence)
    # A one-sided p-value is half the two-sided one for who is ahead; the others never win.
    one_sided = np.where(pairs.only > pairs.reverse, exact / 2, np.where(np.isnan(exact), exact, 1))
    itself = np.eye(pairs.n.shape[1], dtype=bool)
    one_sided[:, itself] = np.nan
    better = (holm(one_sided.reshape(len(one_sided), -1)) <= wrong).reshape(one_sided.shape)
    value = accuracy.fraction.T
    known = ~np.isnan(value)
    rank = 1.0 + np.count_nonzero(value[:, None, :] > value[:, :, None], axis=2)
    best = np.minimum(1 + np.count_nonzero(better, axis=1), rank)
    all_ = np.count_nonzero(known, axis=1)[:, None]
    worst = np.maximum(all_ - np.count_nonzero(better, axis=2), rank)
    return Ranks(*(np.where(known, place, np.nan).T for place in (rank, best, worst)))
