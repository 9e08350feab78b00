"""Somebody's script."""

from __future__ import annotations

import json

from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import ADMIN
from api.tokens import SCOPES, make_token
from tests.factories import make_user

ALL = tuple(SCOPES)


class Script:
    """Somebody's script, with a token."""

    def __init__(
        self, role: str = ADMIN, scopes: tuple[str, ...] = ALL, user: User | None = None
    ) -> None:
        self.user = user or make_user(role)
        self.token, self.text = make_token(self.user, "test", scopes, 30)
        self.client = Client()

    def __call__(self, method: str, name: str, *args: object, query: str = "", **more: object):
        headers = {"authorization": f"Bearer {self.text}", **more.pop("headers", {})}
        address = reverse(f"api_{name}", args=args) + query
        return getattr(self.client, method)(address, headers=headers, **more)

    def send(self, method: str, name: str, *args: object, content: object, **headers: str):
        """JSON."""
        return self(
            method, name, *args, data=json.dumps(content), content_type="application/json",
            headers=headers,
        )  # fmt: skip


def problem(answer) -> dict:
    assert answer["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == answer.status_code
    return found
