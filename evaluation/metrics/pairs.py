"""Every participant against every other on the same images: McNemar's test, differences.

All arrays here are [n_subsets, n_participants, n_participants]: the element [s, i, j] is about
participant i against j on the images of subset s that count for both. Where there is no such image,
values are nan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc
from scipy.stats import binom

from evaluation.metrics.bits import count_common, pack
from evaluation.metrics.intervals import Estimate, wilson
from evaluation.metrics.outcomes import Outcomes


@dataclass(frozen=True, eq=False)
class PairCounts:
    """How pairs of participants fare, int64 [n_subsets, n_participants, n_participants] each.

    n     images that count for both
    both  of these, how many both have right
    only  how many the first has right and the second wrong; the transpose is the reverse
    """

    n: NDArray[np.int64]
    both: NDArray[np.int64]
    only: NDArray[np.int64]

    @property
    def reverse(self) -> NDArray[np.int64]:
        """How many images the second has right and the first wrong."""
        return self.only.swapaxes(1, 2)


def count_pairs(outcomes: Outcomes, subsets: NDArray[np.bool_]) -> PairCounts:
    """Compare all pairs on subsets of the images, bool [n_subsets, n_images].

    Each part of the images that no subset cuts is counted once, so that overlapping groups cost no
    more than all images.

    >>> outcomes = Outcomes(np.array([[1, 1, 0], [0, 1, 0]]) > 0, np.ones((2, 3), dtype=bool))
    >>> count_pairs(outcomes, np.ones((1, 3), dtype=bool)).only.tolist()
    [[[0, 1], [0, 0]]]
    """
    size = len(outcomes.correct)
    n, both, right = np.zeros((3, len(subsets), size, size), dtype=np.int64)
    for images, inside in _parts(subsets):
        correct, counted = (
            pack(rows.take(images, axis=1)) for rows in (outcomes.correct, outcomes.counted)
        )
        n[inside] += count_common(counted, counted)
        both[inside] += count_common(correct, correct)
        right[inside] += count_common(correct, counted)
    return PairCounts(n, both, right - both)


def _parts(
    subsets: NDArray[np.bool_],
) -> list[tuple[NDArray[np.intp], NDArray[np.bool_]]]:
    """Parts of the images, each with the subsets it belongs to: bool [n_subsets].

    Those that no subset cuts; but the subsets themselves, if these are fewer.
    """
    code = np.zeros(subsets.shape[1], dtype=np.int64)
    for byte in np.packbits(subsets, axis=0):
        code = np.unique(code * 256 + byte, return_inverse=True)[1]
    starts = np.flatnonzero(np.diff(np.sort(code), prepend=-1))
    if len(starts) > len(subsets):
        each = np.eye(len(subsets), dtype=bool)
        return [(np.flatnonzero(mask), each[i]) for i, mask in enumerate(subsets)]
    parts = np.split(np.argsort(code, kind="stable"), starts[1:])
    return [(images, subsets[:, images[0]]) for images in parts if len(images)]


@dataclass(frozen=True, eq=False)
class McNemar:
    """p-values of McNemar's test, two-sided, float64; symmetric, nan where no image is shared.

    exact       from the binomial distribution
    statistic   with continuity correction, compared with chi² of one degree of freedom
    corrected   the p-value of the statistic
    """

    exact: NDArray[np.float64]
    statistic: NDArray[np.float64]
    corrected: NDArray[np.float64]


def mcnemar(pairs: PairCounts) -> McNemar:
    """Whether two participants are equally often right, for all pairs.

    With b and c the images that only the one and only the other has right:

        exact     = min(1, 2 P(X <= min(b, c))), X ~ Binomial(b + c, 1/2)
        statistic = (|b - c| - 1)² / (b + c)

    as statsmodels' `mcnemar` has them. Without any such image (b + c = 0) the statistic is 0 and
    both p-values 1, also of a participant against itself.

    Sources: Q. McNemar, "Note on the sampling error of the difference between correlated
    proportions or percentages", Psychometrika 12 (1947); A. L. Edwards, "Note on the correction for
    continuity", Psychometrika 13 (1948).
    """
    first, second = np.triu_indices(pairs.n.shape[1], k=1)
    b, c = pairs.only[:, first, second], pairs.only[:, second, first]
    differ = b + c
    exact = np.minimum(2 * binom.cdf(np.minimum(b, c), differ, 0.5), 1)
    statistic = np.where(differ > 0, (abs(b - c) - 1.0) ** 2 / np.maximum(differ, 1), 0)
    corrected = chdtrc(1, statistic)
    shared = pairs.n > 0
    return McNemar(
        _symmetric(np.where(differ > 0, exact, 1), shared, 1),
        _symmetric(statistic, shared, 0),
        _symmetric(np.where(differ > 0, corrected, 1), shared, 1),
    )


def _symmetric(
    above: NDArray[np.float64], shared: NDArray[np.bool_], diagonal: float
) -> NDArray[np.float64]:
    """Matrices from what stands above their diagonals, nan where nothing is shared."""
    full = np.full(shared.shape, diagonal, dtype=np.float64)
    first, second = np.triu_indices(shared.shape[1], k=1)
    full[:, first, second] = full[:, second, first] = above
    full[~shared] = np.nan
    return full


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """p-values adjusted so that all tests of the last axis together err at most so often.

    p: float64 of any shape; nan stands for no test and stays. In ascending order, the k-th of m
    (from 0) becomes the largest of p[i] (m - i) over i <= k, at most 1.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 6 (1979).

    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, axis=-1, kind="stable")  # nan last
    tests = np.count_nonzero(~np.isnan(values), axis=-1, keepdims=True)
    factors = np.maximum(tests - np.arange(values.shape[-1]), 1)
    ascending = np.take_along_axis(values, order, axis=-1) * factors
    adjusted = np.empty_like(values)
    running = np.minimum(np.maximum.accumulate(ascending, axis=-1), 1)
    np.put_along_axis(adjusted, order, running, axis=-1)
    return adjusted


