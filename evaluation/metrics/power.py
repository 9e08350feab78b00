"""How many images it takes to tell two participants apart."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri
from scipy.stats import binom

# Numbers of differing images that are less likely than this are left out of the sum.
NEGLIGIBLE = 1e-15


def mcnemar_power(n: int, only_first: float, only_second: float, alpha: float = 0.05) -> float:
    """How probably McNemar's exact test finds a difference on n images, at p <= alpha.

    only_first and only_second are the probabilities that on an image only the one, or only the
    other participant is right. The number m of images with a difference is Binomial(n, only_first +
    only_second); of these, those for the first are Binomial(m, only_first / (only_first +
    only_second)); and the test rejects at most k of the m for either, k the largest number with
    2 P(Binomial(m, 1/2) <= k) <= alpha. The probability is the sum over m.

    Raises ValueError for n < 0, probabilities that are negative or together above 1, and unless
    0 < alpha < 1.

    Source: S. W. Duffy, "Asymptotic and exact power for the McNemar test and its analogue with R
    controls per case", Biometrics 40 (1984).

    >>> round(mcnemar_power(100, 0.2, 0.05), 3)
    0.837
    """
    _check(only_first, only_second, alpha)
    if n < 0:
        raise ValueError(f"n must not be negative: {n}")
    differing = only_first + only_second
    if differing == 0:
        return 0.0
    few, many = binom.ppf(NEGLIGIBLE, n, differing), binom.isf(NEGLIGIBLE, n, differing)
    m = np.arange(few, many + 1)
    k = binom.ppf(alpha / 2, m, 0.5)
    k = np.where(binom.cdf(k, m, 0.5) <= alpha / 2, k, k - 1)
    share = only_first / differing
    rejected = binom.cdf(k, m, share) + binom.sf(m - k - 1, m, share)
    return float(min(np.sum(binom.pmf(m, n, differing) * rejected), 1.0))


def images_needed(
    only_first: float, only_second: float, power: float = 0.8, alpha: float = 0.05
) -> int:
    """How many images McNemar's exact test needs to find a difference so probably.

    Arguments as of `mcnemar_power`. The number n has the power and n - 1 has not; as the test's
    counts are whole, the power of some slightly larger numbers may again be a little less. The
    search starts from Connor's approximation, with d the sum of both probabilities, e their
    difference and z normal quantiles:

        (z[1 - alpha / 2] sqrt(d) + z[power] sqrt(d - e²))² / e²

    Raises ValueError as `mcnemar_power`, unless 0 < power < 1, and if both probabilities are the
    same, as then no number is enough.

    Source: R. J. Connor, "Sample size for testing differences in proportions for the paired-sample
    design", Biometrics 43 (1987).

    >>> images_needed(0.2, 0.05)
    92
    """
    _check(only_first, only_second, alpha)
    if not 0 < power < 1:
        raise ValueError(f"power must lie between 0 and 1, not {power}")
    if only_first == only_second:
        raise ValueError("no number of images is enough where both are equally often right")

    def is_enough(n: int) -> bool:
        return mcnemar_power(n, only_first, only_second, alpha) >= power

    enough = max(1, _connor(only_first, only_second, power, alpha))
    while not is_enough(enough):
        enough += enough // 10 + 1
    too_few = enough - 1
    while is_enough(too_few):
        enough, too_few = too_few, too_few - too_few // 10 - 1
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        enough, too_few = (middle, too_few) if is_enough(middle) else (enough, middle)
    return enough


def _connor(only_first: float, only_second: float, power: float, alpha: float) -> int:
    d, e = only_first + only_second, only_first - only_second
    root = ndtri(1 - alpha / 2) * math.sqrt(d) + ndtri(power) * math.sqrt(max(d - e**2, 0))
    return math.ceil(root**2 / e**2)


def _check(only_first: float, only_second: float, alpha: float) -> None:
    if not (only_first >= 0 and only_second >= 0 and only_first + only_second <= 1):
        raise ValueError(
            f"probabilities must not be negative, nor together above 1: {only_first}, {only_second}"
        )
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha}")
