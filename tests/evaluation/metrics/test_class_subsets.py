"""Subsets of classes against random ones, against plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evaluation.metrics import Proportion
from evaluation.metrics.class_subsets import draw_class_subsets, subset_change

C = 6


@st.composite
def classes(draw):
    """(accuracies by class of 2 participants, those of another measure or None, a subset)."""
    n = arrays(np.int64, (2, C), elements=st.integers(0, 3))

    def proportion():
        total = draw(n)
        return Proportion(np.minimum(draw(n), total), total)

    minus = proportion() if draw(st.booleans()) else None
    return proportion(), minus, draw(arrays(bool, C))


def value(by_class, minus, i, subset):
    terms = []
    for term in (by_class, minus):
        if term is not None:
            n = term.n[i][subset].sum()
            terms.append(term.correct[i][subset].sum() / n if n else np.nan)
    return terms[0] - terms[1] if len(terms) == 2 else terms[0]


@settings(deadline=None)
@given(classes(), st.integers(0, 99))
def test_changes_and_p_values_are_those_of_plain_loops(world, seed):
    by_class, minus, subset = world
    drawn = draw_class_subsets(np.ones(C, dtype=bool), int(subset.sum()), 30, seed)
    found = subset_change(by_class, subset, drawn, minus, confidence=0.8)
    for i in range(2):
        observed = value(by_class, minus, i, subset)
        np.testing.assert_array_equal(found.subset[i], observed)
        np.testing.assert_array_equal(found.all[i], value(by_class, minus, i, np.ones(C, bool)))
        chance = [value(by_class, minus, i, one) for one in drawn]
        chance = [one for one in chance if not np.isnan(one)]
        if np.isnan(observed) or not chance:
            assert np.isnan([found.p[i], found.low[i], found.high[i]]).all()
            continue
        below = sum(one <= observed for one in chance)
        above = sum(one >= observed for one in chance)
        assert found.p[i] == min(1, 2 * (1 + min(below, above)) / (1 + len(chance)))
        expected = np.quantile(chance, [0.1, 0.9])
        np.testing.assert_allclose([found.low[i], found.high[i]], expected, atol=1e-15)


@settings(deadline=None)
@given(arrays(bool, 9), st.data(), st.integers(0, 5))
def test_subsets_have_the_size_and_only_available_classes(available, data, seed):
    size = data.draw(st.integers(0, int(available.sum())))
    subsets = draw_class_subsets(available, size, 20, seed)
    assert subsets.shape == (20, 9)
    assert set(subsets.sum(axis=1)) == {size}
    assert not subsets[:, ~available].any()


def test_all_subsets_are_equally_likely():
    subsets = draw_class_subsets(np.ones(5, dtype=bool), 2, draws=10_000)
    _, counts = np.unique(subsets @ (1 << np.arange(5)), return_counts=True)
    assert len(counts) == 10
    assert np.all(abs(counts - 1000) < 4 * np.sqrt(900))


def test_the_same_seed_gives_the_same_subsets_and_another_one_others():
    available = np.ones(1000, dtype=bool)
    first, again, other = (draw_class_subsets(available, 882, 10, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def change_of(by_class, subset, draws=1000):
    return subset_change(
        by_class, subset, draw_class_subsets(np.ones_like(subset), int(subset.sum()), draws)
    )


def world_of(truth, images=50, participants=3):
    n = np.full((participants, len(truth)), images)
    return Proportion(np.random.default_rng(7).binomial(n, truth), n)


def test_leaving_out_harder_classes_is_more_than_chance():
    dogs = np.arange(1000) < 118
    truth = np.where(dogs, 0.7, 0.8) + np.random.default_rng(1).uniform(-0.15, 0.15, 1000)
    found = change_of(world_of(truth), ~dogs)
    assert np.all(found.change > 0.008)
    assert np.all(found.subset > found.high)
    assert found.p.tolist() == [2 / 1001] * 3


def test_leaving_out_any_classes_is_chance():
    truth = np.random.default_rng(2).uniform(0.5, 1, 300)
    by_class = world_of(truth, participants=1)
    subsets = draw_class_subsets(np.ones(300, dtype=bool), 200, draws=200, seed=12)
    p = [change_of(by_class, subset, draws=199).p[0] for subset in subsets]
    assert 0.4 < np.mean(p) < 0.6
    assert np.mean(np.array(p) <= 0.05) < 0.11


def test_all_classes_change_nothing():
    found = change_of(world_of(np.full(9, 0.5)), np.ones(9, dtype=bool), draws=10)
    assert np.all(found.change == 0)
    assert np.all(found.p == 1)


def test_an_empty_subset_has_no_value():
    found = change_of(world_of(np.full(9, 0.5)), np.zeros(9, dtype=bool), draws=10)
    assert np.isnan([found.subset, found.low, found.high, found.p]).all()
    assert not np.isnan(found.all).any()


def test_more_classes_than_there_are_cannot_be_drawn():
    with pytest.raises(ValueError, match="cannot draw 3 classes from the 2 that there are"):
        draw_class_subsets(np.array([True, False, True]), 3)


def test_classes_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="do not fit together"):
        change_of(world_of(np.full(9, 0.5)), np.ones(8, dtype=bool))


def test_drawn_subsets_of_another_size_are_refused():
    drawn = draw_class_subsets(np.ones(9, dtype=bool), 3, draws=5)
    with pytest.raises(ValueError, match="drawn subsets must have 2 classes"):
        subset_change(world_of(np.full(9, 0.5)), np.arange(9) < 2, drawn)
