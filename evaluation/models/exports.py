"""Dumps that were ordered in the browser or by a script."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from evaluation.models.snapshots import LabelSnapshot
from taxonomy.downloads import file_name


class ExportJob(models.Model):
    """A dump of some datasets, as they are when it is made or as a snapshot has them.

    Done, it lies in the storage under the name `file`; its progress is in the cache meanwhile.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    format = models.CharField(max_length=20)
    datasets = models.JSONField(help_text="names")
    snapshot = models.ForeignKey(LabelSnapshot, models.PROTECT, null=True, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.CharField(max_length=1000, default="", blank=True)
    file = models.CharField(max_length=100, unique=True)
    bytes = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, default="", blank=True)
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        of = f"{self.format} of {', '.join(self.datasets)}"
        return f"{of} at snapshot {self.snapshot}" if self.snapshot else of

    @property
    def ended(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def download_name(self) -> str:
        """After its datasets if it is one, and after the snapshot or the day."""
        of = self.datasets if len(self.datasets) == 1 else []
        when = str(self.snapshot) if self.snapshot else self.created.date().isoformat()
        return file_name("annotations", *of, self.format, when, suffix="zip")
