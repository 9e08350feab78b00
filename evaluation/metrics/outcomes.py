"""Right or wrong, image by image: the arrays that comparisons of participants run on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.bits import count_common, pack
from evaluation.metrics.data import (
    NO_CANDIDATE,
    EvaluationData,
    Verdict,
    image_labels,
    look_up,
    verdict_tables,
)
from evaluation.metrics.proportion import Proportion


@dataclass(frozen=True, eq=False)
class Outcomes:
    """By one measure: which images count for a participant, and which of these it has right.

    Both bool [n_participants, n_images]. An image that a participant has no prediction for does
    not count for it. Raises ValueError if shapes disagree or an image is right that does not count.
    """

    correct: NDArray[np.bool_]
    counted: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.correct.shape != self.counted.shape or self.correct.ndim != 2:
            shapes = f"{self.correct.shape} and {self.counted.shape}"
            raise ValueError(f"correct and counted must be of one shape [m, n], not {shapes}")
        if np.any(self.correct & ~self.counted):
            raise ValueError("correct: an image is right that does not count")

    def within(self, subsets: NDArray[np.bool_]) -> Proportion:
        """Accuracies on subsets of the images, bool [n_subsets, n_images]."""
        masks = pack(subsets)
        correct, counted = (
            count_common(pack(rows), masks) for rows in (self.correct, self.counted)
        )
        return Proportion(correct, counted)

    def by_class(self, classes: NDArray[np.integer], n_classes: int) -> Proportion:
        """Accuracies on the images of each class: a proportion of [n_participants, n_classes].

        classes: the class of each image, integer [n_images], below n_classes.
        """
        order = np.argsort(classes, kind="stable")
        present, starts = np.unique(classes[order], return_index=True)
        found = np.zeros((2, len(self.correct), n_classes), dtype=np.int64)
        if len(present):
            for counts, rows in zip(found, (self.correct, self.counted), strict=True):
                in_order = rows.take(order, axis=1)
                counts[:, present] = np.add.reduceat(in_order, starts, axis=1, dtype=np.int64)
        return Proportion(*found)


@dataclass(frozen=True, eq=False)
class ImageOutcomes:
    """Outcomes by each measure, and what unjudged candidates leave open.

    What counts and is right is defined at `count_accuracies`. All are bool.

    top1, top5, multi_label  [n_participants, n_images] twice each
    unlabelled  [n_images], not problematic, but without a correct label so far
    open_top1   [n_participants, n_images], the predicted top-1 class is unjudged or no candidate
    open_other  [n_participants, n_images], there is a prediction, and another class is unjudged
    """

    top1: Outcomes
    top5: Outcomes
    multi_label: Outcomes
    unlabelled: NDArray[np.bool_]
    open_top1: NDArray[np.bool_]
    open_other: NDArray[np.bool_]


def image_outcomes(data: EvaluationData) -> ImageOutcomes:
    """The outcomes of every participant on every image.

    Time and memory are linear in images x participants and in candidates. Raises ValueError if a
    candidate occurs twice.
    """
    labels, unjudged = image_labels(data)
    shape = data.top_k.shape[:2]
    predicted, top1, top5, correct, open_top1, open_other = np.empty((6, *shape), dtype=bool)
    ranks = min(5, data.top_k.shape[2])
    for images, table in verdict_tables(data):
        top_k, targets = data.top_k[:, images], data.targets[images]
        first = np.ascontiguousarray(top_k[..., 0])
        verdict = look_up(table, first)
        is_unjudged = verdict == Verdict.UNJUDGED
        one, several = unjudged[images] == 1, unjudged[images] > 1
        predicted[:, images] = known = first >= 0
        top1[:, images] = hit = first == targets
        top5[:, images] = known & _is_among(top_k[..., 1:ranks], targets, hit)
        correct[:, images] = verdict == Verdict.CORRECT
        open_top1[:, images] = known & (is_unjudged | (verdict == NO_CANDIDATE))
        open_other[:, images] = known & (several | (one & ~is_unjudged))
    counted = predicted & ((labels > 0) & ~data.problematic)
    return ImageOutcomes(
        top1=Outcomes(top1, predicted),
        top5=Outcomes(top5, predicted),
        multi_label=Outcomes(correct & counted, counted),
        unlabelled=(labels == 0) & ~data.problematic,
        open_top1=open_top1,
        open_other=open_other,
    )


def top_k_outcomes(top_k: NDArray[np.integer], targets: NDArray[np.integer], k: int) -> Outcomes:
    """Whether the target is among the first k predicted classes.

    top_k and targets as in `EvaluationData`. Raises ValueError unless 1 <= k <= the ranks there are.
    """
    if not 1 <= k <= top_k.shape[2]:
        raise ValueError(f"k must lie between 1 and {top_k.shape[2]}, not {k}")
    counted = top_k[..., 0] >= 0
    return Outcomes(counted & _is_among(top_k[..., :k], targets, np.zeros_like(counted)), counted)


def _is_among(
    ranks: NDArray[np.integer], targets: NDArray[np.integer], before: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether the target is one of these ranks, [n_participants, n_images, k], or was before."""
    found = before.copy()
    for rank in range(ranks.shape[2]):
        found |= ranks[..., rank] == targets
    return found
