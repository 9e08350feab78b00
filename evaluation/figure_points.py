"""What figures draw, as plain numbers: from the rows of a report and from its arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import EvaluationData, Proportion
from evaluation.metrics.data import image_labels
from evaluation.metrics.outcomes import Outcomes

Point = dict[str, Any]

MOST_CLASSES = 24  # that a figure of confusions shows
ENDS = {"": "accuracy", "_low": "low", "_high": "high"}


def shift_points(
    rows: Sequence[Mapping[str, Any]], first: str, second: str, group: str
) -> list[Point]:
    """Multi-label accuracy on two datasets, {participant, kind, x, x_low, x_high, y, …, images,
    images_y} of each participant that has one on both; fractions with their 95 % intervals."""
    there = {
        row["participant"]: row["multi_label"]
        for row in rows
        if (row["dataset"], row["group"]) == (second, group) and row["multi_label"]["n"]
    }
    return [
        _point(row, row["multi_label"], there[row["participant"]])
        for row in rows
        if (row["dataset"], row["group"]) == (first, group)
        and row["multi_label"]["n"]
        and row["participant"] in there
    ]


def measure_points(
    rows: Sequence[Mapping[str, Any]], dataset: str, group: str, measure: str
) -> list[Point]:
    """As `shift_points`, with x = multi-label accuracy and y = `measure`, top1 or top5."""
    return [
        _point(row, row["multi_label"], row[measure])
        for row in rows
        if (row["dataset"], row["group"]) == (dataset, group)
        and row["multi_label"]["n"]
        and row[measure]
        and row[measure]["n"]
    ]


def _point(row: Mapping[str, Any], x: Mapping[str, Any], y: Mapping[str, Any]) -> Point:
    return {
        "participant": row["participant"],
        "kind": row["kind"],
        **{f"x{end}": x[key] for end, key in ENDS.items()},
        **{f"y{end}": y[key] for end, key in ENDS.items()},
        "images": x["n"],
        "images_y": y["n"],
    }


def label_counts(data: EvaluationData, subset: NDArray[np.bool_]) -> list[Point]:
    """{labels, images, share} for every number of correct classes from 0 to the most there are.

    subset: bool [n_images]. Problematic images are left out; no point if there is no other.
    """
    labels = image_labels(data)[0][subset & ~data.problematic]
    counts = np.bincount(labels) if len(labels) else np.zeros(0, int)
    return [
        {"labels": number, "images": images, "share": images / len(labels)}
        for number, images in enumerate(counts.tolist())
    ]


def class_points(
    outcomes: Outcomes,
    data: EvaluationData,
    subset: NDArray[np.bool_],
    names: Sequence[str],
    participant: int | None,
) -> list[Point]:
    """{class, index, rank, correct, images, accuracy, low, high} of each class with an image that
    counts, worst first; of one participant (its row), or of all of them added up.

    subset: bool [n_images]; names [n_classes].
    """
    chosen = slice(None) if participant is None else slice(participant, participant + 1)
    inside = Outcomes(outcomes.correct[chosen] & subset, outcomes.counted[chosen] & subset)
    found = inside.by_class(data.targets, len(names))
    total = Proportion(found.correct.sum(axis=0), found.n.sum(axis=0))
    low, high = total.interval()
    present = np.flatnonzero(total.n)
    worst = present[np.lexsort((present, total.fraction[present]))]
    return [
        {
            "class": names[index], "index": index, "rank": rank,
            "correct": int(total.correct[index]), "images": int(total.n[index]),
            "accuracy": float(total.fraction[index]),
            "low": float(low[index]), "high": float(high[index]),
        }
        for rank, index in enumerate(worst.tolist(), start=1)
    ]  # fmt: skip


def confusion_points(
    outcomes: Outcomes,
    data: EvaluationData,
    subset: NDArray[np.bool_],
    names: Sequence[str],
    participant: int | None,
) -> list[Point]:
    """{label, said, label_index, said_index, times} of each two classes that were confused: images
    that count, are wrong, carry the one label, and were said to be the other.

    Both classes are labels of images in the subset, and among the MOST_CLASSES that are confused
    most; most often first.
    """
    chosen = slice(None) if participant is None else slice(participant, participant + 1)
    top1 = data.top_k[chosen, :, 0]
    wrong = outcomes.counted[chosen] & ~outcomes.correct[chosen] & subset
    people, images = np.nonzero(wrong)
    labels, said = data.targets[images], top1[people, images]
    group = np.zeros(len(names), bool)
    group[data.targets[subset]] = True
    inside = group[said] & (labels != said)
    pairs, times = np.unique(
        np.stack([labels[inside], said[inside]]).reshape(2, -1), axis=1, return_counts=True
    )
    involved = np.bincount(np.repeat(pairs, times, axis=1).ravel(), minlength=len(names))
    most = np.lexsort((np.arange(len(names)), -involved))[:MOST_CLASSES]
    shown = np.isin(pairs, most).all(axis=0)
    found = [
        {
            "label": names[label], "said": names[other], "label_index": label, "said_index": other,
            "times": count,
        }
        for label, other, count in zip(
            *pairs[:, shown].tolist(), times[shown].tolist(), strict=True
        )
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one["times"], one["label_index"], one["said_index"]))


def time_points(
    names: Sequence[str],
    outcomes: Outcomes,
    seconds: NDArray[np.floating],
    subset: NDArray[np.bool_],
) -> list[Point]:
    """{participant, kind, x: median seconds, y, y_low, y_high, images} of people on the images of
    the subset whose time is known and that count.

    outcomes and seconds, nan = not known: of these people, [n_people, n_images].
    """
    known = ~np.isnan(seconds) & subset
    inside = Outcomes(outcomes.correct & known, outcomes.counted & known)
    total = inside.within(np.ones((1, len(subset)), bool))
    low, high = total.interval()
    return [
        {
            "participant": name, "kind": "human",
            "x": float(np.median(seconds[row, inside.counted[row]])),
            "y": float(total.fraction[row, 0]), "y_low": float(low[row, 0]),
            "y_high": float(high[row, 0]), "images": int(total.n[row, 0]),
        }
        for row, name in enumerate(names)
        if total.n[row, 0]
    ]  # fmt: skip
