"""Errors as problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.people import NotPossible
from annotation.fields import AnotherPerson, Malformed
from annotation.labeling.answers import TaskOver
from annotation.review.judgments import RoundClosed
from taxonomy.errors import InputError, InputErrors, writable

CONTENT_TYPE = "application/problem+json"
MOST_ERRORS = 100


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """What Django REST framework asks what to answer to an error; None for a bug."""
    known = _known(error)
    if known is None:
        return None
    status, detail, errors = known
    problem: dict[str, Any] = {
        "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status,
        "detail": writable(detail),
    }  # fmt: skip
    if errors:
        problem["errors"] = [
            {
                name: writable(value) if isinstance(value, str) else value
                for name, value in one.items()
            }
            for one in errors
        ]
    headers = dict(getattr(error, "headers", {}))
    if isinstance(error, exceptions.APIException):
        if header := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = header
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(int(wait) + 1)
    set_rollback()
    return Response(problem, status=status, headers=headers, content_type=CONTENT_TYPE)


def _known(error: Exception) -> tuple[int, str, list[dict[str, Any]]] | None:
    if isinstance(error, InputError):
        rows = error.rows if isinstance(error, InputErrors) else [(error.row, error.reason)]
        return 400, str(error), [_described(error.file, *one) for one in rows[:MOST_ERRORS]]
    if isinstance(error, Malformed):
        field, _, reason = str(error).rpartition(": ")
        return 400, str(error), [{"field": field, "detail": reason}]
    if isinstance(error, (RoundClosed, TaskOver, NotPossible)):
        return 409, str(error), []
    if isinstance(error, Http404):
        return 404, str(error) or "There is no such thing.", []
    if isinstance(error, (PermissionDenied, AnotherPerson)):
        return 403, str(error) or "This is not for you.", []
    if isinstance(error, RequestDataTooBig):
        return 413, "The content is too large for this address; see the bulk endpoints.", []
    if isinstance(error, SuspiciousOperation):
        return 400, "The request has too many fields, or is not as it must be.", []
    if isinstance(error, exceptions.ValidationError):
        return 400, "Some fields are not as they must be.", list(_fields(error.detail))
    if isinstance(error, exceptions.APIException):
        return error.status_code, str(error.detail), []
    return None


def _described(file: str | None, row: int | None, reason: str) -> dict[str, Any]:
    found = {"file": file, "row": row, "detail": reason}
    return {name: value for name, value in found.items() if value is not None}


def _fields(detail: Any, above: str = "") -> Iterator[dict[str, str]]:
    """{field, detail} of everything in the nested detail."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _fields(inner, f"{above}.{name}" if above else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _fields(inner, above)
    else:
        yield {"field": above, "detail": str(detail)}
