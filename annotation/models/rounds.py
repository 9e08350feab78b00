"""Review rounds, and what is handed out in them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from annotation.models.candidates import Candidate
from annotation.models.images import Dataset, Image
from taxonomy.models import Taxonomy


class ReviewRound(models.Model):
    """One pass of reviewers over candidates.

    `overlap` reviewers judge each candidate. They are handed the candidates of one image at a
    time, or pages of candidates of one class. In a blind round nobody sees anybody's verdicts.
    """

    class State(models.TextChoices):
        PLANNED = "planned"
        OPEN = "open"
        PAUSED = "paused"
        CLOSED = "closed"

    class Unit(models.TextChoices):
        IMAGE = "image", "by image"
        CLASS = "class", "by class"

    class Order(models.TextChoices):
        RANDOM = "random", "at random"
        DATASET = "dataset", "as the datasets have them"
        INFORMATIVE = "informative", "what moves the accuracies most comes first"

    name = models.CharField(max_length=100, unique=True)
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="rounds")
    seed = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    unit = models.CharField(max_length=10, choices=Unit, default=Unit.IMAGE)
    order = models.CharField(max_length=15, choices=Order, default=Order.RANDOM)
    overlap = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    blind = models.BooleanField(default=False)
    instructions = models.TextField(max_length=5000, default="", blank=True)
    scope = models.JSONField(default=dict, help_text="annotation.review.scope.Scope")
    datasets = models.ManyToManyField(Dataset, related_name="rounds")
    reviewers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="rounds", help_text="none: every reviewer"
    )
    file_sha256 = models.CharField(
        max_length=64, default="", editable=False,
        help_text="of the file that its judgments were imported from; empty if they were given here",
    )  # fmt: skip
    created = models.DateTimeField(auto_now_add=True)
    closed = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name


class RoundCandidate(models.Model):
    """A candidate that is judged in a round. Those of one `place` are handed out together."""

    round = models.ForeignKey(ReviewRound, models.CASCADE, related_name="round_candidates")
    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="round_candidates")
    place = models.PositiveIntegerField()
    gold = models.BooleanField(default=False, help_text="its answer is known; asked as a check")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "candidate"], name="round_candidate")
        ]
        indexes = [models.Index(fields=["round", "place"], name="round_place")]

    def __str__(self) -> str:
        return f"{self.round_id}: {self.candidate_id}"


class RoundItem(models.Model):
    """One reviewer's turn at one place of a round: an image, or a page of a class.

    There are as many as the round's overlap, each in a `slot` of its own. Open items are served in
    the order of `position`. `leased_until` keeps an item from others while `holder` has it; done,
    it stays with whom it was.
    """

    round = models.ForeignKey(ReviewRound, models.CASCADE, related_name="items", db_index=False)
    place = models.PositiveIntegerField()
    slot = models.PositiveSmallIntegerField(default=1)
    image = models.ForeignKey(Image, models.CASCADE, related_name="items", null=True)
    class_index = models.PositiveIntegerField(null=True)
    position = models.BigIntegerField()
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    leased_until = models.DateTimeField(null=True)
    done = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "place", "slot"], name="round_slot"),
            models.UniqueConstraint(
                fields=["round", "place", "holder"],
                name="round_place_once",
                condition=Q(holder__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["round", "position"], name="round_open", condition=Q(done=False)),
            models.Index(
                fields=["round", "holder"],
                name="round_held",
                condition=Q(done=False, holder__isnull=False),
            ),
            models.Index(
                fields=["round", "holder", "position"],
                name="round_reached",
                condition=Q(holder__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round_id}: {self.place} ({self.slot})"
