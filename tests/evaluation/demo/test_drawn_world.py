import numpy as np
import onnxruntime
import pytest

from evaluation.demo.classifiers import SIDE, WHOLE, build, colors, fit_all, gradients
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
    classes, models = fit_all(draw_reference_images(12, seed=5))
    targets = np.array([classes.index(scene.target) for scene in scenes])
    pixels = [np.asarray(scene.image.resize((SIDE, SIDE)), np.uint8)[None] for scene in scenes]
    assert len(models) == 4
    for content in models.values():
        session = onnxruntime.InferenceSession(content)
        scores = np.concatenate([session.run(None, {"image": one})[0] for one in pixels])
        best = np.argsort(-scores, axis=1)[:, :5]
        assert 1 / 24 < (best[:, 0] == targets).mean() < 1
        assert (best == targets[:, None]).any(1).mean() > 5 / 24


@pytest.fixture
def features():
    """What the steps make of an image [SIDE, SIDE, 3], whole."""

    def computed(step, image: np.ndarray) -> np.ndarray:
        session = onnxruntime.InferenceSession(build(WHOLE, [step]))
        return session.run(None, {"image": image[None].astype(np.uint8)})[0][0]

    return computed


def test_colours_are_counted_in_bins_of_a_fifth(features):
    image = np.zeros((SIDE, SIDE, 3))
    image[:, : SIDE // 2] = [255, 0, 0]
    image[:, SIDE // 2 :] = [0, 130, 255]
    found = features(colors, image)
    assert found.shape == (125,)
    assert np.sort(found**2)[-2:].sum() > 0.95  # all but what the border between them mixes
    assert found[4 * 25] ** 2 == pytest.approx(0.5, abs=0.03)
    assert found[2 * 5 + 4] ** 2 == pytest.approx(0.5, abs=0.03)


def test_gradients_of_stripes_lie_across_them(features):
    stripes = 127 * (1 + np.sin(np.arange(SIDE) / 4))
    down = np.broadcast_to(stripes[:, None, None], (SIDE, SIDE, 3))
    found = features(gradients, down).reshape(8, 36).sum(axis=1)
    assert found.argmax() in (3, 4)  # the two directions around straight down
    found = features(gradients, down.swapaxes(0, 1)).reshape(8, 36).sum(axis=1)
    assert found.argmax() in (0, 7)
