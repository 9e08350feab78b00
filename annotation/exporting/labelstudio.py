"""Tasks for Label Studio (https://labelstud.io/guide/task_format): an image each, with what every
participant predicted and the correct classes as annotation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from annotation.exporting.counting import Counting
from annotation.exporting.images import ImageRecord, Predicted, image_records
from annotation.exporting.records import Selection, class_names


def as_labelstudio(selection: Selection, counting: Counting) -> Iterator[str]:
    """A JSON list of tasks. `data` has `image` and `image_id`, both the image's key, `datasets`, `target`
    and `problematic`; every choice is a class key. For a project whose interface has
    `<Choices name="classes" toName="image" choice="multiple">` on `<Image name="image" value="$image">`.
    """
    keys = {index: key for index, (key, _) in class_names(selection.taxonomy).items()}
    predicted = Predicted(selection)
    yield "["
    separator = "\n"
    for record in image_records(selection):
        found = {name: keys[index] for name, index in predicted.of(record.image_id).items()}
        counting.add(1)
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
        "annotations": [
            {"result": [_choices(correct)], "ground_truth": True}
        ] if correct else [],
    }  # fmt: skip


def _choices(keys: Sequence[str]) -> dict[str, object]:
    return {
        "from_name": "classes", "to_name": "image", "type": "choices",
        "value": {"choices": list(keys)},
    }  # fmt: skip
