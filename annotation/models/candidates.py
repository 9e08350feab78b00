"""The classes that an image may show, and what is held of each."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.images import Image


class Verdict(models.IntegerChoices):
    """What is held of a candidate. As a judgment, UNJUDGED takes the reviewer's last word back."""

    UNJUDGED = 0, "unjudged"
    CORRECT = 1, "correct"
    INCORRECT = 2, "incorrect"
    UNCLEAR = 3, "unclear"


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def active(self) -> CandidateQuerySet:
        """All but the classes that a reviewer added and took back."""
        return self.exclude(verdict=Verdict.UNJUDGED, added_by__isnull=False)

    def unjudged(self) -> CandidateQuerySet:
        """Those that wait for a reviewer."""
        return self.filter(verdict=Verdict.UNJUDGED, added_by__isnull=True)


class Candidate(models.Model):
    """A distinct (image, class) pair: predicted by somebody, the target, or added in review.

    The verdict follows from the judgments by the rule in force, or was made in adjudication;
    `disputed` candidates wait for that. See `annotation.review.verdicts`.
    """

    image = models.ForeignKey(Image, models.CASCADE, related_name="candidates", db_index=False)
    class_index = models.PositiveIntegerField()
    verdict = models.PositiveSmallIntegerField(choices=Verdict, default=Verdict.UNJUDGED)
    disputed = models.BooleanField(default=False, db_default=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False,
        help_text="the reviewer who added a class that nobody had predicted",
    )  # fmt: skip

    objects = CandidateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "class_index"], name="image_candidate")
        ]
        indexes = [
            models.Index(
                fields=["image"],
                name="candidate_unjudged",
                condition=Q(verdict=Verdict.UNJUDGED, added_by__isnull=True),
            ),
            models.Index(fields=["image"], name="candidate_disputed", condition=Q(disputed=True)),
        ]

    def __str__(self) -> str:
        return f"{self.image_id}:{self.class_index}"
