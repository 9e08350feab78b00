"""The power of McNemar's test, against the sum over all outcomes."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, multinomial

from evaluation.metrics.power import images_needed, mcnemar_power


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 14), st.integers(0, 10), st.integers(0, 10), st.sampled_from([0.01, 0.05, 0.3])
)
def test_power_is_the_probability_of_all_outcomes_that_the_test_rejects(n, b, c, alpha):
    first, second = b / 20, c / 20
    rejected = [
        (one, two)
        for one in range(n + 1)
        for two in range(n + 1 - one)
        if one + two and binomtest(one, one + two).pvalue <= alpha
    ]
    outcome = multinomial(n, [first, second, 1 - first - second])
    expected = math.fsum(outcome.pmf([one, two, n - one - two]) for one, two in rejected)
    assert mcnemar_power(n, first, second, alpha) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("first", "second"), [(0.2, 0.05), (0.05, 0.2), (0.03, 0.01), (0.4, 0)])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
def test_the_images_needed_have_the_power_and_one_less_has_not(first, second, power):
    n = images_needed(first, second, power)
    assert mcnemar_power(n, first, second) >= power > mcnemar_power(n - 1, first, second)


def test_participants_that_are_nearly_alike_need_very_many_images():
    n = images_needed(0.0205, 0.0195, 0.8)
    assert 0.79 < mcnemar_power(n, 0.0205, 0.0195) < 0.81
    assert 300_000 < n < 330_000


def test_where_nobody_is_better_only_errors_are_found():
    assert mcnemar_power(500, 0.1, 0.1) <= 0.05
    assert mcnemar_power(500, 0, 0) == 0
    assert mcnemar_power(0, 0.3, 0.1) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: images_needed(0.1, 0.1), "no number of images is enough"),
        (lambda: images_needed(0.1, 0.2, power=1), "power must lie between 0 and 1"),
        (lambda: images_needed(0.1, 0.2, alpha=0), "alpha must lie between 0 and 1"),
        (lambda: mcnemar_power(10, -0.1, 0.2), "probabilities"),
        (lambda: mcnemar_power(10, 0.6, 0.5), "probabilities"),
        (lambda: mcnemar_power(-1, 0.1, 0.2), "n must not be negative"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
