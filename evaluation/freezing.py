"""A snapshot as exports need it: what was held of each image."""

from __future__ import annotations

from datetime import UTC

import numpy as np

from annotation.exporting.records import Frozen
from evaluation.models import LabelSnapshot
from evaluation.snapshots import load_labels


def frozen_of(snapshot: LabelSnapshot) -> Frozen:
    """The verdicts of a snapshot by image; words count that had been said when it was taken."""
    labels = load_labels(snapshot)
    rows = labels.all
    verdicts: list[dict[int, int]] = [{} for _ in labels.image_ids]
    for image, index, verdict in zip(
        rows.candidate_images.tolist(), rows.candidate_classes.tolist(), rows.verdicts.tolist(),
        strict=True,
    ):  # fmt: skip
        verdicts[image][index] = verdict
    problematic = np.asarray(rows.problematic).tolist()
    images = {
        pk: (problematic[row], verdicts[row]) for row, pk in enumerate(labels.image_ids.tolist())
    }
    until = snapshot.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Frozen(images, until)
