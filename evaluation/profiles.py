"""What one participant is good at, what it confuses, and who is close to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Arrays
from evaluation.metrics.class_subsets import SubsetChange, draw_class_subsets, subset_change
from evaluation.metrics.outcomes import Outcomes
from evaluation.metrics.pairs import (
    McNemar,
    PairCounts,
    count_pairs,
    holm,
    mcnemar,
    paired_difference,
)
from evaluation.metrics.power import images_needed
from evaluation.metrics.ranks import rank_participants

MOST = 12
DRAWS = 1000  # random sets of classes, as in the study
POWER = 0.8
MOST_IMAGES = 1_000_000  # that anybody would collect to tell two participants apart
FEWEST_IMAGES = 5  # of a class that is told of


@dataclass(frozen=True)
class Rival:
    """Another participant on the images that count for both: how much less accurate it is, with its
    95 % interval, and McNemar's exact p-value, corrected for so many rivals by Holm's method."""

    name: str
    kind: str
    difference: float
    low: float
    high: float
    p: float
    corrected: float


@dataclass(frozen=True)
class ClassResult:
    """Right answers among the images that came with a class, and the mean share of all others'."""

    index: int
    correct: int
    n: int
    others: float

    @property
    def accuracy(self) -> float:
        return self.correct / self.n

    @property
    def difference(self) -> float:
        return self.accuracy - self.others


@dataclass(frozen=True)
class Confusion:
    """Images that came with class `target` for which `predicted` was wrong."""

    target: int
    predicted: int
    count: int


def rivals(arrays: Arrays, name: str, group: str) -> list[Rival]:
    """All others by multi-label accuracy on a group, the closest first; none without shared images."""
    row = arrays.names.index(name)
    pairs, tests = _all_pairs(arrays, group)
    differences = paired_difference(pairs)
    others = [i for i in range(len(arrays.names)) if i != row and pairs.n[0, row, i]]
    exact = tests.exact[0, row, others]
    corrected = holm(exact) if others else exact
    found = [
        Rival(
            arrays.names[i], arrays.kinds[i], float(differences.value[0, row, i]),
            float(differences.low[0, row, i]), float(differences.high[0, row, i]),
            float(exact[place]), float(corrected[place]),
        )
        for place, i in enumerate(others)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (abs(one.difference), one.name))


@lru_cache(maxsize=4)
def _all_pairs(arrays: Arrays, group: str) -> tuple[PairCounts, McNemar]:
    """Every two participants on a group, and their tests; what several parts of a page ask for."""
    pairs = count_pairs(arrays.multi_label(group), arrays.images(group)[None])
    return pairs, mcnemar(pairs)


def place(arrays: Arrays, name: str, group: str) -> tuple[int, int, int] | None:
    """Its rank by multi-label accuracy on a group, and the best and worst rank that it may truly have
    (`metrics.ranks`); None if no image counts."""
    pairs, tests = _all_pairs(arrays, group)
    accuracies = arrays.multi_label(group).within(arrays.images(group)[None])
    found = rank_participants(accuracies, pairs, tests.exact)
    ranks = [
        float(one[arrays.names.index(name), 0]) for one in (found.rank, found.best, found.worst)
    ]
    if np.isnan(ranks).any():
        return None
    rank, best, worst = map(int, ranks)
    return rank, best, worst


def group_change(arrays: Arrays, name: str, group: str) -> SubsetChange | None:
    """What a group of classes changes against all classes, and random sets of as many classes would.

    None for subsets that are no group of classes, and for groups with no class or all of them.
    """
    groups = dict(zip(arrays.subsets, arrays.data.groups, strict=False))
    classes = groups.get(group)
    if classes is None or classes.all() or not classes.any():
        return None
    row = arrays.names.index(name)
    outcomes = arrays.outcomes.multi_label
    own = Outcomes(outcomes.correct[[row]], outcomes.counted[[row]])
    drawn = draw_class_subsets(np.ones_like(classes), int(classes.sum()), DRAWS)
    return subset_change(own.by_class(arrays.data.targets, len(classes)), classes, drawn)


def strong_and_weak(arrays: Arrays, name: str) -> tuple[list[ClassResult], list[ClassResult]]:
    """The classes on which it is most ahead of the others' mean, and most behind it."""
    row = arrays.names.index(name)
    n_classes = arrays.data.groups.shape[1]
    by_class = arrays.outcomes.multi_label.by_class(arrays.data.targets, n_classes)
    others = np.delete(by_class.fraction, row, axis=0)
    if not len(others):
        return [], []
    known = ~np.isnan(others)
    mean = np.where(known.any(0), np.nansum(others, axis=0) / np.maximum(known.sum(0), 1), np.nan)
    results = [
        ClassResult(int(i), int(by_class.correct[row, i]), int(by_class.n[row, i]), float(mean[i]))
        for i in np.flatnonzero((by_class.n[row] >= FEWEST_IMAGES) & ~np.isnan(mean))
    ]
    results.sort(key=lambda one: (-one.difference, one.index))
    strong = [one for one in results[:MOST] if one.difference > 0]
    weak = [one for one in results[::-1][:MOST] if one.difference < 0]
    return strong, weak


