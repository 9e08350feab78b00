"""What the page may know of an image under review: no key, no target, no participant."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from accounts.models import User
from annotation.models import ReviewRound, Verdict
from annotation.review.queue import Turn
from config.prepared import Statement

# Why others hold an image for problematic is not told in a blind round.
# What a reviewer sees of a candidate: what they said of it in this round, in this turn if it is asked
# there (what came too late for a former turn does not end this one); nothing, if it is still to be
# judged; else what is held of it, unless the round is blind.
DESCRIBE = Statement(
    "describe",
    "bigint, bigint, bool, bigint[], bigint[]",
    """
    SELECT image.uid, image.file <> '', image.width, image.height,
        image.problematic, CASE WHEN $3 AND $1 IS DISTINCT FROM (
            SELECT reviewer_id FROM annotation_problemreport
            WHERE image_id = image.id ORDER BY id DESC LIMIT 1
        ) THEN '' ELSE image.problem_reason END,
        (SELECT json_agg(json_build_array(class_index, verdict, added)) FROM (
            SELECT candidate.class_index,
                coalesce(mine.verdict, CASE WHEN asked.now THEN 0 ELSE candidate.verdict END)
                    AS verdict,
                candidate.added_by_id IS NOT NULL AND (NOT $3 OR candidate.added_by_id = $1)
                    AS added
            FROM annotation_candidate candidate
            CROSS JOIN LATERAL (
                SELECT EXISTS (
                    SELECT FROM annotation_roundcandidate known
                    WHERE known.round_id = $2 AND known.candidate_id = candidate.id
                ) AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT ON (reviewer_id) verdict FROM annotation_judgment
                        WHERE candidate_id = candidate.id AND item_id = wanted.item
                          AND reviewer_id <> $1
                        ORDER BY reviewer_id, id DESC
                    ) other WHERE other.verdict <> 0
                ) AS now
            ) asked
            LEFT JOIN LATERAL (
                SELECT verdict FROM annotation_judgment
                WHERE candidate_id = candidate.id AND reviewer_id = $1 AND round_id = $2
                  AND (NOT asked.now OR item_id = wanted.item)
                ORDER BY id DESC LIMIT 1
            ) mine ON true
            WHERE candidate.image_id = image.id
              AND (asked.now OR mine.verdict <> 0 OR (NOT $3 AND candidate.verdict <> 0))
        ) shown),
        (SELECT json_agg(json_build_object(
            'text', text, 'mine', author_id = $1, 'created', created) ORDER BY id)
         FROM annotation_comment comment
         WHERE comment.image_id = image.id AND (NOT $3 OR author_id = $1))
    FROM unnest($4, $5) WITH ORDINALITY AS wanted (image, item, place)
    JOIN annotation_image image ON image.id = wanted.image
    ORDER BY place
    """,
)


def describe(review_round: ReviewRound, user: User, turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """The images of turns as JSON for the review page, in the order given, by one query."""
    if not turns:
        return []
    rows = DESCRIBE.run(
        user.pk, review_round.pk, review_round.blind,
        [turn.image_id for turn in turns], [turn.item_id for turn in turns],
    )  # fmt: skip
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
    shuffled = sorted(candidates or [], key=lambda row: place_of(seed, uid, row[0]))
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


def place_of(seed: int, uid: object, class_index: int | None) -> bytes:
    """A place in an order that tells nothing of a candidate's origin and stays the same."""
    return hashlib.sha256(f"{seed}:{uid}:{class_index}".encode()).digest()
