"""Whatever is sent, the API answers as its OpenAPI description says, and never with an accident.

Every operation of the schema is asked by an admin's token in a small world: with made-up content that
the schema allows and with some that it doesn't, about things that are there and about others.
`TUSKER_EXAMPLES=100 pytest tests/api/test_schema_holds.py` asks more often, `TUSKER_ONLY=runs` less.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from rest_framework.throttling import UserRateThrottle
from schemathesis import Case, GenerationMode, checks
from schemathesis.schemas import APIOperation

from api.tokens import SCOPES, make_token
from tests.everything import one_of_everything

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("TUSKER_EXAMPLES", "3"))
ONLY = os.environ.get("TUSKER_ONLY", "")
# What else names something in the world, in an address or in a content.
NAMES = {
    "name": "photos", "dataset": "photos", "datasets": ["photos"], "taxonomy": "six",
    "model": "model-0", "figure": "measures", "report": "latest", "groups": ["all"],
    "reviewers": ["ada"], "labelers": ["ada"],
}  # fmt: skip
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


@pytest.fixture
def one_transaction(db) -> Iterator[None]:
    """Requests leave the test's connection open, which is in a transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_every_operation_answers_as_the_schema_says(
    admin, one_transaction, tmp_path, monkeypatch, settings
):
    monkeypatch.setattr(UserRateThrottle, "rate", "100000/s", raising=False)
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    known = one_of_everything(tmp_path, admin) | NAMES
    _, text = make_token(admin, "x", list(SCOPES), 1)
    headers = {"Authorization": f"Bearer {text}", "Accept": "application/json"}
    schema = schemathesis.openapi.from_wsgi(reverse("api_schema"), WSGIHandler(), headers=headers)
    problems = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if ONLY in operation.path:
            problems += ask(operation, known, headers)
    assert not problems, "\n\n".join(problems)


def ask(operation: APIOperation, known: Mapping[str, Any], headers: dict[str, str]) -> list[str]:
    """What is wrong with the answers to a few requests; whatever they did is taken back."""

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation), which=st.sampled_from(["all", "some", "none"]), data=st.data())
    def asked(case: Case, which: str, data: st.DataObject) -> None:
        some = {"all": set(known), "none": set()}.get(which)
        if some is None:
            some = data.draw(st.sets(st.sampled_from(sorted(known))))
        for place in (case.path_parameters, case.query, case.body):
            if isinstance(place, dict):
                place.update({name: known[name] for name in some & set(place)})
        if which == "all" and isinstance(case.query, dict):
            case.query.pop("cursor", None)  # another than it was given is a problem
        with transaction.atomic():
            case.call_and_validate(headers=headers, checks=CHECKS)
            transaction.set_rollback(True)

    try:
        asked()
    except (Exception, BaseExceptionGroup) as error:
        return [f"{operation.label}: {error}"]
    return []


def cases(operation: APIOperation) -> st.SearchStrategy[Case]:
    return st.one_of(operation.as_strategy(mode) for mode in GenerationMode)
