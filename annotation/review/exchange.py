"""What a reviewer's page, or script, and a round say to each other."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from annotation.fields import AnotherPerson
from annotation.models import Image, ReviewRound
from annotation.review import judgments, queue, rounds
from annotation.review.access import round_to_judge, round_to_see
from annotation.review.items import describe
from annotation.review.pages import describe_pages
from annotation.review.parsing import read_next, read_operations
from annotation.review.statistics import own_pace


def next_items(round_id: int, user: User, body: Any) -> dict[str, Any]:
    """The next images, or pages of a class, of `{"hold", "want"}`: {items, state, leased}.

    Raises Malformed; RoundClosed; what `round_to_judge` raises.
    """
    hold, want = read_next(body)
    current = round_to_judge(round_id, user)
    if current.state == ReviewRound.State.CLOSED:
        raise judgments.RoundClosed
    handout = queue.next_turns(current, user, hold, want)
    by_class = current.unit == ReviewRound.Unit.CLASS
    items = (describe_pages if by_class else describe)(current, user, handout.turns)
    return {"items": items, "state": handout.state, "leased": handout.leased}


def take_in(round_id: int, user: User, body: Any) -> dict[str, Any]:
    """Store what `{"ops"}` says: {accepted, rejected}. What is accepted is committed.

    Raises Malformed; AnotherPerson; RoundClosed; what `round_to_judge` raises.
    """
    reviewer, operations, rejected = read_operations(body)
    if reviewer not in (None, user.pk):
        raise AnotherPerson("These are another person's judgments.")
    outcome = judgments.submit(round_to_judge(round_id, user), user, operations)
    rejected += [{"id": str(op), "reason": reason} for op, reason in outcome.rejected]
    return {"accepted": list(map(str, outcome.accepted)), "rejected": rejected}


def item_again(round_id: int, user: User, uid: UUID) -> dict[str, Any]:
    """An image that the reviewer has, or had. Raises Http404 for others."""
    current = round_to_judge(round_id, user)
    image = get_object_or_404(Image, uid=uid)
    if (turn := queue.turn_of(current, user, image.pk)) is None:
        raise Http404
    return describe(current, user, [turn])[0]


def page_again(round_id: int, user: User, turn_id: int) -> dict[str, Any]:
    """A page of a class that the reviewer has, or had. Raises Http404 for others."""
    current = round_to_judge(round_id, user)
    if (turn := queue.page_of(current, user, turn_id)) is None:
        raise Http404
    return describe_pages(current, user, [turn])[0]


def progress_for(round_id: int, user: User) -> dict[str, Any]:
    """How far the round is, and the reader's own pace; raises what `round_to_see` raises."""
    current, _ = round_to_see(round_id, user)
    counted = rounds.progress(current)
    return {
        "turns": {"done": counted.turns_done, "total": counted.turns_total},
        "judgments": {"done": counted.judgments_done, "total": counted.judgments_total},
        "mine": own_pace(current, user),
    }
