"""Images that show what a class looks like; `taxonomy.reference` writes and reads these rows."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from taxonomy.models.hierarchy import LabelClass, Taxonomy


class ReferenceSet(models.Model):
    """How the reference images of a class were drawn, and their contact sheet.

    `draw` identifies what was drawn from and how, so that the same import can be told from
    another one; `sheet` identifies the contact sheet by what is on it and is its name.
    """

    label_class = models.OneToOneField(LabelClass, models.CASCADE, related_name="reference_set")
    draw = models.CharField(max_length=64)
    wanted = models.PositiveSmallIntegerField()
    count = models.PositiveSmallIntegerField()
    excluded = models.PositiveIntegerField(help_text="drawn, but in an evaluation dataset")
    damaged = models.JSONField(default=list, help_text="[[file, reason]]: drawn, but unreadable")
    sheet = models.CharField(max_length=32, db_index=True, help_text="empty without images")
    sheet_bytes = models.PositiveIntegerField(default=0, help_text="0 until the sheet is made")

    def __str__(self) -> str:
        return f"{self.label_class_id}: {self.count} of {self.wanted}"


class ReferenceImage(models.Model):
    """An image of a class, at its place on the contact sheet. The row's content never changes."""

    label_class = models.ForeignKey(LabelClass, models.CASCADE, related_name="reference_images")
    position = models.PositiveSmallIntegerField()
    content_hash = models.CharField(max_length=64, db_index=True)
    file = models.CharField(max_length=255, help_text="name in the storage")
    width = models.PositiveIntegerField(help_text="pixels, upright")
    height = models.PositiveIntegerField(help_text="pixels, upright")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["label_class", "content_hash"], name="reference_content_unique"
            ),
            models.UniqueConstraint(
                fields=["label_class", "position"], name="reference_position_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label_class_id}[{self.position}]"


class ThumbnailSheets(models.Model):
    """The sheets with a thumbnail of every class that has one; `version` names what is on them."""

    taxonomy = models.OneToOneField(Taxonomy, models.CASCADE, related_name="thumbnail_sheets")
    version = models.CharField(max_length=32)
    classes = ArrayField(models.PositiveIntegerField(), help_text="class indices, ascending")

    class Meta:
        verbose_name_plural = "thumbnail sheets"

    def __str__(self) -> str:
        return self.version
