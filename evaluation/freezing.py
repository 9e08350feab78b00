"""A snapshot as exports need it: what was held of each image."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from annotation.exporting.records import Frozen, pick_datasets
from annotation.models import Dataset
from evaluation.models import LabelSnapshot
from evaluation.snapshots import load_labels
from taxonomy.errors import InputError


def datasets_of(names: Sequence[str], snapshot: LabelSnapshot | None) -> list[Dataset]:
    """The named datasets; of none all, or all of the snapshot.

    Raises InputError as `pick_datasets` does, and for a dataset that the snapshot lacks.
    """
    datasets = pick_datasets(names or (snapshot.datasets if snapshot else []))
    for dataset in datasets:
        if snapshot and dataset.name not in snapshot.datasets:
            raise InputError(f"The snapshot {snapshot} has nothing of '{dataset.name}'.")
    return datasets


def frozen_of(snapshot: LabelSnapshot) -> Frozen:
    """The verdicts of a snapshot by image; words count that had been said when it was taken."""
    labels = load_labels(snapshot)
    held = labels.all
    return Frozen(
        labels.image_ids, held.problematic, held.candidate_images, held.candidate_classes,
        held.verdicts, labels.members, snapshot.created.astimezone(UTC).isoformat(),
    )  # fmt: skip
