"""Tasks for Label Studio (https://labelstud.io/guide/task_format): an image each, with what every
participant predicted and the correct classes as annotation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from annotation.exporting.records import Frozen, ImageRecord, class_names, image_records
from annotation.models import Dataset, DatasetImage, PredictionSet


def as_labelstudio(datasets: Sequence[Dataset], frozen: Frozen | None = None) -> Iterator[str]:
    """A JSON list of tasks. `data` has `image` and `image_id`, both the image's key, `datasets`, `target`
    and `problematic`; every choice is a class key. For a project whose interface has
    `<Choices name="classes" toName="image" choice="multiple">` on `<Image name="image" value="$image">`.
    """
    keys = {index: key for index, (key, _) in class_names(datasets[0].taxonomy).items()}
    predicted = [_Predicted(dataset) for dataset in datasets]
    yield "["
    separator = "\n"
    for record in image_records(datasets, frozen):
        found = {name: keys[index] for one in predicted for name, index in one.of(record.image_id)}
        yield separator + json.dumps(_task(record, found), ensure_ascii=False)
        separator = ",\n"
    yield "\n]\n"


def _task(record: ImageRecord, predicted: dict[str, str]) -> dict[str, object]:
    correct = record.classes["correct"]
    return {
        "data": {
            "image": record.image_id, "image_id": record.image_id, "datasets": record.datasets,
            "target": record.target, "problematic": record.problematic,
        },
        "predictions": [
            {"model_version": name, "result": [_choices([key])]} for name, key in predicted.items()
        ],
        "annotations": [{"result": [_choices(correct)]}] if correct else [],
    }  # fmt: skip


def _choices(keys: Sequence[str]) -> dict[str, object]:
    return {
        "from_name": "classes", "to_name": "image", "type": "choices",
        "value": {"choices": list(keys)},
    }  # fmt: skip


class _Predicted:
    """Everybody's first classes on a dataset."""

    def __init__(self, dataset: Dataset) -> None:
        links = DatasetImage.objects.filter(dataset=dataset)
        self.place = dict(links.values_list("image__key", "position"))
        sets = PredictionSet.objects.current().filter(dataset=dataset)
        self.names: list[str] = []
        self.top1: list[NDArray[np.int32]] = []
        for one in sets.select_related("participant").order_by("participant__name").iterator():
            self.names.append(one.participant.name)
            self.top1.append(np.frombuffer(one.top_k, "<i4").reshape(-1, one.k)[:, 0].copy())

    def of(self, key: str) -> Iterator[tuple[str, int]]:
        """(participant, class index) of those who predicted the image."""
        place = self.place.get(key)
        if place is None:
            return
        for name, top1 in zip(self.names, self.top1, strict=True):
            if place < len(top1) and top1[place] >= 0:
                yield name, int(top1[place])
