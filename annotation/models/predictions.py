"""Who predicts, and what they predicted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.images import Dataset


class Participant(models.Model):
    """Whoever predicts: a model, or a human with an account."""

    class Kind(models.TextChoices):
        MODEL = "model"
        HUMAN = "human"

    name = models.CharField(max_length=150, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MODEL)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="participant"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PredictionSetQuerySet(models.QuerySet["PredictionSet"]):
    def current(self) -> PredictionSetQuerySet:
        """Those that no others have taken the place of."""
        return self.filter(replaced=None)


class PredictionSet(models.Model):
    """The top-k classes of every image of a dataset, by one participant.

    `top_k` is int32 [size, k] in little-endian bytes, best first; row = the image's position in
    the dataset; -1 = no prediction. Images appended to the dataset later have no row. Of people,
    `seconds` is how long they worked at each image, float32 [size] in little-endian bytes; NaN where
    nobody knows.

    Replaced predictions are kept: reports computed from them can be computed again.
    """

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="prediction_sets")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="prediction_sets")
    k = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()
    top_k = models.BinaryField()
    seconds = models.BinaryField(null=True)
    sha256 = models.CharField(max_length=64, help_text="of the bytes in top_k")
    created = models.DateTimeField(auto_now_add=True)
    replaced = models.DateTimeField(null=True, help_text="when others took their place")

    objects = PredictionSetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "dataset"],
                name="one_prediction_set",
                condition=Q(replaced=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} on {self.dataset_id}"
