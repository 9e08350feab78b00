"""Exports: ordered, made by a worker, taken away whole or in parts, deleted."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from email.message import Message
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from celery.exceptions import OperationalError
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.urls import reverse

from annotation.exporting.formats import FILES, FOLDERS
from annotation.models import Candidate, Dataset, Verdict
from evaluation import tasks
from evaluation.exports import jobs, views
from evaluation.exports.formats import ABOUT
from evaluation.models import ExportJob
from evaluation.operations import state
from evaluation.snapshots import take_snapshot
from taxonomy.errors import InputError
from tests.factories import make_dataset, make_taxonomy, predict

pytestmark = pytest.mark.django_db
State = ExportJob.State


@pytest.fixture
def photos() -> Dataset:
    dataset = make_dataset(make_taxonomy(), 4, "photos")
    predict("net", dataset, [[0], [1], [2], [3]])
    return dataset


@pytest.fixture(autouse=True)
def no_wait(monkeypatch) -> None:
    """No worker is there to answer the operations page."""
    monkeypatch.setattr(state, "ANSWER_SECONDS", 0.01)


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """The exports that workers were asked for."""
    found: list[int] = []
    monkeypatch.setattr(tasks.run_export, "apply_async", lambda args, **_: found.extend(args))
    return found


@pytest.fixture
def order(admin_client, sent, django_capture_on_commit_callbacks):
    """A function that orders an export on the page, as an admin does."""

    def order(format: str, *datasets: str, snapshot: str = "") -> ExportJob:
        form = {"format": format, "datasets": datasets, "snapshot": snapshot}
        with django_capture_on_commit_callbacks(execute=True):
            answer = admin_client.post(reverse("export"), form)
        assert answer.status_code == 302, answer.context["form"].errors
        job = ExportJob.objects.first()
        assert job is not None
        assert sent[-1] == job.pk
        return job

    return order


def made(job: ExportJob) -> ExportJob:
    tasks.run_export(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (State.DONE, "")
    return job


def archive(client, job: ExportJob) -> zipfile.ZipFile:
    answer = client.get(reverse("export_file", args=[job.pk]))
    assert answer.status_code == 200
    content = answer.getvalue()
    assert hashlib.sha256(content).hexdigest() == job.sha256
    assert len(content) == job.bytes == int(answer["Content-Length"])
    return zipfile.ZipFile(io.BytesIO(content))


def file_in(archive: zipfile.ZipFile, suffix: str) -> io.BytesIO:
    (name,) = (name for name in archive.namelist() if name.endswith(suffix))
    return io.BytesIO(archive.read(name))


def page(client, **query: str) -> str:
    return client.get(reverse("export"), query).content.decode()


def test_every_format_is_offered_with_a_line_about_it(admin_client, photos):
    assert set(ABOUT) == {*FILES, *FOLDERS}
    assert "There is nothing to export yet" not in page(admin_client)
    for name, about in ABOUT.items():
        line = f"<strong>{name}</strong> <span class=muted>{about[:30]}"
        assert line in page(admin_client)
    photos.delete()
    assert "There is nothing to export yet" in page(admin_client)


def test_an_export_of_now_and_one_of_a_snapshot_differ_by_what_was_judged_since(
    admin_client, photos, order
):
    snapshot = take_snapshot().hash
    assert f'value="{snapshot}"' in page(admin_client)
    Candidate.objects.update(verdict=Verdict.CORRECT)
    then = made(order("csv", "photos", snapshot=snapshot))
    now = made(order("csv"))
    verdicts = []
    for job in (then, now):
        rows = csv.DictReader(
            file_in(archive(admin_client, job), "annotations.csv").read().decode().splitlines()
        )
        verdicts.append({row["verdict"] for row in rows})
    assert verdicts == [{"unjudged"}, {"correct"}]
    listed = page(admin_client)
    assert listed.index(now.sha256) < listed.index(then.sha256)
    assert f"Snapshot <code>{snapshot[:12]}</code>" in listed
    assert listed.count("ada, ") == 2
    assert "hx-get" not in listed


def test_a_folder_becomes_one_file(admin_client, photos, order):
    dump = archive(admin_client, made(order("parquet")))
    rows = pq.read_table(file_in(dump, "predictions.parquet")).to_pylist()
    assert [row["participant"] for row in rows] == ["net"]
    assert any(name.endswith("manifest.json") for name in dump.namelist())


def test_what_there_is_not_is_refused(admin_client, photos, sent):
    snapshot = take_snapshot().hash
    make_dataset(photos.taxonomy, 1, "later")
    make_dataset(make_taxonomy(name="other"), 1, "elsewhere")
    for form, reason in (
        ({"format": "docx"}, "docx is not one of the available choices"),
        ({"format": "csv", "datasets": ["none"]}, "none is not one of the available choices"),
        ({"format": "csv", "snapshot": "abc"}, "There is no snapshot &#x27;abc&#x27;"),
        ({"format": "csv", "snapshot": "a\0"}, "Null characters are not allowed"),
        ({"format": "csv", "snapshot": snapshot, "datasets": ["later"]}, "has nothing of"),
        ({"format": "csv"}, "different taxonomies"),
    ):
        answer = admin_client.post(reverse("export"), form)
        assert reason in answer.content.decode(), form
    assert (sent, ExportJob.objects.exists()) == ([], False)
    # Of a snapshot all means all that it has.
    Dataset.objects.get(name="elsewhere").delete()
    admin_client.post(reverse("export"), {"format": "csv", "snapshot": snapshot[:9]})
    assert ExportJob.objects.get().datasets == ["photos"]


def test_what_can_not_be_made_fails_with_the_reason_and_is_not_tried_again(
    admin_client, photos, order, monkeypatch
):
    job = order("real")
    tasks.run_export(job.pk)
    job.refresh_from_db()
    assert (job.state, job.bytes) == (State.FAILED, None)
    assert "A ReaL list has places for" in job.error
    assert "A ReaL list has places for" in page(admin_client)
    assert "A ReaL list has places for" in admin_client.get(reverse("operations")).content.decode()
    assert admin_client.get(reverse("export_file", args=[job.pk])).status_code == 404
    assert jobs.waiting() == []

    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(jobs, "write_dump", break_down)
    other = order("csv")
    tasks.run_export(other.pk)
    other.refresh_from_db()
    assert "server's log" in other.error
    assert not list(Path(default_storage.path("drafts")).iterdir())


def test_its_progress_is_shown_until_it_ends(admin_client, photos, order, monkeypatch):
    job = order("csv")
    cache.delete(f"export:{job.pk}")
    address = reverse("export_job", args=[job.pk])
    seen = [page(admin_client)]
    write_dump = jobs.write_dump

    def watched(out, format, datasets, progress, *more, **options) -> None:
        progress("exporting", 3, 12)
        seen.append(admin_client.get(address).content.decode())
        seen.append(admin_client.get(reverse("operations")).content.decode())
        write_dump(out, format, datasets, progress, *more, **options)

    monkeypatch.setattr(jobs, "write_dump", watched)
    made(job)
    assert "Waiting for a worker. It begins as soon as one is free" in seen[0]
    assert f'hx-get="{address}"' in seen[0]
    assert 'value="3" max="12"' in seen[1]
    assert "Exporting, 3 of 12." in seen[1]
    assert "Export of csv of photos" in seen[2]
    ended = admin_client.get(address).content.decode()
    assert "hx-get" not in ended
    assert "Download" in ended


def test_it_is_deleted_with_its_file_also_while_it_is_made(
    admin_client, photos, order, monkeypatch
):
    job = made(order("csv"))
    assert default_storage.exists(job.file)
    admin_client.post(reverse("export_delete", args=[job.pk]))
    assert not default_storage.exists(job.file)
    assert admin_client.get(reverse("export_file", args=[job.pk])).status_code == 404

    other = order("csv")
    move = jobs.stored.move

    def deleted_meanwhile(path: Path, name: str) -> None:
        jobs.delete(other, other.owner)
        move(path, name)

    monkeypatch.setattr(jobs.stored, "move", deleted_meanwhile)
    tasks.run_export(other.pk)
    assert not ExportJob.objects.exists()
    assert not default_storage.exists(other.file)
    # Who watches it is told to stop.
    assert admin_client.get(reverse("export_job", args=[other.pk])).status_code == 286


def test_what_a_worker_that_died_has_begun_the_next_one_makes(photos, order, monkeypatch):
    def die(out: Path, *_: object, **__: object) -> None:
        (out.parent / "half").write_bytes(b"x")
        raise SystemExit

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("no broker")

    job = order("csv")
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "write_dump", die)
        patch.setattr(jobs.shutil, "rmtree", lambda *_, **__: None)  # a kill leaves it there
        with pytest.raises(SystemExit):
            tasks.run_export(job.pk)
        patch.setattr(tasks.run_export, "apply_async", fail)
        tasks.send_export(job.pk)  # without a broker it waits
    assert jobs.waiting() == [job.pk]
    monkeypatch.setattr(tasks.run_export, "delay", tasks.run_export)
    tasks.resume_exports()
    done = ExportJob.objects.get()
    assert (done.state, jobs.waiting()) == (State.DONE, [])
    tasks.run_export(job.pk)
    assert ExportJob.objects.get().finished == done.finished
    assert not list(Path(default_storage.path("drafts")).iterdir())


def test_a_download_is_resumed(admin_client, photos, order):
    job = made(order("parquet"))
    address = reverse("export_file", args=[job.pk])
    head = admin_client.head(address)
    assert (head["Content-Length"], head["ETag"]) == (str(job.bytes), f'"{job.sha256}"')
    first = admin_client.get(address, headers={"range": "bytes=0-99"})
    rest = admin_client.get(address, headers={"range": "bytes=100-", "if-range": first["ETag"]})
    assert (first.status_code, rest.status_code) == (206, 206)
    whole = first.getvalue() + rest.getvalue()
    assert hashlib.sha256(whole).hexdigest() == job.sha256
    default_storage.delete(job.file)
    assert admin_client.get(address).status_code == 404


NAMES = [
    "imagenet-val",
    "my set",
    'the "best" set',
    "Bäume und 木",
    "a/b\\c",
    "50 %; x=1",
    "木" * 90,
]


def test_the_file_is_called_after_its_dataset_if_it_is_one(admin_client, order):
    taxonomy = make_taxonomy()
    for name in NAMES:
        make_dataset(taxonomy, 1, name)
    for names in ([name] for name in NAMES):
        found = name_of(admin_client, made(order("csv", *names)))
        shown = names[0].replace("/", "_").replace("\\", "_").replace('"', "_")
        assert found.startswith(f"annotations-{shown}-csv-20")
        assert found.endswith(".zip")
    assert name_of(admin_client, made(order("csv"))).startswith("annotations-csv-20")
    snapshot = take_snapshot().hash
    job = made(order("csv", snapshot=snapshot))
    assert name_of(admin_client, job) == f"annotations-csv-{snapshot[:12]}.zip"


def name_of(client, job: ExportJob) -> str:
    """What the file is called, read from the header as RFC 6266 has it."""
    header = client.head(reverse("export_file", args=[job.pk])).headers["Content-Disposition"]
    assert header.isascii()
    assert "=?" not in header, "no browser reads MIME's encoded words here"
    message = Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    found = message.get_filename()
    assert found
    return found


def test_a_long_list_comes_in_pages_and_costs_no_query_for_each(
    admin_client, admin, photos, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(views, "PAGE", 5)
    snapshot = take_snapshot().hash
    for number in range(7):
        jobs.start("csv", [], snapshot if number % 2 else "", admin)
    with django_assert_max_num_queries(12):
        listed = page(admin_client)
    assert listed.count('id="export-') == 5
    assert "1 to 5 of 7" in listed
    assert page(admin_client, page="2").count('id="export-') == 2


def test_a_snapshot_of_long_ago_can_be_asked_for_by_its_address(admin_client, photos, monkeypatch):
    snapshot = take_snapshot().hash
    monkeypatch.setattr("evaluation.exports.forms.LISTED", 0)
    assert snapshot not in page(admin_client)
    assert f'value="{snapshot}" selected' in page(admin_client, snapshot=snapshot)


def test_an_unknown_format_is_named(admin, photos):
    with pytest.raises(InputError, match="no format 'docx'"):
        jobs.start("docx", [], "", admin)
