"""Somebody's script."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from django.test import Client
from django.urls import resolve, reverse
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from accounts.models import User
from accounts.roles import ADMIN
from api.tokens import SCOPES, make_token
from tests.factories import make_user

ALL = tuple(SCOPES)


class Script:
    """Somebody's script, with a token. Whatever it is answered is as the schema says."""

    def __init__(
        self, role: str = ADMIN, scopes: tuple[str, ...] = ALL, user: User | None = None
    ) -> None:
        self.user = user or make_user(role)
        self.token, self.text = make_token(self.user, "test", scopes, 30)
        self.client = Client()

    def __call__(self, method: str, name: str, *args: object, query: str = "", **more: object):
        headers = {"authorization": f"Bearer {self.text}", **more.pop("headers", {})}
        address = reverse(f"api_{name}", args=args)
        answer = getattr(self.client, method)(address + query, headers=headers, **more)
        check_answer(method, resolve(address).route, answer)
        return answer

    def send(self, method: str, name: str, *args: object, content: object, **headers: str):
        """JSON."""
        return self(
            method, name, *args, data=json.dumps(content), content_type="application/json",
            headers=headers,
        )  # fmt: skip


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI description of the API."""
    return SchemaGenerator().get_schema(public=True)


@cache
def validator(method: str, path: str, status: str, media_type: str) -> Draft202012Validator | None:
    """Of a documented answer that is JSON; None for other contents."""
    answers = schema()["paths"][path][method]["responses"]
    documented = answers.get(status) or answers[f"{status[0]}XX"]
    content = documented.get("content", {})
    assert media_type in content or not media_type, f"{media_type} is not in the schema"
    if not media_type.endswith("json") or "schema" not in content[media_type]:
        return None
    components = {"components": schema()["components"]}
    return Draft202012Validator({**content[media_type]["schema"], **components})


def check_answer(method: str, route: str, answer: Any) -> None:
    """Every answer is as the schema says."""
    path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
    if path not in schema()["paths"] or answer.status_code == 405:
        return
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    if answer.status_code == 204 or not getattr(answer, "content", b"x"):
        media_type = ""
    documented = "get" if method == "head" else method
    found = validator(documented, path, str(answer.status_code), media_type)
    if found and not answer.streaming:
        found.validate(answer.json())


def problem(answer) -> dict:
    assert answer["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == answer.status_code
    return found
