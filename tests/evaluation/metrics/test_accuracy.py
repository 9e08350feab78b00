"""Top-1, top-5 and multi-label accuracy, against plain loops and all possible verdicts."""

from fractions import Fraction
from itertools import product
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from evaluation.metrics import EvaluationData, Proportion, count_accuracies, data
from tests.evaluation.metrics.worlds import (
    CORRECT,
    INCORRECT,
    UNCLEAR,
    UNJUDGED,
    evaluation_data,
    images_of,
    small_worlds,
    verdicts_of,
)


def multi_label(verdicts, top1, problematic=None):
    """(accuracy, lowest, highest) of one model on images whose target is class 0."""
    top_k = np.array(top1)[None, :, None]
    data = evaluation_data([0] * len(top1), verdicts, top_k, 4, problematic)
    counts = count_accuracies(data)
    return tuple(fraction(p) for p in (counts.multi_label, counts.lowest, counts.highest))


def fraction(proportion, model=0, group=0):
    n = int(proportion.n[model, group])
    return Fraction(int(proportion.correct[model, group]), n) if n else None


class TestSingleLabelAccuracy:
    def test_top1_counts_first_ranks_and_top5_the_first_five(self):
        top_k = [[[3, 1, 2, 4, 5, 6]], [[1, 2, 3, 4, 5, 6]], [[6, 5, 4, 3, 2, 1]]]
        counts = count_accuracies(evaluation_data([1], {}, top_k, 7))
        assert counts.top1.correct.tolist() == [[0], [1], [0]]
        assert counts.top5.correct.tolist() == [[1], [1], [0]]

    def test_images_without_a_prediction_do_not_count(self):
        counts = count_accuracies(evaluation_data([0, 0, 1], {}, [[[0], [-1], [0]]], 2))
        assert (counts.top1.correct, counts.top1.n) == (1, 2)

    def test_a_missing_rank_is_no_class(self):
        counts = count_accuracies(evaluation_data([2, 2], {}, [[[0, -1, -1], [1, -1, 2]]], 3))
        assert (counts.top5.correct, counts.top5.n) == (1, 2)

    def test_problematic_images_count(self):
        counts = count_accuracies(evaluation_data([0, 1], {}, [[[0], [0]]], 2, [True, True]))
        assert (counts.top1.correct, counts.top1.n) == (1, 2)

    def test_an_image_is_in_the_groups_of_its_target(self):
        groups = [[True, True, False], [False, True, True], [False, False, False]]
        counts = count_accuracies(
            evaluation_data([0, 1, 2], {}, [[[0], [1], [0]]], 3, groups=groups)
        )
        assert counts.top1.n.tolist() == [[2, 2, 0]]
        assert counts.top1.correct.tolist() == [[2, 1, 0]]


class TestMultiLabelAccuracy:
    def test_any_correct_label_will_do_and_the_target_need_not(self):
        verdicts = {(0, 1): CORRECT, (0, 2): CORRECT, (0, 0): INCORRECT}
        assert multi_label(verdicts, [2])[0] == 1
        assert multi_label(verdicts, [0])[0] == 0

    def test_unclear_is_not_correct(self):
        assert multi_label({(0, 0): CORRECT, (0, 1): UNCLEAR}, [1])[0] == 0

    def test_images_without_a_correct_label_stay_out(self):
        assert multi_label({(0, 0): CORRECT, (1, 0): INCORRECT}, [0, 0])[0] == 1
        assert multi_label({(0, 0): UNCLEAR, (0, 1): UNJUDGED}, [0])[0] is None

    def test_problematic_images_stay_out(self):
        verdicts = {(0, 0): CORRECT, (0, 1): INCORRECT, (1, 0): CORRECT}
        assert multi_label(verdicts, [1, 0], [True, False])[0] == 1

    def test_images_without_a_prediction_stay_out(self):
        assert multi_label({(0, 0): CORRECT, (1, 0): CORRECT}, [0, -1])[0] == 1


