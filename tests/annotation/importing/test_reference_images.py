"""Reference images by command and in the browser, beside the datasets that they must not touch."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from annotation.images import evaluation_hashes
from annotation.importing import jobs
from annotation.models import Dataset, Image, ImportJob
from config.celery import app
from config.embedded import BASE_DIR
from taxonomy.loading import load_csv
from taxonomy.models import ReferenceImage, ReferenceSet, Taxonomy, ThumbnailSheets
from tests.annotation.importing.conftest import run
from tests.taxonomy.reference.conftest import picture, pictures, stored, tar_bytes, write_folder

SEED = ("--seed", "3")


@pytest.fixture
def references(photos) -> Path:
    """Six pictures of class a, one of which is in the dataset `photos`, and five of class c."""
    files = pictures(0, 5, "a/") | pictures(100, 5, "c/")
    files["a/evaluated.jpg"] = (photos / "photos" / "p0.jpg").read_bytes()
    return write_folder(photos / "references", files)


def told(*arguments: object) -> str:
    out = io.StringIO()
    call_command("import_reference_images", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_command_leaves_out_what_is_in_a_dataset_and_says_so(references):
    result = run("import_reference_images", references, "--per-class", 6)
    assert result == {
        "taxonomy": "six", "classes": 2, "images": 10, "new": 10, "excluded": 1,
        "excluded_classes": ["a"], "damaged": [],
        "short": [{"class": "a", "images": 5}, {"class": "c", "images": 5}],
    }  # fmt: skip
    hashes = set(Image.objects.values_list("content_hash", flat=True))
    assert not ReferenceImage.objects.filter(content_hash__in=hashes).exists()


def test_the_command_tells_people_the_same(references):
    write_folder(references, {"c/broken.jpg": b"no picture"})
    lines = told(references, "--per-class", 6).splitlines()
    assert lines[0] == "six: 10 reference images of 2 classes (10 new)"
    assert lines[1] == "left out, being in a dataset: 1 (in a)"
    assert lines[2] == "fewer images than wanted: a 5, c 5"
    assert lines[3].startswith("passed over: c/broken.jpg is not a picture")
    assert len(lines) == 4


def test_only_images_that_are_in_a_dataset_count_as_evaluated(photos):
    hashes = set(Image.objects.values_list("content_hash", flat=True))
    assert evaluation_hashes({*hashes, "0" * 64}) == hashes
    assert evaluation_hashes(set()) == set()
    Dataset.objects.get().images.through.objects.filter(image__key="p1").delete()
    assert evaluation_hashes(hashes) == hashes - {Image.objects.get(key="p1").content_hash}


def test_images_of_datasets_without_files_exclude_nothing(photos):
    Image.objects.update(content_hash="", file="")
    assert evaluation_hashes({""}) == set()


def test_a_dataset_imported_later_takes_its_images_out_at_the_next_run(references, six):
    run("import_reference_images", references, "--per-class", 4)
    image = ReferenceImage.objects.filter(label_class__synset__key="c").first()
    name = next(path for path in references.rglob("*.JPEG")
                if path.read_bytes() == (Path(settings.MEDIA_ROOT) / image.file).read_bytes())  # fmt: skip
    (six / "late.csv").write_text(f"image_id,class_index\n{name.name},2\n")
    run("import_dataset", "late", six / "late.csv", "--images", references)
    result = run("import_reference_images", references, "--per-class", 4)
    assert (result["new"], result["excluded_classes"]) == (1, ["c"])
    assert not ReferenceImage.objects.filter(content_hash=image.content_hash).exists()


def test_another_seed_needs_replace(references):
    run("import_reference_images", references, "--per-class", 3)
    with pytest.raises(CommandError, match="--replace draws anew"):
        run("import_reference_images", references, "--per-class", 3, *SEED)
    assert run("import_reference_images", references, "--per-class", 3, "--replace", *SEED)["new"]


def test_two_taxonomies_have_their_own_images(references, six):
    (six / "two.csv").write_text("name\na\nzebra\n")
    load_csv(six / "two.csv", "two")
    with pytest.raises(CommandError, match="no taxonomy 'imagenet1k'"):
        run("import_reference_images", references)
    run("import_reference_images", references, "--taxonomy", "six", "--per-class", 2)
    (six / "zoo").mkdir()
    write_folder(six / "zoo", pictures(0, 2, "zebra/"))
    run("import_reference_images", six / "zoo", "--taxonomy", "two")
    assert len(stored(Taxonomy.objects.get(name="six"))) == 4
    assert [row[0] for row in stored(Taxonomy.objects.get(name="two"))] == ["zebra", "zebra"]


# Killed and run again


def environment(home: Path) -> dict[str, str]:
    """For a command in a process of its own, on the database of the test."""
    database = connection.settings_dict
    host = str(database["HOST"]).replace("/", "%2F")
    return {
        "PATH": os.environ["PATH"],
        "TUSKER_HOME": str(home),
        "DATABASE_URL": f"postgres://{database['USER']}@{host}/{database['NAME']}",
        "REDIS_URL": settings.CELERY_BROKER_URL,
    }


def start_import(source: Path, home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "import_reference_images", str(source)]
    return subprocess.Popen(
        [*command, "--taxonomy", "forty", "--per-class", "12", "--json"],
        cwd=BASE_DIR, env=environment(home), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_an_import_that_was_killed_goes_on_and_ends_as_without_the_kill(tmp_path):
    keys = [f"k{number:02d}" for number in range(40)]
    (tmp_path / "forty.csv").write_text("key,name\n" + "".join(f"{k},{k}\n" for k in keys))
    load_csv(tmp_path / "forty.csv", "forty")
    forty = Taxonomy.objects.get(name="forty")
    files = {
        f"{key}/{number}.jpg": picture(100 * place + number, (640, 480))
        for place, key in enumerate(keys)
        for number in range(15)
    }
    files["k07/bad.jpg"] = b"no picture"
    source = write_folder(tmp_path / "source", files)

    first = start_import(source, tmp_path / "home")
    deadline = time.monotonic() + 60
    while not 3 <= ReferenceSet.objects.count() < 40 and time.monotonic() < deadline:
        time.sleep(0.005)
    first.send_signal(signal.SIGKILL)
    first.wait(30)
    before = stored(forty)
    half = ReferenceSet.objects.count()
    assert 3 <= half < 40
    assert len(before) == 12 * half, "a class is stored whole or not at all"

    second = start_import(source, tmp_path / "home")
    result = json.loads(second.communicate(timeout=120)[0].splitlines()[-1])
    assert second.returncode == 0
    assert result["new"] == 12 * (40 - half)
    after = stored(forty)
    assert set(before) <= set(after)
    thumbs = ThumbnailSheets.objects.get().version

    ReferenceImage.objects.all().delete()
    ReferenceSet.objects.all().delete()
    whole = start_import(source, tmp_path / "other-home")
    without_kill = json.loads(whole.communicate(timeout=120)[0].splitlines()[-1])
    assert stored(forty) == after
    assert without_kill == {**result, "new": 480}
    assert ThumbnailSheets.objects.get().version == thumbs


# In the browser


@pytest.fixture
def post(
    admin_client, settings, tmp_path, django_capture_on_commit_callbacks
) -> Iterator[Callable[..., ImportJob]]:
    """post(fields…) -> the job, which a worker has ended; or the response if it is refused."""
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    settings.IMPORT_ROOTS = [tmp_path]
    app.conf.task_always_eager = True

    def send(**fields: object) -> object:
        address = f"{reverse('imports')}?kind=references"
        with django_capture_on_commit_callbacks(execute=True):
            response = admin_client.post(address, {"per_class": 6, "seed": 0, **fields})
        return ImportJob.objects.first() if response.status_code == 302 else response

    yield send
    app.conf.task_always_eager = False


def zipped(folder: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in folder.rglob("*.*"):
            archive.write(path, path.relative_to(folder.parent))
    return out.getvalue()


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_an_admin_names_a_folder_of_the_server(references, post, admin_client):
    write_folder(references, {"c/<b>broken.jpg": b"no picture"})
    job = post(source_path=str(references))
    assert (job.state, job.errors) == ("done", [])
    assert job.result["images"] == 10
    page = admin_client.get(reverse("import_job", args=[job.pk])).content.decode()
    assert "1 image left out" in page
    assert "a (5), c (5)" in page
    assert "&lt;b&gt;broken.jpg" in page
    assert ReferenceSet.objects.filter(sheet_bytes__gt=0).count() == 2


def test_an_admin_uploads_a_zip_file_with_one_folder_around_all(references, post, tmp_path):
    job = post(source=upload("references.zip", zipped(references)))
    assert (job.state, job.result["images"]) == ("done", 10)
    assert list((tmp_path / "uploads").iterdir()) == []


def test_an_admin_uploads_a_tar_file_which_is_not_unpacked(six, post):
    inner = tar_bytes(pictures(0, 4))
    job = post(source=upload("train.tar", tar_bytes({"a.tar": inner})), per_class=2)
    assert (job.state, job.result["images"], job.result["short"]) == ("done", 2, [])


def test_what_is_wrong_with_it_is_told_on_the_page(references, post, admin_client):
    (references / "zebra").mkdir()
    job = post(source_path=str(references))
    assert job.state == "failed"
    assert "zebra" in job.errors[0]["reason"]
    page = admin_client.get(reverse("import_job", args=[job.pk])).content.decode()
    assert "The import failed" in page
    assert not ReferenceImage.objects.exists()


@pytest.mark.parametrize("per_class", ["0", "101", "many", ""])
def test_the_form_refuses_numbers_that_make_no_sense(references, post, per_class):
    response = post(source_path=str(references), per_class=per_class)
    assert response.context["form"].errors.keys() == {"per_class"}


def test_a_job_whose_worker_died_goes_on_and_one_that_broke_says_so(references, admin, monkeypatch):
    parameters = {
        "files": [str(references)], "taxonomy": None, "per_class": 6, "seed": 0, "replace": False,
    }  # fmt: skip
    job = jobs.start("references", parameters, admin)
    ImportJob.objects.update(state=ImportJob.State.RUNNING)
    assert jobs.waiting() == [job.pk]
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result["new"]) == ("done", 10)

    def fail(*_: object) -> dict[str, object]:
        raise RuntimeError("the disk is full")

    monkeypatch.setitem(jobs.RUNNERS, "references", fail)
    broken = jobs.start("references", parameters, admin)
    jobs.run_job(broken.pk)
    broken.refresh_from_db()
    assert "Start it again, and it goes on" in broken.errors[0]["reason"]
