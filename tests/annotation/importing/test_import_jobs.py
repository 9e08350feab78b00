"""Imports in the browser: what an admin sends, what a worker makes of it, what the pages say."""

from __future__ import annotations

import json
import shutil
import stat
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from celery.exceptions import OperationalError
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.urls import reverse

from annotation import tasks
from annotation.importing import alone, jobs, uploads
from annotation.models import Candidate, Dataset, Image, ImportJob, PredictionSet, Verdict
from config.celery import app
from taxonomy.errors import InputErrors
from taxonomy.models import Taxonomy
from tests.annotation.importing.conftest import save, stored_files, stored_rows, write_csv
from tests.worlds import CLASSES, draw

State = ImportJob.State
LABELS = b"image_id,class_index\np0,0\np1,1\n"


@pytest.fixture(autouse=True)
def folders(settings, tmp_path) -> None:
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    settings.IMPORT_ROOTS = [tmp_path / "server"]
    (tmp_path / "server").mkdir()


@pytest.fixture
def server(tmp_path) -> Path:
    """The folder of the server that admins may import from."""
    return tmp_path / "server"


@pytest.fixture
def eager() -> Iterator[None]:
    """Tasks run where they are sent, as if by a worker that is at once at hand."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def post(admin_client, eager, django_capture_on_commit_callbacks) -> Callable[..., ImportJob]:
    """post(kind, fields…) -> the job, which has ended; or the response if the form is refused."""

    def send(kind: str, **fields: object) -> object:
        with django_capture_on_commit_callbacks(execute=True):
            response = admin_client.post(f"{reverse('imports')}?kind={kind}", fields)
        if response.status_code != 302:
            assert response.status_code == 200
            return response
        job = ImportJob.objects.first()
        assert response.url == reverse("import_job", args=[job.pk])
        return job

    return send


@pytest.fixture
def page_of(admin_client) -> Callable[[ImportJob], str]:
    def page(job: ImportJob, **headers: str) -> str:
        response = admin_client.get(reverse("import_job", args=[job.pk]), headers=headers)
        assert response.status_code == 200
        return response.content.decode()

    return page


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def upload_of(path: Path) -> SimpleUploadedFile:
    return upload(path.name, path.read_bytes())


def zip_of(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def photos_zip(folder: Path) -> Path:
    """Two pictures in a folder within a zip file."""
    members = {}
    for number in range(2):
        draw(folder / f"p{number}.jpg", number, (60, 40))
        members[f"deep/er/p{number}.jpg"] = (folder / f"p{number}.jpg").read_bytes()
        (folder / f"p{number}.jpg").unlink()
    return zip_of(folder / "photos.zip", **members)


def left_of_uploads(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "uploads"
    return list(folder.iterdir()) if folder.exists() else []


def test_a_dataset_is_uploaded(six, post, tmp_path):
    job = post(
        "dataset", name="photos", labels=upload("labels.csv", LABELS),
        images=upload_of(photos_zip(tmp_path)),
    )  # fmt: skip
    assert (job.state, job.errors) == (State.DONE, [])
    assert job.result["files"] == 2
    assert not Image.objects.filter(file="").exists()
    assert job.finished >= job.created
    assert job.owner.username == "ada"
    assert left_of_uploads(tmp_path) == []


def test_a_dataset_is_taken_from_the_server_which_is_left_as_it_was(six, post, server, tmp_path):
    (server / "labels.csv").write_bytes(LABELS)
    (server / "photos").mkdir()
    for number in range(2):
        draw(server / "photos" / f"p{number}.jpg", number, (60, 40))
    before = sorted(server.rglob("*"))
    job = post(
        "dataset", name="photos", labels_path=f" {server}/labels.csv ",
        images_path=str(server / "photos"),
    )  # fmt: skip
    assert (job.state, job.result["files"]) == (State.DONE, 2)
    assert sorted(server.rglob("*")) == before
    assert left_of_uploads(tmp_path) == []


def test_a_zip_file_on_the_server_is_unpacked_elsewhere(six, post, server, tmp_path):
    (server / "labels.csv").write_bytes(LABELS)
    photos_zip(server)
    (server / "unpacked").mkdir()
    (server / "unpacked" / "mine.txt").write_text("keep this")
    before = sorted(server.rglob("*"))
    job = post(
        "dataset", name="photos", labels_path=str(server / "labels.csv"),
        images_path=str(server / "photos.zip"),
    )  # fmt: skip
    assert (job.state, job.result["files"]) == (State.DONE, 2)
    assert sorted(server.rglob("*")) == before
    assert left_of_uploads(tmp_path) == []


def test_pictures_may_be_uploaded_for_labels_on_the_server(six, post, server, tmp_path):
    (server / "labels.csv").write_bytes(LABELS)
    job = post(
        "dataset", name="photos", labels_path=str(server / "labels.csv"),
        images=upload_of(photos_zip(tmp_path)),
    )  # fmt: skip
    assert job.result["files"] == 2


def test_several_models_are_uploaded_at_once(photos, post):
    files = [upload_of(save(photos / f"{name}.npy", [[0], [1], [5], [3]])) for name in ("a", "b")]
    job = post("predictions", dataset="photos", predictions=files)
    assert (job.state, job.result["models"], job.result["candidates_new"]) == (State.DONE, 2, 1)
    assert set(PredictionSet.objects.values_list("participant__name", flat=True)) == {"a", "b"}


def test_a_folder_of_models_on_the_server(photos, post, server):
    (server / "models").mkdir()
    for name in ("a", "b"):
        save(server / "models" / f"{name}.npy", [[0], [1], [5], [3]])
    job = post("predictions", dataset="photos", predictions_path=str(server / "models"))
    assert job.result["models"] == 2


def test_a_zip_file_of_models(photos, post):
    one = save(photos / "a.npy", [[0], [1], [5], [3]]).read_bytes()
    archive = zip_of(photos / "models.zip", **{"a.npy": one, "b.npy": one})
    assert (
        post("predictions", dataset="photos", predictions=upload_of(archive)).result["models"] == 2
    )


def test_the_form_takes_a_models_name_and_leave_to_replace(photos, post):
    first = save(photos / "x.npy", [[0], [1], [2], [3]])
    assert post(
        "predictions", dataset="photos", predictions=upload_of(first), model="ResNet-50"
    ).state == State.DONE  # fmt: skip
    other = save(photos / "x.npy", [[5], [1], [2], [3]])
    job = post("predictions", dataset="photos", predictions=upload_of(other), model="ResNet-50")
    assert job.state == State.FAILED
    assert "--replace" in job.errors[0]["reason"]
    job = post(
        "predictions", dataset="photos", predictions=upload_of(other), model="ResNet-50",
        replace="on",
    )  # fmt: skip
    assert job.result["models_replaced"] == 1


def test_classes_are_uploaded(db, post):
    job = post("taxonomy", file=upload("classes.csv", CLASSES.encode()), name="six")
    assert job.state == State.DONE
    assert Taxonomy.objects.get().name == "six"


def test_without_a_file_the_classes_are_those_of_imagenet(db, post):
    assert post("taxonomy", name="").state == State.DONE
    assert Taxonomy.objects.get().classes.count() == 1000


def test_multi_labels_are_uploaded(six, post):
    labels = b"image_id,class_index\nILSVRC2012_val_00000002,1\n"
    post("dataset", name="val", labels=upload("labels.csv", labels))
    file = upload("real.json", json.dumps([[0], [1, 2]]).encode())
    job = post("multilabels", dataset="val", labels=file)
    assert (job.state, job.result["correct"]) == (State.DONE, 2)
    assert Candidate.objects.filter(verdict=Verdict.CORRECT).count() == 2


def test_judgments_are_uploaded(photos, post, page_of):
    rows = b"image_id,class,reviewer,verdict\np0,a,Ida,correct\nq0,a,Ida,no\n"
    refused = post("judgments", judgments=upload("theirs.csv", rows), datasets=["photos"])
    assert (refused.state, refused.errors[0]["row"]) == (State.FAILED, 3)
    job = post(
        "judgments", judgments=upload("theirs.csv", rows), datasets=["photos"], skip_unknown="on"
    )
    assert (job.state, job.result["judgments"], job.result["skipped"]) == (State.DONE, 1, 1)
    assert Candidate.objects.get(verdict=Verdict.CORRECT).class_index == 0
    page = page_of(job)
    assert "<dt>judgments new</dt><dd>1</dd>" in page
    assert "See the rounds" in page
    chosen = [{"type": "choices", "from_name": "classes", "value": {"choices": ["c"]}}]
    task = {"data": {"image": "p1.jpg"}, "annotations": [{"completed_by": 7, "result": chosen}]}
    file = json.dumps([task]).encode()
    job = post("judgments", judgments=upload("one.json", file), unchosen_incorrect="on")
    assert (job.state, job.result["judgments_new"]) == (State.DONE, 2)
    again = post("judgments", judgments=upload("again.json", file + b"\n"))
    assert "<dt>round</dt><dd>none</dd>" in page_of(again)


def test_the_page_first_offers_what_is_needed_next(admin_client, tmp_path):
    def offered() -> str:
        return admin_client.get(reverse("imports")).context["kind"]

    assert offered() == "taxonomy"
    taxonomy = Taxonomy.objects.create(name="one")
    assert offered() == "dataset"
    Dataset.objects.create(name="photos", taxonomy=taxonomy)
    assert offered() == "predictions"
    assert admin_client.get(reverse("imports") + "?kind=nonsense").status_code == 404


def errors_of(response: object) -> str:
    """What a refused form says; it has left nothing behind."""
    assert not ImportJob.objects.exists()
    return json.dumps(response.context["form"].errors.get_json_data())


def test_a_form_wants_a_file_or_a_path_and_not_both(six, post, server):
    (server / "labels.csv").write_bytes(LABELS)
    said = errors_of(post("dataset", name="photos"))
    assert "Choose a file, or write a path on the server." in said
    both = {"labels": upload("l.csv", LABELS), "labels_path": str(server / "labels.csv")}
    said = errors_of(post("dataset", name="photos", **both))
    assert "Choose a file or write a path, not both." in said
    assert "submitted file is empty" in errors_of(
        post("dataset", name="photos", labels=upload("l.csv", b""))
    )
    assert "This field is required" in errors_of(
        post("dataset", name=" ", labels=upload("l.csv", LABELS))
    )


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "{server}/../secret.csv",
        "{server}/link.csv",
        "{server}/linked/secret.csv",
        "{server}/missing.csv",
        "{server}-other/labels.csv",
        "secret.csv",
        "~/secret.csv",
        "{server}/" + "x" * 300,
        "{server}/labels.csv/x",
        "/" * 5000,
    ],
)
def test_a_path_outside_the_folders_for_imports_is_refused(six, post, server, tmp_path, path):
    (tmp_path / "secret.csv").write_bytes(LABELS)
    (server / "labels.csv").write_bytes(LABELS)
    (server / "link.csv").symlink_to(tmp_path / "secret.csv")
    (server / "linked").symlink_to(tmp_path)
    (tmp_path / "server-other").mkdir()
    (tmp_path / "server-other" / "labels.csv").write_bytes(LABELS)
    said = errors_of(post("dataset", name="photos", labels_path=path.format(server=server)))
    assert "is no file or folder within" in said


def test_two_uploads_of_one_name_are_refused(photos, post, tmp_path):
    file = save(photos / "a.npy", [[0], [1], [2], [3]])
    said = errors_of(
        post("predictions", dataset="photos", predictions=[upload_of(file), upload_of(file)])
    )
    assert "two files are called 'a.npy'" in said
    assert left_of_uploads(tmp_path) == []


def test_an_upload_whose_name_is_too_long_for_the_disk_is_refused(photos, post, tmp_path):
    content = save(photos / "a.npy", [[0], [1], [2], [3]]).read_bytes()
    said = errors_of(
        post("predictions", dataset="photos", predictions=upload("é" * 200 + ".npy", content))
    )
    assert "is too long" in said
    assert left_of_uploads(tmp_path) == []


def test_errors_are_shown_by_row(six, post, page_of):
    bad = b"image_id,class_index\np0,0\np1,77\n<b>,<i>bold</i>\n"
    job = post("dataset", name="photos", labels=upload("bad.csv", bad))
    assert (job.state, job.result) == (State.FAILED, {})
    assert [(error["file"], error["row"]) for error in job.errors] == [
        ("bad.csv", 3), ("bad.csv", 4),
    ]  # fmt: skip
    page = page_of(job)
    assert "Nothing was imported" in page
    assert "class index 77 is not among 0 to 5" in page
    assert "&lt;i&gt;bold" in page
    assert "<i>bold" not in page
    assert page.count("<td>bad.csv</td>") == 2


def test_of_many_errors_the_first_are_shown(six, post, page_of):
    rows = "".join(f"p{number},99\n" for number in range(1200))
    job = post(
        "dataset",
        name="photos",
        labels=upload("bad.csv", b"image_id,class_index\n" + rows.encode()),
    )
    assert len(job.errors) == 1000
    assert page_of(job).count("<td>bad.csv</td>") == 200
    assert "And 800 more." in page_of(job)


def test_errors_may_quote_what_no_database_stores(photos, post, page_of):
    lines = ['{"image_id": "p0\\u0000", "top_k": [0]}', '{"image_id": "p1\\ud800", "top_k": [0]}']
    job = post(
        "predictions", dataset="photos", predictions=upload("m.jsonl", "\n".join(lines).encode())
    )
    assert job.state == State.FAILED
    assert [error["row"] for error in job.errors] == [1, 2]
    assert "unknown image" in page_of(job)


def test_a_failed_job_leaves_nothing(six, post, tmp_path):
    before = stored_rows()
    bad = zip_of(tmp_path / "bad.zip", **{"p0.jpg": b"text", "p1.jpg": b"text"})
    shutil.copy(photos_zip(tmp_path), tmp_path / "half.zip")
    with zipfile.ZipFile(tmp_path / "half.zip", "a") as archive:
        archive.writestr("p2.jpg", b"text")
    for images, labels in ((bad, LABELS), (tmp_path / "half.zip", LABELS + b"p2,2\n")):
        job = post(
            "dataset", name="photos", labels=upload("labels.csv", labels), images=upload_of(images)
        )
        assert job.state == State.FAILED
        assert "is not a picture" in job.errors[0]["reason"]
        assert stored_rows() == before
        assert stored_files() == []
        assert left_of_uploads(tmp_path) == []


def test_a_job_that_fails_for_an_unknown_reason_tells_the_log_alone(
    six, post, page_of, monkeypatch, tmp_path, caplog
):
    def fail(*_: object) -> dict[str, object]:
        raise RuntimeError("/srv/secret: the database password is wrong")

    monkeypatch.setitem(jobs.RUNNERS, "dataset", fail)
    # As in an import of more than CONN_MAX_AGE: the connection is old, and holds the job's lock.
    monkeypatch.setattr(connection, "close_at", 0)
    job = post("dataset", name="photos", labels=upload("labels.csv", LABELS))
    assert job.state == State.FAILED
    assert "Nothing was changed" in page_of(job)
    assert "secret" not in page_of(job)
    assert "secret" in caplog.text
    assert left_of_uploads(tmp_path) == []


def bad_zip(path: Path, kind: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if kind == "leads out":
            archive.writestr("../../p0.jpg", b"x")
        elif kind == "absolute":
            archive.writestr("/p0.jpg", b"x")
        elif kind == "link":
            link = zipfile.ZipInfo("p0.jpg")
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(link, "/etc/passwd")
        elif kind == "a file and a folder of one name":
            archive.writestr("p0.jpg", b"x")
            archive.writestr("p0.jpg/p1.jpg", b"x")
        else:
            archive.writestr("p0.jpg", np.random.default_rng(1).bytes(500) + bytes(500))
    whole = path.read_bytes()
    if kind == "cut short":
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "damaged":
        path.write_bytes(whole[:60] + bytes(byte ^ 255 for byte in whole[60:300]) + whole[300:])
    elif kind == "locked":
        at = whole.index(b"PK\x01\x02")
        locked = whole[:6] + b"\x01" + whole[7 : at + 8] + b"\x01" + whole[at + 9 :]
        path.write_bytes(locked)
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("leads out", "leads out of the archive"),
        ("absolute", "leads out of the archive"),
        ("link", "is a link"),
        ("a file and a folder of one name", "can't be unpacked"),
        ("cut short", "is damaged or locked"),
        ("damaged", "is damaged or locked"),
        ("locked", "is damaged or locked"),
    ],
)
def test_a_zip_file_that_is_refused(six, post, tmp_path, kind, reason):
    archive = bad_zip(tmp_path / "images.zip", kind)
    around = sorted(tmp_path.rglob("*"))
    job = post(
        "dataset", name="photos", labels=upload("labels.csv", LABELS), images=upload_of(archive)
    )
    assert job.state == State.FAILED
    assert job.errors[0]["file"] == "images.zip"
    assert reason in job.errors[0]["reason"]
    assert str(tmp_path) not in job.errors[0]["reason"]
    assert stored_rows()["Dataset"] == 0
    (tmp_path / "uploads").rmdir()  # empty
    assert sorted(tmp_path.rglob("*")) == around


def test_a_zip_file_that_would_fill_the_disk_is_not_unpacked(six, post, tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 10_000)
    archive = zip_of(tmp_path / "bomb.zip", **{"p0.jpg": bytes(10_001)})
    job = post(
        "dataset", name="photos", labels=upload("labels.csv", LABELS), images=upload_of(archive)
    )
    assert job.errors == [
        {"file": "bomb.zip", "row": None, "reason": "holds more than this server unpacks"}
    ]


def test_an_image_missing_from_a_zip_file_is_named_with_it(six, post, tmp_path):
    archive = photos_zip(tmp_path)
    job = post(
        "dataset", name="photos", labels=upload("labels.csv", LABELS + b"p2,2\n"),
        images=upload_of(archive),
    )  # fmt: skip
    assert job.errors == [
        {
            "file": "labels.csv",
            "row": 4,
            "reason": "image 'p2' is not in the folder photos.zip",
        }
    ]


def test_the_page_shows_how_far_a_job_is_and_asks_again_until_it_has_ended(
    six, post, page_of, monkeypatch
):
    seen = []

    def runner(parameters: dict[str, object], progress: Callable[..., None]) -> dict[str, object]:
        job = ImportJob.objects.get()
        for done in (3, 10):
            progress("verifying images", done, 10)
            seen.append(page_of(job, **{"HX-Request": "true"}))
        progress("storing")
        seen.append(page_of(job))
        return {"images_new": 10}

    monkeypatch.setitem(jobs.RUNNERS, "dataset", runner)
    job = post("dataset", name="photos", labels=upload("labels.csv", LABELS))
    for page, place in zip(seen, ("3 of 10", "10 of 10", "<h2>Storing</h2>"), strict=True):
        assert place in page
        assert f'hx-get="{reverse("import_job", args=[job.pk])}"' in page
    assert "<h2>Verifying images</h2>" in seen[0]
    assert "<html" not in seen[0]
    page = page_of(job)
    assert "<h2>Done</h2>" in page
    assert "<dt>images new</dt><dd>10</dd>" in page
    assert "hx-get" not in page


def test_an_import_tells_its_steps(photos, admin, monkeypatch):
    steps = []
    monkeypatch.setattr(cache, "set", lambda key, value, seconds: steps.append(value["step"]))
    draw(photos / "photos" / "q.jpg", 1)
    rows = [f"p{number},{number}" for number in range(4)]
    labels = write_csv(photos / "more.csv", *rows, "q,0")
    files = [str(labels), str(photos / "photos")]
    job = jobs.start("dataset", {"name": "photos", "files": files, "taxonomy": None}, admin)
    jobs.run_job(job.pk)
    assert list(dict.fromkeys(steps)) == [
        "reading labels", "looking for images", "verifying images", "storing",
    ]  # fmt: skip


def test_the_page_lists_the_last_imports(six, post, admin_client):
    post("dataset", name="photos", labels=upload("labels.csv", LABELS))
    post("dataset", name="others", labels=upload("labels.csv", b"no labels"))
    page = admin_client.get(reverse("imports")).content.decode()
    assert page.index("dataset others") < page.index("dataset photos")
    assert ">failed<" in page
    assert ">done<" in page
    assert page.count("<td>ada</td>") == 2


@pytest.fixture
def job(photos, admin) -> ImportJob:
    """An import of predictions that nobody has begun."""
    path = save(photos / "server" / "net.npy", [[5], [1], [2], [3]])
    parameters = {"dataset": "photos", "files": [str(path)], "model": None, "replace": False}
    made = jobs.start("predictions", parameters, admin)
    cache.delete(f"import:{made.pk}")
    return made


def test_without_a_broker_a_job_waits_for_the_next_worker(
    photos, admin_client, page_of, monkeypatch, django_capture_on_commit_callbacks, eager
):
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("no broker")

    path = save(photos / "net.npy", [[5], [1], [2], [3]])
    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr(tasks.run_import, "apply_async", fail)
        response = admin_client.post(
            reverse("imports") + "?kind=predictions",
            {"dataset": "photos", "predictions": upload_of(path)},
        )
    job = ImportJob.objects.get()
    assert response.url == reverse("import_job", args=[job.pk])
    cache.delete(f"import:{job.pk}")
    assert job.state == State.WAITING
    assert "It begins as soon as a worker is free" in page_of(job)
    tasks.resume_imports()
    job.refresh_from_db()
    assert job.state == State.DONE


def test_a_job_asked_for_twice_runs_once(job):
    tasks.run_import(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result["models_new"]) == (State.DONE, 1)
    tasks.run_import(job.pk)
    again = ImportJob.objects.get()
    assert (again.finished, again.result) == (job.finished, job.result)
    assert jobs.waiting() == []


def test_a_failed_job_is_not_tried_again(job, photos):
    (photos / "server" / "net.npy").write_bytes(b"text")
    jobs.run_job(job.pk)
    save(photos / "server" / "net.npy", [[5], [1], [2], [3]])
    jobs.run_job(job.pk)
    assert ImportJob.objects.get().state == State.FAILED
    assert not PredictionSet.objects.exists()


def test_a_job_that_is_not_there_is_passed_over(db):
    jobs.run_job(10**6)


def test_a_job_whose_worker_died_is_done_by_the_next(job, monkeypatch, eager):
    def die(*_: object) -> dict[str, object]:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setitem(jobs.RUNNERS, "predictions", die)
        with pytest.raises(SystemExit):
            jobs.run_job(job.pk)
    assert jobs.waiting() == [job.pk]
    tasks.resume_imports()
    job.refresh_from_db()
    assert (job.state, PredictionSet.objects.count()) == (State.DONE, 1)


def in_thread(work: Callable[..., None], *arguments: object) -> threading.Thread:
    """Do it as another worker, with a connection of its own."""

    def whole() -> None:
        try:
            work(*arguments)
        finally:
            connections.close_all()

    thread = threading.Thread(target=whole)
    thread.start()
    return thread


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def waiting_for_the_lock() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND objid = %s AND database = (SELECT oid FROM pg_database"
            " WHERE datname = current_database())",
            [alone.LOCK],
        )
        (count,) = cursor.fetchone()
    return count


@pytest.mark.django_db(transaction=True)
def test_two_jobs_do_not_run_at_once(transactional_db, job, admin, photos):
    other = jobs.start(
        "predictions",
        job.parameters | {"files": [str(save(photos / "server" / "b.npy", [[4], [1], [2], [3]]))]},
        admin,
    )
    with alone.one_at_a_time():
        threads = [in_thread(jobs.run_job, each.pk) for each in (job, other)]
        wait_until(lambda: waiting_for_the_lock() == 2)
        assert ImportJob.objects.filter(state=State.RUNNING).count() == 2
        assert not PredictionSet.objects.exists()
    for thread in threads:
        thread.join(20)
    assert ImportJob.objects.filter(state=State.DONE).count() == 2
    assert PredictionSet.objects.count() == 2
    assert Candidate.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_job_that_loses_the_database_fails_and_says_so(transactional_db, job, monkeypatch):
    def lose(*_: object) -> dict[str, object]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return {}

    monkeypatch.setitem(jobs.RUNNERS, "predictions", lose)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert job.finished is not None
    assert "server's log" in job.errors[0]["reason"]


@pytest.mark.django_db(transaction=True)
def test_a_second_worker_leaves_a_running_job_alone(transactional_db, job, monkeypatch):
    begun, go_on, runs = threading.Event(), threading.Event(), []

    def slow(parameters: dict[str, object], progress: object) -> dict[str, object]:
        runs.append(parameters)
        begun.set()
        assert go_on.wait(20)
        return {"runs": len(runs)}

    monkeypatch.setitem(jobs.RUNNERS, "predictions", slow)
    thread = in_thread(jobs.run_job, job.pk)
    assert begun.wait(20)
    jobs.run_job(job.pk)
    assert ImportJob.objects.get().state == State.RUNNING
    go_on.set()
    thread.join(20)
    assert ImportJob.objects.get().result == {"runs": 1}
    jobs.run_job(job.pk)
    assert len(runs) == 1


def test_errors_without_a_file_or_row_can_be_shown(job, page_of, monkeypatch):
    def fail(*_: object) -> dict[str, object]:
        raise InputErrors(None, [(1, "one"), (2, "two")])

    monkeypatch.setitem(jobs.RUNNERS, "predictions", fail)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.errors[1] == {"file": "", "row": 2, "reason": "two"}
    assert "<td></td>" in page_of(job)
