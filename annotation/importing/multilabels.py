"""Importing multi-labels that others made, as verdicts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection, transaction

from annotation.candidates import add_candidates
from annotation.importing.alone import one_at_a_time
from annotation.importing.picking import Members, members, pick_dataset
from annotation.models import Dataset
from annotation.review.rounds import extend_rounds
from taxonomy.bulk import array_literal
from taxonomy.errors import InputError, InputErrors
from taxonomy.progress import Progress, quiet

REAL_KEY = re.compile(r"(?:.*/)?ILSVRC2012_val_(\d{8})(?:\.\w+)?")

# What a reviewer added and took back is no candidate, unless the file lists it.
WANTED = """
    CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
    SELECT candidate.id, candidate.verdict AS there,
           CASE WHEN listed.image_id IS NULL THEN 2 ELSE 1 END AS verdict
    FROM annotation_candidate candidate
    JOIN annotation_datasetimage member
        ON member.image_id = candidate.image_id AND member.dataset_id = %(dataset)s
    LEFT JOIN unnest(%(images)s::bigint[], %(classes)s::int[]) AS listed (image_id, class_index)
        ON listed.image_id = candidate.image_id AND listed.class_index = candidate.class_index
    WHERE candidate.verdict <> 0 OR candidate.added_by_id IS NULL
"""

APPLY = """
    UPDATE annotation_candidate candidate SET verdict = wanted.verdict
    FROM wanted WHERE wanted.id = candidate.id AND wanted.verdict <> wanted.there
"""


def import_multilabels(
    file: Path,
    dataset: str,
    format: str = "real",
    replace: bool = False,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Take the multi-labels of a file for the verdicts on all candidates of a dataset.

    What the file lists for an image becomes correct (and a candidate if it is none yet), every
    other candidate of the image incorrect. An image for which nothing is listed is left with no
    correct class, and so out of multi-label accuracy. Importing a file again changes nothing.

    format `real`: the JSON list of ReaL (Beyer et al. 2020, google-research/reassessed-imagenet);
    entry i holds the class indices of ILSVRC2012_val_{i+1:08d}. The dataset's images must have
    such keys.

    Returns {"dataset", "images", "labelled": images with a correct class, "correct", "incorrect",
    "changed": verdicts that are other than before, "candidates_new"}.

    Raises InputError, with nothing changed, for a file that is not of the format, an image it has
    no entry for, or if a verdict that is there would change (from judgments or another import)
    and `replace` is not set. Judgments are kept; the next one on a candidate decides it anew.
    """
    with one_at_a_time():
        found = pick_dataset(dataset)
        images = members(found)
        progress("reading multi-labels", 0, 0)
        labels = FORMATS[format](Path(file), images, found.taxonomy.classes.count())
        return _store(found, images, labels, replace, Path(file), progress)


def read_real(path: Path, images: Members, classes: int) -> list[list[int]]:
    """The class indices of each image of the dataset. Raises InputError; rows are entries."""
    try:
        entries = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", file=path) from error
    if not isinstance(entries, list):
        raise InputError("is not a JSON list with an entry per validation image", file=path)
    problems = [
        (number, problem)
        for number, entry in enumerate(entries, start=1)
        if (problem := _entry_problem(entry, classes))
    ]
    if problems:
        raise InputErrors(path, problems)
    return [_entry(entries, key, path) for key in images.keys]


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


Reader = Callable[[Path, Members, int], list[list[int]]]
FORMATS: dict[str, Reader] = {"real": read_real}


@transaction.atomic
def _store(
    dataset: Dataset,
    images: Members,
    labels: Sequence[Sequence[int]],
    replace: bool,
    file: Path,
    progress: Progress,
) -> dict[str, Any]:
    progress("storing", 0, 2)
    counts = np.array([len(entry) for entry in labels], np.int64)
    ids = np.repeat(images.ids, counts)
    classes = np.array([index for entry in labels for index in entry], np.int32)
    new = add_candidates(ids, classes)
    progress("storing", 1, 2)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS wanted")
        where: dict[str, Any] = {"dataset": dataset.pk, "images": array_literal(ids)}
        cursor.execute(WANTED, where | {"classes": array_literal(classes)})
        cursor.execute(
            "SELECT count(*) FILTER (WHERE verdict = 1), count(*) FILTER (WHERE verdict = 2),"
            " count(*) FILTER (WHERE there NOT IN (0, verdict)) FROM wanted"
        )
        correct, incorrect, conflicts = cursor.fetchone()
        if conflicts and not replace:
            raise InputError(
                f"{conflicts:,} verdicts on '{dataset}' say otherwise; --replace puts these in"
                " their place",
                file=file,
            )
        cursor.execute(APPLY)
        changed = cursor.rowcount
    extend_rounds()
    progress("storing", 2, 2)
    return {
        "dataset": dataset.name,
        "images": len(images),
        "labelled": int((counts > 0).sum()),
        "correct": correct,
        "incorrect": incorrect,
        "changed": changed,
        "candidates_new": new,
    }
