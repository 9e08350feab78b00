"""What verdicts and judgments are about: the classes, the datasets' order, the predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from annotation.models import Dataset, DatasetImage, PredictionSet
from taxonomy.groups import group_masks
from taxonomy.models import SynsetEdge, Taxonomy

Row = tuple[str, tuple[Any, ...]]


def surroundings(datasets: Sequence[Dataset]) -> Iterator[Row]:
    """(table, row) of `parquet.TABLES`: synsets, groups, members and predictions."""
    taxonomy = datasets[0].taxonomy
    yield from _synsets(taxonomy)
    yield from _groups(taxonomy)
    for dataset in datasets:
        links = DatasetImage.objects.filter(dataset=dataset).order_by("position")
        for position, key in links.values_list("position", "image__key").iterator():
            yield "members", (dataset.name, position, key)
        yield from _predictions(dataset)


def _synsets(taxonomy: Taxonomy) -> Iterator[Row]:
    parents: dict[str, list[str]] = {}
    edges = SynsetEdge.objects.filter(child__taxonomy=taxonomy).order_by("pk")
    for parent, child in edges.values_list("parent__key", "child__key"):
        parents.setdefault(child, []).append(parent)
    rows = taxonomy.synsets.order_by("label_class__index", "key")
    for key, index, lemmas, definition in rows.values_list(
        "key", "label_class__index", "lemmas", "definition"
    ):
        yield "synsets", (key, index, lemmas, definition, parents.get(key, []))


def _groups(taxonomy: Taxonomy) -> Iterator[Row]:
    masks = group_masks(taxonomy, kind=None)
    groups = taxonomy.groups.order_by("position")
    for name, kind, description in groups.values_list("name", "kind", "description"):
        yield "groups", (name, kind, description, np.flatnonzero(masks[name]).tolist())


def _predictions(dataset: Dataset) -> Iterator[Row]:
    sets = PredictionSet.objects.current().filter(dataset=dataset).select_related("participant")
    for one in sets.order_by("participant__name").iterator(chunk_size=4):
        seconds = None if one.seconds is None else np.frombuffer(one.seconds, "<f4")
        yield (
            "predictions",
            (one.participant.name, one.participant.kind, dataset.name, one.k,
             np.frombuffer(one.top_k, "<i4"), seconds, one.sha256),
        )  # fmt: skip
