"""Who may see a round, and who may judge in it.

A round belongs to its reviewers; without any named it is every reviewer's. Admins see all rounds,
planned ones too, which nobody else does, but judge only where they are among the reviewers.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from accounts.models import User
from accounts.roles import ADMIN, roles_of
from annotation.models import ReviewRound
from config.prepared import Statement, columns_of, made_of

State = ReviewRound.State
LARGEST_KEY = 2**63 - 1

# One query, since it comes before every answer to a reviewer.
ROUND = Statement(
    "round_of_reviewer",
    "bigint, bigint",
    f"""
    SELECT {columns_of(ReviewRound)},
        NOT EXISTS (SELECT FROM annotation_reviewround_reviewers WHERE reviewround_id = $1)
        OR EXISTS (SELECT FROM annotation_reviewround_reviewers
                   WHERE reviewround_id = $1 AND user_id = $2)
    FROM annotation_reviewround WHERE id = $1
    """,  # noqa: S608
)


def visible_rounds(user: User) -> QuerySet[Any]:
    """The rounds that the user may see, the latest first; `judges` says in which they may judge."""
    listed = ReviewRound.reviewers.through.objects.filter(reviewround=OuterRef("pk"))
    rounds = ReviewRound.objects.annotate(judges=~Exists(listed) | Exists(listed.filter(user=user)))
    if ADMIN in roles_of(user):
        return rounds
    return rounds.filter(judges=True).exclude(state=State.PLANNED)


def round_to_judge(round_id: int, user: User) -> ReviewRound:
    """The round, if the user judges in it; one query.

    Raises Http404 if there is none, PermissionDenied if it is others' or only planned.
    """
    review_round, is_theirs = _fetch(round_id, user)
    if not is_theirs or review_round.state == State.PLANNED:
        raise PermissionDenied
    return review_round


def round_to_see(round_id: int, user: User) -> tuple[ReviewRound, bool]:
    """(the round, whether the user judges in it), if they may see it; raises as `round_to_judge`."""
    review_round, is_theirs = _fetch(round_id, user)
    if ADMIN in roles_of(user) or (is_theirs and review_round.state != State.PLANNED):
        return review_round, is_theirs
    raise PermissionDenied


def blind_rounds_of(user: User) -> QuerySet[Any]:
    """The blind rounds that are not over in which the user takes part as a reviewer.

    Until they are, nothing may tell the user what would give a prediction's source away; an admin,
    who sees everything, has none.
    """
    if ADMIN in roles_of(user):
        return ReviewRound.objects.none()
    return visible_rounds(user).filter(blind=True, state__in=[State.OPEN, State.PAUSED])


def _fetch(round_id: int, user: User) -> tuple[ReviewRound, bool]:
    rows = ROUND.run(round_id, user.pk) if round_id <= LARGEST_KEY else []
    if not rows:
        raise Http404
    *values, is_theirs = rows[0]
    return made_of(ReviewRound, values), is_theirs
