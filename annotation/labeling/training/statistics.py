"""What training answers tell: how often they were right, and which classes are confused.

Arrays of n answers in the order of time: `truth` and `answered` int64 [n], class indices; `right`
bool [n], which is not truth == answered, as an image may show several classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class ClassTally:
    index: int
    answers: int
    right: int

    @property
    def accuracy(self) -> float:
        return self.right / self.answers


@dataclass(frozen=True)
class Confusion:
    """Two classes, the lower index first, and how often one was named for the other."""

    first: int
    second: int
    count: int


def moving_accuracy(right: Flags, window: int) -> NDArray[np.float64]:
    """At each answer the share of right ones among the last `window`, or as many as there are."""
    sums = np.concatenate([[0], np.cumsum(right)])
    ends = np.arange(1, len(right) + 1)
    starts = np.maximum(0, ends - window)
    return (sums[ends] - sums[starts]) / (ends - starts)


def by_class(truth: Indices, right: Flags) -> list[ClassTally]:
    """A tally of each class that was asked, by index."""
    classes, inverse = np.unique(truth, return_inverse=True)
    answers = np.bincount(inverse, minlength=len(classes))
    hits = np.bincount(inverse, weights=right, minlength=len(classes)).astype(int)
    rows = zip(classes.tolist(), answers.tolist(), hits.tolist(), strict=True)
    return [ClassTally(*row) for row in rows]


def confusions(truth: Indices, answered: Indices, right: Flags) -> list[Confusion]:
    """Pairs of classes that were taken for each other, the most frequent first."""
    wrong = np.stack([truth[~right], answered[~right]], axis=1)
    pairs, counts = np.unique(np.sort(wrong, axis=1), axis=0, return_counts=True)
    order: Indices = np.lexsort((pairs[:, 1], pairs[:, 0], -counts))
    return [Confusion(int(pairs[n, 0]), int(pairs[n, 1]), int(counts[n])) for n in order]


def to_train_next(
    truth: Indices, answered: Indices, right: Flags, recent: int, most: int
) -> list[int]:
    """The classes with most mistakes among the last `recent` answers, asked or given, most first."""
    wrong = ~right[-recent:]
    involved = np.concatenate([truth[-recent:][wrong], answered[-recent:][wrong]])
    classes, counts = np.unique(involved, return_counts=True)
    return classes[np.lexsort((classes, -counts))][:most].tolist()
