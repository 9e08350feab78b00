"""What the page may know of a page of a class: its images, and what the reviewer said of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse

from accounts.models import User
from annotation.models import ReviewRound, Verdict
from annotation.review.items import place_of
from annotation.review.queue import Turn
from annotation.review.scope import pair_of
from config.prepared import Statement

# What the reviewer judged in the turn, and what is still asked in it; of two classes reviewed
# together ($5), also the one that the reviewer alone finds in the image. A problematic image is asked
# of nobody, and shown to whom may want to take that back.
DESCRIBE_PAGES = Statement(
    "describe_pages",
    "bigint, bigint, bool, bigint[], int[]",
    """
    WITH placed AS MATERIALIZED (
        SELECT item.id AS item, candidate.id, candidate.image_id, candidate.class_index
        FROM annotation_rounditem item
        JOIN annotation_roundcandidate known ON known.round_id = $2 AND known.place = item.place
        JOIN annotation_candidate candidate ON candidate.id = known.candidate_id
        WHERE item.id = ANY($4) AND item.round_id = $2
    ), shown AS (
        SELECT item, image_id, class_index, mine.verdict FROM placed
        LEFT JOIN LATERAL (
            SELECT verdict FROM annotation_judgment
            WHERE candidate_id = placed.id AND reviewer_id = $1 AND item_id = placed.item
            ORDER BY id DESC LIMIT 1
        ) mine ON true
        WHERE mine.verdict <> 0 OR NOT EXISTS (
            SELECT FROM (
                SELECT DISTINCT ON (reviewer_id) verdict FROM annotation_judgment
                WHERE candidate_id = placed.id AND item_id = placed.item AND reviewer_id <> $1
                ORDER BY reviewer_id, id DESC
            ) other WHERE other.verdict <> 0)
        UNION ALL
        SELECT placed.item, beside.image_id, beside.class_index, found.verdict FROM placed
        JOIN annotation_candidate beside
            ON beside.image_id = placed.image_id AND beside.class_index <> placed.class_index
            AND beside.class_index = ANY($5)
        CROSS JOIN LATERAL (
            SELECT verdict FROM annotation_judgment
            WHERE candidate_id = beside.id AND reviewer_id = $1 AND round_id = $2
            ORDER BY id DESC LIMIT 1
        ) found
        WHERE found.verdict <> 0 AND NOT EXISTS (
            SELECT FROM annotation_roundcandidate WHERE round_id = $2 AND candidate_id = beside.id)
    )
    SELECT shown.item, shown.class_index, coalesce(shown.verdict, 0),
        image.uid, image.file <> '', image.width, image.height,
        image.problematic, image.problem_reason,
        (SELECT json_agg(json_build_object(
            'text', text, 'mine', author_id = $1, 'created', created) ORDER BY id)
         FROM annotation_comment comment
         WHERE comment.image_id = image.id AND (NOT $3 OR author_id = $1))
    FROM shown JOIN annotation_image image ON image.id = shown.image_id
    WHERE NOT image.problematic OR $1 = (
        SELECT reviewer_id FROM annotation_problemreport
        WHERE image_id = image.id ORDER BY id DESC LIMIT 1)
    """,
)


def describe_pages(
    review_round: ReviewRound, user: User, turns: Sequence[Turn]
) -> list[dict[str, Any]]:
    """The pages of turns as JSON for the review page, in the order given, by one query.

    A page has a `class`, and each of its tiles a `verdict`; of two classes reviewed together the
    second is `other`, and null is the verdict on a class that is not asked about an image.
    """
    if not turns:
        return []
    pair = pair_of(review_round)
    ids = [turn.item_id for turn in turns]
    rows = DESCRIBE_PAGES.run(user.pk, review_round.pk, review_round.blind, ids, list(pair or ()))
    blank = {"verdict": None, "other": None} if pair else {}
    tiles: dict[int, dict[object, dict[str, Any]]] = defaultdict(dict)
    for item, class_index, verdict, *image in rows:
        tile = tiles[item].setdefault(image[0], _tile(*image) | blank)
        tile["other" if pair and class_index == pair[1] else "verdict"] = Verdict(verdict).label
    return [_page(review_round.seed, turn, pair, tiles[turn.item_id].values()) for turn in turns]


def _page(
    seed: int, turn: Turn, pair: tuple[int, int] | None, tiles: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    first = pair[0] if pair else turn.class_index
    return {
        "turn": turn.item_id,
        "class": first,
        **({"other": pair[1]} if pair else {}),
        "tiles": sorted(tiles, key=lambda tile: place_of(seed, tile["uid"], first)),
    }


def _tile(
    uid: object,
    has_file: bool,
    width: int,
    height: int,
    problematic: bool,
    reason: str,
    comments: list[dict[str, Any]] | None,
) -> dict[str, Any]:
    sources = {"src": "small", "large": "large", "original": "original"}
    return {
        "uid": str(uid),
        **{
            name: reverse("image", args=[uid, rendition]) if has_file else ""
            for name, rendition in sources.items()
        },
        "width": width,
        "height": height,
        "problematic": problematic,
        "reason": reason,
        "comments": comments or [],
    }
