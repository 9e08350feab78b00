"""The same request sent again is answered as the first time, and done once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.models import KeptAnswer

HEADER = "Idempotency-Key"
LONGEST = 200
KEPT = timedelta(days=7)
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


class Reused(APIException):
    status_code = 422
    default_detail = "This key was used for another request."


def once(request: Request, user: User, digest: str, work: Callable[[], Response]) -> Response:
    """Do the work, unless a request with this key was answered already: then that answer.

    digest tells the content. Work and answer are one transaction: whatever is killed when, the work is
    done with its answer kept, or not at all. The same request at the same time waits for the first.
    What failed may be tried again. Answers are kept for a week.

    Raises Reused if the key belongs to another request.
    """
    key = request.headers.get(HEADER, "")
    if len(key) > LONGEST or "\0" in key:
        raise ValidationError({HEADER: f"has at most {LONGEST} characters"})
    if not key:
        return work()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [f"{user.pk} {key}"])
        asked = f"{request.method} {request.get_full_path()} {digest}"
        fingerprint = hashlib.sha256(asked.encode()).hexdigest()
        recent = KeptAnswer.objects.filter(created__gte=timezone.now() - KEPT)
        if kept := recent.filter(user=user, key=key).first():
            return _again(kept, fingerprint)
        answer = work()
        told = {
            "request": fingerprint, "status": answer.status_code, "content": answer.data,
            "created": timezone.now(),
        }  # fmt: skip
        KeptAnswer.objects.update_or_create(user=user, key=key, defaults=told)
        return answer


def forget() -> None:
    """Delete what is kept longer than it must be; not where requests would have to wait for it."""
    KeptAnswer.objects.filter(created__lt=timezone.now() - KEPT).delete()


def once_json(request: Request, user: User, work: Callable[[], Response]) -> Response:
    """`once` for a request whose content is JSON."""
    return once(request, user, json.dumps(request.data, sort_keys=True), work)


def _again(kept: KeptAnswer, fingerprint: str) -> Response:
    if kept.request != fingerprint:
        raise Reused
    return Response(kept.content, status=kept.status, headers={"Idempotent-Replayed": "true"})
