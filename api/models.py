"""What the API remembers: tokens, and what it answered to requests with a key."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Token(models.Model):
    """A person's key for scripts. Only the hash is kept; `start` is shown to tell tokens apart."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    start = models.CharField(max_length=12)
    hash = models.CharField(max_length=64, unique=True, help_text="SHA-256")
    scopes = ArrayField(models.CharField(max_length=20))
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True, help_text="last, to the hour")
    revoked = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"


class KeptAnswer(models.Model):
    """What was answered to a request with an Idempotency-Key."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request = models.CharField(max_length=64, help_text="SHA-256 of method, address and content")
    status = models.PositiveSmallIntegerField()
    content = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="kept_answer")]

    def __str__(self) -> str:
        return self.key


class Webhook(models.Model):
    """An address that is told of events; the secret signs what it is told."""

    class Event(models.TextChoices):
        ROUND_CLOSED = "round.closed"
        RUN_FINISHED = "run.finished"
        SNAPSHOT_MADE = "snapshot.made"

    url = models.URLField(max_length=500)
    events = ArrayField(models.CharField(max_length=20, choices=Event))
    secret = models.CharField(max_length=64)
    created = models.DateTimeField(auto_now_add=True)
    told = models.DateTimeField(null=True, help_text="last, with success")
    problem = models.CharField(max_length=300, default="", blank=True, help_text="of the last try")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.url
