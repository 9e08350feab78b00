"""A dataset that FiftyOne imports (https://docs.voxel51.com, `FiftyOneDataset`): metadata.json, a
document of MongoDB about the dataset, and samples.json, one about each image."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from annotation.exporting.counting import Counting
from annotation.exporting.images import ImageRecord, Predicted, image_records
from annotation.exporting.records import Selection, class_names
from taxonomy.progress import Progress

# FiftyOne migrates what older versions wrote.
VERSION = "1.0.0"
FIELDS = "fiftyone.core.fields."
LABELS = "fiftyone.core.labels."
OWN = ("id", "filepath", "tags", "metadata", "image_id", "target", "ground_truth", "incorrect",
       "unclear", "unjudged", "problematic", "problem_reason", "created_at", "last_modified_at")  # fmt: skip
SEVERAL = {"ground_truth": "correct", "incorrect": "incorrect", "unclear": "unclear",
           "unjudged": "unjudged"}  # fmt: skip


def write_fiftyone(folder: Path, selection: Selection, progress: Progress) -> Counter[str]:
    """Samples with the tags of their datasets, the path `image_id`, `ground_truth` and the other verdicts as
    Classifications, `target` and one field per participant as Classification. Labels are class keys.
    How many images there are."""
    keys = {index: key for index, (key, _) in class_names(selection.taxonomy).items()}
    predicted = Predicted(selection)
    fields = field_names(predicted.names)
    counting = Counting(progress, sum(dataset.size for dataset in selection.datasets))
    with (folder / "samples.json").open("w", encoding="utf-8") as file:
        file.write('{"samples": [')
        for record in image_records(selection):
            said = predicted.of(record.image_id).items()
            sample = _sample(record, {fields[name]: keys[index] for name, index in said})
            separator = ",\n" if counting.done else "\n"
            file.write(separator + json.dumps(sample, ensure_ascii=False))
            counting.add(1)
        file.write("\n]}\n")
    about = _dataset(selection, list(keys.values()), fields)
    (folder / "metadata.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    counting.finish()
    return Counter(images=counting.done)


def field_names(participants: Iterable[str]) -> dict[str, str]:
    """{participant: name of a field}: lower-case letters, digits and underscores, each once."""
    found: dict[str, str] = {}
    for name in participants:
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "participant"
        plain = f"p_{plain}" if plain[0].isdigit() or plain in OWN else plain
        field, number = plain, 2
        while field in found.values():
            field, number = f"{plain}_{number}", number + 1
        found[name] = field
    return found


def _sample(record: ImageRecord, said: dict[str, str]) -> dict[str, Any]:
    image = record.image_id
    several = {
        field: {
            "_cls": "Classifications",
            "classifications": [_label(image, field, key) for key in record.classes[verdict]],
        }
        for field, verdict in SEVERAL.items()
    }
    return {
        "_id": _object_id(image),
        "filepath": image,
        "tags": record.datasets,
        "_media_type": "image",
        "_rand": int(_digest(image)[:13], 16) / 16**13,
        "image_id": image,
        "target": _label(image, "target", record.target),
        **several,
        "problematic": record.problematic,
        "problem_reason": record.problem_reason,
        **{field: _label(image, field, key) for field, key in said.items()},
    }


def _label(image: str, field: str, key: str) -> dict[str, Any]:
    identity = _object_id(f"{image}\0{field}\0{key}")
    return {"_id": identity, "_cls": "Classification", "tags": [], "label": key}


def _object_id(text: str) -> dict[str, str]:
    """An id of MongoDB that follows from the text, in its extended JSON."""
    return {"$oid": _digest(text)[:24]}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _dataset(
    selection: Selection, classes: Sequence[str], fields: dict[str, str]
) -> dict[str, Any]:
    names = ", ".join(dataset.name for dataset in selection.datasets)
    return {
        "version": VERSION,
        "name": names,
        "media_type": "image",
        "description": f"Multi-labels of {names}, written by Tusker.",
        "info": {
            **selection.of_snapshot(),
            "datasets": [dataset.name for dataset in selection.datasets],
            "participants": {field: name for name, field in fields.items()},
        },
        "default_classes": classes,
        "sample_fields": [
            _field("id", "ObjectIdField", db_field="_id"),
            _field("filepath", "StringField"),
            _field("tags", "ListField", subfield="StringField"),
            _field("metadata", "EmbeddedDocumentField", document="fiftyone.core.metadata.ImageMetadata"),
            _field("_media_type", "StringField"),
            _field("_rand", "FloatField"),
            _field("_dataset_id", "ObjectIdField"),
            _field("created_at", "DateTimeField"),
            _field("last_modified_at", "DateTimeField"),
            _field("image_id", "StringField"),
            _classification("target"),
            *(_classifications(name) for name in SEVERAL),
            _field("problematic", "BooleanField"),
            _field("problem_reason", "StringField"),
            *(_classification(field, name) for name, field in fields.items()),
        ],
    }  # fmt: skip


def _classifications(name: str) -> dict[str, Any]:
    listed = _field("classifications", "ListField", subfield="EmbeddedDocumentField",
                    document=f"{LABELS}Classification", fields=LABEL)  # fmt: skip
    parts = [listed, _field("logits", "VectorField")]
    return _field(name, "EmbeddedDocumentField", document=f"{LABELS}Classifications", fields=parts)


def _classification(name: str, about: str | None = None) -> dict[str, Any]:
    return _field(
        name, "EmbeddedDocumentField", document=f"{LABELS}Classification", fields=LABEL,
        description=about,
    )  # fmt: skip


def _field(name: str, kind: str, **more: Any) -> dict[str, Any]:
    """A field as the dataset's document describes it."""
    subfield = more.get("subfield")
    return {
        "name": name,
        "ftype": FIELDS + kind,
        "embedded_doc_type": more.get("document"),
        "subfield": FIELDS + subfield if subfield else None,
        "fields": more.get("fields", []),
        "db_field": more.get("db_field", name),
        "description": more.get("description"),
        "info": None,
        "read_only": name in ("created_at", "last_modified_at"),
    }


LABEL = [
    _field("id", "ObjectIdField", db_field="_id"),
    _field("tags", "ListField", subfield="StringField"),
    _field("label", "StringField"),
    _field("confidence", "FloatField"),
    _field("logits", "VectorField"),
]
