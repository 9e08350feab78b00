"""Accuracies kept while verdicts change are those computed anew."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics import Verdict, count_accuracies
from evaluation.metrics.kept import KeptAccuracies
from evaluation.metrics.outcomes import image_outcomes
from tests.evaluation.metrics.worlds import CORRECT, evaluation_data, small_worlds, verdicts_of


def with_labels(data, verdicts, problematic):
    pairs = np.array(list(verdicts), dtype=np.int32).reshape(-1, 2)
    return replace(
        data,
        candidate_images=pairs[:, 0],
        candidate_classes=pairs[:, 1],
        verdicts=np.array(list(verdicts.values()), dtype=np.uint8),
        problematic=np.array(problematic),
    )


@settings(deadline=None)
@given(small_worlds(), st.data())
def test_after_every_change_all_is_as_if_computed_anew(data, draw):
    kept, verdicts, problematic = KeptAccuracies(data), verdicts_of(data), data.problematic.tolist()
    for _ in range(draw.draw(st.integers(1, 6))):
        image = draw.draw(st.integers(0, len(data.targets) - 1))
        if draw.draw(st.booleans()):
            pair = image, draw.draw(st.integers(0, data.groups.shape[1] - 1))
            verdicts[pair] = draw.draw(st.sampled_from(Verdict))
            kept.judge(*pair, verdicts[pair])
        else:
            problematic[image] = not problematic[image]
            kept.mark_problematic(image, problematic[image])
        anew = with_labels(data, verdicts, problematic)
        expected, outcomes = count_accuracies(anew).multi_label, image_outcomes(anew).multi_label
        np.testing.assert_array_equal(kept.accuracy.correct, expected.correct)
        np.testing.assert_array_equal(kept.accuracy.n, expected.n)
        np.testing.assert_array_equal(kept.outcomes.correct, outcomes.correct)
        np.testing.assert_array_equal(kept.outcomes.counted, outcomes.counted)


def test_what_was_given_stays_as_it_was():
    data = evaluation_data([0], {(0, 0): CORRECT}, [[[0]]], 2)
    kept = KeptAccuracies(data)
    kept.judge(0, 0, Verdict.INCORRECT)
    kept.mark_problematic(0)
    assert data.verdicts.tolist() == [CORRECT]
    assert data.problematic.tolist() == [False]


@pytest.mark.parametrize(("image", "index"), [(1, 0), (-1, 0), (0, 2), (0, -1)])
def test_an_image_or_class_that_is_not_there_is_refused(image, index):
    kept = KeptAccuracies(evaluation_data([0], {(0, 0): CORRECT}, [[[0]]], 2))
    with pytest.raises(ValueError, match="is not in 0"):
        kept.judge(image, index, CORRECT)
