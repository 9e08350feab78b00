"""Review rounds, and what is handed out in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.candidates import Candidate
from annotation.models.images import Dataset, Image
from taxonomy.models import Taxonomy


class ReviewRound(models.Model):
    """One pass of reviewers over the images of some datasets."""

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    name = models.CharField(max_length=100, unique=True)
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="rounds")
    seed = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    datasets = models.ManyToManyField(Dataset, related_name="rounds")
    file_sha256 = models.CharField(
        max_length=64, default="", editable=False,
        help_text="of the file that its judgments were imported from; empty if they were given here",
    )  # fmt: skip
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name


class RoundItem(models.Model):
    """An image's turn in a round. Open items are served in the order of `position`.

    `leased_until` keeps an image from other reviewers while `holder` looks at it.
    """

    round = models.ForeignKey(ReviewRound, models.CASCADE, related_name="items")
    image = models.ForeignKey(Image, models.CASCADE, related_name="items")
    position = models.BigIntegerField()
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    leased_until = models.DateTimeField(null=True)
    done = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "image"], name="round_image")]
        indexes = [
            models.Index(fields=["round", "position"], name="round_open", condition=Q(done=False)),
            models.Index(
                fields=["round", "holder"],
                name="round_held",
                condition=Q(done=False, holder__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round_id}: {self.image_id}"
