"""The Clopper-Pearson interval, against statsmodels and its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint

from evaluation.metrics import clopper_pearson

counts = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
confidences = st.floats(0.5, 0.999)


def test_958_of_985_images_is_96_0_to_98_2_percent():
    low, high = clopper_pearson(958, 985)
    assert (round(100 * float(low), 1), round(100 * float(high), 1)) == (96.0, 98.2)


@settings(deadline=None)
@given(counts, confidences)
def test_agrees_with_statsmodels(count, confidence):
    correct, n = count
    low, high = clopper_pearson(correct, n, confidence)
    expected = proportion_confint(correct, n, alpha=1 - confidence, method="beta")
    np.testing.assert_allclose((low, high), expected, rtol=1e-9, atol=1e-12)


@settings(deadline=None)
@given(counts, confidences)
def test_bounds_are_where_the_binomial_tails_hold_half_of_alpha(count, confidence):
    correct, n = count
    low, high = clopper_pearson(correct, n, confidence)
    tail = (1 - confidence) / 2
    if correct > 0:
        assert binom.sf(correct - 1, n, low) == pytest.approx(tail, rel=1e-6)
    if correct < n:
        assert binom.cdf(correct, n, high) == pytest.approx(tail, rel=1e-6)


def test_none_correct_starts_at_0_and_all_correct_ends_at_1():
    low, high = clopper_pearson([0, 7], [7, 7])
    half = 0.025 ** (1 / 7)
    np.testing.assert_allclose(low, [0, half])
    np.testing.assert_allclose(high, [1 - half, 1])


def test_no_images_have_no_interval():
    low, high = clopper_pearson([0, 1], [0, 2])
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False]


def test_shapes_broadcast_and_bounds_are_float64():
    low, high = clopper_pearson(np.zeros((3, 1), dtype=np.int64), np.array([1, 2, 3, 4]))
    assert low.shape == high.shape == (3, 4)
    assert low.dtype == high.dtype == np.float64


@pytest.mark.parametrize(("correct", "n"), [(-1, 3), (4, 3), (float("nan"), 3)])
def test_impossible_counts_are_refused(correct, n):
    with pytest.raises(ValueError, match="correct must lie between 0 and n"):
        clopper_pearson([0, correct], [1, n])


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_impossible_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        clopper_pearson(1, 2, confidence)
