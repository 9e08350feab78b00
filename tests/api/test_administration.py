"""What admins see to, by script."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import people
from accounts.models import AuditEntry, Invitation, User
from accounts.people import find_invitation
from accounts.roles import LABELER, REVIEWER
from annotation import tasks
from annotation.importing import jobs
from annotation.models import Dataset, ImportJob
from api.models import KeptAnswer, Token, Webhook
from config.celery import app
from evaluation.models import ClassifierModel, FailedTask
from evaluation.operations import failures
from taxonomy.errors import InputError
from tests.api.scripts import Script, problem
from tests.evaluation.inference.onnx_files import write_model
from tests.factories import make_taxonomy, make_user
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path) -> Path:
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    return settings.UPLOADS_ROOT


def csv(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("labels.csv", text.encode(), "text/csv")


def test_a_dataset_is_imported_followed_and_done_once(
    monkeypatch, uploads, django_capture_on_commit_callbacks
):
    make_taxonomy()
    sent: list[int] = []
    monkeypatch.setattr(tasks.run_import, "apply_async", lambda args, **_: sent.extend(args))
    script = Script()

    def send(text: str, **more: object):
        content = {"kind": "dataset", "name": "new", "labels": csv(text), **more}
        return script("post", "imports", data=content, headers={"idempotency-key": "i"})

    good = "image_id,class_index\na,0\nb,1\n"
    with django_capture_on_commit_callbacks(execute=True):
        first, again = send(good), send(good)  # the boundaries between the parts differ
    assert first.status_code == 201, first.content
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    assert send(good + "c,2\n").status_code == 422
    job = first.json()
    assert (sent, job["state"], job["subject"]) == ([job["id"]], "waiting", "new")
    jobs.run_job(job["id"])
    done = script("get", "import", job["id"]).json()
    assert (done["state"], done["result"]["images_new"]) == ("done", 2)
    assert Dataset.objects.get(name="new").size == 2
    assert not list(uploads.glob("*"))
    assert script("get", "imports").json()["results"][0]["id"] == job["id"]
    assert "did not fail" in problem(script("post", "import_retry", job["id"]))["detail"]


def test_an_import_that_can_not_be_is_refused_by_its_fields_or_says_its_rows(uploads):
    make_taxonomy()
    script = Script()
    for content, field in (
        ({"kind": "party"}, "kind"), ({"kind": "dataset", "labels": csv("x")}, "name"),
        ({"kind": "dataset", "name": "new"}, "labels"),
        ({"kind": "dataset", "name": "new", "labels_path": "/etc/passwd"}, "labels_path"),
        ({"kind": "multilabels", "dataset": "none", "labels": csv("x")}, "dataset"),
    ):  # fmt: skip
        found = problem(script("post", "imports", data=content))
        assert field in [one["field"] for one in found["errors"]], found
    assert not ImportJob.objects.exists()
    bad = {"kind": "dataset", "name": "new", "labels": csv("image_id,class_index\na,77\n")}
    number = script("post", "imports", data=bad).json()["id"]
    jobs.run_job(number)
    failed = script("get", "import", number).json()
    assert (failed["state"], failed["errors"][0]["row"]) == ("failed", 2)
    again = script("post", "import_retry", number)
    assert "upload them again" in problem(again)["detail"]
    many = {f"x{number}": "" for number in range(1001)}
    assert "many" in problem(script("post", "imports", data=many))["detail"]


def test_a_model_is_brought_looked_at_tried_and_corrected(tmp_path):
    picture_round(tmp_path, images=4)
    content = write_model(tmp_path / "m.onnx").read_bytes()
    script = Script()

    def bring(data: bytes, **more: str):
        file = SimpleUploadedFile("m.onnx", data)
        return script("post", "models", data={"file": file, "taxonomy": "six", **more})

    made = bring(content, name="colours")
    assert made.status_code == 201, made.content
    model = made.json()
    assert (model["name"], model["taxonomy"], model["outputs"]) == ("colours", "six", 6)
    assert script("get", "model", model["id"]).json() == model
    tries = script.send("post", "model_tries", model["id"], content={"dataset": "photos"}).json()
    assert len(tries["tries"]) == 4
    assert all(one["seen"].startswith("data:image/png") for one in tries["tries"])
    other = model["preprocessing"] | {"crop": 1.0}
    assert script.send("put", "model", model["id"], content=other).json()["preprocessing"] == other
    assert ClassifierModel.objects.get().preprocessing["crop"] == 1.0
    wrong = problem(script.send("put", "model", model["id"], content=other | {"resize": "no"}))
    assert wrong["errors"][0]["field"] == "resize"
    assert problem(bring(b"nonsense"))["status"] == 400
    for label_map in ("7" * 5000, '{"classes": [%s]}' % ("7" * 4000)):
        assert problem(bring(content, label_map=label_map))["status"] == 400
    assert Script(REVIEWER)("get", "model", model["id"]).status_code == 403


def test_people_are_invited_and_changed_and_it_is_noted(django_capture_on_commit_callbacks):
    admin = Script()
    linus = make_user(LABELER, name="linus")
    listed = {one["username"]: one for one in admin("get", "people").json()["results"]}
    assert (listed["linus"]["roles"], listed["linus"]["active"]) == ([LABELER], True)
    assert "password" not in listed["linus"]
    invited = admin.send(
        "post", "invitations", content={"roles": ["reviewer"], "note": "Barbara"},
        **{"idempotency-key": "p"},
    )  # fmt: skip
    link = invited.json()["link"]
    assert find_invitation(link.rstrip("/").rpartition("/")[2]) is not None
    assert Client().get(link).status_code == 200
    assert not KeptAnswer.objects.exists()  # the link is kept nowhere
    (open_one,) = admin("get", "invitations").json()["results"]
    assert (open_one["note"], open_one["roles"]) == ("Barbara", ["reviewer"])
    assert admin("delete", "invitation", open_one["id"]).status_code == 204
    assert Invitation.objects.get().revoked

    change = {"roles": ["reviewer", "labeler"], "active": True}
    assert admin.send("patch", "person", linus.pk, content=change).json()["roles"] == [
        "labeler", "reviewer",
    ]  # fmt: skip
    admin.send("patch", "person", linus.pk, content={"active": False})  # the roles stay
    locked = admin.send("patch", "person", linus.pk, content={"roles": ["labeler"]}).json()
    assert (locked["roles"], locked["active"]) == (["labeler"], False)
    refused = admin.send("patch", "person", admin.user.pk, content={"roles": []})
    assert (refused.status_code, "last one" in problem(refused)["detail"]) == (409, True)
    assert User.objects.get(pk=admin.user.pk).groups.count() == 1  # all or nothing
    assert problem(admin.send("patch", "person", linus.pk, content={"roles": ["king"]}))["errors"]
    noted = admin("get", "audit", query="?action=roles").json()["results"]
    assert [one["subject"] for one in noted] == [
        "linus: labeler, locked out", "linus: labeler, reviewer, locked out",
        "linus: reviewer, labeler", "invited somebody as reviewer",
    ]  # fmt: skip
    assert noted[0]["user"] == admin.user.username
    assert AuditEntry.objects.count() == 4
    for name in ("people", "audit", "invitations", "operations", "webhooks", "failed_tasks"):
        assert Script(REVIEWER)("get", name).status_code == 403, name


def test_nobody_becomes_an_admin_who_cannot_log_in(admin_client):
    number = people.take_in(["elsewhere"])["elsewhere"]
    change = {"roles": ["admin"], "active": True}
    assert Script().send("patch", "person", number, content=change).status_code == 404
    page = admin_client.post(reverse("person_change", args=[number]), change)
    assert page.status_code == 404
    assert User.objects.get(pk=number).groups.filter(name="admin").count() == 0


def test_what_failed_is_ordered_again(monkeypatch):
    sent: list[tuple] = []
    monkeypatch.setattr(app, "send_task", lambda *args: sent.append(args))
    failed = FailedTask.objects.create(name="x.y", arguments=[[1], {"a": 2}], error="E: no")
    admin = Script()
    (listed,) = admin("get", "failed_tasks").json()["results"]
    assert (listed["name"], listed["error"]) == ("x.y", "E: no")
    assert admin("post", "failed_task_retry", failed.pk).status_code == 202
    assert sent == [("x.y", [1], {"a": 2})]
    assert not FailedTask.objects.exists()
    with pytest.raises(InputError, match="already"):  # somebody was faster
        failures.order_again(failed)
    assert len(sent) == 1
    found = admin("get", "operations").json()
    assert found["disk"]["total"] > 0
    assert set(found["idle"]) == set(found["queues"])  # there are no workers


def test_a_webhooks_secret_is_shown_once():
    admin = Script()
    content = {"url": "https://a.example/hook", "events": ["run.finished"]}
    made = admin.send("post", "webhooks", content=content).json()
    assert made["secret"] == Webhook.objects.get().secret
    (listed,) = admin("get", "webhooks").json()["results"]
    assert "secret" not in listed
    for change in ({"url": "ftp://a.example"}, {"events": ["party"]}, {"events": []}):
        assert admin.send("post", "webhooks", content=content | change).status_code == 400, change
    assert admin("delete", "webhook", made["id"]).status_code == 204
    assert not Webhook.objects.exists()


def test_no_scope_makes_tokens(client):
    script = Script()
    headers = {"authorization": f"Bearer {script.text}"}
    content = {"name": "x", "scopes": ["read"], "days": 1}
    assert client.post("/account/tokens/", content, headers=headers).status_code == 302  # to log in
    assert Token.objects.count() == 1
