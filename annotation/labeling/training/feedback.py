"""What a training task tells of an image once it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from annotation.labeling.truth import TRUTH
from annotation.models import Assignment
from taxonomy.guide.entries import entries_about
from taxonomy.models import GuideEntry, LabelClass
from taxonomy.reference.sheets import sheets_of
from taxonomy.relations import hints_about

FIND_TRUTH = (
    f"SELECT truth.classes, truth.judged FROM annotation_image image {TRUTH} WHERE image.id = %s"  # noqa: S608
)


@dataclass(frozen=True)
class Side:
    """One of the classes laid side by side."""

    label_class: LabelClass
    sheet: Any


@dataclass(frozen=True)
class Feedback:
    """`right` is whether the answer is among the `correct` classes; `sides` are the answer and the
    truth, of which there is only one if they are the same."""

    right: bool
    judged: bool
    answer: LabelClass
    correct: list[LabelClass]
    sides: list[Side]
    entries: Any
    hints: Any
    both: list[GuideEntry] = field(default_factory=list)


def feedback_on(assignment: Assignment) -> Feedback | None:
    """None as long as nothing is answered."""
    if assignment.class_index is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(FIND_TRUTH, [assignment.image_id])
        indices, judged = cursor.fetchone()
    taxonomy = assignment.enrollment.task.taxonomy_id
    found = LabelClass.objects.select_related("taxonomy", "synset")
    classes = {
        one.index: one
        for one in found.filter(taxonomy=taxonomy, index__in=[*indices, assignment.class_index])
    }
    target = assignment.image.target
    truth = classes[target if target in indices else indices[0]]
    answer = classes[assignment.class_index]
    right = answer.index in indices
    shown = [answer] if right else [answer, truth]
    sheets = sheets_of(shown)
    return Feedback(
        right, judged, answer, [classes[index] for index in indices],
        [Side(one, sheets.get(one.pk)) for one in shown], entries_about(truth),
        hints_about(truth), [] if right else _about_both(answer, truth),
    )  # fmt: skip


def _about_both(one: LabelClass, other: LabelClass) -> list[GuideEntry]:
    entries = GuideEntry.objects.filter(archived=None, classes=one).filter(classes=other)
    return list(entries.order_by("title"))
