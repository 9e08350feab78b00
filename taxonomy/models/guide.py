"""The labeling guide, which everybody with a role reads and writes. Written by `taxonomy.guide`."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models

from taxonomy.models.hierarchy import LabelClass, Taxonomy

TITLE_LENGTH = 200
NOTE_LENGTH = 200


class GuideEntry(models.Model):
    """What tells one class, or several that are alike, from others.

    `title` and `classes` are those of `current`, kept here so that lists need no revisions.
    """

    taxonomy = models.ForeignKey(Taxonomy, models.CASCADE, related_name="guide_entries")
    title = models.CharField(max_length=TITLE_LENGTH)
    classes = models.ManyToManyField(LabelClass, blank=True, related_name="guide_entries")
    current = models.OneToOneField(
        "GuideRevision", models.RESTRICT, null=True, blank=True, related_name="+"
    )
    archived = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "guide entries"
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title


class GuideRevision(models.Model):
    """An entry as somebody saved it. Append-only: going back is a further revision."""

    entry = models.ForeignKey(GuideEntry, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=TITLE_LENGTH)
    text = models.TextField(blank=True)  # Markdown; see `taxonomy.guide.markdown`
    # For search: the words that a reader sees, and the names of its classes.
    plain = models.TextField(blank=True)
    names = models.TextField(blank=True)
    class_indices = ArrayField(models.PositiveIntegerField(), default=list)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    restored_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Written on the ground of an older revision than the current one, and so never shown as the
    # entry: kept for its author to bring in.
    aside = models.BooleanField(default=False)
    words = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("names", weight="A", config="english")
        + SearchVector("plain", weight="B", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["entry", "number"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="guide_revision_number"),
        ]
        indexes = [GinIndex(fields=["words"], name="guide_revision_words")]

    def __str__(self) -> str:
        return f"{self.title}, revision {self.number}"


class GuideComment(models.Model):
    """A word in the discussion of an entry. Append-only."""

    entry = models.ForeignKey(GuideEntry, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["entry", "pk"]

    def __str__(self) -> str:
        return f"comment {self.pk}"


class GuideImage(models.Model):
    """A picture put into the guide. Its files follow from `content_hash`: `taxonomy.guide.images`.

    `uid` is its address, which tells nothing of it. width and height in pixels, as shown.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    taxonomy = models.ForeignKey(Taxonomy, models.CASCADE, related_name="guide_images")
    content_hash = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["taxonomy", "content_hash"], name="guide_image_content_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uid}"


class GuideWish(models.Model):
    """Somebody would like an entry about a class."""

    label_class = models.ForeignKey(LabelClass, models.CASCADE, related_name="guide_wishes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "guide wishes"
        constraints = [
            models.UniqueConstraint(fields=["label_class", "author"], name="guide_wish_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.label_class_id} for {self.author_id}"