def confusions(arrays: Arrays, name: str) -> list[Confusion]:
    """What it takes the classes for most often, where that is not correct."""
    row = arrays.names.index(name)
    outcomes = arrays.outcomes.multi_label
    wrong = outcomes.counted[row] & ~outcomes.correct[row]
    pairs = np.stack([arrays.data.targets[wrong], arrays.data.top_k[row, wrong, 0]], axis=1)
    distinct, counts = np.unique(pairs, axis=0, return_counts=True)
    order = np.lexsort((distinct[:, 1], distinct[:, 0], -counts))[:MOST]
    return [Confusion(int(distinct[i, 0]), int(distinct[i, 1]), int(counts[i])) for i in order]


def ranks(rows: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The report's rows of a participant, each with its `rank` by multi-label accuracy among the
    `of` participants on that dataset and group; None where it has no accuracy."""
    found = []
    for row in rows:
        if row["participant"] != name:
            continue
        value = row["multi_label"]["accuracy"]
        peers = [
            other["multi_label"]["accuracy"]
            for other in rows
            if other["dataset"] == row["dataset"] and other["group"] == row["group"]
        ]
        known = [one for one in peers if one is not None]
        rank = None if value is None else 1 + sum(one > value for one in known)
        found.append(row | {"rank": rank, "of": len(known)})
    return found


# --- Two participants, and images that everybody got wrong

Mask = NDArray[np.bool_]
DIFFER = {
    "first": "only the first is right",
    "second": "only the second is right",
    "neither": "both are wrong",
    "answers": "they answer differently",
}


@dataclass(frozen=True)
class Pair:
    """Two participants on the images that count for both; see `metrics.pairs`."""

    n: int
    both: int
    first: int
    second: int
    neither: int
    difference: float
    low: float
    high: float
    exact: float
    statistic: float
    corrected: float

    @property
    def needed(self) -> int | None:
        """How many images it takes to find so large a difference with probability POWER; None if they
        are equally often right, or it would take more than MOST_IMAGES."""
        differing, ahead = self.first + self.second, abs(self.first - self.second)
        if not ahead or 8 * differing * self.n / ahead**2 > MOST_IMAGES:
            return None
        return images_needed(self.first / self.n, self.second / self.n, POWER)


def compare(arrays: Arrays, first: str, second: str, group: str) -> Pair | None:
    """None if no image counts for both."""
    rows = [arrays.names.index(first), arrays.names.index(second)]
    outcomes = arrays.multi_label(group)
    both = type(outcomes)(outcomes.correct[rows], outcomes.counted[rows])
    counts = count_pairs(both, arrays.images(group)[None])
    n = int(counts.n[0, 0, 1])
    if not n:
        return None
    tests, difference = mcnemar(counts), paired_difference(counts)
    right, only, reverse = (int(of[0, 0, 1]) for of in (counts.both, counts.only, counts.reverse))
    return Pair(
        n, right, only, reverse, n - right - only - reverse,
        float(difference.value[0, 0, 1]), float(difference.low[0, 0, 1]),
        float(difference.high[0, 0, 1]), float(tests.exact[0, 0, 1]),
        float(tests.statistic[0, 0, 1]), float(tests.corrected[0, 0, 1]),
    )  # fmt: skip


def differing(arrays: Arrays, first: str, second: str, group: str, how: str) -> NDArray[np.int64]:
    """The places in the dataset of the images that differ in one of the ways DIFFER; int64."""
    a, b = (arrays.names.index(name) for name in (first, second))
    outcomes = arrays.multi_label(group)
    shared = outcomes.counted[a] & outcomes.counted[b] & arrays.images(group)
    right_a, right_b = outcomes.correct[a], outcomes.correct[b]
    top1 = arrays.data.top_k[..., 0]
    chosen: Mask = {
        "first": right_a & ~right_b,
        "second": right_b & ~right_a,
        "neither": ~right_a & ~right_b,
        "answers": top1[a] != top1[b],
    }[how]
    return np.flatnonzero(shared & chosen)


def missed_by_all(arrays: Arrays, kind: str | None, group: str) -> NDArray[np.int64]:
    """The places of the images that all participants of a kind (None: all) got wrong; int64.

    An image counts if at least one of them answered it and it has a correct label.
    """
    rows = [i for i, one in enumerate(arrays.kinds) if kind in (None, one)]
    outcomes = arrays.multi_label(group)
    counted, correct = outcomes.counted[rows].any(axis=0), outcomes.correct[rows].any(axis=0)
    return np.flatnonzero(counted & ~correct & arrays.images(group))
