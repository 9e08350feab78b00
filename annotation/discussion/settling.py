"""What an adjudicator decides, and what is said in a discussion."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import transaction

from accounts.models import User
from annotation.discussion.mentions import note_mentions
from annotation.models import Adjudication, Candidate, Comment, Image, ProblemReport, Verdict
from annotation.review.judgments import LAST_REPORT, SETTLE_ITEMS
from annotation.review.verdicts import DECIDE


@transaction.atomic
def adjudicate(candidate: Candidate, adjudicator: User, verdict: Verdict, reason: str) -> None:
    """Decide a candidate for good; UNJUDGED takes the last decision back."""
    _lock(candidate.image_id)
    Adjudication.objects.create(
        candidate=candidate, adjudicator=adjudicator, verdict=verdict, reason=reason
    )
    DECIDE.run([candidate.pk])


@transaction.atomic
def comment_on(
    image: Image, author: User, text: str, candidate: Candidate | None = None
) -> Comment:
    """Add to the discussion; whoever is named (@name) is told."""
    made = Comment.objects.create(
        client_id=uuid.uuid4(), image=image, candidate=candidate, author=author, text=text
    )
    note_mentions([made])
    return made


@transaction.atomic
def report(image: Image, reporter: User, problematic: bool, reason: str) -> None:
    """Say that an image is unfit for evaluation, and why, or that it is fine after all."""
    _lock(image.pk)
    ProblemReport.objects.create(
        client_id=uuid.uuid4(), image=image, reviewer=reporter,
        problematic=problematic, reason=reason if problematic else "",
    )  # fmt: skip
    LAST_REPORT.run([image.pk])
    SETTLE_ITEMS.run(settings.LEASE_SECONDS, [], [image.pk])


def _lock(image_id: int) -> None:
    """The image's row is the lock under which everything about it changes."""
    Image.objects.select_for_update(no_key=True).get(pk=image_id)
