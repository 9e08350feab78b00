"""Confidence intervals of proportions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv


def clopper_pearson(
    correct: ArrayLike, n: ArrayLike, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The exact binomial confidence interval of the proportion ``correct / n``.

    ``correct`` and ``n`` are counts of any shapes that broadcast; both bounds are float64 fractions
    of the broadcast shape, nan where ``n`` is 0. With alpha = 1 - confidence, and B(q; a, b) the
    q-quantile of the beta distribution:

        low  = B(alpha / 2; correct, n - correct + 1), or 0 if correct = 0
        high = B(1 - alpha / 2; correct + 1, n - correct), or 1 if correct = n

    Raises ValueError unless 0 <= correct <= n and 0 < confidence < 1.

    Source: C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated
    in the case of the binomial", Biometrika 26 (1934).

    >>> low, high = clopper_pearson([958, 0, 0], [985, 10, 0])
    >>> low.round(4), high.round(4)
    (array([0.9604, 0.    ,    nan]), array([0.9819, 0.3085,    nan]))
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    hits, total = np.broadcast_arrays(
        np.asarray(correct, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    if not np.all((hits >= 0) & (hits <= total)):
        raise ValueError("correct must lie between 0 and n")
    misses, tail = total - hits, (1 - confidence) / 2
    low = np.where(hits > 0, betaincinv(np.maximum(hits, 1), misses + 1, tail), 0.0)
    high = np.where(misses > 0, betaincinv(hits + 1, np.maximum(misses, 1), 1 - tail), 1.0)
    return np.where(total > 0, low, np.nan), np.where(total > 0, high, np.nan)
