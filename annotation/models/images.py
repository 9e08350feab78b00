"""Images and the datasets they are in."""

from __future__ import annotations

import uuid

from django.db import models

from taxonomy.models import Taxonomy


class Dataset(models.Model):
    """A named, ordered set of images; an image keeps its position for ever."""

    name = models.CharField(max_length=100, unique=True)
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="datasets")
    images: models.ManyToManyField[Image, DatasetImage] = models.ManyToManyField(
        "Image", through="DatasetImage", related_name="datasets"
    )
    size = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Image(models.Model):
    """One image under one key; its target is the single label it came with.

    `uid` is the only name of an image that leaves the server during review: the key can tell the
    target (training images are named after their class).
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    target = models.PositiveIntegerField(help_text="class index")
    content_hash = models.CharField(max_length=64, default="", db_index=True)
    file = models.CharField(max_length=255, default="", help_text="name in the storage, or empty")
    width = models.PositiveIntegerField(default=0, help_text="pixels, upright")
    height = models.PositiveIntegerField(default=0, help_text="pixels, upright")
    problematic = models.BooleanField(default=False)
    problem_reason = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["taxonomy", "key"], name="image_key")]

    def __str__(self) -> str:
        return self.key


class DatasetImage(models.Model):
    dataset = models.ForeignKey(Dataset, models.CASCADE)
    image = models.ForeignKey(Image, models.PROTECT)
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "image"], name="dataset_image"),
            models.UniqueConstraint(fields=["dataset", "position"], name="dataset_position"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}[{self.position}]"
