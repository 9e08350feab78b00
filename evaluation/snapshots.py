"""Freezing all verdicts at one moment, so that numbers can be computed from them again."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.models import Dataset, Verdict
from evaluation.models import LabelSnapshot
from evaluation.signals import snapshot_made
from taxonomy.bulk import copy_rows, one_moment
from taxonomy.errors import InputError

IMAGES = """
    SELECT image.id, image.target, image.problematic, taxonomy.name, image.key
    FROM annotation_image image JOIN taxonomy_taxonomy taxonomy ON taxonomy.id = image.taxonomy_id
    WHERE image.id IN (
        SELECT image_id FROM annotation_datasetimage WHERE dataset_id = ANY(%s))
    ORDER BY taxonomy.name COLLATE "C", image.key COLLATE "C"
"""

MEMBERS = """
    SELECT dataset_id, image_id FROM annotation_datasetimage
    WHERE dataset_id = ANY(%s) ORDER BY dataset_id, position
"""

# The candidates of `CandidateQuerySet.active`.
CANDIDATES = """
    SELECT image_id, class_index, verdict FROM annotation_candidate
    WHERE (verdict <> 0 OR added_by_id IS NULL) AND image_id IN (
        SELECT image_id FROM annotation_datasetimage WHERE dataset_id = ANY(%s))
"""

CLASSES = """
    SELECT taxonomy.name, synset.key FROM taxonomy_labelclass class
    JOIN taxonomy_synset synset ON synset.id = class.synset_id
    JOIN taxonomy_taxonomy taxonomy ON taxonomy.id = class.taxonomy_id
    WHERE taxonomy.id IN (SELECT taxonomy_id FROM annotation_dataset WHERE id = ANY(%s))
    ORDER BY taxonomy.name COLLATE "C", class.index
