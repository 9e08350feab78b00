"""What went wrong in workers."""

from django.db import models


class FailedTask(models.Model):
    """A Celery task that failed for good; ordered again, it is taken off the list."""

    name = models.CharField(max_length=200)
    arguments = models.JSONField(help_text="[positional, by name]")
    error = models.CharField(max_length=1000)
    worker = models.CharField(max_length=200)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"
