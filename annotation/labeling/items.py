"""What the labeling page may know of an image: neither its key, nor where it comes from, nor what
anybody else said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse

from config.prepared import Statement

MOST_AT_ONCE = 20

# The enrollment of a labeler in a task, and what of it the page shows.
PART = Statement(
    "labeling_part",
    "bigint, bigint",
    """
    SELECT part.id, part.handed_in IS NOT NULL, task.state, task.kind
    FROM annotation_enrollment part JOIN annotation_labelingtask task ON task.id = part.task_id
    WHERE part.task_id = $1 AND part.labeler_id = $2
    """,
)

ITEMS = Statement(
    "labeling_items",
    "bigint, int[]",
    """
    SELECT assignment.position, assignment.uid, image.file <> '', image.width, image.height,
        assignment.class_index, assignment.confidence, assignment.later, assignment.note
    FROM annotation_assignment assignment
    JOIN annotation_image image ON image.id = assignment.image_id
    WHERE assignment.enrollment_id = $1 AND assignment.position = ANY($2)
    ORDER BY assignment.position
    """,
)

# One character per image, in the labeler's order: "a" answered, "l" come back later, "." not yet.
OVERVIEW = Statement(
    "labeling_overview",
    "bigint",
    """
    SELECT coalesce(string_agg(CASE WHEN later THEN 'l' WHEN class_index IS NULL THEN '.'
                               ELSE 'a' END, '' ORDER BY position), '')
    FROM annotation_assignment WHERE enrollment_id = $1
    """,
)


def overview(enrollment_id: int) -> str:
    """How far a labeler is, one character per image in their order; see OVERVIEW."""
    ((text,),) = OVERVIEW.run(enrollment_id)
    return text


def describe(task_id: int, enrollment_id: int, positions: Sequence[int]) -> list[dict[str, Any]]:
    """The images at these positions as JSON for the labeling page, by one query."""
    return [_item(task_id, *row) for row in ITEMS.run(enrollment_id, sorted(set(positions)))]


def _item(
    task_id: int,
    position: int,
    uid: UUID,
    has_file: bool,
    width: int,
    height: int,
    class_index: int | None,
    confidence: int | None,
    later: bool,
    note: str,
) -> dict[str, Any]:
    def address(rendition: str) -> str:
        return reverse("labeling_image", args=[task_id, uid, rendition]) if has_file else ""

    return {
        "position": position,
        "uid": str(uid),
        "src": address("large"),
        "original": address("original"),
        "width": width,
        "height": height,
        "class": class_index,
        "confidence": confidence,
        "later": later,
        "note": note,
    }
