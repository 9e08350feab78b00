"""What follows from the annotations: frozen labels, and the numbers computed from them."""

from django.db import models


class LabelSnapshot(models.Model):
    """All verdicts of some datasets at one moment; see `evaluation.snapshots`.

    `hash` is over names and keys, never over numbers that the database gave out: the same content
    has the same hash on every machine.
    """

    hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the content")
    datasets = models.JSONField(help_text="names, sorted")
    counts = models.JSONField(help_text="of images and candidates, in all and per dataset")
    arrays = models.BinaryField(help_text="`snapshots.Labels`, as NumPy's compressed .npz")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.hash[:12]


class MetricReport(models.Model):
    """Numbers computed from one snapshot; `parameters` says all else that they depend on."""

    snapshot = models.ForeignKey(LabelSnapshot, models.CASCADE, related_name="reports")
    hash = models.CharField(max_length=64, unique=True, help_text="of snapshot and parameters")
    parameters = models.JSONField()
    complete = models.BooleanField(help_text="over every dataset, group and participant there is")
    rows = models.JSONField()
    seconds = models.FloatField(help_text="what loading and computing took")
    created = models.DateTimeField(auto_now_add=True)
    current = models.DateTimeField(help_text="when this was last found to be the state of things")

    class Meta:
        ordering = ["-current"]
        indexes = [
            models.Index(
                fields=["-current"], name="report_current", condition=models.Q(complete=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.snapshot} {self.created:%Y-%m-%d %H:%M}"
