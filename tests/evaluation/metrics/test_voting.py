"""The majority of several participants."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from evaluation.metrics.voting import plurality


@given(
    arrays(np.int32, array_shapes(min_dims=2, max_dims=2, max_side=7), elements=st.integers(-1, 3))
)
def test_it_is_the_most_frequent_answer_and_of_several_the_first_given(top1):
    expected = [
        # Counter keeps the order in which things came first.
        max(votes, key=votes.__getitem__) if (votes := Counter(said[said >= 0].tolist())) else -1
        for said in top1.T
    ]
    assert plurality(top1).tolist() == expected


def test_nobody_says_nothing():
    assert plurality(np.zeros((0, 2), np.int32)).tolist() == [-1, -1]
