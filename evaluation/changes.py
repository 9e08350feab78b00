"""What changed between two snapshots: labels of images, and the accuracies with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounts.models import User
from annotation.discussion.closed import open_images
from annotation.models import Image, Verdict
from evaluation.metrics.changes import Change, LabelChanges, label_changes
from evaluation.models import LabelSnapshot, MetricReport
from evaluation.snapshots import Labels, load_labels
from taxonomy.models import LabelClass


@dataclass(frozen=True, eq=False)
class Comparison:
    """image_ids int64 [n]: the images that both snapshots have, in the order of `changes.kinds`."""

    before: LabelSnapshot
    after: LabelSnapshot
    image_ids: NDArray[np.int64]
    changes: LabelChanges

    def images(self, change: Change) -> NDArray[np.int64]:
        """Primary keys of the images whose labels changed so; int64."""
        return self.image_ids[self.changes.kinds == change]


@dataclass(frozen=True)
class ChangedImage:
    image: Image
    gained: list[LabelClass]
    lost: list[LabelClass]


def compare(before: LabelSnapshot, after: LabelSnapshot) -> Comparison:
    """Compare the multi-labels of the images that are in both snapshots."""
    first, second = load_labels(before), load_labels(after)
    shared = np.intersect1d(first.image_ids, second.image_ids, assume_unique=True)
    pairs = [_correct(labels, shared) for labels in (first, second)]
    return Comparison(before, after, shared, label_changes(pairs[0], pairs[1], len(shared)))


def changed_images(
    comparison: Comparison, image_ids: list[int], reader: User
) -> list[ChangedImage]:
    """The classes that these images gained and lost, in the order given, but of those that are closed to
    the reader; three queries."""
    visible = open_images(image_ids, reader)
    image_ids = [pk for pk in image_ids if pk in visible]
    rows = {int(pk): row for row, pk in enumerate(comparison.image_ids)}
    images = Image.objects.in_bulk(image_ids)
    changes = comparison.changes
    gained, lost = (
        {pk: pairs[pairs[:, 0] == rows[pk], 1].tolist() for pk in image_ids}
        for pairs in (changes.gained, changes.lost)
    )
    wanted = {index for found in (gained, lost) for classes in found.values() for index in classes}
    known = LabelClass.objects.filter(
        index__in=wanted, taxonomy__in={image.taxonomy_id for image in images.values()}
    ).select_related("synset")
    classes = {(one.taxonomy_id, one.index): one for one in known}
    return [
        ChangedImage(
            image,
            [classes[image.taxonomy_id, index] for index in gained[pk]],
            [classes[image.taxonomy_id, index] for index in lost[pk]],
        )
        for pk in image_ids
        if (image := images.get(pk))
    ]


def accuracy_changes(before: LabelSnapshot, after: LabelSnapshot) -> list[dict[str, Any]]:
    """What each participant's multi-label accuracy gained, per dataset over all classes.

    Rows {participant, dataset, before, after, gain} in fractions, by dataset and gain, of those
    that both snapshots' reports have; empty if either has no report over everything.
    """
    cells = [_multi_label(snapshot) for snapshot in (before, after)]
    rows = [
        {"participant": key[0], "dataset": key[1], "before": was, "after": cells[1][key],
         "gain": cells[1][key] - was}
        for key, was in cells[0].items()
        if key in cells[1]
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["dataset"], -row["gain"], row["participant"]))


def _multi_label(snapshot: LabelSnapshot) -> dict[tuple[str, str], float]:
    """(participant, dataset) -> multi-label accuracy in the snapshot's latest report."""
    reports = MetricReport.objects.filter(snapshot=snapshot, complete=True)
    report = reports.order_by("-current").first()
    return {
        (row["participant"], row["dataset"]): row["multi_label"]["accuracy"]
        for row in (report.rows if report else [])
        if row["group"] == "all" and row["multi_label"]["accuracy"] is not None
    }


def _correct(labels: Labels, shared: NDArray[np.int64]) -> NDArray[np.int64]:
    """(row of shared, class) of every correct candidate of the shared images; int64 [n, 2]."""
    frozen = labels.all
    correct = frozen.verdicts == Verdict.CORRECT
    ids = labels.image_ids[frozen.candidate_images[correct]]
    inside = np.isin(ids, shared)
    rows = np.searchsorted(shared, ids[inside])
    return np.stack([rows, frozen.candidate_classes[correct][inside].astype(np.int64)], axis=1)
