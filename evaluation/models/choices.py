"""What researchers choose to report on: subsets of images, and groups of participants."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from annotation.models import Participant

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class Subset(models.Model):
    """Images of any dataset that fulfil all that is set here; reports have it like a group.

    `within` and `without` name groups or families of classes that an image's label is, and is not,
    of; datasets whose classes have no such group have no such subset. `labels` count an image's
    correct classes, `agreement` is the percentage of the participants' answers that the most
    frequent one has, `most_seconds` bounds the median time that people took.
    """

    name = models.SlugField(max_length=50, unique=True)
    within = models.CharField(max_length=50, blank=True, default="")
    without = models.CharField(max_length=50, blank=True, default="")
    least_labels = models.PositiveSmallIntegerField(null=True, blank=True)
    most_labels = models.PositiveSmallIntegerField(null=True, blank=True)
    least_agreement = models.PositiveSmallIntegerField(null=True, blank=True, validators=PERCENT)
    most_agreement = models.PositiveSmallIntegerField(null=True, blank=True, validators=PERCENT)
    most_seconds = models.PositiveIntegerField(null=True, blank=True)
    problematic = models.BooleanField(default=False, help_text="problematic images count as well")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ParticipantGroup(models.Model):
    """Participants that tables show together; with `votes`, their majority is one more of them."""

    name = models.CharField(max_length=150, unique=True)
    members = models.ManyToManyField(Participant, related_name="participant_groups")
    votes = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
