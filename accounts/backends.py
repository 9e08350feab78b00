"""Who is logged in, found by a prepared statement."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from config.prepared import fetch


class Backend(ModelBackend):
    def get_user(self, user_id: Any) -> User | None:
        user = fetch(User, user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
