"""Handing out turns: each reviewer the next ones, never the same candidate to more than are wanted.

A turn is leased to the reviewer who gets it. Rows locked by someone else are skipped, so that
reviewers never wait for one another; a lease left alone runs out and the turn is free again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from annotation.models import ReviewRound, RoundItem
from annotation.review.rounds import PAGE
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
    ), renewed AS (
        UPDATE annotation_rounditem item
        SET leased_until = statement_timestamp() + $3 * interval '1 second'
        WHERE item.id = ANY (ARRAY(SELECT id FROM mine))
        RETURNING item.position, item.id, item.image_id, item.class_index
    )
    SELECT renewed.*, image.uid FROM renewed
    LEFT JOIN annotation_image image ON image.id = renewed.image_id
    """,
)

# A place of which the reviewer has another turn, or has judged something in one, is not for them:
# they would be asked the same again; nor are two turns at one place. $5 is the overlap; $6 the
# position to begin after.
LEASE = Statement(
    "lease",
    "bigint, bigint, int, int, int, bigint",
    """
    WITH free AS MATERIALIZED (
        SELECT id FROM annotation_rounditem item
        WHERE round_id = $1 AND NOT done AND position > $6
          AND (leased_until IS NULL OR leased_until < statement_timestamp())
          AND ($5 = 1 OR NOT EXISTS (
                  SELECT FROM annotation_rounditem mine
                  WHERE mine.round_id = $1 AND mine.place = item.place
                    AND mine.holder_id = $2 AND mine.id <> item.id
              ) AND NOT EXISTS (
                  SELECT FROM annotation_rounditem sooner
                  WHERE sooner.round_id = $1 AND sooner.place = item.place
                    AND sooner.slot < item.slot AND NOT sooner.done
                    AND (sooner.leased_until IS NULL
                         OR sooner.leased_until < statement_timestamp())
              ) AND NOT EXISTS (
                  SELECT FROM annotation_roundcandidate known
                  JOIN annotation_judgment word ON word.candidate_id = known.candidate_id
                  WHERE known.round_id = $1 AND known.place = item.place
                    AND word.round_id = $1 AND word.reviewer_id = $2 AND word.item_id <> item.id))
        ORDER BY position LIMIT $4
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE annotation_rounditem item
    SET holder_id = $2, leased_until = statement_timestamp() + $3 * interval '1 second'
    WHERE item.id = ANY (ARRAY(SELECT id FROM free))
    RETURNING item.position, item.id, item.image_id, item.class_index
    """,
)

REACHED = Statement(
    "reached",
    "bigint, bigint",
    "SELECT max(position) FROM annotation_rounditem WHERE round_id = $1 AND holder_id = $2",
)


# Open turns that could become the reviewer's: others have them, or take them this moment.
LEFT = Statement(
    "left",
    "bigint, bigint",
    """
    SELECT count(*) FROM annotation_rounditem item
    WHERE round_id = $1 AND NOT done AND holder_id IS DISTINCT FROM $2
      AND NOT EXISTS (
          SELECT FROM annotation_rounditem mine
          WHERE mine.round_id = $1 AND mine.place = item.place AND mine.holder_id = $2)
      AND NOT EXISTS (
          SELECT FROM annotation_roundcandidate known
          JOIN annotation_judgment word ON word.candidate_id = known.candidate_id
          WHERE known.round_id = $1 AND known.place = item.place
            AND word.round_id = $1 AND word.reviewer_id = $2 AND word.item_id <> item.id)
    """,
)


@dataclass(frozen=True, order=True)
class Turn:
    """A turn that was handed out: an image, or a page of candidates of a class."""

    position: int
    item_id: int
    image_id: int | None
    class_index: int | None


@dataclass(frozen=True)
class Handout:
    """Turns for one reviewer, in order, and what is left when there are fewer than wanted.

    state: `more` may follow, all the rest is `leased` to others, the round is `paused`, or it is
    `done`: it has nothing left for this reviewer.
    """

    turns: list[Turn]
    state: Literal["more", "leased", "paused", "done"]
    leased: int

    @property
    def image_ids(self) -> list[int | None]:
        return [turn.image_id for turn in self.turns]


def next_turns(
    review_round: ReviewRound, user: User, hold: Collection[UUID | int], want: int
) -> Handout:
    """Lease up to `want` more turns to `user`, who has those that `hold` names on screen already.

    Images are named by their uid, pages of a class by the turn's id. Turns that the reviewer holds
    without having them on screen (after a reload) come first. A paused round hands out no more.
    """
    try:
        return _next_turns(review_round, user, hold, want)
    except IntegrityError:
        # Two windows of one reviewer asked at the same moment, and both would have got turns at
        # one place. The other one has its answer by now.
        return _next_turns(review_round, user, hold, want)


@transaction.atomic
def _next_turns(
    review_round: ReviewRound, user: User, hold: Collection[UUID | int], want: int
) -> Handout:
    held = sorted(RENEW.run(review_round.pk, user.pk, settings.LEASE_SECONDS))
    turns = [Turn(*row[:4]) for row in held if (row[4] or row[1]) not in hold][:want]
    if len(turns) < want and review_round.state != ReviewRound.State.OPEN:
        return Handout(turns, "paused", 0)
    if len(turns) < want:
        turns += sorted(_lease(review_round, user, want - len(turns)))
    if len(turns) == want:
        return Handout(turns, "more", 0)
    ((others,),) = LEFT.run(review_round.pk, user.pk)
    return Handout(turns, "leased" if others else "done", others)


def _lease(review_round: ReviewRound, user: User, want: int) -> list[Turn]:
    def lease(count: int, after: int) -> list[Turn]:
        rows = LEASE.run(
            review_round.pk, user.pk, settings.LEASE_SECONDS, count, review_round.overlap, after
        )
        return [Turn(*row) for row in rows]

    if review_round.overlap == 1:
        return lease(want, 0)
    # What lies before the furthest turn that the reviewer has reached is mostly theirs already.
    ((reached,),) = REACHED.run(review_round.pk, user.pk)
    turns = lease(want, reached or 0)
    return turns if len(turns) == want else turns + lease(want - len(turns), 0)


def turn_of(review_round: ReviewRound, user: User, image_id: int) -> Turn | None:
    """The reviewer's turn at an image: they hold it, held it, or judged it in this round."""
    return _mine(review_round.items.filter(image=image_id), user)


def page_of(review_round: ReviewRound, user: User, item_id: int) -> Turn | None:
    """The reviewer's turn of this id at a page of a class: they hold it, held it, or judged it."""
    return _mine(review_round.items.filter(pk=item_id, class_index__isnull=False), user)


def _mine(items: QuerySet[RoundItem], user: User) -> Turn | None:
    item = items.filter(holder=user).first() or items.filter(judgments__reviewer=user).first()
    if item is None:
        return None
    return Turn(item.position, item.pk, item.image_id, item.class_index)


def history(review_round: ReviewRound, user: User, limit: int = 50) -> Sequence[str | int]:
    """What the reviewer judged last in this round, newest first: uids of images, or turns' ids."""
    rows = user.judgments.filter(round=review_round, item__isnull=False).order_by("-id")
    if review_round.unit == ReviewRound.Unit.CLASS:
        turns = rows.values_list("item", flat=True)[: limit * PAGE]
        return list(dict.fromkeys(turns))[:limit]
    uids = rows.values_list("candidate__image__uid", flat=True)[: limit * 5]
    return list(dict.fromkeys(map(str, uids)))[:limit]