class TestAttainableRange:
    def test_once_all_is_judged_it_is_the_accuracy_itself(self):
        verdicts = {(0, 0): CORRECT, (1, 0): CORRECT, (1, 1): INCORRECT}
        assert multi_label(verdicts, [0, 1]) == (Fraction(1, 2),) * 3

    def test_an_open_top1_class_may_become_right(self):
        assert multi_label({(0, 0): CORRECT, (0, 1): UNJUDGED}, [1]) == (0, 0, 1)

    def test_another_open_class_lets_an_image_in_that_counts_against_the_model(self):
        verdicts = {(0, 0): CORRECT, (1, 0): INCORRECT, (1, 1): UNJUDGED}
        assert multi_label(verdicts, [0, 0]) == (1, Fraction(1, 2), 1)

    def test_an_image_with_one_open_class_alone_can_only_come_in_as_correct(self):
        assert multi_label({(0, 0): UNJUDGED}, [0]) == (None, 1, 1)

    def test_an_image_whose_top1_class_is_wrong_can_only_come_in_as_incorrect(self):
        assert multi_label({(0, 0): INCORRECT, (0, 1): UNJUDGED}, [0]) == (None, 0, 0)

    def test_with_two_open_classes_anything_is_possible(self):
        assert multi_label({(0, 0): UNJUDGED, (0, 1): UNJUDGED}, [0]) == (None, 0, 1)

    def test_there_is_none_when_no_image_can_get_a_label(self):
        assert multi_label({(0, 0): INCORRECT, (0, 1): UNCLEAR}, [0]) == (None,) * 3

    def test_a_top1_class_that_is_no_candidate_is_open(self):
        assert multi_label({(0, 0): CORRECT}, [1]) == (0, 0, 1)
        assert multi_label({(0, 0): UNJUDGED}, [1]) == (None, 0, 1)

    def test_problematic_and_unpredicted_images_have_no_part_in_it(self):
        verdicts = {(0, 0): CORRECT, (1, 0): UNJUDGED, (1, 1): UNJUDGED, (2, 0): UNJUDGED}
        assert multi_label(verdicts, [0, 0, -1], [False, True, False]) == (1, 1, 1)


def naive_multi_label(top1, images, correct_pairs):
    """(correct, n) by the definition."""
    n = [i for i in images if any(image == i for image, _ in correct_pairs)]
    return sum((i, top1[i]) in correct_pairs for i in n), len(n)


def naive_range(top1, images, verdicts):
    """The lowest and highest accuracy over all outcomes that have one."""
    pairs = {(i, top1[i]): UNJUDGED for i in images} | verdicts
    settled = {pair for pair, verdict in pairs.items() if verdict == CORRECT}
    unjudged = [pair for pair, verdict in pairs.items() if verdict == UNJUDGED]
    outcomes = []
    for choice in product([False, True], repeat=len(unjudged)):
        right = {pair for pair, yes in zip(unjudged, choice, strict=True) if yes}
        correct, n = naive_multi_label(top1, images, settled | right)
        if n:
            outcomes.append(Fraction(correct, n))
    return (min(outcomes), max(outcomes)) if outcomes else (None, None)


def cells(data):
    return product(range(len(data.top_k)), range(len(data.groups)))


@settings(deadline=None)
@given(small_worlds(max_images=6), st.sampled_from([1, 9, 1 << 20]))
def test_counts_are_those_of_plain_loops_however_the_images_are_cut(world, table_bytes):
    with patch.object(data, "TABLE_BYTES", table_bytes):
        counts = count_accuracies(world)
    correct_pairs = {pair for pair, v in verdicts_of(world).items() if v == CORRECT}
    for model, group in cells(world):
        images, top_k = images_of(world, model, group), world.top_k[model].tolist()
        at = model, group
        assert counts.top1.n[at] == counts.top5.n[at] == len(images)
        assert counts.top1.correct[at] == sum(top_k[i][0] == world.targets[i] for i in images)
        assert counts.top5.correct[at] == sum(world.targets[i] in top_k[i][:5] for i in images)
        fit = [i for i in images if not world.problematic[i]]
        expected = naive_multi_label([ranks[0] for ranks in top_k], fit, correct_pairs)
        assert (counts.multi_label.correct[at], counts.multi_label.n[at]) == expected


