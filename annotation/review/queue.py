"""Handing out images: each reviewer the next ones, never the same image to two.

An image is leased to the reviewer who gets it. Rows locked by someone else are skipped, so that
reviewers never wait for one another; a lease left alone runs out and the image is free again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.db import connection, transaction

from accounts.models import User
from annotation.models import ReviewRound, RoundItem

MOST_AT_ONCE = 8

# Rows are locked in the order of their keys, here and in judgments.py, so that two requests of
# one reviewer can't wait for each other.
RENEW = """
    WITH mine AS (
        SELECT id FROM annotation_rounditem
        WHERE round_id = %(round)s AND holder_id = %(user)s AND NOT done
        ORDER BY id FOR UPDATE
    )
    UPDATE annotation_rounditem item
    SET leased_until = statement_timestamp() + %(lease)s * interval '1 second'
    FROM mine WHERE item.id = mine.id
    RETURNING item.position, item.image_id
"""

LEASE = """
    UPDATE annotation_rounditem
    SET holder_id = %(user)s,
        leased_until = statement_timestamp() + %(lease)s * interval '1 second'
    WHERE id IN (
        SELECT id FROM annotation_rounditem
        WHERE round_id = %(round)s AND NOT done
          AND (leased_until IS NULL OR leased_until < statement_timestamp())
        ORDER BY position LIMIT %(want)s
        FOR UPDATE SKIP LOCKED
    )
    RETURNING position, image_id
"""


@dataclass(frozen=True)
class Handout:
    """Images for one reviewer, in order, and what is left when there are fewer than wanted.

    state: `more` images may follow, all the rest is `leased` to others, or the round is `done`.
    """

    image_ids: list[int]
    state: Literal["more", "leased", "done"]
    leased: int


@transaction.atomic
def next_images(review_round: ReviewRound, user: User, hold: set[int], want: int) -> Handout:
    """Lease up to `want` more images to `user`, who has the images `hold` on screen already.

    Images that the reviewer holds without having them on screen (after a reload) come first.
    """
    parameters = {
        "round": review_round.pk, "user": user.pk, "lease": settings.LEASE_SECONDS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(RENEW, parameters)
        found = sorted(row for row in cursor.fetchall() if row[1] not in hold)[:want]
        if len(found) < want:
            cursor.execute(LEASE, {**parameters, "want": want - len(found)})
            found += sorted(cursor.fetchall())
    image_ids = [image_id for _, image_id in found]
    if len(image_ids) == want:
        return Handout(image_ids, "more", 0)
    leased = RoundItem.objects.filter(round=review_round, done=False).exclude(holder=user).count()
    return Handout(image_ids, "leased" if leased else "done", leased)


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
