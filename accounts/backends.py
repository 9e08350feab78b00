"""Who is logged in, and in which roles, found by one prepared statement."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from accounts.roles import NAMES_OF_ROLES, keep_roles
from config.prepared import Statement, columns_of, made_of

USER = Statement(
    "user",
    "bigint",
    f"SELECT {columns_of(User)}, ARRAY({NAMES_OF_ROLES}) FROM accounts_user WHERE id = $1",  # noqa: S608
)


class Backend(ModelBackend):
    def get_user(self, user_id: Any) -> User | None:
        for *values, names in USER.run(user_id):
            user = made_of(User, values)
            keep_roles(user, names)
            return user if self.user_can_authenticate(user) else None
        return None
