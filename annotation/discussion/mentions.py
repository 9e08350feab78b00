"""Asking somebody by name, in a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable

from accounts.models import User
from annotation.discussion.closed import open_images
from annotation.models import Comment, Mention

MOST_MENTIONS = 50
NAMED = re.compile(r"(?<![\w@.+-])@([\w@.+-]+)")


def note_mentions(comments: Iterable[Comment]) -> None:
    """Remember whom comments name, as @name; who may still be asked about the image sees it later."""
    words = {one.pk: {word.rstrip(".+-@") for word in NAMED.findall(one.text)} for one in comments}
    wanted = set().union(*words.values())
    if not wanted:
        return
    people = dict(
        User.objects.filter(username__in=wanted, is_active=True).values_list("username", "pk")
    )
    Mention.objects.bulk_create(
        [
            Mention(comment=one, user_id=people[word])
            for one in comments
            for word in words[one.pk]
            if word in people and people[word] != one.author_id
        ],
        ignore_conflicts=True,
    )


def mentions_of(user: User) -> list[Comment]:
    """Comments that name the user and that they have not seen, newest first, of the images that are
    open to them."""
    rows = Mention.objects.filter(user=user, seen=False).select_related(
        "comment__image", "comment__candidate"
    )
    comments = [mention.comment for mention in rows.order_by("-pk")[:MOST_MENTIONS]]
    shown = open_images([one.image_id for one in comments], user) if comments else set()
    return [one for one in comments if one.image_id in shown]
