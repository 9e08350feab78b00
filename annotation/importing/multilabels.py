"""Importing multi-labels that others made, as verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection, transaction

from annotation.candidates import add_candidates
from annotation.importing.alone import one_at_a_time
from annotation.importing.multilabel_files import MultiLabels, read
from annotation.importing.picking import Members, members, pick_dataset
from annotation.models import Dataset
from annotation.review.rounds import extend_rounds
from taxonomy.bulk import array_literal
from taxonomy.errors import InputError
from taxonomy.lookup import class_lookup
from taxonomy.progress import Progress, quiet

# What a reviewer added and took back is no candidate, unless the file lists it. What it does not
# list of an image that it has is incorrect if it is closed.
WANTED = """
    CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
    SELECT candidate.id, candidate.verdict AS there, coalesce(listed.verdict, 2) AS verdict
    FROM annotation_candidate candidate
    LEFT JOIN unnest(%(images)s::bigint[], %(classes)s::int[], %(verdicts)s::int[])
        AS listed (image_id, class_index, verdict)
        ON listed.image_id = candidate.image_id AND listed.class_index = candidate.class_index
    WHERE candidate.image_id = ANY(%(all)s::bigint[])
      AND (candidate.verdict <> 0 OR candidate.added_by_id IS NULL)
      AND (%(closed)s OR listed.image_id IS NOT NULL)
"""

APPLY = """
    UPDATE annotation_candidate candidate SET verdict = wanted.verdict
    FROM wanted WHERE wanted.id = candidate.id AND wanted.verdict <> wanted.there
"""

# Images of which the file says the same as is held already keep the reason that they have.
MARK = """
    UPDATE annotation_image image
    SET problematic = listed.problematic, problem_reason = listed.reason
    FROM unnest(%s::bigint[], %s::boolean[], %s::text[]) AS listed (id, problematic, reason)
    WHERE image.id = listed.id AND image.problematic <> listed.problematic
"""


def import_multilabels(
    file: Path,
    dataset: str,
    format: str | None = None,
    replace: bool = False,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Take the multi-labels of a file for the verdicts on candidates of a dataset.

    format: `real`, `tfds` or `json` (see `multilabel_files`); None looks at the file. What the file
    lists for an image becomes a candidate if it is none yet. ReaL lists all correct classes of every
    image: every other candidate is incorrect, and an image for which nothing is listed is left with
    no correct class, and so out of multi-label accuracy. The others list verdicts, and leave what
    they don't list as it is; they also say which images are problematic. Importing a file again
    changes nothing.

    Returns {"dataset", "images", "labelled": images with a correct class, "correct", "incorrect",
    "unclear", "problematic": images that are after it and were not before, or the other way round,
    "changed": verdicts that are other than before, "candidates_new"}.

    Raises InputError, with nothing changed, for a file that is not of the format, an image that the
    dataset or a ReaL list has not, or if a verdict that is there would change (from judgments or
    another import) and `replace` is not set. Judgments are kept; the next one on a candidate decides
    it anew.
    """
    with one_at_a_time():
        found = pick_dataset(dataset)
        images = members(found)
        progress("reading multi-labels", 0, 0)
        labels = read(Path(file), format, images, class_lookup(found.taxonomy))
        return store_multilabels(found, images, labels, replace, Path(file), progress)


@transaction.atomic
def store_multilabels(
    dataset: Dataset,
    images: Members,
    labels: MultiLabels,
    replace: bool,
    file: Path,
    progress: Progress,
) -> dict[str, Any]:
    """See `import_multilabels`; to be called while no other import runs."""
    progress("storing", 0, 2)
    rows = [
        (position, index, int(verdict))
        for position, listed in labels.verdicts.items()
        for index, verdict in listed.items()
    ]
    table = np.array(rows, np.int64).reshape(-1, 3)
    ids, classes, verdicts = images.ids[table[:, 0]], table[:, 1].astype(np.int32), table[:, 2]
    new = add_candidates(ids, classes)
    progress("storing", 1, 2)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS wanted")
        cursor.execute(
            WANTED,
            {
                "images": array_literal(ids),
                "classes": array_literal(classes),
                "verdicts": array_literal(verdicts),
                "all": array_literal(images.ids[list(labels.verdicts)]),
                "closed": labels.closed,
            },
        )
        cursor.execute(
            "SELECT count(*) FILTER (WHERE verdict = 1), count(*) FILTER (WHERE verdict = 2),"
            " count(*) FILTER (WHERE verdict = 3),"
            " count(*) FILTER (WHERE there NOT IN (0, verdict)) FROM wanted"
        )
        correct, incorrect, unclear, conflicts = cursor.fetchone()
        if conflicts and not replace:
            raise InputError(
                f"{conflicts:,} verdicts on '{dataset}' say otherwise; --replace puts these in"
                " their place",
                file=file,
            )
        cursor.execute(APPLY)
        changed = cursor.rowcount
    marked = _mark(images, labels)
    extend_rounds()
    progress("storing", 2, 2)
    return {
        "dataset": dataset.name,
        "images": len(images),
        "labelled": len(np.unique(ids[verdicts == 1])),
        "correct": correct,
        "incorrect": incorrect,
        "unclear": unclear,
        "problematic": marked,
        "changed": changed,
        "candidates_new": new,
    }


def _mark(images: Members, labels: MultiLabels) -> int:
    """Mark images as problematic or fine, as the file says; how many became other than they were."""
    if not labels.problems:
        return 0
    positions = list(labels.problems)
    reasons = list(labels.problems.values())
    with connection.cursor() as cursor:
        cursor.execute(
            MARK,
            [
                array_literal(images.ids[positions]),
                [reason is not None for reason in reasons],
                [reason or "" for reason in reasons],
            ],
        )
        return cursor.rowcount
