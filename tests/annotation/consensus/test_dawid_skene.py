"""Dawid and Skene's estimate: by hand, by plain loops, and what must hold for any judgments."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.consensus import CORRECT, INCORRECT, UNJUDGED, dawid_skene, majority, unanimous
from tests.annotation.consensus.tables import drawn, judgments_of, tables


def by_loops(table, right, other, iterations):
    """The formulas of the docstring, a number at a time: (posterior of correct, confusion, prior)."""
    judged = [row for row in range(len(table)) if table[row].any()]
    share = {CORRECT: 1.0, INCORRECT: 0.0, 3: 0.5}
    q = {row: np.mean([share[v] for v in table[row].tolist() if v]) for row in judged}
    shared = [row for row in judged if np.count_nonzero(table[row]) > 1]
    for _ in range(iterations):
        prior = (sum(q[row] for row in shared) + other) / (len(shared) + 2 * other)
        confusion = np.zeros((table.shape[1], 2, 3))
        for reviewer in range(table.shape[1]):
            rows = [row for row in shared if table[row, reviewer]]
            for state in range(2):
                weight = {row: q[row] if state == 0 else 1 - q[row] for row in rows}
                for verdict in range(3):
                    given = sum(weight[r] for r in rows if table[r, reviewer] == verdict + 1)
                    count = right if verdict == state else other
                    confusion[reviewer, state, verdict] = (given + count) / (
                        sum(weight.values()) + right + 2 * other
                    )
        for row in judged:
            joint = [prior, 1 - prior]
            for reviewer, verdict in enumerate(table[row]):
                if verdict:
                    joint[0] *= confusion[reviewer, 0, verdict - 1]
                    joint[1] *= confusion[reviewer, 1, verdict - 1]
            q[row] = joint[0] / sum(joint)
    return q, confusion, prior


def test_one_step_by_hand():
    """Two reviewers; of the first candidate both say correct, of the second only the first one.

    The shares of votes are q = 1 and 1/2, so p = (1 + 1/2 + 1) / (2 + 2) = 5/8, and so on.
    """
    found = dawid_skene(judgments_of([[1, 1], [1, 2]]), right=2, other=1, most_iterations=1)
    assert found.prior.tolist() == [5 / 8, 3 / 8]
    first, second = found.confusion
    assert first == pytest.approx(np.array([[7 / 11, 2 / 11, 2 / 11], [3 / 9, 4 / 9, 2 / 9]]))
    assert second == pytest.approx(np.array([[6 / 11, 3 / 11, 2 / 11], [2 / 9, 5 / 9, 2 / 9]]))
    correct = [Fraction(5 * 7 * 6, 8 * 11 * 11), Fraction(5 * 7 * 3, 8 * 11 * 11)]
    incorrect = [Fraction(3 * 3 * 2, 8 * 9 * 9), Fraction(3 * 3 * 5, 8 * 9 * 9)]
    expected = [float(c / (c + i)) for c, i in zip(correct, incorrect, strict=True)]
    assert found.posterior[:, 0] == pytest.approx(expected)
    assert (found.iterations, found.converged) == (1, False)
    likelihood = [float(c + i) for c, i in zip(correct, incorrect, strict=True)]
    counts = np.array([[2, 1, 1], [1, 2, 1]])
    penalty = np.log(found.prior).sum() + (counts * np.log(found.confusion)).sum()
    assert found.objective[0] == pytest.approx(np.log(likelihood).sum() + penalty)


@settings(deadline=None)
@given(tables(), st.floats(0.01, 5), st.floats(0.01, 3), st.integers(1, 6))
def test_it_computes_what_plain_loops_do(table, right, other, iterations):
    found = dawid_skene(judgments_of(table), right, other, -1, iterations)
    posterior, confusion, prior = by_loops(table, right, other, iterations)
    assert found.prior[0] == pytest.approx(prior)
    assert found.confusion == pytest.approx(confusion)
    for row, probability in posterior.items():
        assert found.posterior[row, 0] == pytest.approx(probability)


@settings(deadline=None)
@given(tables(30, 8), st.floats(0.01, 5), st.floats(0.01, 3))
def test_what_it_climbs_never_falls(table, right, other):
    objective = dawid_skene(judgments_of(table), right, other).objective
    assert all(after >= before - 1e-9 * abs(before) for before, after in pairwise(objective))


@settings(deadline=None)
@given(tables())
def test_probabilities_are_probabilities(table):
    found = dawid_skene(judgments_of(table))
    for array in (found.posterior, found.confusion, found.prior):
        assert (array >= 0).all()
        assert array.sum(axis=-1) == pytest.approx(np.ones(array.shape[:-1]))


@settings(deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_the_numbers_of_candidates_and_reviewers_are_nothing(table, random):
    rows, columns = list(range(table.shape[0])), list(range(table.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    before = dawid_skene(judgments_of(table))
    after = dawid_skene(judgments_of(table[rows][:, columns]))
    assert after.posterior == pytest.approx(before.posterior[rows], abs=1e-6)
    assert after.confusion == pytest.approx(before.confusion[columns], abs=1e-6)


@settings(deadline=None)
@given(tables())
def test_correct_and_incorrect_are_treated_alike(table):
    swapped = np.array([0, 2, 1, 3])[table]
    before, after = dawid_skene(judgments_of(table)), dawid_skene(judgments_of(swapped))
    assert after.posterior == pytest.approx(before.posterior[:, ::-1], abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, 3]))
def test_a_reviewer_who_always_says_the_same_carries_no_information(seed, verdict):
    _, table = drawn(seed, 400, [0.95, 0.9, 0.85, 0.8], share=0.8)
    table = table[np.count_nonzero(table, axis=1) > 1]
    stubborn = np.full((len(table), 1), verdict)
    both = (table, np.hstack([table, stubborn]))
    without, with_it = (dawid_skene(judgments_of(one), 1e-3, 1e-3, 1e-7) for one in both)
    assert with_it.posterior == pytest.approx(without.posterior, abs=1e-4)
    said = with_it.confusion[-1, :, verdict - 1]
    assert said == pytest.approx([1, 1], abs=1e-4)


def test_one_who_says_the_opposite_is_as_good_as_one_who_is_right():
    truth, table = drawn(1, 1000, [0.9, 0.85, 0.05, 0.1, 0.9])
    found = dawid_skene(judgments_of(table))
    assert np.mean(found.decide().verdicts == truth) > 0.98
    assert np.mean(majority(judgments_of(table)).verdicts == truth) < 0.9
    assert found.confusion[2, 0, 1] == pytest.approx(0.95, abs=0.05)


def test_it_finds_how_often_each_reviewer_is_right():
    accuracies = [0.97, 0.9, 0.8, 0.7, 0.6]
    truth, table = drawn(2, 20_000, accuracies, share=0.7)
    found = dawid_skene(judgments_of(table))
    assert found.converged
    for reviewer, accuracy in enumerate(accuracies):
        assert found.confusion[reviewer, 0, 0] == pytest.approx(accuracy, abs=0.02)
        assert found.confusion[reviewer, 1, 1] == pytest.approx(accuracy, abs=0.02)
    assert found.prior[0] == pytest.approx(np.mean(truth == CORRECT), abs=0.01)
    # A probability means what it says: of those near 0.8, eight in ten are correct.
    near = np.abs(found.posterior[:, 0] - 0.8) < 0.1
    assert np.mean(truth[near] == CORRECT) == pytest.approx(0.8, abs=0.05)


def test_an_unclear_that_only_careful_reviewers_say_of_correct_ones_speaks_for_correct():
    truth, table = drawn(3, 4000, [0.95, 0.95, 0.95, 0.95, 0.95])
    hidden = (truth == CORRECT) & (np.arange(len(truth)) % 3 == 0)
    table[hidden, 0] = 3
    found = dawid_skene(judgments_of(table))
    assert found.confusion[0, 0, 2] == pytest.approx(hidden[truth == CORRECT].mean(), abs=0.02)
    assert found.confusion[0, 1, 2] < 0.01


def test_where_nobody_judged_the_posterior_is_the_prior_and_nothing_is_decided():
    found = dawid_skene(judgments_of([[1, 1], [0, 0], [1, 0], [2, 2]]))
    assert found.posterior[1] == pytest.approx(found.prior, abs=1e-9)
    decision = found.decide()
    assert decision.verdicts.tolist() == [1, UNJUDGED, 1, 2]
    assert decision.confidence[1] == 0


def test_without_any_judgment_nothing_is_decided():
    found = dawid_skene(judgments_of(np.zeros((3, 2), int)))
    assert found.decide().verdicts.tolist() == [UNJUDGED] * 3
    assert found.posterior == pytest.approx(np.full((3, 2), 0.5))
    assert dawid_skene(judgments_of(np.zeros((0, 0), int))).decide().verdicts.tolist() == []


def test_less_confidence_than_wanted_decides_nothing():
    found = dawid_skene(judgments_of([[1, 1, 1], [1, 1, 2], [2, 2, 2], [2, 2, 1]]))
    probability = found.posterior.max(axis=1)
    least = (probability.min() + probability.max()) / 2
    decision = found.decide(least)
    assert (decision.verdicts == UNJUDGED).tolist() == (probability < least).tolist()
    assert decision.confidence == pytest.approx(probability)


def test_two_who_contradict_each_other_about_everything_leave_it_open():
    found = dawid_skene(judgments_of([[1, 2], [2, 1]]))
    assert found.posterior == pytest.approx(np.full((2, 2), 0.5))
    assert found.decide().verdicts.tolist() == [UNJUDGED, UNJUDGED]


@pytest.mark.parametrize(("candidates", "reviewers"), [(4, 2), (10, 2), (30, 2), (10, 3)])
def test_of_few_judgments_it_does_not_contradict_what_everybody_says(candidates, reviewers):
    for seed in range(100):
        _, table = drawn(seed, candidates, [0.9] * reviewers)
        agreed = unanimous(judgments_of(table)).verdicts
        estimated = dawid_skene(judgments_of(table)).decide().verdicts
        assert (estimated == agreed)[agreed != UNJUDGED].all()


@pytest.mark.parametrize("shared", [0, 300])
def test_what_somebody_judged_alone_is_what_they_said(shared):
    """As after a round of one judgment each: single words must not all fall into one state."""
    for seed in range(20):
        draw = np.random.default_rng(seed)
        _, table = drawn(seed, 300 + shared, [0.9, 0.9])
        alone = np.arange(300)
        table[alone, draw.integers(0, 2, 300)] = 0
        given = majority(judgments_of(table)).verdicts[alone]
        assert (dawid_skene(judgments_of(table)).decide().verdicts[alone] == given).all()


@pytest.mark.parametrize(("right", "other"), [(0, 1), (1, 0), (-1, 1)])
def test_without_counts_before_any_judgment_it_is_refused(right, other):
    with pytest.raises(ValueError, match="counts must be above 0"):
        dawid_skene(judgments_of([[1]]), right, other)
