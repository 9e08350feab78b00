"""Little worlds of labels and predictions, and what plain Python reads from them."""

from itertools import product

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evaluation.metrics import EvaluationData, Verdict

CORRECT, INCORRECT, UNCLEAR = Verdict.CORRECT, Verdict.INCORRECT, Verdict.UNCLEAR
UNJUDGED = Verdict.UNJUDGED


def evaluation_data(targets, verdicts, top_k, n_classes, problematic=None, groups=None):
    """`verdicts` maps (image, class) to a verdict; the default group is all classes."""
    pairs = np.array(list(verdicts), dtype=np.int32).reshape(-1, 2)
    return EvaluationData(
        targets=np.array(targets, dtype=np.int32),
        candidate_images=pairs[:, 0],
        candidate_classes=pairs[:, 1],
        verdicts=np.array(list(verdicts.values()), dtype=np.uint8),
        problematic=np.array(problematic or [False] * len(targets), dtype=bool),
        top_k=np.array(top_k, dtype=np.int32),
        groups=np.ones((1, n_classes), dtype=bool) if groups is None else np.array(groups),
    )


@st.composite
def small_worlds(draw, max_images=4, max_open=6):
    """A dataset small enough to enumerate all outcomes: at most `max_open` unjudged candidates."""
    n_images, n_classes = draw(st.integers(1, max_images)), draw(st.integers(1, 4))
    n_models, n_groups, k = (
        draw(st.integers(1, 3)),
        draw(st.integers(1, 2)),
        draw(st.integers(1, 6)),
    )
    return evaluation_data(
        draw(st.lists(st.integers(0, n_classes - 1), min_size=n_images, max_size=n_images)),
        draw(small_verdicts(n_images, n_classes, max_open)),
        draw(arrays(np.int32, (n_models, n_images, k), elements=st.integers(-1, n_classes - 1))),
        n_classes,
        draw(st.lists(st.sampled_from([0, 0, 0, 1]), min_size=n_images, max_size=n_images)),
        draw(arrays(bool, (n_groups, n_classes), elements=st.sampled_from([True, True, False]))),
    )


@st.composite
def small_verdicts(draw, n_images, n_classes, max_open):
    """Verdicts of some (image, class) pairs, in any order; None stands for no candidate."""
    pairs = draw(st.permutations(list(product(range(n_images), range(n_classes)))))
    kinds = st.sampled_from([None, INCORRECT, UNCLEAR, CORRECT, UNJUDGED, UNJUDGED])
    drawn = draw(st.lists(kinds, min_size=len(pairs), max_size=len(pairs)))
    verdicts = {p: v for p, v in zip(pairs, drawn, strict=True) if v is not None}
    for pair in [p for p, v in verdicts.items() if v == UNJUDGED][max_open:]:
        verdicts[pair] = INCORRECT
    return verdicts


def images_of(data, model, group):
    """The rows of a group's images that the model has a prediction for."""
    return [
        image
        for image, target in enumerate(data.targets)
        if data.groups[group, target] and data.top_k[model, image, 0] != -1
    ]


def verdicts_of(data):
    keys = zip(data.candidate_images.tolist(), data.candidate_classes.tolist(), strict=True)
    return dict(zip(keys, data.verdicts.tolist(), strict=True))
