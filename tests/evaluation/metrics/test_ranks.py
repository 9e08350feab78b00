"""Ranks and their ranges, against scipy's tests and Holm's procedure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest

from evaluation.metrics.outcomes import Outcomes
from evaluation.metrics.pairs import count_pairs, mcnemar
from evaluation.metrics.ranks import rank_participants


def ranks_of(correct, counted=None, confidence=0.95):
    outcomes = Outcomes(correct, np.ones_like(correct) if counted is None else counted)
    everything = np.ones((1, correct.shape[1]), dtype=bool)
    pairs = count_pairs(outcomes, everything)
    accuracy = outcomes.within(everything)
    found = rank_participants(accuracy, pairs, mcnemar(pairs).exact, confidence)
    return [of[:, 0].tolist() for of in (found.rank, found.best, found.worst)]


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 5), st.integers(0, 2**32 - 1), st.sampled_from([0.5, 0.9, 0.99]))
def test_ranges_come_from_one_sided_tests_of_all_ordered_pairs(size, seed, confidence):
    rng = np.random.default_rng(seed)
    correct = rng.random((size, 60)) < rng.uniform(0.1, 0.95, (size, 1))
    rank, best, worst = ranks_of(correct, confidence=confidence)
    ordered = [(i, j) for i in range(size) for j in range(size) if i != j]
    p = []
    for i, j in ordered:
        b, c = np.sum(correct[i] & ~correct[j]), np.sum(correct[j] & ~correct[i])
        p.append(binomtest(b, b + c, alternative="greater").pvalue if b + c else 1)
    # Holm's procedure: as long as the next smallest p-value is small enough for what is left.
    better = set()
    for step, place in enumerate(np.argsort(p)):
        if p[place] * (len(p) - step) > 1 - confidence:
            break
        better.add(ordered[place])
    for i in range(size):
        assert rank[i] == 1 + sum(correct[j].sum() > correct[i].sum() for j in range(size))
        assert best[i] == 1 + sum((j, i) in better for j in range(size))
        assert worst[i] == size - sum((i, j) in better for j in range(size))


@settings(deadline=None)
@given(arrays(bool, (4, 6)), arrays(bool, (4, 6)))
def test_a_rank_lies_in_its_range_though_participants_have_different_images(right, counted):
    for rank, best, worst in zip(*ranks_of(right & counted, counted), strict=True):
        assert np.isnan([rank, best, worst]).all() or 1 <= best <= rank <= worst <= 4


def test_all_true_ranks_are_in_their_ranges_19_times_in_20():
    rng = np.random.default_rng(8)
    truth = np.array([[0.9], [0.88], [0.8], [0.8], [0.5]])
    true_best = 1 + (truth > truth.T).sum(axis=0)
    true_worst = 5 - (truth < truth.T).sum(axis=0)
    held = 0
    for _ in range(300):
        _, best, worst = ranks_of(rng.random((5, 300)) < truth)
        held += np.all(best <= true_best) and np.all(true_worst <= worst)
    assert held >= 0.95 * 300


def test_equal_accuracies_share_a_rank_and_nothing_separates_them():
    correct = np.array([[True] * 9, [True] * 9, [False] * 9])
    assert ranks_of(correct) == [[1, 1, 3], [1, 1, 3], [2, 2, 3]]
    assert ranks_of(correct[:2]) == [[1, 1], [1, 1], [2, 2]]


def test_whoever_has_no_image_has_no_rank_and_takes_none():
    correct = np.array([[True, True], [False, False], [True, False]])
    counted = np.array([[True, True], [False, False], [True, True]])
    rank, best, worst = ranks_of(correct, counted)
    np.testing.assert_array_equal(rank, [1, np.nan, 2])
    np.testing.assert_array_equal(best, [1, np.nan, 1])
    np.testing.assert_array_equal(worst, [2, np.nan, 2])


def test_one_participant_is_the_first():
    assert ranks_of(np.ones((1, 3), dtype=bool)) == [[1], [1], [1]]


def test_an_impossible_confidence_is_refused():
    with pytest.raises(ValueError, match="confidence"):
        ranks_of(np.ones((2, 3), dtype=bool), confidence=1)
