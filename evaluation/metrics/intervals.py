"""Confidence intervals of proportions.

Everywhere: no images, no value (nan); counts that cannot be and confidences outside 0 to 1 are
refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtri
from scipy.stats import binom


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value and the bounds of its confidence interval, float64 of one shape; nan = not known."""

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


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
    hits, total = _counts(correct, n)
    misses, tail = total - hits, tail_of(confidence)
    low = np.where(hits > 0, betaincinv(np.maximum(hits, 1), misses + 1, tail), 0.0)
    high = np.where(misses > 0, betaincinv(hits + 1, np.maximum(misses, 1), 1 - tail), 1.0)
    return np.where(total > 0, low, np.nan), np.where(total > 0, high, np.nan)


def wilson(
    correct: ArrayLike, n: ArrayLike, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The score interval of the proportion p = ``correct / n``, without continuity correction.

    ``correct`` and ``n`` are of any shapes that broadcast and need not be whole (see
    `class_average`); both bounds are float64 fractions of the broadcast shape, nan where ``n`` is
    0. With z the normal quantile of 1 - (1 - confidence) / 2:

        (p + z² / 2n -+ z sqrt(p (1 - p) / n + z² / 4n²)) / (1 + z² / n)

    Raises ValueError unless 0 <= correct <= n and 0 < confidence < 1.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927).

    >>> low, high = wilson([81, 0], [263, 20])
    >>> low.round(4), high.round(4)
    (array([0.2553, 0.    ]), array([0.3662, 0.1611]))
    """
    hits, total = _counts(correct, n)
    z = ndtri(1 - tail_of(confidence))
    known = np.where(total > 0, total, 1)
    p = hits / known
    middle = p + z**2 / (2 * known)
    margin = z * np.sqrt(p * (1 - p) / known + z**2 / (4 * known**2))
    scale = 1 + z**2 / known
    # Rounding must not keep the bounds of 0 and of 1 from being just that.
    low = np.where(hits > 0, np.maximum((middle - margin) / scale, 0), 0.0)
    high = np.where(hits < total, np.minimum((middle + margin) / scale, 1), 1.0)
    return np.where(total > 0, low, np.nan), np.where(total > 0, high, np.nan)


def bootstrap(
    correct: ArrayLike, n: ArrayLike, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The percentile bootstrap interval of the proportion ``correct / n``, of endlessly many draws.

    Whole ``correct`` and ``n`` of any shapes that broadcast; both bounds are float64 fractions of
    the broadcast shape, nan where ``n`` is 0. Drawing n images with replacement gives a binomially
    distributed number of correct ones, so the quantiles that resampling would approach are

        Q(alpha / 2) / n and Q(1 - alpha / 2) / n, Q the quantiles of Binomial(n, correct / n)

    and no image need be drawn. For 0 and n correct both bounds are the proportion itself.

    Raises ValueError unless 0 <= correct <= n and 0 < confidence < 1.

    Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), 13.3.

    >>> low, high = bootstrap([958, 10], [985, 10])
    >>> low.round(4), high.round(4)
    (array([0.9624, 1.    ]), array([0.9827, 1.    ]))
    """
    hits, total = _counts(correct, n)
    known, tail = np.where(total > 0, total, 1), tail_of(confidence)
    low, high = (binom.ppf(q, known, hits / known) / known for q in (tail, 1 - tail))
    return np.where(total > 0, low, np.nan), np.where(total > 0, high, np.nan)


def tail_of(confidence: float) -> float:
    """The share of the distribution beyond each bound, (1 - confidence) / 2.

    Raises ValueError unless 0 < confidence < 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return (1 - confidence) / 2


def _counts(correct: ArrayLike, n: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    hits, total = np.broadcast_arrays(
        np.asarray(correct, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    if not np.all((hits >= 0) & (hits <= total)):
        raise ValueError("correct must lie between 0 and n")
    return hits, total
