"""What the page may know of an image under review: no key, no target, no participant."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from accounts.models import User
from annotation.models import ReviewRound, Verdict
from config.prepared import Statement

DESCRIBE = Statement(
    "describe",
    "bigint, bigint[]",
    """
    SELECT image.uid, image.file <> '', image.width, image.height,
        image.problematic, image.problem_reason,
        (SELECT json_agg(json_build_array(class_index, verdict, added_by_id IS NOT NULL))
         FROM annotation_candidate candidate
         WHERE candidate.image_id = image.id AND (verdict <> 0 OR added_by_id IS NULL)),
        (SELECT json_agg(json_build_object(
            'text', text, 'mine', author_id = $1, 'created', created) ORDER BY id)
         FROM annotation_comment comment WHERE comment.image_id = image.id)
    FROM unnest($2) WITH ORDINALITY AS wanted (id, place)
    JOIN annotation_image image ON image.id = wanted.id
    ORDER BY place
    """,
)


def describe(
    review_round: ReviewRound, user: User, image_ids: Sequence[int]
) -> list[dict[str, Any]]:
    """The images as JSON for the review page, in the order given, by one query."""
    rows = DESCRIBE.run(user.pk, list(image_ids)) if image_ids else []
    return [_image(review_round.seed, *row) for row in rows]


def _image(
    seed: int,
    uid: object,
    has_file: bool,
    width: int,
    height: int,
    problematic: bool,
    reason: str,
    candidates: list[tuple[int, int, bool]] | None,
    comments: list[dict[str, Any]] | None,
) -> dict[str, Any]:
    shuffled = sorted(candidates or [], key=lambda row: _place(seed, uid, row[0]))
    return {
        "uid": str(uid),
        "src": reverse("image", args=[uid, "large"]) if has_file else "",
        "original": reverse("image", args=[uid, "original"]) if has_file else "",
        "width": width,
        "height": height,
        "problematic": problematic,
        "reason": reason,
        "done": problematic or all(verdict for _, verdict, _ in shuffled),
        "candidates": [
            {"class": index, "verdict": Verdict(verdict).label, "added": added}
            for index, verdict, added in shuffled
        ],
        "comments": comments or [],
    }


def _place(seed: int, uid: object, class_index: int) -> bytes:
    """A place in an order that tells nothing of a candidate's origin and stays the same."""
    return hashlib.sha256(f"{seed}:{uid}:{class_index}".encode()).digest()
