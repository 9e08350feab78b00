"""Two scripts that want the same name at the same time: one has it, the other is told so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import User
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import create_task
from annotation.models import Dataset
from annotation.review.rounds import open_round
from evaluation.models import ParticipantGroup, Subset
from evaluation.tasks import recompute
from tests.api.scripts import Script
from tests.conftest import client_of
from tests.factories import make_dataset, make_taxonomy, make_user, predict

pytestmark = pytest.mark.django_db(transaction=True)


def waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def sent_while(make: Callable[[], object], ask: Callable[[], Any]) -> int:
    """The status of what is answered to who asks before `make` is committed."""
    statuses: list[int] = []

    def send() -> None:
        try:
            statuses.append(ask().status_code)
        finally:
            connection.close()

    thread = threading.Thread(target=send)
    with transaction.atomic():
        make()
        thread.start()
        end = time.monotonic() + 20
        while not waits() and thread.is_alive():
            assert time.monotonic() < end
            time.sleep(0.01)
    thread.join()
    return statuses[0] if statuses else 500


def test_who_comes_second_is_told_that_the_name_is_taken(transactional_db, monkeypatch):
    monkeypatch.setattr(recompute, "delay", lambda: None)
    make_dataset(make_taxonomy(), 4, "photos")
    dataset, labeler = Dataset.objects.get(), make_user("labeler", name="linus")
    predict("net", dataset, [[0]] * 4)
    script = Script()

    def task() -> None:
        create_task("n", "evaluation", Sample({"photos": 2}), 1, labelers=User.objects.none())

    for make, name, content in (
        (lambda: open_round("n", [dataset], 1), "rounds", {"datasets": ["photos"]}),
        (task, "tasks", {"datasets": {"photos": 2}, "labelers": [labeler.username]}),
        (lambda: Subset.objects.create(name="n"), "subsets", {"most_labels": 1}),
        (lambda: ParticipantGroup.objects.create(name="n"), "participant_groups",
         {"members": ["net"]}),
    ):  # fmt: skip
        said = {"name": "n", **content}
        ask = partial(script.send, "post", name, content=said, **{"idempotency-key": name})
        assert sent_while(make, ask) == 400, name
    on_page = partial(client_of(script.user).post, reverse("subset_new"), {"name": "m"})
    assert sent_while(lambda: Subset.objects.create(name="m"), on_page) == 422
