"""The order that learns most first: what a judgment on each candidate would tell."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.models import ReviewRound
from annotation.review import information as module
from annotation.review.information import information
from annotation.review.rounds import open_round
from annotation.review.scope import Scope
from tests.factories import make_dataset, make_taxonomy, predict, predict_with_candidates

INFORMATIVE = ReviewRound.Order.INFORMATIVE


@st.composite
def comparisons(draw):
    """(predicted, accuracies, number of images) of up to 7 models and 12 candidates."""
    models, candidates = draw(st.integers(0, 7)), draw(st.integers(0, 12))
    bits = draw(st.lists(st.booleans(), min_size=models * candidates, max_size=models * candidates))
    accuracies = draw(st.lists(st.floats(0, 1), min_size=models, max_size=models))
    predicted = np.array(bits, bool).reshape(models, candidates)
    return predicted, np.array(accuracies, float), draw(st.integers(1, 50_000))


def by_pairs(predicted, accuracies, images) -> list[float]:
    """The same, pair by pair, as the docstring says it."""
    pairs = [(a, b) for a in range(len(accuracies)) for b in range(a)]
    weights = {(a, b): 1 / (abs(accuracies[a] - accuracies[b]) + 1 / images) for a, b in pairs}
    total = sum(weights.values())
    return [
        sum(weights[a, b] for a, b in pairs if column[a] != column[b]) / total if total else 0
        for column in predicted.T
    ]


def test_the_example_in_the_docstring_holds():
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0


def test_three_models_by_hand():
    """w is 1 / (0.1 + 0.1) = 5, 1 / (0.3 + 0.1) = 5/2 and 1 / (0.2 + 0.1) = 10/3: 65/6 in all."""
    only_a, only_b, only_c, a_and_b = [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]
    predicted = np.array([only_a, only_b, only_c, a_and_b], bool).T
    told = information(predicted, np.array([0.5, 0.6, 0.8]), n_images=10)
    assert told == pytest.approx([9 / 13, 10 / 13, 7 / 13, 7 / 13])


def test_two_models_that_are_close_weigh_more_than_two_that_are_far_apart():
    close, apart = [1, 0, 0], [0, 0, 1]
    told = information(np.array([close, apart], bool).T, np.array([0.70, 0.71, 0.9]), 1000)
    assert told[0] > told[1]


@settings(deadline=None)
@given(comparisons())
def test_every_pair_of_models_that_differs_is_counted_once(world):
    assert information(*world) == pytest.approx(by_pairs(*world), abs=1e-12)


@settings(deadline=None)
@given(comparisons(), st.randoms())
def test_the_order_of_models_changes_nothing(world, draw):
    predicted, accuracies, images = world
    order = list(range(len(accuracies)))
    draw.shuffle(order)
    shuffled = information(predicted[order], accuracies[order], images)
    assert shuffled == pytest.approx(information(*world), abs=1e-12)


@settings(deadline=None)
@given(comparisons())
def test_what_all_or_none_predicted_tells_nothing_and_nothing_tells_more_than_everything(world):
    predicted, accuracies, images = world
    told = information(predicted, accuracies, images)
    same = predicted.all(axis=0) | ~predicted.any(axis=0)
    assert (told[same] == 0).all()
    assert ((told >= 0) & (told <= 1)).all()
    if len(accuracies) > 1:
        assert (told[~same] > 0).all()


@settings(deadline=None)
@given(comparisons())
def test_it_is_the_same_to_have_predicted_a_class_alone_and_to_be_the_only_one_who_did_not(world):
    predicted, accuracies, images = world
    told = information(~predicted, accuracies, images)
    assert told == pytest.approx(information(*world), abs=1e-12)


def test_more_candidates_than_are_computed_at_once_are_all_told_of():
    draw = np.random.default_rng(1)
    predicted = draw.random((4, 2 * module.AT_ONCE + 7)) < 0.5
    accuracies = draw.random(4)
    told = information(predicted, accuracies, 1000)
    place = draw.permutation(predicted.shape[1])[:500]
    assert told[place] == pytest.approx(by_pairs(predicted[:, place], accuracies, 1000), abs=1e-12)


@pytest.fixture
def dataset(db):
    """Four images of class 0, 1, 2, 3, of which three models say:

    image  a  b  c
        0  0  0  0    all right
        1  1  1  5    c differs
        2  2  6  2    b differs
        3  7  3  3    a differs
    Each is right on three of four: the pairs weigh alike, a third each.
    """
    made = make_dataset(make_taxonomy(), 4, per_image=1)
    predict_with_candidates("a", made, [0, 1, 2, 7])
    predict_with_candidates("b", made, [0, 1, 6, 3])
    predict_with_candidates("c", made, [0, 5, 2, 3])
    return made


def keys(current: ReviewRound) -> list[str]:
    return list(current.items.order_by("position").values_list("image__key", flat=True))


def test_images_on_which_models_differ_come_before_those_on_which_they_agree(dataset):
    current = open_round("r", [dataset], 1, order=INFORMATIVE)
    assert keys(current)[-1] == "set-00000"


def test_what_tells_equally_much_comes_in_an_order_drawn_with_the_seed(dataset):
    orders = {
        seed: keys(open_round(f"seed {seed}", [dataset], seed, order=INFORMATIVE))
        for seed in range(8)
    }
    assert len({tuple(order) for order in orders.values()}) > 1
    assert keys(open_round("again", [dataset], 3, order=INFORMATIVE)) == orders[3]


def test_an_image_that_separates_close_models_comes_before_one_that_separates_distant_ones(db):
    taxonomy = make_taxonomy()
    dataset = make_dataset(taxonomy, 10, per_image=1)
    right = list(range(10))
    wrong = [9, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    predict_with_candidates("good", dataset, right)
    predict_with_candidates("nearly", dataset, [wrong[0], *right[1:]])
    predict_with_candidates("bad", dataset, [*right[:3], *wrong[3:]])
    current = open_round("r", [dataset], 1, order=INFORMATIVE)
    assert keys(current)[0] == "set-00000"
    assert set(keys(current)[-2:]) == {"set-00001", "set-00002"}


def test_by_class_the_classes_that_tell_most_come_first(dataset):
    current = open_round("r", [dataset], 1, order=INFORMATIVE, unit="class")
    classes = list(current.items.order_by("position").values_list("class_index", flat=True))
    assert classes[-1] == 0
    assert set(classes) == {0, 1, 2, 3, 5, 6, 7}


def test_without_predictions_nothing_is_told_and_the_seed_decides(db):
    dataset = make_dataset(make_taxonomy(), 6)
    informative = open_round("i", [dataset], 1, order=INFORMATIVE)
    random = open_round("r", [dataset], 1, scope=Scope(which="all"), order="random")
    assert keys(informative) == keys(random)


def test_a_model_without_predictions_for_the_dataset_takes_no_part(dataset):
    before = keys(open_round("before", [dataset], 5, order=INFORMATIVE))
    other = make_dataset(dataset.taxonomy, 3, name="other")
    predict_with_candidates("d", other, [1, 1, 1])
    predict("e", dataset, [[-1]] * 4)
    assert keys(open_round("after", [dataset], 5, order=INFORMATIVE)) == before
