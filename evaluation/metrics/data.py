"""One dataset's labels and predictions, and looking verdicts up for all participants at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


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
    problematic        bool [n_images], left out of multi-label accuracy; none set = all kept in
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

    def of_images(self, chosen: NDArray[np.bool_]) -> EvaluationData:
        """Only the chosen images, bool [n_images], with their candidates and predictions."""
        row = np.cumsum(chosen, dtype=np.int32) - 1
        inside = chosen[self.candidate_images]
        return EvaluationData(
            targets=self.targets[chosen],
            candidate_images=row[self.candidate_images[inside]],
            candidate_classes=self.candidate_classes[inside],
            verdicts=self.verdicts[inside],
            problematic=self.problematic[chosen],
            top_k=self.top_k[:, chosen],
            groups=self.groups,
        )

    def in_one_group(self) -> EvaluationData:
        """The same with a single group of all classes."""
        return replace(self, groups=np.ones((1, self.groups.shape[1]), dtype=bool))


def image_labels(data: EvaluationData) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many candidates of each image are correct, and how many unjudged; int64 [n_images]."""
    correct, unjudged = (
        np.bincount(data.candidate_images[data.verdicts == kind], minlength=len(data.targets))
        for kind in (Verdict.CORRECT, Verdict.UNJUDGED)
    )
    return correct, unjudged


def verdict_tables(data: EvaluationData) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
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


def look_up(table: NDArray[np.uint8], top1: NDArray[np.int32]) -> NDArray[np.uint8]:
    """The verdict of each top-1 class, uint8 [n_models, n_images]; any where it is -1."""
    rows = np.arange(len(table), dtype=np.intp) * table.shape[1]
    return table.reshape(-1).take(rows + top1, mode="wrap")


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
