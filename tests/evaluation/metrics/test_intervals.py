"""Intervals of proportions, against statsmodels, scipy, their definitions and published tables."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from scipy.stats import bootstrap as resample
from statsmodels.stats.proportion import proportion_confint

from evaluation.metrics.intervals import bootstrap, clopper_pearson, wilson

counts = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
confidences = st.floats(0.5, 0.999)
INTERVALS = [clopper_pearson, wilson, bootstrap]


def test_958_of_985_images_is_96_0_to_98_2_percent():
    low, high = clopper_pearson(958, 985)
    assert (round(100 * float(low), 1), round(100 * float(high), 1)) == (96.0, 98.2)


@pytest.mark.parametrize(
    ("count", "exact", "score"),
    [
        ((81, 263), (0.2527, 0.3676), (0.2553, 0.3662)),
        ((15, 148), (0.0578, 0.1617), (0.0624, 0.1605)),
        ((0, 20), (0.0000, 0.1684), (0.0000, 0.1611)),
        ((1, 29), (0.0009, 0.1776), (0.0061, 0.1718)),
    ],
)
def test_the_examples_of_newcombes_comparison(count, exact, score):
    # Statistics in Medicine 17 (1998), 857-872, table I, methods 5 and 3.
    assert tuple(round(float(bound), 4) for bound in clopper_pearson(*count)) == exact
    assert tuple(round(float(bound), 4) for bound in wilson(*count)) == score


@settings(deadline=None)
@given(counts, confidences)
def test_agrees_with_statsmodels(count, confidence):
    correct, n = count
    for interval, method in ((clopper_pearson, "beta"), (wilson, "wilson")):
        expected = proportion_confint(correct, n, alpha=1 - confidence, method=method)
        np.testing.assert_allclose(interval(correct, n, confidence), expected, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(counts, confidences)
def test_clopper_pearson_is_where_the_binomial_tails_hold_half_of_alpha(count, confidence):
    correct, n = count
    low, high = clopper_pearson(correct, n, confidence)
    tail = (1 - confidence) / 2
    if correct > 0:
        assert binom.sf(correct - 1, n, low) == pytest.approx(tail, rel=1e-6)
    if correct < n:
        assert binom.cdf(correct, n, high) == pytest.approx(tail, rel=1e-6)


@settings(deadline=None)
@given(counts, confidences)
def test_wilson_is_where_the_proportion_lies_z_standard_errors_away(count, confidence):
    correct, n = count
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    for bound in wilson(correct, n, confidence):
        distance = (correct / n - bound) ** 2
        np.testing.assert_allclose(distance, z2 * bound * (1 - bound) / n, atol=1e-12)


@settings(deadline=None)
@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), confidences)
def test_bootstrap_bounds_are_the_quantiles_over_all_resamples(count, confidence):
    correct, n = count
    # Of all n^n resamples, so many have k correct ones:
    share = [binom.pmf(k, n, correct / n) for k in range(n + 1)]
    running = np.cumsum(share)
    tail = (1 - confidence) / 2
    for bound, q in zip(bootstrap(correct, n, confidence), (tail, 1 - tail), strict=True):
        k = round(float(bound) * n)
        assert running[k] >= q - 1e-9
        assert k == 0 or running[k - 1] <= q + 1e-9


def test_bootstrap_is_what_resampling_approaches():
    sample = np.repeat([1.0, 0.0], [180, 20])
    drawn = resample(
        (sample,), np.mean, n_resamples=20_000, method="percentile", vectorized=True,
        rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    np.testing.assert_allclose(bootstrap(180, 200), drawn, atol=1 / 200 + 1e-12)


@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_none_correct_starts_at_0_and_all_correct_ends_at_1(interval):
    low, high = interval([0, 7], [7, 7])
    assert (low[0], high[1]) == (0, 1)
    assert 0 < high[0] < 1
    assert low[1] == pytest.approx(1 - high[0])


def test_none_correct_is_the_seventh_root_of_the_tail_by_clopper_pearson():
    low, high = clopper_pearson([0, 7], [7, 7])
    half = 0.025 ** (1 / 7)
    np.testing.assert_allclose([high[0], low[1]], [1 - half, half])


def test_none_and_all_correct_are_all_that_resampling_can_give():
    low, high = bootstrap([0, 7], [7, 7])
    assert low.tolist() == high.tolist() == [0, 1]


@pytest.mark.parametrize("interval", INTERVALS)
class TestEveryInterval:
    def test_of_no_images_is_unknown(self, interval):
        low, high = interval([0, 1], [0, 2])
        assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False]

    def test_of_one_image_lies_between_0_and_1(self, interval):
        low, high = interval([0, 1], 1)
        assert np.all((low >= 0) & (low <= high) & (high <= 1))

    def test_broadcasts_and_has_bounds_of_float64(self, interval):
        low, high = interval(np.zeros((3, 1), dtype=np.int64), np.array([1, 2, 3, 4]))
        assert low.shape == high.shape == (3, 4)
        assert low.dtype == high.dtype == np.float64

    @pytest.mark.parametrize(("correct", "n"), [(-1, 3), (4, 3), (float("nan"), 3)])
    def test_refuses_impossible_counts(self, interval, correct, n):
        with pytest.raises(ValueError, match="correct must lie between 0 and n"):
            interval([0, correct], [1, n])

    @pytest.mark.parametrize("confidence", [0, 1, 95])
    def test_refuses_an_impossible_confidence(self, interval, confidence):
        with pytest.raises(ValueError, match="confidence"):
            interval(1, 2, confidence)
