"""Accuracies on two sets of images against one another: the gap, and the line through many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit, ndtri, stdtrit

from evaluation.metrics.intervals import Estimate, tail_of, wilson

Scale = Literal["plain", "logit", "probit"]


def gap(
    correct_first: ArrayLike,
    n_first: ArrayLike,
    correct_second: ArrayLike,
    n_second: ArrayLike,
    confidence: float = 0.95,
) -> Estimate:
    """The accuracy on one dataset minus that on another which shares no image with it.

    Counts of any shapes that broadcast; the estimate is of the broadcast shape, in fractions, nan
    where either dataset has no image. With p and q the accuracies and their Wilson intervals:

        low  = p - q - sqrt((p - p_low)² + (q_high - q)²)
        high = p - q + sqrt((p_high - p)² + (q - q_low)²)

    Raises ValueError unless 0 <= correct <= n and 0 < confidence < 1.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent
    proportions", Statistics in Medicine 17 (1998), method 10.

    >>> found = gap(56, 70, 48, 80)
    >>> found.value.round(4), found.low.round(4), found.high.round(4)
    (np.float64(0.2), np.float64(0.0524), np.float64(0.3339))
    """
    (p, p_low, p_high), (q, q_low, q_high) = (
        (_fraction(correct, n), *wilson(correct, n, confidence))
        for correct, n in ((correct_first, n_first), (correct_second, n_second))
    )
    value = p - q
    low = value - np.hypot(p - p_low, q_high - q)
    high = value + np.hypot(p_high - p, q - q_low)
    return Estimate(value, np.maximum(low, -1), np.minimum(high, 1))


def _fraction(correct: ArrayLike, n: ArrayLike) -> NDArray[np.float64]:
    total = np.asarray(n, dtype=np.float64)
    return np.where(total > 0, np.asarray(correct) / np.where(total > 0, total, 1), np.nan)


@dataclass(frozen=True, eq=False)
class LinearFit:
    """y = intercept + slope x over `n` points, r their correlation; each estimate is of shape ()."""

    n: int
    slope: Estimate
    intercept: Estimate
    r: Estimate


def fit_line(
    x: ArrayLike, y: ArrayLike, scale: Scale = "plain", confidence: float = 0.95
) -> LinearFit:
    """Fit accuracies y of participants on their accuracies x by least squares.

    x, y: fractions [n_participants]. The scale transforms both: logit(p) = log(p / (1 - p)), or
    probit(p), the normal quantile of p. Points that are nan, or have no finite value on the scale
    (accuracies of 0 and 1 on logit and probit), are left out; `n` counts the others.

    Slope and intercept have t intervals of n - 2 degrees of freedom, r has Fisher's,
    tanh(artanh(r) -+ z / sqrt(n - 3)). Of fewer than two different x nothing is known (nan); of two
    points the slope and intercept have no interval; r of three or fewer lies between -1 and 1; r is
    nan if all y are the same.

    Raises ValueError if x and y are not of one shape [n], or a fraction is not in 0..1, for an
    unknown scale, and unless 0 < confidence < 1.

    Sources: N. R. Draper and H. Smith, "Applied Regression Analysis" (1998), 1.4; R. A. Fisher, "On
    the probable error of a coefficient of correlation", Metron 1 (1921); B. Recht et al., "Do
    ImageNet classifiers generalize to ImageNet?", ICML 2019 (accuracies on probit scale).

    >>> fit = fit_line([0.5, 0.6, 0.7, 0.8], [0.4, 0.52, 0.58, 0.7])
    >>> fit.slope.value.round(3), fit.slope.low.round(3), fit.slope.high.round(3)
    (np.float64(0.96), np.float64(0.595), np.float64(1.325))
    """
    x, y = _scaled(x, y, scale)
    tail = tail_of(confidence)
    n = len(x)
    unknown = Estimate(*(np.asarray(np.nan) for _ in range(3)))
    if n < 2 or np.ptp(x) == 0:
        return LinearFit(n, unknown, unknown, unknown)
    x_mean, y_mean = x.mean(), y.mean()
    sxx, syy = np.sum((x - x_mean) ** 2), np.sum((y - y_mean) ** 2)
    sxy = np.sum((x - x_mean) * (y - y_mean))
    slope = sxy / sxx
    intercept = y_mean - slope * x_mean
    t, variance = np.nan, np.nan
    if n > 2:
        t = stdtrit(n - 2, 1 - tail)
        variance = np.sum((y - intercept - slope * x) ** 2) / (n - 2)
    return LinearFit(
        n,
        _around(slope, t * np.sqrt(variance / sxx)),
        _around(intercept, t * np.sqrt(variance * (1 / n + x_mean**2 / sxx))),
        _correlation(sxy, sxx, syy, n, tail) if np.ptp(y) > 0 else unknown,
    )


def _scaled(
    x: ArrayLike, y: ArrayLike, scale: Scale
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if points[0].shape != points[1].shape or points[0].ndim != 1:
        raise ValueError(f"x and y: shapes {points[0].shape} and {points[1].shape}, expected [n]")
    if any(np.any((values < 0) | (values > 1)) for values in points):
        raise ValueError("x and y must be fractions between 0 and 1")
    scales = {"plain": np.asarray, "logit": logit, "probit": ndtri}
    if scale not in scales:
        raise ValueError(f"scale must be one of {', '.join(scales)}, not {scale}")
    across, up = (scales[scale](values) for values in points)
    finite = np.isfinite(across) & np.isfinite(up)
    return across[finite], up[finite]


def _around(value: float, margin: float) -> Estimate:
    return Estimate(*(np.asarray(bound) for bound in (value, value - margin, value + margin)))


def _correlation(sxy: float, sxx: float, syy: float, n: int, tail: float) -> Estimate:
    # Roots of the sums, not of their product: squares of small differences may be very small.
    r = np.clip(sxy / (np.sqrt(sxx) * np.sqrt(syy)), -1, 1)
    if n <= 3:
        return Estimate(np.asarray(r), np.asarray(-1.0), np.asarray(1.0))
    if abs(r) == 1:
        return _around(r, 0.0)
    margin = ndtri(1 - tail) / np.sqrt(n - 3)
    low, high = np.tanh(np.arctanh(r) - margin), np.tanh(np.arctanh(r) + margin)
    return Estimate(np.asarray(r), np.asarray(low), np.asarray(high))
