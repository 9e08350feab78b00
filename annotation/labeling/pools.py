"""Which images of a dataset may be drawn for a task, and which not, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.models import Dataset, LabelingTask
from taxonomy.models import GuideImage, ReferenceImage

# Another task shows an image if it has the image itself, or the same picture under another key.
POOL = """
    SELECT image.id, image.key, image.target, image.content_hash, image.problematic,
        EXISTS (SELECT FROM annotation_taskimage taken
                JOIN annotation_labelingtask task ON task.id = taken.task_id
                WHERE taken.image_id = image.id AND task.kind <> %(kind)s)
        OR image.content_hash <> '' AND EXISTS (
            SELECT FROM annotation_image other
            JOIN annotation_taskimage taken ON taken.image_id = other.id
            JOIN annotation_labelingtask task ON task.id = taken.task_id
            WHERE other.content_hash = image.content_hash AND task.kind <> %(kind)s)
    FROM annotation_datasetimage member
    JOIN annotation_image image ON image.id = member.image_id
    WHERE member.dataset_id = %(dataset)s
      AND (%(classes)s::int[] IS NULL OR image.target = ANY(%(classes)s::int[]))
      AND (NOT %(trained)s OR EXISTS (
          SELECT FROM annotation_taskimage shown
          JOIN annotation_labelingtask task ON task.id = shown.task_id
          WHERE shown.image_id = image.id AND task.kind = 'training'))
    ORDER BY member.position
"""


@dataclass
class Pool:
    """What of a dataset can be drawn: int64 [n] each of images' keys in the database and targets.

    `left_out` counts images that can't be, by the reason.
    """

    ids: NDArray[np.int64]
    keys: list[str]
    targets: NDArray[np.int64]
    hashes: list[str]
    left_out: dict[str, int] = field(default_factory=dict)


def pool_of(
    dataset: Dataset,
    kind: str,
    classes: list[int] | None,
    taken: tuple[set[int], set[str]],
    trained: bool = False,
) -> Pool:
    """The images of the classes (None: all) that a task of the kind may show.

    `trained`: only what a training has shown already. `taken`: primary keys and content hashes of
    images that the task has already. An evaluation shows nothing that is problematic, was trained
    on, or can be looked at among the classes; a training nothing that people are evaluated on.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            POOL, {"kind": kind, "dataset": dataset.pk, "classes": classes, "trained": trained}
        )
        rows = cursor.fetchall()
    shown = _shown_among_classes([row[3] for row in rows if row[3]])
    other = "training" if kind == LabelingTask.Kind.EVALUATION else "evaluation"
    hashes_taken = set(taken[1])
    left_out: dict[str, int] = {}
    kept = []
    for pk, key, target, content_hash, problematic, elsewhere in rows:
        if pk in taken[0]:
            reason = "drawn from another dataset"
        elif content_hash and content_hash in hashes_taken:
            reason = "the same picture under another name"
        elif problematic:
            reason = "problematic"
        elif elsewhere:
            reason = f"in a task of {other}"
        elif kind == LabelingTask.Kind.EVALUATION and content_hash in shown:
            reason = "shown among the classes"
        else:
            hashes_taken.add(content_hash)
            kept.append((pk, key, target, content_hash))
            continue
        left_out[reason] = left_out.get(reason, 0) + 1
    return Pool(
        np.array([row[0] for row in kept], np.int64),
        [row[1] for row in kept],
        np.array([row[2] for row in kept], np.int64),
        [row[3] for row in kept],
        left_out,
    )


def _shown_among_classes(hashes: list[str]) -> set[str]:
    """Those of the content hashes that are reference images or in the guide."""
    return {
        found
        for model in (ReferenceImage, GuideImage)
        for found in model.objects.filter(content_hash__in=hashes).values_list(
            "content_hash", flat=True
        )
    }
