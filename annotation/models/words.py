"""What reviewers say. Nothing here is ever changed: a change of mind is a further row."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from annotation.models.candidates import Candidate, Verdict
from annotation.models.images import Image
from annotation.models.rounds import ReviewRound, RoundItem


class Judgment(models.Model):
    """A reviewer's word on a candidate. Append-only: a change of mind is a further row.

    `client_id` is made by the browser; sending the same judgment twice stores it once. Of imported
    judgments it follows from the file and the place in it, or from Label Studio's own id.
    """

    client_id = models.UUIDField(unique=True)
    round = models.ForeignKey(ReviewRound, models.PROTECT, related_name="judgments")
    item = models.ForeignKey(
        RoundItem, models.PROTECT, null=True, related_name="judgments", db_index=False,
        help_text="the turn in which it was given, if it was given in one",
    )  # fmt: skip
    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="judgments")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="judgments", db_index=False
    )
    verdict = models.PositiveSmallIntegerField(choices=Verdict)
    milliseconds = models.PositiveIntegerField(
        null=True, help_text="from the image shown to the key pressed; imported ones may not tell"
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["reviewer", "id"], name="judgment_history")]

    def __str__(self) -> str:
        return f"{self.candidate_id}: {self.verdict}"


class Adjudication(models.Model):
    """A verdict that judgments did not give. Append-only; the last holds, UNJUDGED takes it back."""

    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="adjudications")
    adjudicator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    verdict = models.PositiveSmallIntegerField(choices=Verdict)
    reason = models.TextField(max_length=2000)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.candidate_id}: {self.verdict}"


class VerdictRule(models.Model):
    """How verdicts follow from judgments, from now on. Append-only; the last holds."""

    class Method(models.TextChoices):
        MAJORITY = "majority"
        UNANIMOUS = "unanimous"
        DAWID_SKENE = "dawid-skene", "Dawid-Skene"

    method = models.CharField(max_length=20, choices=Method, default=Method.MAJORITY)
    confidence = models.FloatField(default=0.5, help_text="less than this is disputed")
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.method} {self.confidence}"


class ProblemReport(models.Model):
    """A reviewer's word on whether an image is unfit for evaluation. Append-only; the last holds."""

    client_id = models.UUIDField(unique=True)
    image = models.ForeignKey(Image, models.PROTECT, related_name="problem_reports")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    problematic = models.BooleanField()
    reason = models.CharField(max_length=500, default="", blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.image_id}: {self.problematic}"


class Skip(models.Model):
    """A reviewer put an image off. Append-only."""

    client_id = models.UUIDField(unique=True)
    item = models.ForeignKey(RoundItem, models.CASCADE, related_name="skips")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.item_id}: {self.reviewer_id}"


class Comment(models.Model):
    """A remark on an image, or on one of its candidates."""

    client_id = models.UUIDField(unique=True)
    image = models.ForeignKey(Image, models.CASCADE, related_name="comments")
    candidate = models.ForeignKey(
        Candidate, models.PROTECT, null=True, related_name="comments", db_index=False
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments")
    text = models.TextField(max_length=2000)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created"]

    def __str__(self) -> str:
        return self.text[:40]


class Mention(models.Model):
    """A comment names somebody (@name), who has seen it or not."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mentions")
    seen = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="mentioned_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.comment_id}"
