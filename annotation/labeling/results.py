"""What a labeler answered, beside what is held to be correct."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from annotation.discussion.closed import RUNNING
from annotation.labeling.examinations import EXAMINING
from annotation.labeling.truth import TRUTH
from annotation.models import Enrollment
from taxonomy.models import LabelClass

# Nobody, not even an admin, is told their answer to an image that a round may ask them about.
ANSWERS = f"""
    SELECT assignment.uid, assignment.position, image.file <> '', assignment.class_index,
        truth.classes, truth.judged, image.problematic, assignment.active_ms, assignment.note
    FROM annotation_assignment assignment
    JOIN annotation_image image ON image.id = assignment.image_id
    {TRUTH}
    WHERE assignment.enrollment_id = %(enrollment)s
      AND NOT EXISTS (SELECT {RUNNING}) AND NOT EXISTS (SELECT {EXAMINING})
    ORDER BY assignment.position
"""  # noqa: S608


Named = tuple[int, str]


@dataclass(frozen=True)
class Answered:
    """`right` is None if nothing was answered or the image is problematic; `correct` are the classes
    that are there, `judged` whether reviewers said so. Classes are (index, name)."""

    uid: UUID
    position: int
    has_file: bool
    answer: Named | None
    correct: list[Named]
    judged: bool
    right: bool | None
    seconds: float
    note: str


def answers_of(part: Enrollment) -> list[Answered]:
    """In the labeler's order; two queries. Images that are being reviewed blind, or that the labeler
    may still be asked about, are left out until that is over."""
    classes = LabelClass.objects.filter(taxonomy=part.task.taxonomy_id)
    names = {i: lemmas[0] for i, lemmas in classes.values_list("index", "synset__lemmas")}
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, {"enrollment": part.pk, "reader": part.labeler_id})
        rows = cursor.fetchall()
    found = []
    for uid, position, has_file, index, correct, judged, problematic, ms, note in rows:
        right = None if index is None or problematic else index in correct
        found.append(
            Answered(
                uid, position, has_file, None if index is None else (index, names[index]),
                [(one, names[one]) for one in correct], judged, right, ms / 1000, note,
            )
        )  # fmt: skip
    return found
