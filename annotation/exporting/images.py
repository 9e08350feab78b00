"""Every image with what is held of its classes, one at a time, straight from the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from annotation.exporting.records import Selection
from annotation.exporting.scope import prepared
from annotation.models import Dataset, DatasetImage, PredictionSet

VERDICTS = ("correct", "incorrect", "unclear", "unjudged")

IMAGES = """
    SELECT image.key, image.datasets, image.target, image.problematic, image.problem_reason, classes
    FROM dumped_image image LEFT JOIN (
        SELECT image_id, json_agg(json_build_array(verdict, class) ORDER BY class_index) AS classes
        FROM dumped_candidate GROUP BY image_id
    ) held ON held.image_id = image.id
    ORDER BY image.id
"""


@dataclass(frozen=True)
class ImageRecord:
    """An image with its classes as synset keys; `classes` maps each verdict to its classes."""

    image_id: str
    datasets: list[str]
    target: str
    classes: dict[str, list[str]]
    problematic: bool
    problem_reason: str


def image_records(selection: Selection) -> Iterator[ImageRecord]:
    """Every image of the datasets once, in constant memory."""
    with prepared(selection) as scope:
        for key, datasets, target, problematic, reason, held in scope.rows(IMAGES):
            classes: dict[str, list[str]] = {name: [] for name in VERDICTS}
            for verdict, name in held or []:
                classes[verdict].append(name)
            yield ImageRecord(key, datasets, target, classes, problematic, reason)


class Predicted:
    """Everybody's first classes on the datasets, 4 bytes each: `names` are the participants'."""

    def __init__(self, selection: Selection) -> None:
        self._datasets = [
            _Top1(dataset, selection.predictions().filter(dataset=dataset))
            for dataset in selection.datasets
        ]
        self.names = sorted({name for one in self._datasets for name in one.names})

    def of(self, key: str) -> dict[str, int]:
        """{participant: class index} of those who predicted the image."""
        return {name: index for one in self._datasets for name, index in one.of(key)}


class _Top1:
    def __init__(self, dataset: Dataset, sets: QuerySet[PredictionSet]) -> None:
        links = DatasetImage.objects.filter(dataset=dataset)
        self.place = dict(links.values_list("image__key", "position"))
        self.names: list[str] = []
        self.top1: list[NDArray[np.int32]] = []
        for one in sets.select_related("participant").order_by("participant__name").iterator():
            self.names.append(one.participant.name)
            self.top1.append(np.frombuffer(one.top_k, "<i4").reshape(-1, one.k)[:, 0].copy())

    def of(self, key: str) -> Iterator[tuple[str, int]]:
        place = self.place.get(key)
        if place is None:
            return
        for name, top1 in zip(self.names, self.top1, strict=True):
            if place < len(top1) and top1[place] >= 0:
                yield name, int(top1[place])
