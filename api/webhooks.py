"""Telling other programs of events: signed, and again until they have heard."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
import urllib.request
from typing import Any
from urllib.error import HTTPError, URLError

from django.db import transaction
from django.utils import timezone

from annotation.models import ReviewRound
from api.models import Webhook
from evaluation.models import InferenceRun, LabelSnapshot

SIGNATURE = "Tusker-Signature"
TIMEOUT = 10
Event = Webhook.Event


class Unheard(Exception):
    """The message says why."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """What answers elsewhere has not heard."""


_opener = urllib.request.build_opener(_NoRedirect)


def sign(secret: str, moment: int, body: bytes) -> str:
    """`t=MOMENT,v1=HEX`: HMAC-SHA256 by the secret of the moment, in seconds, a dot and the body."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={digest.hexdigest()}"


def add(url: str, events: list[str]) -> Webhook:
    """Another address that is told; its secret is shown once, to whom adds it."""
    return Webhook.objects.create(url=url, events=events, secret=secrets.token_hex(32))


def announce(event: str, content: dict[str, Any]) -> None:
    """Have every webhook told that wants to hear of the event, once what happened is committed."""
    from api.tasks import tell

    body = {"event": event, "created": timezone.now().isoformat(), **content}
    for pk in Webhook.objects.filter(events__contains=[event]).values_list("pk", flat=True):
        transaction.on_commit(lambda pk=pk: tell.delay(pk, body))  # type: ignore[misc]


def send(hook: Webhook, content: dict[str, Any]) -> None:
    """POST it. Raises Unheard unless the answer is a success, and notes how it went."""
    body = json.dumps(content, sort_keys=True).encode()
    headers = {
        "Content-Type": "application/json", "User-Agent": "Tusker",
        SIGNATURE: sign(hook.secret, int(time.time()), body),
    }  # fmt: skip
    request = urllib.request.Request(hook.url, body, headers, method="POST")  # noqa: S310
    try:
        with _opener.open(request, timeout=TIMEOUT):
            problem = ""
    except HTTPError as error:
        problem = f"answered {error.code}"
    except (URLError, OSError, ValueError) as error:
        problem = f"can't be reached: {getattr(error, 'reason', error)}"
    told = {} if problem else {"told": timezone.now()}
    Webhook.objects.filter(pk=hook.pk).update(problem=problem[:300], **told)
    if problem:
        raise Unheard(f"{hook.url} {problem}")


def on_round_closed(round: ReviewRound, **_: Any) -> None:
    announce(Event.ROUND_CLOSED, {"round": {"id": round.pk, "name": round.name}})


def on_run_finished(run: InferenceRun, **_: Any) -> None:
    about = {
        "id": run.pk, "state": run.state, "error": run.error, "dataset": run.dataset.name,
        "model": run.model.participant.name,
    }  # fmt: skip
    announce(Event.RUN_FINISHED, {"run": about})


def on_snapshot_made(snapshot: LabelSnapshot, **_: Any) -> None:
    about = {"hash": snapshot.hash, "datasets": snapshot.datasets}
    announce(Event.SNAPSHOT_MADE, {"snapshot": about})
