"""Label files: which images a dataset has, and the label that each came with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotation.importing.classes import STRICT_COLUMNS, class_reader
from taxonomy.errors import InputErrors
from taxonomy.lookup import ClassLookup
from taxonomy.tables import Row, read_table

TARGET_COLUMNS = (*STRICT_COLUMNS, "class", "label", "target")
KEY_LENGTH = 255


@dataclass(frozen=True)
class Labels:
    """A label file: per image its line, its key and its target, int32 [n]."""

    file: str
    lines: list[int]
    keys: list[str]
    targets: np.ndarray


def read_labels(path: Path, lookup: ClassLookup) -> Labels:
    """Read a CSV file with the column `image_id` and one that names the class.

    The class is in the first there is of the columns `wnid`, `class_index`, `class_name`,
    `class`, `label`, `target`; in the last three it may be written in any of the three ways.

    Raises InputErrors with every row whose image id is empty, too long or repeated or whose class
    is unknown; InputError for what `read_table` refuses.
    """
    rows = read_table(path, required=["image_id"], any_of=TARGET_COLUMNS)
    column = next(name for name in TARGET_COLUMNS if name in rows[0].values)
    read_class = class_reader(lookup, column)
    problems = []
    targets = np.zeros(len(rows), np.int32)
    first: dict[str, int] = {}
    for number, row in enumerate(rows):
        if problem := _key_problem(row, first):
            problems.append((row.line, problem))
            continue
        try:
            targets[number] = read_class(row.values[column])
        except ValueError as error:
            problems.append((row.line, str(error)))
    if problems:
        raise InputErrors(path, problems)
    return Labels(path.name, [row.line for row in rows], list(first), targets)


def _key_problem(row: Row, first: dict[str, int]) -> str:
    """What is wrong with the image id, or ""; notes in `first` where each was seen."""
    key = row.values["image_id"]
    if not key:
        return "has no image id"
    if len(key) > KEY_LENGTH:
        return f"image id '{key[:20]}…' is longer than {KEY_LENGTH} characters"
    if first.setdefault(key, row.line) != row.line:
        return f"image '{key}' occurs twice (first in row {first[key]})"
    return ""
