"""Handing out images: each reviewer the next ones, never the same image to two.

An image is leased to the reviewer who gets it. Rows locked by someone else are skipped, so that
reviewers never wait for one another; a lease left alone runs out and the image is free again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.models import User
from annotation.models import ReviewRound, RoundItem
from config.prepared import Statement

MOST_AT_ONCE = 8

# Rows are locked in the order of their keys, here and in judgments.py, so that two requests of
# one reviewer can't wait for each other. Their keys come as arrays: of a LIMIT that it does not
# know the planner expects a tenth of the table.
RENEW = Statement(
    "renew",
    "bigint, bigint, int",
    """
    WITH mine AS MATERIALIZED (
        SELECT id FROM annotation_rounditem
        WHERE round_id = $1 AND holder_id = $2 AND NOT done
        ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE annotation_rounditem item
    SET leased_until = statement_timestamp() + $3 * interval '1 second'
    FROM annotation_image image
    WHERE item.id = ANY (ARRAY(SELECT id FROM mine)) AND image.id = item.image_id
    RETURNING item.position, item.image_id, image.uid
    """,
)

LEASE = Statement(
    "lease",
    "bigint, bigint, int, int",
    """
    WITH free AS MATERIALIZED (
        SELECT id FROM annotation_rounditem
        WHERE round_id = $1 AND NOT done
          AND (leased_until IS NULL OR leased_until < statement_timestamp())
        ORDER BY position LIMIT $4
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE annotation_rounditem item
    SET holder_id = $2, leased_until = statement_timestamp() + $3 * interval '1 second'
    WHERE item.id = ANY (ARRAY(SELECT id FROM free))
    RETURNING item.position, item.image_id
    """,
)


@dataclass(frozen=True)
class Handout:
    """Images for one reviewer, in order, and what is left when there are fewer than wanted.

    state: `more` images may follow, all the rest is `leased` to others, or the round is `done`.
    """

    image_ids: list[int]
    state: Literal["more", "leased", "done"]
    leased: int


@transaction.atomic
def next_images(
    review_round: ReviewRound, user: User, hold: Collection[UUID], want: int
) -> Handout:
    """Lease up to `want` more images to `user`, who has the images `hold` on screen already.

    Images that the reviewer holds without having them on screen (after a reload) come first.
    """
    parameters = (review_round.pk, user.pk, settings.LEASE_SECONDS)
    held = sorted(RENEW.run(*parameters))
    image_ids = [image_id for _, image_id, uid in held if uid not in hold][:want]
    if len(image_ids) < want:
        leased = sorted(LEASE.run(*parameters, want - len(image_ids)))
        image_ids += [image_id for _, image_id in leased]
    if len(image_ids) == want:
        return Handout(image_ids, "more", 0)
    others = RoundItem.objects.filter(round=review_round, done=False).exclude(holder=user).count()
    return Handout(image_ids, "leased" if others else "done", others)


def may_open(review_round: ReviewRound, user: User, image_id: int) -> bool:
    """Whether the reviewer holds the image now or has judged it in this round."""
    return (
        RoundItem.objects.filter(round=review_round, image=image_id, holder=user).exists()
        or user.judgments.filter(round=review_round, candidate__image=image_id).exists()
    )


def history(review_round: ReviewRound, user: User, limit: int = 50) -> list[str]:
    """The uids of the images that the reviewer judged last in this round, newest first."""
    rows = user.judgments.filter(round=review_round).order_by("-id")
    uids = rows.values_list("candidate__image__uid", flat=True)[: limit * 5]
    return list(dict.fromkeys(map(str, uids)))[:limit]
