"""What an adjudicator decides, and what is said in a discussion."""

from __future__ import annotations

import uuid

from django.db import transaction

from accounts.models import User
from annotation.discussion.records import note_mentions
from annotation.models import Adjudication, Candidate, Comment, Image, Verdict
from annotation.review.verdicts import DECIDE
from taxonomy.errors import InputError


@transaction.atomic
def adjudicate(candidate: Candidate, adjudicator: User, verdict: Verdict, reason: str) -> None:
    """Decide a candidate for good; UNJUDGED takes the last decision back.

    Raises InputError without a reason.
    """
    if not reason.strip():
        raise InputError("A final verdict needs its reason.")
    # The image's row is the lock under which everything about it changes.
    Image.objects.select_for_update(no_key=True).get(pk=candidate.image_id)
    Adjudication.objects.create(
        candidate=candidate, adjudicator=adjudicator, verdict=verdict, reason=reason.strip()
    )
    DECIDE.run([candidate.pk])


@transaction.atomic
def comment_on(
    image: Image, author: User, text: str, candidate: Candidate | None = None
) -> Comment:
    """Add to the discussion; whoever is named (@name) is told. Raises InputError without a text."""
    if not text.strip():
        raise InputError("A comment needs a text.")
    made = Comment.objects.create(
        client_id=uuid.uuid4(), image=image, candidate=candidate, author=author, text=text.strip()
    )
    note_mentions(made)
    return made
