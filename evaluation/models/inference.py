"""Classifiers that are run here, and their runs over datasets."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models import Dataset, Participant
from taxonomy.models import Taxonomy


class ClassifierModel(models.Model):
    """A classifier's file under the storage name `file`, and how images go in and classes come out.

    `preprocessing` and `label_map` are `inference.preprocessing.Preprocessing` and
    `inference.label_maps.LabelMap` as JSON. A file with other preprocessing is another model.
    """

    participant = models.ForeignKey(
        Participant,
        models.PROTECT,
        related_name="classifiers",
        help_text="whose predictions it makes",
    )
    file = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    architecture = models.CharField(
        max_length=100, blank=True, default="", help_text="timm's name, if the file holds weights"
    )
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="+", null=True)
    preprocessing = models.JSONField()
    label_map = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.sha256[:12]}"


class InferenceRun(models.Model):
    """A classifier over a dataset; done when all its shards are, and its predictions stored."""

    class State(models.TextChoices):
        RUNNING = "running"
        PAUSED = "paused"
        CANCELLED = "cancelled"
        DONE = "done"
        FAILED = "failed"

    model = models.ForeignKey(ClassifierModel, models.PROTECT, related_name="runs")
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="runs")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    replace = models.BooleanField(default=False)
    error = models.CharField(max_length=1000, default="", blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.model_id} on {self.dataset_id}"


class InferenceShard(models.Model):
    """Images `start` to `stop` (excluded) of a run's dataset.

    Done, `top_k` is int32 [stop - start, k] in little-endian bytes, -1 where an image could not be
    classified; `failures` says why: [[position, reason]].
    """

    run = models.ForeignKey(InferenceRun, models.CASCADE, related_name="shards", db_index=False)
    start = models.PositiveIntegerField()
    stop = models.PositiveIntegerField()
    done = models.BooleanField(default=False)
    top_k = models.BinaryField(null=True)
    failures = models.JSONField(default=list)
    worker = models.CharField(max_length=100, default="", blank=True)
    seconds = models.FloatField(null=True, help_text="that classifying took")
    finished = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "start"], name="run_shard")]
        indexes = [models.Index(fields=["run"], name="run_open", condition=Q(done=False))]

    def __str__(self) -> str:
        return f"{self.run_id}[{self.start}:{self.stop}]"
