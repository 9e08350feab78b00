"""The same request sent again is answered as the first time, and done once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.models import KeptAnswer

HEADER = "Idempotency-Key"
LONGEST = 200
KEPT = timedelta(days=7)


class Busy(APIException):
    status_code = 409
    default_detail = "The same request is being worked on."


class Reused(APIException):
    status_code = 422
    default_detail = "This key was used for another request."


def once(request: Request, user: User, digest: str, work: Callable[[], Response]) -> Response:
    """Do the work, unless a request with this key was answered already: then that answer.

    digest tells the content. Answers are kept for a week. Without a key the work is done always.
    Raises Busy while the first is worked on, Reused if the key belongs to another request.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return work()
    if len(key) > LONGEST:
        raise ValidationError({HEADER: f"has at most {LONGEST} characters"})
    asked = f"{request.method} {request.get_full_path()} {digest}"
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()
    KeptAnswer.objects.filter(created__lt=timezone.now() - KEPT).delete()
    try:
        with transaction.atomic():
            kept = KeptAnswer.objects.create(user=user, key=key, request=fingerprint)
    except IntegrityError:
        return _again(KeptAnswer.objects.get(user=user, key=key), fingerprint)
    try:
        answer = work()
    except BaseException:
        kept.delete()  # what failed may be tried again
        raise
    kept.status, kept.content = answer.status_code, answer.data
    kept.save(update_fields=["status", "content"])
    return answer


def _again(kept: KeptAnswer, fingerprint: str) -> Response:
    if kept.request != fingerprint:
        raise Reused
    if kept.status is None:
        raise Busy
    return Response(kept.content, status=kept.status, headers={"Idempotent-Replayed": "true"})
