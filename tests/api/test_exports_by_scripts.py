"""Exports by a script: ordered once, followed, taken in parts, deleted."""

from __future__ import annotations

import hashlib

import pytest

from accounts.models import AuditEntry
from accounts.roles import REVIEWER
from evaluation import tasks
from evaluation.models import ExportJob
from evaluation.snapshots import take_snapshot
from tests.api.test_api import Script, problem
from tests.factories import make_dataset, make_taxonomy

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(tasks.run_export, "apply_async", lambda args, **_: found.extend(args))
    return found


def order(script: Script, key: str = "", **asked: object):
    headers = {"idempotency-key": key} if key else {}
    return script("post", "exports", data=asked, content_type="application/json", headers=headers)


def test_an_export_is_ordered_once_followed_taken_in_parts_and_deleted(
    sent, django_capture_on_commit_callbacks, django_assert_max_num_queries
):
    make_dataset(make_taxonomy(), 4, "photos")
    snapshot = take_snapshot().hash
    script = Script()
    asked = {"format": "csv", "datasets": ["photos"], "snapshot": snapshot[:10]}
    with django_capture_on_commit_callbacks(execute=True):
        first, again = (order(script, "k1", **asked) for _ in range(2))
    assert (first.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert first.json() == again.json()
    number = first.json()["id"]
    assert sent == [number]
    told = script("get", "export", number).json()
    assert told == first.json()
    assert told | {"id": 0, "created": ""} == {
        "id": 0, "format": "csv", "datasets": ["photos"], "snapshot": snapshot, "state": "waiting",
        "error": "", "progress": {"step": "waiting for a worker", "done": 0, "total": 0},
        "bytes": None, "sha256": None, "file": None, "created": "", "finished": None,
    }  # fmt: skip
    assert script("get", "export_file", number).status_code == 404

    tasks.run_export(number)
    with django_assert_max_num_queries(10):
        (told,) = script("get", "exports").json()["results"]
    assert (told["state"], told["progress"]) == ("done", None)
    assert told["file"].endswith(f"/api/v1/exports/{number}/file/")
    head = script("head", "export_file", number)
    assert (head["Content-Length"], head.content) == (str(told["bytes"]), b"")
    parts = [
        script("get", "export_file", number, headers={"range": part, "if-range": head["ETag"]})
        for part in ("bytes=0-49", "bytes=50-")
    ]
    assert [one.status_code for one in parts] == [206, 206]
    content = b"".join(one.getvalue() for one in parts)
    assert hashlib.sha256(content).hexdigest() == told["sha256"]
    known = {"if-none-match": head["ETag"]}
    assert script("get", "export_file", number, headers=known).status_code == 304
    beyond = script("get", "export_file", number, headers={"range": f"bytes={told['bytes']}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{told['bytes']}")
    assert [one.subject for one in AuditEntry.objects.filter(action="export").order_by("pk")] == [
        f"csv of photos at snapshot {snapshot[:12]}",
        f"download of export {number}, csv of photos at snapshot {snapshot[:12]}",
    ]

    assert script("delete", "export", number).status_code == 204
    assert script("get", "export", number).status_code == 404


def test_who_may_not_order_or_delete_is_told_so_and_what_there_is_not_is_named(sent):
    make_dataset(make_taxonomy(), 1, "photos")
    reader = Script(scopes=("read",))
    for script, reason in (
        (reader, "lacks the scope 'exports'"),
        (Script(REVIEWER), "not for you"),
    ):
        assert reason in problem(order(script, format="csv"))["detail"]
    for asked, reason in (
        ({"format": "docx"}, "not a valid choice"),
        ({"format": "csv", "datasets": ["none"]}, "There is no dataset 'none'"),
        ({"format": "csv", "snapshot": "abc"}, "There is no snapshot 'abc'"),
        ({"format": "csv", "datasets": "photos"}, "Expected a list"),
        ({"format": "csv", "snapshot": "\0"}, "Null characters"),
    ):
        answer = order(Script(), **asked)
        assert (answer.status_code, reason in str(problem(answer))) == (400, True), asked
    assert not ExportJob.objects.exists()
    writer = Script()
    number = order(writer, format="csv").json()["id"]
    assert script("get", "export", number).status_code == 403
    assert "lacks the scope" in problem(reader("delete", "export", number))["detail"]
    assert reader("get", "export", number).json()["datasets"] == ["photos"]
    assert ExportJob.objects.exists()
