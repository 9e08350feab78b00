"""How multi-labels changed, against Python's sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics.changes import Change, label_changes

N = 6
label_sets = st.lists(st.frozensets(st.integers(0, 9), max_size=4), min_size=N, max_size=N)


def pairs(labels: list[frozenset[int]]) -> np.ndarray:
    found = [(image, index) for image, classes in enumerate(labels) for index in classes]
    return np.array(found, np.int64).reshape(-1, 2)


def expected(before: frozenset[int], after: frozenset[int]) -> Change:
    if before == after:
        return Change.UNCHANGED
    if before < after:
        return Change.ADDED
    return Change.REMOVED if before > after else Change.MODIFIED


@given(label_sets, label_sets, st.randoms())
def test_every_image_is_of_the_kind_that_its_sets_of_labels_say(before, after, draw):
    old, new = pairs(before), pairs(after)
    order = draw.sample(range(len(new)), len(new))
    changes = label_changes(old, new[order], N)
    assert [Change(kind) for kind in changes.kinds] == list(map(expected, before, after))
    gained = {(image, index) for image in range(N) for index in after[image] - before[image]}
    lost = {(image, index) for image in range(N) for index in before[image] - after[image]}
    assert set(map(tuple, changes.gained.tolist())) == gained
    assert set(map(tuple, changes.lost.tolist())) == lost
    assert sum(changes.counts().values()) == N


@given(label_sets, label_sets)
def test_backwards_what_was_gained_is_lost(before, after):
    there, back = (label_changes(*two, N) for two in (
        (pairs(before), pairs(after)), (pairs(after), pairs(before))
    ))  # fmt: skip
    assert np.array_equal(there.gained, back.lost)
    assert there.counts()["added"] == back.counts()["removed"]
    assert there.counts()["modified"] == back.counts()["modified"]


@pytest.mark.parametrize("bad", [[[N, 0]], [[-1, 0]], [[0, -1]]])
def test_what_is_no_image_or_class_is_refused(bad):
    empty = np.empty((0, 2), np.int64)
    with pytest.raises(ValueError, match="after"):
        label_changes(empty, np.array(bad), N)