def holm_pairs(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Holm's correction over the pairs of each symmetric matrix of p-values [..., n, n].

    Each pair counts once; the diagonal stays as it is.
    """
    first, second = np.triu_indices(p.shape[-1], k=1)
    adjusted = p.copy()
    adjusted[..., first, second] = adjusted[..., second, first] = holm(p[..., first, second])
    return adjusted


def paired_difference(pairs: PairCounts, confidence: float = 0.95) -> Estimate:
    """The first's accuracy minus the second's on the images that count for both.

    With p and q the two accuracies, their Wilson intervals, and phi the correlation of being right
    (its numerator both * neither - b * c reduced by n / 2 but not below 0, if it is positive; 0
    where it is undefined):

        low  = p - q - sqrt(u² - 2 phi u v + v²), u = p - p_low,  v = q_high - q
        high = p - q + sqrt(u² - 2 phi u v + v²), u = p_high - p, v = q - q_low

    A participant against itself: 0, from 0 to 0. Raises ValueError unless 0 < confidence < 1.

    Source: R. G. Newcombe, "Improved confidence intervals for the difference between binomial
    proportions based on paired data", Statistics in Medicine 17 (1998), method 10.
    """
    n, both, b, c = pairs.n, pairs.both, pairs.only, pairs.reverse
    known = np.maximum(n, 1)
    p, q = (both + b) / known, (both + c) / known
    (p_low, p_high), (q_low, q_high) = (wilson(both + x, n, confidence) for x in (b, c))
    phi = _correlation(pairs)
    difference = np.where(n > 0, (b - c) / known, np.nan)
    low = np.maximum(difference - _combine(p - p_low, q_high - q, phi), -1)
    high = np.minimum(difference + _combine(p_high - p, q - q_low, phi), 1)
    itself = np.eye(n.shape[1], dtype=bool) & (n > 0)
    return Estimate(difference, np.where(itself, 0, low), np.where(itself, 0, high))


def _correlation(pairs: PairCounts) -> NDArray[np.float64]:
    """Newcombe's phi, float64; 0 where one of the two has all images right, or all wrong."""
    both, b, c = (x.astype(np.float64) for x in (pairs.both, pairs.only, pairs.reverse))
    neither = pairs.n - both - b - c
    product = both * neither - b * c
    product = np.where(product > 0, np.maximum(product - pairs.n / 2, 0), product)
    spread = np.sqrt((both + b) * (c + neither) * (both + c) * (b + neither))
    return np.where(spread > 0, product / np.where(spread > 0, spread, 1), 0)


def _combine(
    u: NDArray[np.float64], v: NDArray[np.float64], phi: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.sqrt(np.maximum(u**2 - 2 * phi * u * v + v**2, 0))
