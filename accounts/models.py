"""People and how they get in."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models


class User(AbstractUser):
    """A person. What they may do follows from their groups: admin, reviewer, labeler."""


class Invitation(models.Model):
    """A link that lets one person choose a name and password, once.

    Only the hash of the link's token is kept, so that nobody can read links from the database.
    """

    note = models.CharField(max_length=200, blank=True, help_text="name or address, for the admin")
    roles = ArrayField(models.CharField(max_length=20))
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    accepted_by = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="invitation"
    )
    accepted_at = models.DateTimeField(null=True)
    revoked = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.note or f"invitation {self.pk}"


class AuditEntry(models.Model):
    """Something that somebody did that others may have to know of. Append-only."""

    class Action(models.TextChoices):
        IMPORT = "import"
        EXPORT = "export"
        ROLES = "roles"
        REVEAL = "reveal"
        TOKEN = "token"  # noqa: S105
        RUN = "run"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        help_text="null: by a command on the server",
    )  # fmt: skip
    action = models.CharField(max_length=10, choices=Action)
    subject = models.CharField(max_length=500)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action}: {self.subject}"
