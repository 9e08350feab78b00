"""A snapshot as exports need it: what was held of each image."""

from __future__ import annotations

from datetime import UTC

from annotation.exporting.records import Frozen
from evaluation.models import LabelSnapshot
from evaluation.snapshots import load_labels


def frozen_of(snapshot: LabelSnapshot) -> Frozen:
    """The verdicts of a snapshot by image; words count that had been said when it was taken."""
    labels = load_labels(snapshot)
    held = labels.all
    return Frozen(
        labels.image_ids, held.problematic, held.candidate_images, held.candidate_classes,
        held.verdicts, snapshot.created.astimezone(UTC).isoformat(),
    )  # fmt: skip
