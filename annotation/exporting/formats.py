"""How image records are written down. docs/admins.md describes both formats for readers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Protocol

from annotation.exporting.labelstudio import as_labelstudio
from annotation.exporting.records import (
    AdjudicationRecord,
    Frozen,
    ImageRecord,
    JudgmentRecord,
    class_names,
    image_records,
)
from annotation.importing.multilabel_files import REAL_KEY
from annotation.models import Dataset
from taxonomy.errors import InputError

VALIDATION_IMAGES = 50_000
CSV_COLUMNS = [
    "image_id", "datasets", "class_key", "class_index", "class_name", "is_target", "verdict",
    "problematic", "problem_reason",
    "judgment_id", "judgment", "reviewer", "round", "judged_at", "milliseconds",
]  # fmt: skip


def as_json(datasets: Sequence[Dataset], frozen: Frozen | None = None) -> Iterator[str]:
    """One JSON object, piece by piece; one line per image."""
    taxonomy = datasets[0].taxonomy
    head = {
        "format": "tusker-annotations",
        "version": 1,
        "exported": datetime.now(UTC).isoformat(),
        "taxonomy": taxonomy.name,
        "datasets": [dataset.name for dataset in datasets],
        "classes": [
            {"index": index, "key": key, "name": name}
            for index, (key, name) in sorted(class_names(taxonomy).items())
        ],
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "images": ['
    separator = "\n"
    for record in image_records(datasets, frozen):
        yield separator + json.dumps(_json_image(record), ensure_ascii=False)
        separator = ",\n"
    yield "\n]}\n"


def _json_image(record: ImageRecord) -> dict[str, object]:
    return {
        "image_id": record.image_id,
        "datasets": record.datasets,
        "targets": [record.target],
        **record.classes,
        "problematic": record.problematic,
        "problem_reason": record.problem_reason,
        "judgments": list(map(_json_word, record.judgments)),
        "adjudications": list(map(_json_word, record.adjudications)),
    }


def _json_word(word: JudgmentRecord | AdjudicationRecord) -> dict[str, object]:
    return {"class" if name == "key" else name: value for name, value in asdict(word).items()}


def as_csv(datasets: Sequence[Dataset], frozen: Frozen | None = None) -> Iterator[str]:
    """One row per judgment; a class that nobody judged has one row without a judgment."""
    classes = {
        key: (index, name) for index, (key, name) in class_names(datasets[0].taxonomy).items()
    }
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for record in image_records(datasets, frozen):
        writer.writerows(_csv_rows(record, classes))
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()


def _csv_rows(record: ImageRecord, classes: dict[str, tuple[int, str]]) -> Iterator[list[object]]:
    verdicts = {key: verdict for verdict, keys in record.classes.items() for key in keys}
    judged = {judgment.key for judgment in record.judgments}
    image = [record.image_id, json.dumps(record.datasets, ensure_ascii=False)]
    problem = [int(record.problematic), plain_text(record.problem_reason)]

    def pair(key: str) -> list[object]:
        verdict = verdicts.get(key, "withdrawn")
        return [*image, key, *classes[key], int(key == record.target), verdict, *problem]

    for judgment in record.judgments:
        yield [
            *pair(judgment.key), judgment.id, judgment.verdict, judgment.reviewer,
            plain_text(judgment.round), judgment.judged_at, judgment.milliseconds,
        ]  # fmt: skip
    for key in verdicts:
        if key not in judged:
            yield [*pair(key), "", "", "", "", "", ""]


def plain_text(text: str) -> str:
    """Free text that a spreadsheet won't take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def as_tfds(datasets: Sequence[Dataset], frozen: Frozen | None = None) -> Iterator[str]:
    """What TFDS's builder `imagenet2012_multilabel` (3.0.0) reads in place of the published file:
    {"initial_annots": {image: {"correct", "wrong", "unclear": wnids}}, "problematic_images": {image:
    reason}, "imagenet_m": []}. Images without any verdict are left out, as it takes the others for
    annotated."""
    yield '{"initial_annots": {'
    separator = "\n"
    problematic = {}
    for record in image_records(datasets, frozen):
        verdicts = {
            "correct": record.classes["correct"],
            "wrong": record.classes["incorrect"],
            "unclear": record.classes["unclear"],
        }
        if record.problematic:
            problematic[record.image_id] = record.problem_reason
        if any(verdicts.values()) or record.problematic:
            yield f"{separator}{json.dumps(record.image_id)}: {json.dumps(verdicts)}"
            separator = ",\n"
    yield f'\n}},\n"problematic_images": {json.dumps(problematic)},\n"imagenet_m": []}}\n'


def as_real(datasets: Sequence[Dataset], frozen: Frozen | None = None) -> Iterator[str]:
    """A ReaL list: entry i has the correct class indices of ILSVRC2012_val_{i+1:08d}; it is empty for
    images that are problematic, not judged, or not there.

    Raises InputError for an image with another name.
    """
    keys = {key: index for index, (key, _) in class_names(datasets[0].taxonomy).items()}
    labels: dict[int, list[int]] = {}
    for record in image_records(datasets, frozen):
        match = REAL_KEY.fullmatch(record.image_id)
        if match is None:
            raise InputError(
                f"A ReaL list has places for ILSVRC2012_val_… alone, not for '{record.image_id}'."
            )
        if not record.problematic:
            labels[int(match[1])] = [keys[key] for key in record.classes["correct"]]
    size = max(VALIDATION_IMAGES, max(labels, default=0))
    yield json.dumps([labels.get(number, []) for number in range(1, size + 1)]) + "\n"


class Write(Protocol):
    def __call__(
        self, datasets: Sequence[Dataset], frozen: Frozen | None = None
    ) -> Iterator[str]: ...


FORMATS: dict[str, Write] = {
    "json": as_json,
    "csv": as_csv,
    "tfds": as_tfds,
    "real": as_real,
    "labelstudio": as_labelstudio,
}
