"""Top-1, top-5 and multi-label accuracy, counted per model and group of classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.bits import count_common, pack
from evaluation.metrics.data import EvaluationData
from evaluation.metrics.outcomes import ImageOutcomes, image_outcomes
from evaluation.metrics.proportion import Proportion


@dataclass(frozen=True, eq=False)
class AccuracyCounts:
    """What `count_accuracies` finds; every array is [n_models, n_groups].

    ``lowest`` and ``highest`` are the ends of the range in which the multi-label accuracy will lie
    once all candidates are judged; n = 0 there means that no outcome gives it a value.
    """

    top1: Proportion
    top5: Proportion
    multi_label: Proportion
    lowest: Proportion
    highest: Proportion


def count_accuracies(data: EvaluationData) -> AccuracyCounts:
    """Top-1, top-5 and multi-label accuracy of every model on every group, as counts.

    An image belongs to a group if its target class does. Raises ValueError if a candidate occurs
    twice.

    - top-1, top-5: the images with a prediction, problematic ones included; correct if the target
      is the first, or among the first five, of the predicted classes.
    - multi-label: the images with a prediction and at least one correct candidate that are not
      problematic; correct if the top-1 class is a correct candidate.
    - lowest, highest: the ends of the range of multi-label accuracies over all ways in which each
      unjudged candidate may turn out correct or not; exact. A top-1 class that is no candidate has
      not been judged either and is treated alike.

    Sources: V. Shankar et al., "Evaluating Machine Accuracy on ImageNet", ICML 2020 (multi-label
    accuracy, problematic images); L. Beyer et al., "Are we done with ImageNet?", 2020 (ReaL: the
    same formula, images without a label left out).

    >>> data = EvaluationData(
    ...     targets=np.array([0, 1, 1]),
    ...     candidate_images=np.array([0, 0, 1, 1, 2]),
    ...     candidate_classes=np.array([0, 2, 1, 0, 1]),
    ...     verdicts=np.array([1, 1, 1, 2, 0]),
    ...     problematic=np.zeros(3, dtype=bool),
    ...     top_k=np.array([[[2, 0], [0, 1], [1, 0]]]),
    ...     groups=np.ones((1, 3), dtype=bool),
    ... )
    >>> counts = count_accuracies(data)
    >>> counts.top1.correct, counts.top1.n
    (array([[1]]), array([[3]]))
    >>> counts.multi_label.correct, counts.multi_label.n
    (array([[1]]), array([[2]]))
    >>> counts.lowest.fraction, counts.highest.fraction.round(3)
    (array([[0.5]]), array([[0.667]]))
    """
    return accuracies_within(image_outcomes(data), data.groups[:, data.targets])


def accuracies_within(outcomes: ImageOutcomes, subsets: NDArray[np.bool_]) -> AccuracyCounts:
    """The same on any subsets of the images, bool [n_subsets, n_images], in the groups' place."""
    masks = pack(subsets & outcomes.unlabelled)
    open_top1 = pack(outcomes.open_top1)
    multi_label = outcomes.multi_label.within(subsets)
    lowest, highest = _attainable(
        multi_label.correct,
        multi_label.n,
        gain=count_common(open_top1 & pack(outcomes.multi_label.counted), pack(subsets)),
        first=count_common(open_top1, masks),
        others=count_common(pack(outcomes.open_other), masks),
    )
    return AccuracyCounts(
        top1=outcomes.top1.within(subsets),
        top5=outcomes.top5.within(subsets),
        multi_label=multi_label,
        lowest=lowest,
        highest=highest,
    )


def _attainable(
    correct: NDArray[np.int64],
    n: NDArray[np.int64],
    gain: NDArray[np.int64],
    first: NDArray[np.int64],
    others: NDArray[np.int64],
) -> tuple[Proportion, Proportion]:
    """The lowest and highest multi-label accuracy that the unjudged candidates leave possible.

    Each image is free of the others, and the denominator moves with those that gain a first
    correct label. So with

        gain   = images with a correct label whose top-1 class is unjudged
        first  = images without a correct label whose top-1 class is unjudged
        others = images without a correct label where a class besides the top-1 is unjudged

    lowest = correct / (n + others): whatever can be wrong is, and an image where only the top-1
    class is open stays out; highest = (correct + gain + first) / (n + first): whatever can be right
    is, and the other images stay out. Where that leaves no image at all, the range is over the
    outcomes that have some: 1 / 1 if only `first` can come in, 0 / 1 if only `others` can.
    """
    only_first = (n + others == 0) & (first > 0)
    only_others = (n + first == 0) & (others > 0)
    return (
        Proportion(np.where(only_first, 1, correct), np.where(only_first, 1, n + others)),
        Proportion(correct + gain + first, np.where(only_others, 1, n + first)),
    )
