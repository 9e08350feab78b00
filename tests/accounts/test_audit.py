"""Who did what is noted where it is done."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.audit import note
from accounts.models import AuditEntry
from accounts.roles import REVIEWER
from annotation.importing import jobs
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import close_task, create_task
from evaluation.exports import jobs as exporting
from evaluation.models import ExportJob
from tests.conftest import client_of
from tests.factories import make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db


def noted() -> list[tuple[str | None, str, str]]:
    entries = AuditEntry.objects.select_related("user").order_by("pk")
    return [(one.user and one.user.username, one.action, one.subject) for one in entries]


def test_changed_roles_and_invitations(admin_client):
    person = make_user(name="grace")
    form = {"roles": [REVIEWER], "active": "on"}
    admin_client.post(reverse("person_change", args=[person.pk]), form)
    admin_client.post(reverse("person_change", args=[person.pk]), {"roles": ["no such role"]})
    answer = admin_client.post(reverse("people"), {"roles": [REVIEWER], "note": "a friend"})
    link = answer.context["link"]
    client = client_of(make_user(name="x"))
    client.logout()
    password = "a long enough password 1"
    account = {"username": "newcomer", "password1": password, "password2": password}
    client.post(link.removeprefix("http://testserver"), account)
    assert noted() == [
        ("ada", "roles", "grace: reviewer"),
        ("ada", "roles", "invited somebody as reviewer"),
        ("newcomer", "roles", "accepted an invitation as reviewer"),
    ]


def test_imports_and_exports_by_page_and_command(admin_client, admin, tmp_path):
    make_dataset(make_taxonomy(), 2, "set")
    jobs.start("predictions", {"dataset": "set", "files": []}, admin)
    admin_client.post(reverse("export"), {"format": "csv"})
    admin_client.post(reverse("export"), {"format": "csv", "snapshot": "abc"})  # which is not there
    job = ExportJob.objects.get()
    exporting.run_job(job.pk)
    for part in ("bytes=0-9", "bytes=10-"):
        admin_client.get(reverse("export_file", args=[job.pk]), headers={"range": part})
    call_command("export_annotations", str(tmp_path / "dump.json"), "--format", "json")
    assert noted() == [
        ("ada", "import", "predictions set"),
        ("ada", "export", "csv of set"),
        ("ada", "export", f"download of export {job.pk}, csv of set"),
        (None, "export", f"export_annotations json {tmp_path / 'dump.json'}"),
    ]


def test_a_revealed_task(admin_client, admin):
    dataset = make_dataset(make_taxonomy(), 10, "set")
    labeler = make_user("labeler")
    task, *_ = create_task(
        "exam", "evaluation", Sample({dataset.name: 10}), 1, labelers=[labeler], state="open"
    )
    address = reverse("labeling_change", args=[task.pk, "reveal"])
    admin_client.post(address)  # refused: it is open
    assert noted() == []
    close_task(task)
    admin_client.post(address)
    assert noted() == [("ada", "reveal", "exam")]


def test_tokens_by_their_beginning_alone(admin_client):
    answer = admin_client.post(
        reverse("tokens"), {"name": "nightly", "scopes": ["read"], "days": 1}
    )
    text = answer.context["text"]
    assert text not in json.dumps(noted())
    assert noted()[0][2].startswith("made nightly (tusker_")


def test_the_page_lists_them_latest_first_and_chooses(admin_client, admin):
    for number in range(3):
        note(admin, "export", f"dump {number}")
    note(None, "import", "predictions of net")
    page = admin_client.get(reverse("audit")).content.decode()
    assert page.index("predictions of net") < page.index("dump 2") < page.index("dump 0")
    assert "a command on the server" in page
    some = admin_client.get(reverse("audit"), {"action": "export"}).content.decode()
    assert "predictions of net" not in some
