"""The arrays behind a report, loaded once per process and kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import EvaluationData
from evaluation.metrics.outcomes import ImageOutcomes, image_outcomes
from evaluation.models import MetricReport
from evaluation.reports import FAST, load_predictions, unpack_bits, unpack_masks
from evaluation.snapshots import load_labels

KEPT = 3  # datasets of reports


@dataclass(frozen=True, eq=False)
class Arrays:
    """One dataset as a report has it.

    names, kinds  the participants, by name; they are the rows of data.top_k
    image_ids     int64 [n_images], primary keys of the dataset's images in its order
    subsets       {group: the images whose label is of it, bool [n_images]}, `fast` among them
    """

    names: list[str]
    kinds: list[str]
    image_ids: NDArray[np.int64]
    data: EvaluationData
    outcomes: ImageOutcomes
    subsets: dict[str, NDArray[np.bool_]]

    def row(self, name: str) -> int | None:
        return self.names.index(name) if name in self.names else None


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
    wanted = report.parameters["predictions"].get(dataset, {})
    sets, top_k = load_predictions(dataset, wanted, len(members))
    groups = np.array(list(masks.values()), bool).reshape(-1, packed["classes"])
    data = EvaluationData(**vars(labels.dataset(dataset)), top_k=top_k, groups=groups)
    subsets = {group: mask[data.targets] for group, mask in masks.items()}
    if bits := report.parameters.get("fast", {}).get(dataset):
        subsets[FAST] = unpack_bits(bits, len(members))
    return Arrays(
        names=[one.participant.name for one in sets],
        kinds=[one.participant.kind for one in sets],
        image_ids=labels.image_ids[members],
        data=data,
        outcomes=image_outcomes(data),
        subsets=subsets,
    )
