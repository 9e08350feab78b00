"""The formats that there are, and how TFDS and ReaL write multi-labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from annotation.exporting.counting import Counting
from annotation.exporting.csv_files import write_csv, write_tables
from annotation.exporting.fiftyone import write_fiftyone
from annotation.exporting.huggingface import write_huggingface
from annotation.exporting.images import image_records
from annotation.exporting.json_file import write_json
from annotation.exporting.labelstudio import as_labelstudio
from annotation.exporting.parquet import write_parquet
from annotation.exporting.records import Selection, class_names
from annotation.importing.multilabel_files import REAL_KEY
from taxonomy.errors import InputError
from taxonomy.progress import Progress

VALIDATION_IMAGES = 50_000


def as_tfds(selection: Selection, counting: Counting) -> Iterator[str]:
    """What TFDS's builder `imagenet2012_multilabel` (3.0.0) reads in place of the published file:
    {"initial_annots": {image: {"correct", "wrong", "unclear": wnids}}, "problematic_images": {image:
    reason}, "imagenet_m": []}. Images without any verdict are left out, as it takes the others for
    annotated."""
    yield '{"initial_annots": {'
    separator = "\n"
    problematic = {}
    for record in image_records(selection):
        verdicts = {
            "correct": record.classes["correct"],
            "wrong": record.classes["incorrect"],
            "unclear": record.classes["unclear"],
        }
        if record.problematic:
            problematic[record.image_id] = record.problem_reason
        if any(verdicts.values()) or record.problematic:
            counting.add(1)
            yield f"{separator}{json.dumps(record.image_id)}: {json.dumps(verdicts)}"
            separator = ",\n"
    yield f'\n}},\n"problematic_images": {json.dumps(problematic)},\n"imagenet_m": []}}\n'


def as_real(selection: Selection, counting: Counting) -> Iterator[str]:
    """A ReaL list: entry i has the correct class indices of ILSVRC2012_val_{i+1:08d}; it is empty for
    images that are problematic, not judged, or not there.

    Raises InputError for an image with another name.
    """
    keys = {key: index for index, (key, _) in class_names(selection.taxonomy).items()}
    labels: dict[int, list[int]] = {}
    for record in image_records(selection):
        match = REAL_KEY.fullmatch(record.image_id)
        if match is None:
            raise InputError(
                f"A ReaL list has places for ILSVRC2012_val_… alone, not for '{record.image_id}'."
            )
        counting.add(1)
        if not record.problematic:
            labels[int(match[1])] = [keys[key] for key in record.classes["correct"]]
    size = max(VALIDATION_IMAGES, max(labels, default=0))
    yield json.dumps([labels.get(number, []) for number in range(1, size + 1)]) + "\n"


class Write(Protocol):
    """Fills an empty folder; how many rows there are of which, `images` among them."""

    def __call__(self, folder: Path, selection: Selection, progress: Progress) -> Counter[str]: ...


def _one_file(pieces: Callable[[Selection, Counting], Iterator[str]]) -> Write:
    def write(folder: Path, selection: Selection, progress: Progress) -> Counter[str]:
        counting = Counting(progress, sum(dataset.size for dataset in selection.datasets))
        with (folder / "annotations.json").open("w", encoding="utf-8") as file:
            file.writelines(pieces(selection, counting))
        counting.finish()
        return Counter(images=counting.done)

    return write


# Formats of which one file says it, and formats that are a folder.
FILES: dict[str, Write] = {
    "json": write_json,
    "csv": write_csv,
    "tfds": _one_file(as_tfds),
    "real": _one_file(as_real),
    "labelstudio": _one_file(as_labelstudio),
}
FOLDERS: dict[str, Write] = {
    "parquet": write_parquet,
    "huggingface": write_huggingface,
    "fiftyone": write_fiftyone,
}
# What a package has beside the file.
MORE: dict[str, Write] = {"csv": write_tables}
