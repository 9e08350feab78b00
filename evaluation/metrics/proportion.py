"""Shares of correct images, and their average over classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.intervals import Estimate, clopper_pearson, wilson


@dataclass(frozen=True, eq=False)
class Proportion:
    """Counts of correct images among ``n``, both int64 [n_participants, n_subsets].

    The subsets of the images may be groups of classes, single classes or any others.
    """

    correct: NDArray[np.int64]
    n: NDArray[np.int64]

    @property
    def fraction(self) -> NDArray[np.float64]:
        """correct / n, float64, nan where n is 0."""
        return np.where(self.n > 0, self.correct / np.maximum(self.n, 1), np.nan)

    def interval(self, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The Clopper-Pearson bounds (low, high), float64, nan where n is 0."""
        return clopper_pearson(self.correct, self.n, confidence)


def class_average(
    by_class: Proportion, groups: NDArray[np.bool_], confidence: float = 0.95
) -> Estimate:
    """The mean of the accuracies on a group's classes, each class weighing the same.

    by_class: of [n_participants, n_classes], from `Outcomes.by_class`; groups: bool [n_groups,
    n_classes]. The estimate is [n_participants, n_groups], nan where no image counts. Classes
    without an image that counts are left out.

    The interval is Wilson's with the effective number of images C² / sum(1 / n[c]) over the C
    classes: the number whose plain mean would be as uncertain, if the classes did not differ. For
    classes of one size it is the number of images, and the average is the plain accuracy.

    Source: L. Kish, "Survey Sampling" (1965), 11.7 (effective sample size under weighting).

    >>> one = Proportion(np.array([[8, 1, 0]]), np.array([[10, 2, 0]]))
    >>> class_average(one, np.ones((1, 3), dtype=bool)).value
    array([[0.65]])
    """
    has_images = by_class.n > 0
    fraction = np.where(has_images, by_class.fraction, 0)
    inverse = np.where(has_images, 1 / np.maximum(by_class.n, 1), 0)
    # Sums of numpy's, not products of BLAS: their last bits do not depend on its threads.
    classes, total, inverses = (
        np.stack([of[:, group].sum(axis=1) for group in groups], axis=1)
        if len(groups)
        else np.zeros((len(of), 0))
        for of in (has_images, fraction, inverse)
    )
    known = classes > 0
    mean = total / np.where(known, classes, 1)
    effective = np.where(known, classes**2 / np.where(known, inverses, 1), 0)
    low, high = wilson(np.minimum(mean, 1) * effective, effective, confidence)
    return Estimate(np.where(known, mean, np.nan), low, high)
