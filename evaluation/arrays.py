"""The arrays behind a report, loaded once per process and kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import EvaluationData
from evaluation.metrics.outcomes import ImageOutcomes, Outcomes, image_outcomes
from evaluation.models import MetricReport
from evaluation.reports import load_participants, unpack_masks
from evaluation.snapshots import load_labels
from evaluation.subsets import ImageSubset

KEPT = 6  # datasets of reports


@dataclass(frozen=True, eq=False)
class Arrays:
    """One dataset as a report has it.

    names, kinds  the participants, by name; they are the rows of data.top_k
    image_ids     int64 [n_images], primary keys of the dataset's images in its order
    subsets       {group: its images}: those whose label is of a group of classes, and subsets
    """

    names: list[str]
    kinds: list[str]
    image_ids: NDArray[np.int64]
    data: EvaluationData
    outcomes: ImageOutcomes
    subsets: dict[str, ImageSubset]

    def row(self, name: str) -> int | None:
        return self.names.index(name) if name in self.names else None

    def images(self, group: str) -> NDArray[np.bool_]:
        """The images of a group or subset, bool [n_images]."""
        return self.subsets[group].images

    def multi_label(self, group: str) -> Outcomes:
        """The outcomes of all images; problematic ones count if the group keeps them."""
        if not self.subsets[group].problematic:
            return self.outcomes.multi_label
        return image_outcomes(self.subsets[group].judged(self.data)).multi_label


def arrays_of(report: MetricReport, dataset: str) -> Arrays:
    """Raises KeyError if the report has no such dataset, InputError if predictions were deleted."""
    return _load(report.pk, report.hash, dataset)


@lru_cache(maxsize=KEPT)
def _load(pk: int, _hash: str, dataset: str) -> Arrays:
    report = MetricReport.objects.select_related("snapshot").get(pk=pk)
    labels = load_labels(report.snapshot)
    packed = report.parameters["masks"][dataset]
    masks = unpack_masks(packed)
    members = labels.members[dataset]
    participants, top_k = load_participants(report.parameters, dataset, len(members))
    groups = np.array(list(masks.values()), bool).reshape(-1, packed["classes"])
    data = EvaluationData(**vars(labels.dataset(dataset)), top_k=top_k, groups=groups)
    subsets = {group: ImageSubset(mask[data.targets]) for group, mask in masks.items()}
    for name, packed_subset in report.parameters["subsets"].get(dataset, {}).items():
        subsets[name] = ImageSubset.unpack(packed_subset, len(members))
    return Arrays(
        names=[one.name for one in participants],
        kinds=[one.kind for one in participants],
        image_ids=labels.image_ids[members],
        data=data,
        outcomes=image_outcomes(data),
        subsets=subsets,
    )
