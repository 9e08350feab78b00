"""How much a judgment would tell about which model is better."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def information(
    predicted: NDArray[np.bool_], accuracies: NDArray[np.float64], n_images: int
) -> NDArray[np.float64]:
    """What judging each candidate would move in the comparison of models.

    A verdict on a candidate changes the difference between two models by one image exactly if one
    of them predicted it and the other did not. Each such pair counts by how close the two are:
    with w(a, b) = 1 / (|accuracy_a - accuracy_b| + 1 / n_images), a candidate has the sum of
    w(a, b) over the pairs that differ on it, as a share of the sum over all pairs.

    predicted: bool [n_models, n_candidates]; accuracies: fractions [n_models]; returns float64
    [n_candidates] between 0 and 1 (0 with fewer than two models).
    """
    gaps = np.abs(accuracies[:, None] - accuracies[None, :])
    closeness = 1 / (gaps + 1 / max(n_images, 1))
    np.fill_diagonal(closeness, 0)
    total = closeness.sum() / 2
    if total == 0:
        return np.zeros(predicted.shape[1])
    votes = predicted.astype(np.float32)
    # sum over a predicted, b not, of w(a, b): every pair that differs is counted once.
    differing = np.einsum("mc,mc->c", closeness.astype(np.float32) @ votes, 1 - votes)
    return differing.astype(np.float64) / total
