"""Right or wrong image by image, and averages over classes, against plain loops."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings

from evaluation.metrics import Proportion, count_accuracies
from evaluation.metrics.intervals import wilson
from evaluation.metrics.outcomes import Outcomes, image_outcomes, top_k_outcomes
from evaluation.metrics.proportion import class_average
from tests.evaluation.metrics.worlds import CORRECT, evaluation_data, small_worlds, verdicts_of

MEASURES = ("top1", "top5", "multi_label")


@settings(deadline=None)
@given(small_worlds())
def test_every_image_is_right_or_wrong_as_its_labels_say(data):
    outcomes = image_outcomes(data)
    right = {pair for pair, verdict in verdicts_of(data).items() if verdict == CORRECT}
    labelled = {image for image, _ in right}
    for i, image in np.ndindex(data.top_k.shape[:2]):
        ranks, target = data.top_k[i, image].tolist(), data.targets[image]
        predicted = ranks[0] != -1
        fit = predicted and image in labelled and not data.problematic[image]
        expected = {
            "top1": (predicted, predicted and ranks[0] == target),
            "top5": (predicted, predicted and target in ranks[:5]),
            "multi_label": (fit, fit and (image, ranks[0]) in right),
        }
        for name, (counted, correct) in expected.items():
            of = getattr(outcomes, name)
            assert (of.counted[i, image], of.correct[i, image]) == (counted, correct)


@settings(deadline=None)
@given(small_worlds())
def test_their_sums_are_the_accuracies(data):
    counts, outcomes = count_accuracies(data), image_outcomes(data)
    for name in MEASURES:
        within = getattr(outcomes, name).within(data.groups[:, data.targets])
        np.testing.assert_array_equal(within.correct, getattr(counts, name).correct)
        np.testing.assert_array_equal(within.n, getattr(counts, name).n)


@settings(deadline=None)
@given(small_worlds())
def test_classes_add_up_to_groups(data):
    for name in MEASURES:
        of = getattr(image_outcomes(data), name)
        by_class = of.by_class(data.targets, data.groups.shape[1])
        within = of.within(data.groups[:, data.targets])
        np.testing.assert_array_equal(by_class.correct @ data.groups.T, within.correct)
        np.testing.assert_array_equal(by_class.n @ data.groups.T, within.n)


def test_a_sum_over_many_images_is_exact():
    everything = Outcomes(np.ones((2, 100_003), dtype=bool), np.ones((2, 100_003), dtype=bool))
    assert everything.within(np.ones((1, 100_003), dtype=bool)).correct.tolist() == [[100_003]] * 2


class TestTopK:
    top_k = np.array([[[3, 1, 2], [1, -1, -1], [-1, 0, 0]]])
    targets = np.array([2, 2, 0])

    @pytest.mark.parametrize(("k", "right"), [(1, 0), (2, 0), (3, 1)])
    def test_the_target_is_looked_for_among_the_first_k(self, k, right):
        outcomes = top_k_outcomes(self.top_k, self.targets, k)
        assert outcomes.correct.sum() == right

    def test_an_image_without_a_first_class_has_no_prediction(self):
        assert top_k_outcomes(self.top_k, self.targets, 3).counted.tolist() == [[True, True, False]]

    @pytest.mark.parametrize("k", [0, 4, -1])
    def test_ranks_that_are_not_there_are_refused(self, k):
        with pytest.raises(ValueError, match=r"k must lie between 1 and 3"):
            top_k_outcomes(self.top_k, self.targets, k)


class TestClassAverage:
    @settings(deadline=None)
    @given(small_worlds())
    def test_is_the_mean_of_the_classes_that_have_images(self, data):
        by_class = image_outcomes(data).multi_label.by_class(data.targets, data.groups.shape[1])
        average = class_average(by_class, data.groups)
        for i, g in product(range(len(data.top_k)), range(len(data.groups))):
            accuracies = [
                Fraction(int(by_class.correct[i, c]), int(by_class.n[i, c]))
                for c in np.flatnonzero(data.groups[g])
                if by_class.n[i, c]
            ]
            expected = float(sum(accuracies) / len(accuracies)) if accuracies else np.nan
            np.testing.assert_allclose(average.value[i, g], expected, atol=1e-15)
            assert np.isnan(average.low[i, g]) == (not accuracies)
            assert not average.low[i, g] > average.value[i, g]
            assert not average.high[i, g] < average.value[i, g]

    def test_a_class_of_two_images_weighs_as_much_as_one_of_a_thousand(self):
        by_class = Proportion(np.array([[1000, 0]]), np.array([[1000, 2]]))
        assert class_average(by_class, np.ones((1, 2), dtype=bool)).value == 0.5

    def test_of_classes_of_one_size_it_is_the_plain_accuracy_with_its_interval(self):
        by_class = Proportion(np.array([[50, 40, 12]]), np.full((1, 3), 50))
        average = class_average(by_class, np.ones((1, 3), dtype=bool))
        low, high = wilson(102, 150)
        np.testing.assert_allclose(average.value, 102 / 150, rtol=1e-15)
        np.testing.assert_allclose([average.low[0, 0], average.high[0, 0]], [low, high], rtol=1e-14)

    @pytest.mark.parametrize(("right", "value"), [(0, 0.0), (1, 1.0)])
    def test_perfect_and_zero_accuracy_leave_an_interval_to_one_side(self, right, value):
        n = np.array([[3, 7, 1]])
        average = class_average(Proportion(n * right, n), np.ones((1, 3), dtype=bool))
        assert average.value == value
        assert (average.low == 0) == (value == 0)
        assert (average.high == 1) == (value == 1)
        assert average.low < average.high

    def test_its_interval_holds_the_true_average_95_times_in_100(self):
        rng = np.random.default_rng(3)
        truth, n = rng.uniform(0.4, 1, 60), rng.integers(1, 30, 60)
        by_class = Proportion(rng.binomial(n, truth, (4000, 60)), np.tile(n, (4000, 1)))
        average = class_average(by_class, np.ones((1, 60), dtype=bool))
        held = (average.low <= truth.mean()) & (truth.mean() <= average.high)
        assert held.mean() >= 0.95


def test_no_participants_no_subsets_and_no_images_give_empty_arrays():
    nobody = Outcomes(np.zeros((0, 3), dtype=bool), np.zeros((0, 3), dtype=bool))
    assert nobody.within(np.ones((2, 3), dtype=bool)).n.shape == (0, 2)
    assert nobody.by_class(np.zeros(3, dtype=int), 4).n.shape == (0, 4)
    nothing = Outcomes(np.zeros((2, 0), dtype=bool), np.zeros((2, 0), dtype=bool))
    assert nothing.within(np.zeros((1, 0), dtype=bool)).n.tolist() == [[0], [0]]
    by_class = nothing.by_class(np.zeros(0, dtype=int), 4)
    assert class_average(by_class, np.zeros((0, 4), dtype=bool)).value.shape == (2, 0)
    assert np.isnan(class_average(by_class, np.ones((1, 4), dtype=bool)).value).all()


def test_an_image_cannot_be_right_without_counting():
    with pytest.raises(ValueError, match="right that does not count"):
        Outcomes(np.array([[True]]), np.array([[False]]))
    with pytest.raises(ValueError, match="one shape"):
        Outcomes(np.array([[True]]), np.array([[True, True]]))


def test_one_image_and_one_class_are_enough():
    outcomes = image_outcomes(evaluation_data([0], {(0, 0): CORRECT}, [[[0]]], 1))
    assert outcomes.multi_label.within(np.ones((1, 1), dtype=bool)).fraction.tolist() == [[1.0]]
