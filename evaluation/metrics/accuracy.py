"""Top-1, top-5 and multi-label accuracy, counted per model and group of classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.intervals import clopper_pearson


class Verdict(IntEnum):
    """What is held of a candidate, an (image, class) pair."""

    UNJUDGED = 0
    CORRECT = 1
    INCORRECT = 2
    UNCLEAR = 3


# Verdicts are looked up in a dense table of (image, class), made for so many bytes of images at a
# time: small enough for the processor's cache, and memory does not grow with the dataset.
TABLE_BYTES = 2 << 20
NO_CANDIDATE = 255


@dataclass(frozen=True, eq=False)
class EvaluationData:
    """One dataset's labels, its models' predictions and the groups of classes to report.

    A candidate's image is a row of the dataset; classes are indices below ``n_classes``; a
    candidate occurs once. Candidates come in any order. Raises ValueError, naming array and place,
    where shapes disagree or a value is out of range.

    targets            int32 [n_images], the single label each image came with
    candidate_images   int32 [n_candidates]
    candidate_classes  int32 [n_candidates]
    verdicts           uint8 [n_candidates], a `Verdict` each
    problematic        bool [n_images], left out of multi-label accuracy
    top_k              int32 [n_models, n_images, k], best first, k >= 1; -1 = no prediction at this
                       rank, and first at rank 1 = no prediction for this image
    groups             bool [n_groups, n_classes], True where a class belongs to a group
    """

    targets: NDArray[np.int32]
    candidate_images: NDArray[np.int32]
    candidate_classes: NDArray[np.int32]
    verdicts: NDArray[np.uint8]
    problematic: NDArray[np.bool_]
    top_k: NDArray[np.int32]
    groups: NDArray[np.bool_]

    def __post_init__(self) -> None:
        _check_shapes(self)
        n_images, n_classes = len(self.targets), self.groups.shape[1]
        _check_range("targets", self.targets, 0, n_classes)
        _check_range("candidate_images", self.candidate_images, 0, n_images)
        _check_range("candidate_classes", self.candidate_classes, 0, n_classes)
        _check_range("verdicts", self.verdicts, 0, len(Verdict))
        _check_range("top_k", self.top_k, -1, n_classes)


@dataclass(frozen=True, eq=False)
class Proportion:
    """Counts of correct images among ``n``, both int64 [n_models, n_groups]."""

    correct: NDArray[np.int64]
    n: NDArray[np.int64]

    @property
    def fraction(self) -> NDArray[np.float64]:
        """correct / n, float64, nan where n is 0."""
        return np.where(self.n > 0, self.correct / np.maximum(self.n, 1), np.nan)

    def interval(self, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The Clopper-Pearson bounds (low, high), float64, nan where n is 0."""
        return clopper_pearson(self.correct, self.n, confidence)


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

    Time and memory are linear in images x models and in candidates.

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
    n_groups = len(data.groups)
    has_correct, unjudged = _image_labels(data)
    total = np.zeros((8, len(data.top_k), n_groups), dtype=np.int64)
    for images, table in _verdict_tables(data):
        total += _count_images(data, images, table, has_correct[images], unjudged[images])
    predicted, top1, top5, n, correct, gain, first, others = total
    lowest, highest = _attainable(correct, n, gain, first, others)
    return AccuracyCounts(
        top1=Proportion(top1, predicted),
        top5=Proportion(top5, predicted),
        multi_label=Proportion(correct, n),
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


def _image_labels(data: EvaluationData) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Whether each image has a correct label, and how many of its candidates are unjudged."""
    n_images = len(data.targets)
    correct = data.candidate_images[data.verdicts == Verdict.CORRECT]
    unjudged = data.candidate_images[data.verdicts == Verdict.UNJUDGED]
    return (
        np.bincount(correct, minlength=n_images) > 0,
        np.bincount(unjudged, minlength=n_images),
    )


def _verdict_tables(data: EvaluationData) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
    """Slices of the images, each with its verdicts as uint8 [n_images of the slice, n_classes]."""
    n_images, n_classes = len(data.targets), data.groups.shape[1]
    keys = data.candidate_images.astype(np.int64) * n_classes + data.candidate_classes
    # The stable sort is linear where candidates come in order, as from a database.
    order = np.argsort(keys, kind="stable")
    keys, verdicts = keys[order], data.verdicts[order]
    _check_distinct(keys, n_classes)
    step = max(1, TABLE_BYTES // n_classes) if n_classes else 1
    for start in range(0, n_images, step):
        stop = min(start + step, n_images)
        table = np.full((stop - start, n_classes), NO_CANDIDATE, dtype=np.uint8)
        low, high = np.searchsorted(keys, [start * n_classes, stop * n_classes])
        table.reshape(-1)[keys[low:high] - start * n_classes] = verdicts[low:high]
        yield slice(start, stop), table


def _count_images(
    data: EvaluationData,
    images: slice,
    table: NDArray[np.uint8],
    has_correct: NDArray[np.bool_],
    unjudged: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The eight counts over a slice of the images, [8, n_models, n_groups]."""
    targets, top_k = data.targets[images], data.top_k[:, images]
    top1 = np.ascontiguousarray(top_k[..., 0])
    predicted = top1 >= 0
    verdict = _look_up(table, top1)
    unjudged_candidate = verdict == Verdict.UNJUDGED
    is_open = predicted & (unjudged_candidate | (verdict == NO_CANDIDATE))
    others = predicted & (unjudged > unjudged_candidate)

    in_group = data.groups[:, targets].T.astype(np.float32)
    fit = ~data.problematic[images]
    labelled = in_group * (fit & has_correct)[:, None]
    unlabelled = in_group * (fit & ~has_correct)[:, None]
    return np.stack(
        [
            _sum(predicted, in_group),
            _sum(top1 == targets, in_group),
            _sum(_in_top5(top_k, targets), in_group),
            _sum(predicted, labelled),
            _sum(predicted & (verdict == Verdict.CORRECT), labelled),
            _sum(is_open, labelled),
            _sum(is_open, unlabelled),
            _sum(others, unlabelled),
        ]
    )


def _look_up(table: NDArray[np.uint8], top1: NDArray[np.int32]) -> NDArray[np.uint8]:
    """The verdict of each top-1 class, uint8 [n_models, n_images]; any where it is -1."""
    rows = np.arange(len(table), dtype=np.intp) * table.shape[1]
    return table.reshape(-1).take(rows + top1, mode="wrap")


def _in_top5(top_k: NDArray[np.int32], targets: NDArray[np.int32]) -> NDArray[np.bool_]:
    found = np.zeros(top_k.shape[:2], dtype=bool)
    for rank in range(min(5, top_k.shape[2])):
        found |= top_k[..., rank] == targets
    return found & (top_k[..., 0] >= 0)


def _sum(outcome: NDArray[np.bool_], weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """How many images of each group have the outcome, int64 [n_models, n_groups].

    In float32, which counts exactly up to 2**24: a slice has at most TABLE_BYTES images.
    """
    return (outcome.astype(np.float32) @ weights).astype(np.int64)


def _check_shapes(data: EvaluationData) -> None:
    n_images, n_candidates = len(data.targets), len(data.candidate_images)
    shapes = {
        "targets": (n_images,),
        "candidate_images": (n_candidates,),
        "candidate_classes": (n_candidates,),
        "verdicts": (n_candidates,),
        "problematic": (n_images,),
        "top_k": (len(data.top_k), n_images, max(1, data.top_k.shape[-1])),
        "groups": (len(data.groups), data.groups.shape[-1]),
    }
    for name, shape in shapes.items():
        if getattr(data, name).shape != shape:
            raise ValueError(f"{name}: shape {getattr(data, name).shape}, expected {shape}")


def _check_range(name: str, values: NDArray[np.integer], low: int, stop: int) -> None:
    if values.size and (values.min() < low or values.max() >= stop):
        where = np.argwhere((values < low) | (values >= stop))[0].tolist()
        raise ValueError(f"{name}{where}: {values[tuple(where)]} is not in {low}..{stop - 1}")


def _check_distinct(sorted_keys: NDArray[np.int64], n_classes: int) -> None:
    twice = np.flatnonzero(sorted_keys[1:] == sorted_keys[:-1])
    if len(twice):
        image, class_index = divmod(int(sorted_keys[twice[0]]), n_classes)
        raise ValueError(f"candidate (image {image}, class {class_index}) occurs twice")
