from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.labeling.drawing import TooFew, draw, ranks

seeds = st.integers(0, 2**63 - 1)


@st.composite
def pools(draw_from):
    """Keys and classes of images of which every class has at least four."""
    sizes = draw_from(st.lists(st.integers(4, 9), min_size=1, max_size=12))
    classes = np.repeat(np.arange(len(sizes)) * 3, sizes)
    order = draw_from(st.permutations(range(len(classes))))
    return [f"image {number}" for number in range(len(classes))], classes[list(order)]


@given(pool=pools(), seed=seeds, each=st.integers(0, 3), more=st.integers(0, 11))
def test_a_balanced_sample_has_as_many_of_each_class_or_one_more(pool, seed, each, more):
    keys, classes = pool
    there = len(np.unique(classes))
    count = each * there + min(more, there - 1)
    drawn = draw(keys, classes, count, seed, balanced=True)
    per_class = np.array([np.sum(classes[drawn] == one) for one in np.unique(classes)])
    assert len(set(drawn.tolist())) == len(drawn) == count
    assert per_class.max() - per_class.min() <= 1


@given(pool=pools(), seed=seeds, balanced=st.booleans())
def test_a_sample_depends_on_the_seed_and_the_keys_not_on_the_order_they_come_in(
    pool, seed, balanced
):
    keys, classes = pool
    count = len(np.unique(classes)) * 2 + 1
    drawn = draw(keys, classes, count, seed, balanced=balanced)
    back = list(range(len(keys)))[::-1]
    again = draw([keys[n] for n in back], classes[back], count, seed, balanced=balanced)
    assert [keys[n] for n in drawn] == [keys[back[n]] for n in again]


@given(st.lists(st.text(), unique=True), seeds)
def test_ranks_are_a_permutation(keys, seed):
    assert sorted(ranks(keys, seed)) == list(range(len(keys)))


def test_these_images_are_drawn_on_every_machine():
    keys = [f"ILSVRC2012_val_{number:08d}" for number in range(1, 41)]
    classes = np.arange(40) % 4
    drawn = draw(keys, classes, 6, 2020, balanced=True)
    assert [keys[n][-2:] for n in drawn] == ["09", "04", "11", "22", "02", "28"]


def test_different_seeds_draw_different_images():
    keys = [f"image {number}" for number in range(1000)]
    classes = np.zeros(1000, int)
    samples = {tuple(draw(keys, classes, 10, seed, balanced=True)) for seed in range(20)}
    assert len(samples) == 20


def test_every_image_is_drawn_equally_often():
    keys = [f"image {number}" for number in range(20)]
    classes = np.repeat([0, 1], 10)
    times = np.zeros(20)
    for seed in range(2000):
        times[draw(keys, classes, 6, seed, balanced=True)] += 1
    # Binomial(2000, 0.3): six standard deviations are 123.
    assert np.abs(times - 600).max() < 123


@pytest.mark.parametrize("balanced", [True, False])
def test_more_than_there_are_cannot_be_drawn(balanced):
    with pytest.raises(TooFew) as error:
        draw(["a", "b"], np.array([0, 1]), 3, 1, balanced=balanced)
    assert (error.value.class_index, error.value.wanted, error.value.there) == (None, 3, 2)


def test_a_class_with_fewer_images_than_its_share_is_named():
    with pytest.raises(TooFew) as error:
        draw(list("abcdefg"), np.array([0, 0, 0, 0, 0, 7, 7]), 6, 1, balanced=True)
    assert (error.value.class_index, error.value.wanted, error.value.there) == (7, 3, 2)


def test_the_extra_image_of_a_class_comes_from_those_that_have_one():
    for seed in range(30):
        drawn = draw(list("abcd"), np.array([0, 1, 1, 2]), 4, seed, balanced=True)
        assert sorted(drawn) == [0, 1, 2, 3]


def test_no_extra_images_are_drawn_if_too_few_classes_have_one():
    with pytest.raises(TooFew) as error:
        draw(list("abcde"), np.array([0, 1, 1, 1, 2]), 5, 1, balanced=True)
    assert (error.value.class_index, error.value.wanted, error.value.there) == (0, 2, 1)
