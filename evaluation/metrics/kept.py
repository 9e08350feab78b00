"""Multi-label accuracies that are kept while judging goes on: a verdict changes what it must."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.data import EvaluationData, Verdict
from evaluation.metrics.outcomes import Outcomes, image_outcomes
from evaluation.metrics.proportion import Proportion


class KeptAccuracies:
    """The multi-label outcomes and accuracies of one dataset under changing verdicts.

    outcomes   as of `image_outcomes`; a change rewrites one image's column of its arrays
    accuracy   of [n_participants, n_groups], as of `count_accuracies`

    Both are the same at any time as if computed anew. A change costs time linear in participants
    and groups, not in images; a class that was no candidate before costs a copy of the candidates.
    """

    def __init__(self, data: EvaluationData) -> None:
        """Raises ValueError if a candidate occurs twice."""
        self.outcomes: Outcomes = image_outcomes(data).multi_label
        self._top1 = np.ascontiguousarray(data.top_k[..., 0])
        self._groups = data.groups[:, data.targets]
        self._problematic = data.problematic.copy()
        self._n_classes = data.groups.shape[1]
        keys = data.candidate_images.astype(np.int64) * self._n_classes + data.candidate_classes
        order = np.argsort(keys, kind="stable")
        self._keys, self._verdicts = keys[order], data.verdicts[order]
        self.accuracy: Proportion = self.outcomes.within(self._groups)

    def judge(self, image: int, class_index: int, verdict: Verdict) -> None:
        """Set the verdict of a candidate, which is added if there was none.

        Raises ValueError for an image or class that the dataset has not.
        """
        self._check("image", image, len(self._problematic))
        self._check("class", class_index, self._n_classes)
        key = image * self._n_classes + class_index
        place = int(np.searchsorted(self._keys, key))
        if place == len(self._keys) or self._keys[place] != key:
            self._keys = np.insert(self._keys, place, key)
            self._verdicts = np.insert(self._verdicts, place, verdict)
        self._verdicts[place] = verdict
        self._renew(image)

    def mark_problematic(self, image: int, problematic: bool = True) -> None:
        """Leave an image out, or take it in again. Raises ValueError for an unknown image."""
        self._check("image", image, len(self._problematic))
        self._problematic[image] = problematic
        self._renew(image)

    def _renew(self, image: int) -> None:
        outcomes, top1 = self.outcomes, self._top1[:, image]
        before = outcomes.correct[:, image].copy(), outcomes.counted[:, image].copy()
        labels = self._labels(image)
        outcomes.counted[:, image] = (
            (top1 >= 0) if len(labels) and not self._problematic[image] else False
        )
        outcomes.correct[:, image] = outcomes.counted[:, image] & np.isin(top1, labels)
        groups = self._groups[:, image]
        for counts, was, now in (
            (self.accuracy.correct, before[0], outcomes.correct[:, image]),
            (self.accuracy.n, before[1], outcomes.counted[:, image]),
        ):
            counts[:, groups] += (now.astype(np.int64) - was)[:, None]

    def _labels(self, image: int) -> NDArray[np.int64]:
        """The correct classes of an image."""
        ends = np.array([image, image + 1]) * self._n_classes
        low, high = np.searchsorted(self._keys, ends)
        correct = self._verdicts[low:high] == Verdict.CORRECT
        return self._keys[low:high][correct] - ends[0]

    @staticmethod
    def _check(name: str, number: int, stop: int) -> None:
        if not 0 <= number < stop:
            raise ValueError(f"{name} {number} is not in 0..{stop - 1}")
