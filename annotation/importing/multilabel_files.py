"""Reading files of multi-labels that others made, in the formats that there are."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotation.importing.picking import Members
from annotation.models import Verdict
from taxonomy.errors import InputError, InputErrors
from taxonomy.lookup import ClassLookup

ANNOTATIONS = "annotations.json"
MOST_BYTES = 4 << 30
REAL_KEY = re.compile(r"(?:.*/)?ILSVRC2012_val_(\d{8})(?:\.\w+)?")
REASON_LENGTH = 500
TFDS_VERDICTS = {
    "correct": Verdict.CORRECT, "wrong": Verdict.INCORRECT, "unclear": Verdict.UNCLEAR,
}  # fmt: skip
JSON_VERDICTS = {
    "correct": Verdict.CORRECT, "incorrect": Verdict.INCORRECT, "unclear": Verdict.UNCLEAR,
}  # fmt: skip


@dataclass
class MultiLabels:
    """What a file says: {position of an image: {class index: verdict}} for the images it has.

    With `closed`, what it does not list for them is incorrect, else left as it is. `problems` maps
    positions of images to the reason they are problematic for, or None if they are not.
    """

    verdicts: dict[int, dict[int, Verdict]]
    closed: bool = False
    problems: dict[int, str | None] = field(default_factory=dict)


def read_json(path: Path) -> Any:
    """The content of a file, or of the `annotations.json` in a zip as exports are. Raises InputError if
    it can't be read or is no JSON."""
    try:
        if not zipfile.is_zipfile(path):
            return json.loads(path.read_bytes())
        with zipfile.ZipFile(path) as package:
            if ANNOTATIONS not in package.namelist():
                raise InputError(f"is a zip without {ANNOTATIONS}", file=path)
            if package.getinfo(ANNOTATIONS).file_size > MOST_BYTES:
                raise InputError(f"has more than {MOST_BYTES >> 30} GiB of JSON", file=path)
            return json.loads(package.read(ANNOTATIONS))
    except (zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"is a damaged zip: {error}", file=path) from error
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", file=path) from error


def read_real(content: Any, path: Path, images: Members, lookup: ClassLookup) -> MultiLabels:
    """The JSON list of ReaL (Beyer et al. 2020, google-research/reassessed-imagenet): entry i holds
    the class indices of ILSVRC2012_val_{i+1:08d}. Raises InputError; rows are entries."""
    entries = content
    if not isinstance(entries, list):
        raise InputError("is not a JSON list with an entry per validation image", file=path)
    classes = len(lookup.keys)
    problems = [
        (number, problem)
        for number, entry in enumerate(entries, start=1)
        if (problem := _entry_problem(entry, classes))
    ]
    if problems:
        raise InputErrors(path, problems)
    verdicts = {
        position: dict.fromkeys(_entry(entries, key, path), Verdict.CORRECT)
        for position, key in enumerate(images.keys)
    }
    return MultiLabels(verdicts, closed=True)


def _entry_problem(entry: Any, classes: int) -> str:
    if not isinstance(entry, list) or not all(type(index) is int for index in entry):
        return "is not a list of class indices"
    if wrong := [index for index in entry if not 0 <= index < classes]:
        return f"class index {wrong[0]} is not among 0 to {classes - 1}"
    return "names a class twice" if len(set(entry)) < len(entry) else ""


def _entry(entries: list[list[int]], key: str, path: Path) -> list[int]:
    match = REAL_KEY.fullmatch(key)
    if match is None:
        raise InputError(f"image '{key}' is not one of ILSVRC2012_val_…", file=path)
    number = int(match[1])
    if not 0 < number <= len(entries):
        raise InputError(f"has {len(entries)} entries, none for image '{key}'", file=path)
    return entries[number - 1]


def read_tfds(content: Any, path: Path, images: Members, lookup: ClassLookup) -> MultiLabels:
    """The JSON that TFDS's builder `imagenet2012_multilabel` reads: {"initial_annots": {image:
    {"correct", "wrong", "unclear": lists of wnids, each may be missing}}, "problematic_images":
    {image: anything}}. Raises InputError; rows are images in the file's order."""
    annotations = content.get("initial_annots") if isinstance(content, dict) else None
    problematic = content.get("problematic_images", {}) if isinstance(content, dict) else None
    if not isinstance(annotations, dict) or not isinstance(problematic, (dict, list)):
        raise InputError("has no 'initial_annots' of images and 'problematic_images'", file=path)
    found = _read(path, annotations.items(), images, lookup, TFDS_VERDICTS)
    marked = set(problematic)
    for key in annotations:
        position = images.find(key)
        if position is not None:
            found.problems[position] = "problematic" if key in marked else None
    return found


def read_dump(content: Any, path: Path, images: Members, lookup: ClassLookup) -> MultiLabels:
    """The verdicts of an export as JSON: {"images": [{"image_id", "correct", "incorrect",
    "unclear": lists of class keys, "problematic", "problem_reason"}]}. Raises InputError; rows are
    images in the file's order."""
    rows = content.get("images") if isinstance(content, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError("has no list 'images' of objects", file=path)
    keyed = [(str(row.get("image_id", "")), row) for row in rows]
    found = _read(path, keyed, images, lookup, JSON_VERDICTS)
    for key, row in keyed:
        position = images.find(key)
        if position is not None and isinstance(row.get("problematic"), bool):
            reason = str(row.get("problem_reason") or "problematic")[:REASON_LENGTH]
            found.problems[position] = reason if row["problematic"] else None
    return found


def _read(
    path: Path,
    rows: Iterable[tuple[str, Any]],
    images: Members,
    lookup: ClassLookup,
    names: Mapping[str, Verdict],
) -> MultiLabels:
    """Entries (image, {name of a verdict: class keys}). Raises InputErrors."""
    found: dict[int, dict[int, Verdict]] = {}
    problems = []
    for number, (key, entry) in enumerate(rows, start=1):
        position = images.find(key)
        try:
            if position is None:
                raise ValueError(f"there is no image '{key}' in the dataset")
            if position in found:
                raise ValueError(f"image '{key}' occurs twice")
            found[position] = _verdicts(entry, lookup, names)
        except ValueError as error:
            problems.append((number, str(error)))
    if problems:
        raise InputErrors(path, problems)
    return MultiLabels(found)


def _verdicts(entry: Any, lookup: ClassLookup, names: Mapping[str, Verdict]) -> dict[int, Verdict]:
    if not isinstance(entry, dict):
        raise ValueError("is not an object")
    found: dict[int, Verdict] = {}
    for name, verdict in names.items():
        keys = entry.get(name, [])
        if not isinstance(keys, list):
            raise ValueError(f"'{name}' is not a list of classes")
        for key in keys:
            index = lookup.by_key(str(key))
            if found.setdefault(index, verdict) != verdict:
                raise ValueError(f"class '{key}' is listed with two verdicts")
    return found


Reader = Callable[[Any, Path, Members, ClassLookup], MultiLabels]
FORMATS: dict[str, Reader] = {"real": read_real, "tfds": read_tfds, "json": read_dump}


def read(path: Path, format: str | None, images: Members, lookup: ClassLookup) -> MultiLabels:
    """Read a file; without a format that which its outermost parts are of. Raises InputError."""
    content = read_json(path)
    if format is None:
        is_tfds = isinstance(content, dict) and "initial_annots" in content
        format = "tfds" if is_tfds else "json" if isinstance(content, dict) else "real"
    return FORMATS[format](content, path, images, lookup)
