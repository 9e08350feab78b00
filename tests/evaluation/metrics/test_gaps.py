"""The gap between datasets and lines through accuracies, against statsmodels and scipy."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import linregress, norm, pearsonr
from statsmodels.stats.proportion import confint_proportions_2indep

from evaluation.metrics.gaps import fit_line, gap

counts = st.integers(1, 50_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
SCALES = {
    "plain": lambda p: p,
    "logit": lambda p: np.log(p / (1 - p)),
    "probit": norm.ppf,
}


class TestGap:
    @settings(deadline=None)
    @given(counts, counts)
    def test_agrees_with_statsmodels(self, first, second):
        found = gap(*first, *second)
        low, high = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
        expected = [first[0] / first[1] - second[0] / second[1], max(low, -1), min(high, 1)]
        np.testing.assert_allclose([found.value, found.low, found.high], expected, atol=1e-12)

    @pytest.mark.parametrize(
        ("table", "low", "high"),
        [
            ((56, 70, 48, 80), 0.0524, 0.3339),
            ((9, 10, 3, 10), 0.1705, 0.8090),
            ((10, 10, 0, 10), 0.6075, 1.0),
        ],
    )
    def test_newcombes_own_examples(self, table, low, high):
        # Statistics in Medicine 17 (1998), 873-890, table II, method 10.
        found = gap(*table)
        assert (round(float(found.low), 4), round(float(found.high), 4)) == (low, high)

    def test_perfect_and_zero_accuracy_have_an_interval(self):
        found = gap([10, 0, 10], 10, [10, 0, 0], 10)
        np.testing.assert_array_equal(found.value, [0, 0, 1])
        assert np.all(found.low < found.high)
        assert np.all((found.low >= -1) & (found.high <= 1))

    def test_without_images_on_either_side_nothing_is_known(self):
        found = gap([0, 1, 1], [0, 1, 2], [1, 0, 1], [1, 0, 2])
        for of in (found.value, found.low, found.high):
            assert np.isnan(of).tolist() == [True, True, False]

    def test_impossible_counts_are_refused(self):
        with pytest.raises(ValueError, match="correct must lie between 0 and n"):
            gap(3, 2, 0, 1)


class TestFit:
    @settings(deadline=None, max_examples=50)
    @given(st.integers(3, 60), st.integers(0, 2**32 - 1), st.sampled_from(sorted(SCALES)))
    def test_agrees_with_scipy_and_statsmodels(self, n, seed, scale):
        rng = np.random.default_rng(seed)
        x = rng.uniform(0.3, 0.97, n)
        y = np.clip(0.9 * x + rng.normal(0, 0.03, n), 0.01, 0.99)
        found = fit_line(x, y, scale)
        across, up = SCALES[scale](x), SCALES[scale](y)
        line, least_squares = linregress(across, up), sm.OLS(up, sm.add_constant(across)).fit()
        close = {"rtol": 1e-9, "atol": 1e-12}
        assert found.n == n
        np.testing.assert_allclose(found.slope.value, line.slope, **close)
        np.testing.assert_allclose(found.intercept.value, line.intercept, **close)
        for estimate, interval in zip(
            (found.intercept, found.slope), least_squares.conf_int(), strict=True
        ):
            np.testing.assert_allclose([estimate.low, estimate.high], interval, **close)
        correlation = pearsonr(across, up)
        interval = correlation.confidence_interval()
        np.testing.assert_allclose(found.r.value, correlation.statistic, **close)
        np.testing.assert_allclose([found.r.low, found.r.high], interval, **close)

    @pytest.mark.parametrize(
        ("scale", "back"), [("plain", lambda x: x), ("logit", expit), ("probit", norm.cdf)]
    )
    def test_finds_a_line_on_the_scale_that_it_is_straight_on(self, scale, back):
        across = np.linspace(0.1, 0.4, 5)
        found = fit_line(back(across), back(0.5 * across + 0.1), scale)
        np.testing.assert_allclose(found.slope.value, 0.5, atol=1e-12)
        np.testing.assert_allclose(found.intercept.value, 0.1, atol=1e-12)
        np.testing.assert_allclose(found.r.value, 1, atol=1e-12)

    @pytest.mark.parametrize("scale", ["logit", "probit"])
    def test_perfect_and_zero_accuracy_have_no_place_on_a_bent_scale(self, scale):
        x, y = [0.2, 0.5, 0.7, 1.0, 0.4], [0.3, 0.5, 0.9, 0.9, 0.0]
        assert fit_line(x, y, scale).n == 3
        assert fit_line(x, y, scale).slope.value == fit_line(x[:3], y[:3], scale).slope.value
        assert fit_line(x, y, "plain").n == 5

    def test_participants_without_a_value_are_left_out(self):
        found = fit_line([0.1, np.nan, 0.5, 0.6, 0.7], [0.1, 0.2, np.nan, 0.6, 0.8])
        assert found.n == 3

    def test_two_points_make_a_line_without_an_interval(self):
        found = fit_line([0.1, 0.2], [0.3, 0.5])
        np.testing.assert_allclose(found.slope.value, 2)
        assert np.isnan([found.slope.low, found.slope.high, found.intercept.low]).all()
        assert (found.r.low, found.r.high) == (-1, 1)

    @pytest.mark.parametrize("x", [[], [0.5], [0.5, 0.5, 0.5]])
    def test_no_one_or_only_equal_accuracies_make_no_line(self, x):
        found = fit_line(x, x)
        assert np.isnan([found.slope.value, found.intercept.value, found.r.value]).all()

    def test_a_level_line_has_a_slope_but_no_correlation(self):
        found = fit_line([0.1, 0.2, 0.3], [0.5, 0.5, 0.5])
        assert found.slope.value == 0
        assert np.isnan(found.r.value)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([0.1, 0.2], [0.1]), r"shapes \(2,\) and \(1,\)"),
            (([0.1, 1.2], [0.1, 0.2]), "between 0 and 1"),
            (([0.1, 0.2], [0.1, 0.2], "log"), "scale must be one of plain, logit, probit, not log"),
            (([0.1, 0.2], [0.1, 0.2], "plain", 2), "confidence"),
        ],
    )
    def test_what_cannot_be_is_refused(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            fit_line(*arguments)
