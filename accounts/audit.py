"""Who did what, for those who have to answer for it."""

from __future__ import annotations

from accounts.models import AuditEntry, User

Action = AuditEntry.Action


def note(user: User | None, action: str, subject: str) -> None:
    """Remember what somebody did; user None: a command on the server."""
    AuditEntry.objects.create(user=user, action=action, subject=subject[:500])