"""


@dataclass(frozen=True, eq=False)
class DatasetLabels:
    """The labels of one dataset; its images are in the dataset's order.

    targets int32 [n_images], problematic bool [n_images]; of the candidates, each [n_candidates]:
    candidate_images int32 (rows of the dataset), candidate_classes int32, verdicts uint8.
    """

    targets: NDArray[np.int32]
    problematic: NDArray[np.bool_]
    candidate_images: NDArray[np.int32]
    candidate_classes: NDArray[np.int32]
    verdicts: NDArray[np.uint8]

    def counts(self) -> dict[str, int]:
        """Images, problematic ones and candidates by verdict.

        `unjudged` candidates are those that wait for a reviewer: none on problematic images.
        """
        waiting = ~self.problematic[self.candidate_images]
        by_verdict = {
            verdict.label: int(np.count_nonzero(self.verdicts == verdict)) for verdict in Verdict
        }
        return by_verdict | {
            "images": len(self.targets),
            "problematic": int(np.count_nonzero(self.problematic)),
            "candidates": len(self.verdicts),
            "unjudged": int(np.count_nonzero(waiting & (self.verdicts == Verdict.UNJUDGED))),
        }


@dataclass(frozen=True, eq=False)
class Labels:
    """What a snapshot freezes.

    image_ids int64 [n_images] are primary keys here, in the order of the images' keys; `all` holds
    their labels in that order. members, sorted by name: the rows of a dataset's images, int32, in
    its order.
    """

    image_ids: NDArray[np.int64]
    all: DatasetLabels
    members: dict[str, NDArray[np.int32]]

    def dataset(self, name: str) -> DatasetLabels:
        """The labels of one of the datasets. Raises KeyError if it is not in the snapshot."""
        members, labels = self.members[name], self.all
        row = np.full(len(self.image_ids), -1, dtype=np.int32)
        row[members] = np.arange(len(members), dtype=np.int32)
        candidate_rows = row[labels.candidate_images]
        inside = candidate_rows >= 0
        return DatasetLabels(
            targets=labels.targets[members],
            problematic=labels.problematic[members],
            candidate_images=candidate_rows[inside],
            candidate_classes=labels.candidate_classes[inside],
            verdicts=labels.verdicts[inside],
        )

    def counts(self) -> dict[str, Any]:
        return {
            "total": self.all.counts(),
            "datasets": {name: self.dataset(name).counts() for name in self.members},
        }


def take_snapshot(datasets: Sequence[str] | None = None) -> LabelSnapshot:
    """Freeze the labels of the named datasets (default: all); return the snapshot that has them.

    Unchanged content gives the snapshot that exists. Everything is read from one moment, unless
    the caller has a transaction open: then that one's isolation holds.

    Raises InputError for a name that is no dataset, or if there is no dataset at all.
    """
    with one_moment():
        chosen = _choose(datasets)
        labels, keys = _read(chosen)
    digest = _hash(labels, keys)
    if snapshot := LabelSnapshot.objects.defer("arrays").filter(hash=digest).first():
        return snapshot
    content = {
        "datasets": list(labels.members),
        "counts": labels.counts(),
        "arrays": _pack(labels),
    }
    snapshot, new = LabelSnapshot.objects.get_or_create(hash=digest, defaults=content)
    if new:
        snapshot_made.send(LabelSnapshot, snapshot=snapshot)
    return snapshot


def find_snapshot(prefix: str) -> LabelSnapshot:
    """The snapshot whose hash begins so. Raises InputError unless there is exactly one."""
    found = list(LabelSnapshot.objects.defer("arrays").filter(hash__startswith=prefix)[:2])
    if not found:
        raise InputError(f"There is no snapshot '{prefix}'.")
    if len(found) > 1:
        raise InputError(f"At least 2 snapshots begin with '{prefix}'.")
    return found[0]


def load_labels(snapshot: LabelSnapshot) -> Labels:
    """The frozen labels of a snapshot."""
    with np.load(io.BytesIO(snapshot.arrays), allow_pickle=False) as arrays:
        return Labels(
            image_ids=arrays["image_ids"],
            all=DatasetLabels(
                **{name: arrays[name] for name in DatasetLabels.__dataclass_fields__}
            ),
            members={name: arrays[f"members_{i}"] for i, name in enumerate(snapshot.datasets)},
        )


def _pack(labels: Labels) -> bytes:
    buffer = io.BytesIO()
    members = {f"members_{i}": rows for i, rows in enumerate(labels.members.values())}
    np.savez_compressed(
        buffer, allow_pickle=False, image_ids=labels.image_ids, **vars(labels.all), **members
    )
    return buffer.getvalue()


def _choose(names: Sequence[str] | None) -> dict[int, str]:
    datasets = dict(Dataset.objects.order_by("name").values_list("id", "name"))
    if not datasets:
        raise InputError("There is no dataset yet; import one first.")
    if names is None:
        return datasets
    if unknown := sorted(set(names) - set(datasets.values())):
        known = ", ".join(datasets.values())
        raise InputError(f"There is no dataset '{unknown[0]}' (there are: {known}).")
    return {pk: name for pk, name in datasets.items() if name in names}


def _read(datasets: dict[int, str]) -> tuple[Labels, list[Any]]:
    """The labels of the datasets, and the names and keys that stand for their numbers."""
    scope = [list(datasets)]
    with connection.cursor() as cursor:
        cursor.execute(CLASSES, scope)
        classes = cursor.fetchall()
        cursor.execute(IMAGES, scope)
        images = cursor.fetchall()
    ids = np.array([row[0] for row in images], dtype=np.int64)
    members = copy_rows(MEMBERS, scope, dataset=">i8", image=">i8")
    candidates = copy_rows(CANDIDATES, scope, image=">i8", class_index=">i4", verdict=">i2")
    rows, indices = _rows(ids, candidates["image"]), candidates["class_index"].astype(np.int32)
    order = np.lexsort((indices, rows))
    labels = DatasetLabels(
        targets=np.array([row[1] for row in images], dtype=np.int32),
        problematic=np.array([row[2] for row in images], dtype=bool),
        candidate_images=rows[order],
        candidate_classes=indices[order],
        verdicts=candidates["verdict"][order].astype(np.uint8),
    )
    return (
        Labels(
            image_ids=ids,
            all=labels,
            members={
                name: _rows(ids, members["image"][members["dataset"] == pk])
                for pk, name in sorted(datasets.items(), key=lambda item: item[1])
            },
        ),
        [classes, [row[3:] for row in images]],
    )


def _rows(image_ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int32]:
    """Where each wanted id stands in image_ids, int32 of wanted's shape; all must be there."""
    order = np.argsort(image_ids)
    return order[np.searchsorted(image_ids, wanted, sorter=order)].astype(np.int32)


def _hash(labels: Labels, keys: list[Any]) -> str:
    """SHA-256 over names and keys, then over arrays whose numbers are places in those lists."""
    digest = hashlib.sha256(json.dumps([keys, list(labels.members)]).encode())
    for array in [*vars(labels.all).values(), *labels.members.values()]:
        digest.update(f"{len(array)};".encode())
        digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()
