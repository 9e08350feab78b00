"""Pairs of participants, against statsmodels, published formulas and plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_of_table
from statsmodels.stats.multitest import multipletests

from evaluation.metrics.outcomes import Outcomes
from evaluation.metrics.pairs import (
    PairCounts,
    count_pairs,
    holm,
    holm_pairs,
    mcnemar,
    paired_difference,
)


@st.composite
def small_outcomes(draw):
    shape = draw(st.integers(1, 4)), draw(st.integers(0, 8))
    counted = draw(arrays(bool, shape, elements=st.sampled_from([True, True, False])))
    return Outcomes(draw(arrays(bool, shape)) & counted, counted)


@st.composite
def outcomes_and_subsets(draw):
    outcomes = draw(small_outcomes())
    return outcomes, draw(arrays(bool, (draw(st.integers(0, 4)), outcomes.correct.shape[1])))


def of_table(both: int, only: int, reverse: int, neither: int) -> PairCounts:
    """Two participants whose outcomes fall into these four cells."""
    cells = [(True, True)] * both + [(True, False)] * only + [(False, True)] * reverse
    correct = np.array(cells + [(False, False)] * neither, dtype=bool).reshape(-1, 2).T
    images = correct.shape[1]
    return count_pairs(Outcomes(correct, np.ones((2, images), bool)), np.ones((1, images), bool))


class TestCounts:
    @settings(deadline=None)
    @given(outcomes_and_subsets())
    def test_are_those_of_plain_loops(self, world):
        outcomes, subsets = world
        pairs = count_pairs(outcomes, subsets)
        right, counted = outcomes.correct.tolist(), outcomes.counted.tolist()
        for s, i, j in np.ndindex(pairs.n.shape):
            shared = [k for k in np.flatnonzero(subsets[s]) if counted[i][k] and counted[j][k]]
            assert pairs.n[s, i, j] == len(shared)
            assert pairs.both[s, i, j] == sum(right[i][k] and right[j][k] for k in shared)
            assert pairs.only[s, i, j] == sum(right[i][k] and not right[j][k] for k in shared)

    def test_are_the_same_however_the_subsets_cut_the_images(self):
        rng = np.random.default_rng(1)
        counted = rng.random((5, 20_000)) < 0.9
        outcomes = Outcomes(counted & (rng.random(counted.shape) < 0.7), counted)
        nested = np.arange(counted.shape[1]) < np.array([[10], [9_001], [counted.shape[1]], [0]])
        crossing = rng.random((12, counted.shape[1])) < 0.5
        together = count_pairs(outcomes, np.concatenate([nested, crossing]))
        for s, subset in enumerate([*nested, *crossing]):
            alone = count_pairs(outcomes, subset[None])
            for name in ("n", "both", "only"):
                assert np.array_equal(getattr(together, name)[s], getattr(alone, name)[0])


class TestMcNemar:
    @settings(deadline=None)
    @given(small_outcomes())
    def test_agrees_with_statsmodels_for_every_pair(self, outcomes):
        pairs = count_pairs(outcomes, np.ones((1, outcomes.correct.shape[1]), dtype=bool))
        test = mcnemar(pairs)
        for _, i, j in np.ndindex(pairs.n.shape):
            self.check(pairs, test, (0, i, j))

    @settings(deadline=None)
    @given(st.integers(0, 20_000), st.integers(0, 20_000))
    def test_agrees_with_statsmodels_for_many_images(self, b, c):
        only = np.array([[[0, b], [c, 0]]])
        pairs = PairCounts(np.full((1, 2, 2), b + c + 1), np.zeros((1, 2, 2), int), only)
        self.check(pairs, mcnemar(pairs), (0, 0, 1))

    @staticmethod
    def check(pairs, test, at):
        b, c = int(pairs.only[at]), int(pairs.reverse[at])
        found = [test.exact[at], test.statistic[at], test.corrected[at]]
        if pairs.n[at] == 0:
            assert np.isnan(found).all()
        elif b + c == 0:
            assert found == [1, 0, 1]
        else:
            table = [[0, b], [c, 0]]
            exact = mcnemar_of_table(table, exact=True)
            corrected = mcnemar_of_table(table, exact=False, correction=True)
            expected = [exact.pvalue, corrected.statistic, corrected.pvalue]
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)

    def test_matrices_are_symmetric_and_a_participant_is_like_itself(self):
        rng = np.random.default_rng(2)
        correct = rng.random((6, 500)) < rng.uniform(0.5, 0.9, (6, 1))
        outcomes = Outcomes(correct, np.ones_like(correct))
        test = mcnemar(count_pairs(outcomes, np.ones((1, 500), dtype=bool)))
        for p in (test.exact, test.corrected):
            assert np.array_equal(p, p.swapaxes(1, 2))
            assert np.all(p[:, range(6), range(6)] == 1)

    def test_an_error_in_20_is_all_it_makes_where_there_is_no_difference(self):
        rng = np.random.default_rng(5)
        correct = rng.random((60, 400)) < 0.7
        exact = mcnemar(
            count_pairs(Outcomes(correct, np.ones_like(correct)), np.ones((1, 400), bool))
        ).exact[0][np.triu_indices(60, 1)]
        assert np.mean(exact <= 0.05) <= 0.05


class TestHolm:
    @settings(deadline=None)
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
    def test_rejects_step_by_step(self, p):
        found = holm(p)
        for alpha in (0.01, 0.05, 0.3):
            rejected = set()
            for step, i in enumerate(sorted(range(len(p)), key=p.__getitem__)):
                if p[i] * (len(p) - step) > alpha:
                    break
                rejected.add(i)
            assert set(np.flatnonzero(found <= alpha)) == rejected

    @pytest.mark.parametrize("size", [1, 4, 50])
    def test_agrees_with_statsmodels(self, size):
        p = np.random.default_rng(size).random(size) ** 3
        expected = multipletests(p, method="holm")[1]
        np.testing.assert_allclose(holm(p), expected, atol=1e-12, rtol=0)

    def test_what_is_no_test_neither_counts_nor_changes(self):
        found = holm([np.nan, 0.01, np.nan, 0.03])
        np.testing.assert_allclose(found, [np.nan, 0.02, np.nan, 0.03])
        assert np.isnan(holm([np.nan, np.nan])).all()
        assert holm([]).shape == (0,)

    def test_works_along_the_last_axis(self):
        p = np.random.default_rng(0).random((2, 3, 7)) ** 3
        expected = [[holm(row) for row in rows] for rows in p]
        assert np.array_equal(holm(p), expected)

    def test_each_pair_of_a_matrix_counts_once(self):
        p = np.array([[1, 0.01, 0.02], [0.01, 1, 0.5], [0.02, 0.5, 1]])
        expected = np.array([[1, 0.03, 0.04], [0.03, 1, 0.5], [0.04, 0.5, 1]])
        np.testing.assert_allclose(holm_pairs(p), expected)


def newcombe(both, only, reverse, neither, confidence=0.95):
    """Method 10 as published: R. G. Newcombe, Statistics in Medicine 17 (1998), 2635-2650."""
    n = both + only + reverse + neither
    z = norm.ppf((1 + confidence) / 2)

    def score(r):
        root = z * math.sqrt(z**2 + 4 * r * (n - r) / n)
        return tuple((2 * r + z**2 + sign * root) / (2 * (n + z**2)) for sign in (-1, 1))

    (l1, u1), (l2, u2) = score(both + only), score(both + reverse)
    p1, p2 = (both + only) / n, (both + reverse) / n
    numerator = both * neither - only * reverse
    if numerator > n / 2:
        numerator -= n / 2
    elif numerator >= 0:
        numerator = 0
    margins = (both + only) * (reverse + neither) * (both + reverse) * (only + neither)
    phi = numerator / math.sqrt(margins) if margins else 0
    down = (p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2
    up = (u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) ** 2
    return p1 - p2 - math.sqrt(max(down, 0)), p1 - p2 + math.sqrt(max(up, 0))


class TestDifference:
    @settings(deadline=None)
    @given(*[st.integers(0, 40)] * 4)
    def test_is_newcombes(self, both, only, reverse, neither):
        n = both + only + reverse + neither
        found = paired_difference(of_table(both, only, reverse, neither))
        if n == 0:
            assert np.isnan([found.value, found.low, found.high]).all()
            return
        low, high = newcombe(both, only, reverse, neither)
        assert found.value[0, 0, 1] == (only - reverse) / n
        np.testing.assert_allclose(found.low[0, 0, 1], max(low, -1), atol=1e-12)
        np.testing.assert_allclose(found.high[0, 0, 1], min(high, 1), atol=1e-12)

    @given(*[st.integers(0, 9)] * 4)
    def test_the_other_way_round_it_is_the_negative(self, both, only, reverse, neither):
        found = paired_difference(of_table(both, only, reverse, neither))
        np.testing.assert_array_equal(found.value, -found.value.swapaxes(1, 2))
        np.testing.assert_allclose(found.low, -found.high.swapaxes(1, 2), atol=1e-15)

    def test_a_participant_does_not_differ_from_itself(self):
        found = paired_difference(of_table(5, 1, 2, 3))
        for of in (found.value, found.low, found.high):
            assert of[0, 0, 0] == of[0, 1, 1] == 0

    @pytest.mark.parametrize("cells", [(7, 0, 0, 0), (0, 0, 0, 7), (0, 7, 0, 0), (0, 0, 7, 0)])
    def test_perfect_and_zero_accuracy_have_an_interval_that_is_no_point(self, cells):
        found = paired_difference(of_table(*cells))
        low, value, high = (of[0, 0, 1] for of in (found.low, found.value, found.high))
        assert -1 <= low <= value <= high <= 1
        assert low < high

    def test_holds_the_true_difference_95_times_in_100(self):
        rng = np.random.default_rng(4)
        cells = rng.multinomial(150, [0.7, 0.12, 0.06, 0.12], 3000)
        both, only, reverse, _ = cells.T[:, :, None, None]
        square = np.array([[0, 1], [0, 0]])
        pairs = PairCounts(
            np.full((3000, 2, 2), 150), np.repeat(both, 2, 1) * np.ones((1, 1, 2), int),
            only * square + reverse * square.T,
        )  # fmt: skip
        found = paired_difference(pairs)
        held = (found.low[:, 0, 1] <= 0.06) & (found.high[:, 0, 1] >= 0.06)
        assert abs(held.mean() - 0.95) < 0.015

    def test_images_that_only_one_has_seen_do_not_count(self):
        correct = np.array([[True, True, False], [False, True, False]])
        counted = np.array([[True, True, False], [True, True, True]])
        found = paired_difference(count_pairs(Outcomes(correct, counted), np.ones((1, 3), bool)))
        assert found.value[0, 0, 1] == 0.5

    def test_without_a_shared_image_nothing_is_known(self):
        counted = np.array([[True, False], [False, True]])
        pairs = count_pairs(Outcomes(counted, counted), np.ones((1, 2), dtype=bool))
        found = paired_difference(pairs)
        assert np.isnan([found.value[0, 0, 1], found.low[0, 0, 1], found.high[0, 0, 1]]).all()
        assert np.isnan(mcnemar(pairs).exact[0, 0, 1])
        assert mcnemar(pairs).exact[0, 0, 0] == 1