@settings(max_examples=100, deadline=None)
@given(small_worlds())
def test_range_is_that_of_all_possible_outcomes(data):
    counts = count_accuracies(data)
    for model, group in cells(data):
        top1 = data.top_k[model, :, 0].tolist()
        fit = [i for i in images_of(data, model, group) if not data.problematic[i]]
        lowest, highest = naive_range(top1, fit, verdicts_of(data))
        event(f"n = 0: {not counts.multi_label.n[model, group]}, range: {lowest is not None}")
        assert fraction(counts.lowest, model, group) == lowest
        assert fraction(counts.highest, model, group) == highest


def test_counts_are_int64_per_model_and_group():
    data = evaluation_data(
        [0, 1], {(0, 0): CORRECT}, np.zeros((3, 2, 1)), 2, groups=[[True] * 2] * 4
    )
    for proportion in vars(count_accuracies(data)).values():
        assert proportion.n.dtype == proportion.correct.dtype == np.int64
        assert proportion.n.shape == proportion.correct.shape == (3, 4)


@pytest.mark.parametrize(("n_models", "n_images"), [(0, 3), (2, 0)])
def test_nothing_to_count_gives_zeros(n_models, n_images):
    data = evaluation_data([0] * n_images, {}, np.zeros((n_models, n_images, 5)), 2)
    assert count_accuracies(data).top1.n.tolist() == [[0]] * n_models


def test_a_proportion_of_no_images_has_neither_value_nor_interval():
    proportion = Proportion(np.array([[0, 3]]), np.array([[0, 4]]))
    low, high = proportion.interval()
    np.testing.assert_array_equal(proportion.fraction, [[np.nan, 0.75]])
    np.testing.assert_allclose(low, [[np.nan, 0.19412]], atol=5e-6)
    np.testing.assert_allclose(high, [[np.nan, 0.99369]], atol=5e-6)


class TestBadInput:
    good = {
        "targets": [0, 1],
        "verdicts": {(0, 0): CORRECT},
        "top_k": [[[0], [1]]],
        "n_classes": 2,
    }

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"targets": [0, 2]}, r"targets\[1\]: 2 is not in 0..1"),
            ({"targets": [0, -1]}, r"targets\[1\]: -1 is not in 0..1"),
            ({"verdicts": {(2, 0): CORRECT}}, r"candidate_images\[0\]: 2 is not in 0..1"),
            ({"verdicts": {(0, 2): CORRECT}}, r"candidate_classes\[0\]: 2 is not in 0..1"),
            ({"verdicts": {(0, 0): 4}}, r"verdicts\[0\]: 4 is not in 0..3"),
            ({"top_k": [[[0], [2]]]}, r"top_k\[0, 1, 0\]: 2 is not in -1..1"),
            ({"top_k": [[[0], [-2]]]}, r"top_k\[0, 1, 0\]: -2 is not in -1..1"),
            ({"top_k": [[[0]]]}, r"top_k: shape \(1, 1, 1\), expected \(1, 2, 1\)"),
            ({"top_k": [[[], []]]}, r"top_k: shape \(1, 2, 0\), expected \(1, 2, 1\)"),
            ({"problematic": [False]}, r"problematic: shape \(1,\), expected \(2,\)"),
        ],
    )
    def test_is_refused_by_name_place_and_reason(self, change, message):
        with pytest.raises(ValueError, match=message):
            evaluation_data(**self.good | change)

    def test_a_candidate_that_occurs_twice_is_refused(self):
        twice = np.array([1, 1], dtype=np.int32)
        data = EvaluationData(
            targets=np.array([0, 0], dtype=np.int32),
            candidate_images=twice,
            candidate_classes=twice,
            verdicts=np.array([CORRECT, INCORRECT], dtype=np.uint8),
            problematic=np.zeros(2, dtype=bool),
            top_k=np.zeros((1, 2, 1), dtype=np.int32),
            groups=np.ones((1, 2), dtype=bool),
        )
        with pytest.raises(ValueError, match=r"\(image 1, class 1\) occurs twice"):
            count_accuracies(data)
