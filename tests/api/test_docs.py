"""docs/api.md lists every address, with what the code says of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.conf import settings
from django.core.management import call_command

from accounts.roles import ROLES
from api.base import Endpoint
from api.tokens import SCOPES
from api.urls import urlpatterns
from api.views.root import Nowhere

DOCS = (settings.BASE_DIR / "docs/api.md").read_text()
WRITING = ("post", "put", "patch", "delete")
ENDPOINTS = [
    (str(one.pattern).removeprefix("api/v1/"), one.callback.cls)
    for one in urlpatterns
    if issubclass(getattr(one.callback, "cls", object), Endpoint)
    and one.callback.cls is not Nowhere
]


def people(roles: Iterable[str]) -> str:
    return "everybody" if set(roles) == set(ROLES) else ", ".join(sorted(roles))


def row(address: str, view: type) -> str:
    shown = re.sub(r"<\w+:(\w+)>", r"{\1}", address) or "(root)"
    methods = ", ".join(one.upper() for one in WRITING if hasattr(view, one))
    readers = people(view.roles) if hasattr(view, "get") else ""
    writers = f"{methods}: {people(view.writers)}" if methods else ""
    scope = f"`{view.scope}`" if methods else ""
    about = re.split(r"(?<=[.:;]) |\n\n", " ".join((view.__doc__ or "").split()))[0].rstrip(":;.")
    return f"| `{shown}` | {about} | {readers} | {writers} | {scope} |"


def test_the_table_has_every_address_with_its_roles_and_scope():
    head, rule = "| address | | GET | others | scope |", "| --- | --- | --- | --- | --- |"
    expected = "\n".join([head, rule, *(row(*one) for one in ENDPOINTS)])
    assert expected in DOCS, f"docs/api.md wants:\n{expected}"


def test_every_scope_opens_something_and_is_explained():
    used = {view.scope for _, view in ENDPOINTS if any(hasattr(view, one) for one in WRITING)}
    assert used | {"read"} == set(SCOPES)
    for scope in SCOPES:
        assert f"\n| `{scope}` | " in DOCS


def test_the_schema_is_valid_openapi_and_was_made_without_a_doubt(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", file=tmp_path / "schema.yml")
    assert "openapi: 3.1" in (tmp_path / "schema.yml").read_text()
