import numpy as np
import pytest

from evaluation.demo.classifiers import fit_all, top_k
from evaluation.demo.drawings import DRAWINGS
from evaluation.demo.scenes import draw_reference_images, draw_scenes


@pytest.fixture(scope="module")
def scenes():
    return list(draw_scenes(48, seed=5))


@pytest.mark.parametrize("wnid", DRAWINGS)
def test_a_drawing_is_an_object_on_nothing_and_the_same_for_the_same_seed(wnid):
    first, again, other = (DRAWINGS[wnid](96, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.size == (96, 96)
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
    covered = (np.asarray(first.getchannel("A")) > 128).mean()
    assert 0.08 < covered < 0.95


def test_scenes_are_the_same_for_the_same_seed(scenes):
    again = list(draw_scenes(48, seed=5))
    assert [scene.image.tobytes() for scene in scenes] == [scene.image.tobytes() for scene in again]
    assert scenes[0].image.tobytes() != next(draw_scenes(48, seed=6)).image.tobytes()


def test_every_class_is_the_target_equally_often_and_most_scenes_hold_more(scenes):
    targets = [scene.target for scene in scenes]
    assert sorted(targets) == sorted([*DRAWINGS, *DRAWINGS])
    assert all(scene.target in scene.contents for scene in scenes)
    assert all(len(set(scene.contents)) == len(scene.contents) for scene in scenes)
    assert 0.6 < np.mean([len(scene.contents) > 1 for scene in scenes]) < 1


def test_classifiers_learn_more_than_chance_and_are_not_perfect(scenes):
    classes, classifiers = fit_all(draw_reference_images(12, seed=5))
    targets = np.array([classes.index(scene.target) for scene in scenes])
    assert len({classifier.name for classifier in classifiers}) == 4
    for classifier in classifiers:
        top = top_k(classifier.scores([scene.image for scene in scenes]), 5)
        assert top.shape == (48, 5)
        assert 1 / 24 < (top[:, 0] == targets).mean() < 1
        assert (top == targets[:, None]).any(1).mean() > 5 / 24


def test_top_k_lists_the_highest_scores_first():
    scores = np.array([[0.1, 0.5, 0.4], [0.3, 0.3, 0.9]])
    assert top_k(scores, 2).tolist() == [[1, 2], [2, 0]]
