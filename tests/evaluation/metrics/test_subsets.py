"""What subsets of images are chosen by, against plain loops."""

from collections import Counter
from statistics import median

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evaluation.metrics.data import image_labels
from evaluation.metrics.subsets import agreement, median_seconds
from tests.evaluation.metrics.worlds import CORRECT, UNJUDGED, small_worlds, verdicts_of

times = st.one_of(st.just(float("nan")), st.integers(0, 200).map(float))


@given(arrays(np.float64, st.tuples(st.integers(0, 5), st.integers(0, 4)), elements=times))
def test_the_median_time_is_that_of_the_people_who_labeled_the_image(seconds):
    known = [[t for t in column if not np.isnan(t)] for column in seconds.T.tolist()]
    expected = [median(column) if column else np.nan for column in known]
    np.testing.assert_array_equal(median_seconds(seconds), expected)


@given(
    arrays(np.int32, st.tuples(st.integers(0, 6), st.integers(0, 4)), elements=st.integers(-1, 3))
)
def test_agreement_is_the_share_of_the_most_frequent_class(top1):
    expected = []
    for column in top1.T.tolist():
        classes = [index for index in column if index >= 0]
        most = Counter(classes).most_common(1)
        expected.append(most[0][1] / len(classes) if classes else np.nan)
    np.testing.assert_array_equal(agreement(top1), expected)


@given(small_worlds())
def test_labels_are_counted_per_image(data):
    for counts, kind in zip(image_labels(data), (CORRECT, UNJUDGED), strict=True):
        found = Counter(
            image for (image, _), verdict in verdicts_of(data).items() if verdict == kind
        )
        assert counts.tolist() == [found[i] for i in range(len(data.targets))]


def test_an_image_whose_time_is_not_known_is_in_no_subset_of_fast_or_slow_ones():
    seconds = median_seconds(np.array([[30, 90, np.nan]]))
    assert (seconds <= 60).tolist() == [True, False, False]
    assert (seconds > 60).tolist() == [False, True, False]
