"""The operations page: what goes on, what failed, and ordering it again."""

from __future__ import annotations

import time

import pytest
from django.urls import reverse

from annotation.models import Dataset, ImportJob
from annotation.tasks import preview_rule
from config.celery import app
from evaluation import tasks
from evaluation.inference.registering import register
from evaluation.inference.runs import do_shard, start_run
from evaluation.models import FailedTask, InferenceRun
from evaluation.operations import failures, state
from tests.evaluation.inference.onnx_files import write_model
from tests.workers import own_worker
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(settings):
    settings.QUEUES = ["operations-test"]
    with app.connection_for_read() as broker:
        client = broker.default_channel.client
        yield "operations-test"
        client.delete(*[f"operations-test{priority}" for priority in state.PRIORITIES])


def test_tasks_of_every_priority_are_counted(queue):
    for priority in (0, 3, 6, 9):
        preview_rule.apply_async(("majority", 0.5), queue=queue, priority=priority)
    assert state.queue_lengths() == {queue: 4}


def test_the_page_tells_of_queues_without_a_worker_disk_and_database(admin_client, queue):
    text = admin_client.get(reverse("operations")).content.decode()
    assert "no worker" in text
    assert "No worker answers" in text
    assert "Nothing failed" in text
    assert "free of" in text
    assert state.database()[0] > 1_000_000


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_seen_and_a_task_that_fails_is_kept_and_ordered_again(admin_client, queue):
    with own_worker(queue):
        preview_rule.delay("no such rule", 0.5)
        deadline = time.monotonic() + 20
        while not FailedTask.objects.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert len(state.workers()) == 1
    failed = FailedTask.objects.get()
    assert failed.name == "annotation.tasks.preview_rule"
    assert failed.arguments == [["no such rule", 0.5], {}]
    text = admin_client.get(reverse("operations")).content.decode()
    assert failed.name in text
    assert "no such rule" in failed.error
    usual = app.conf.task_default_queue
    app.conf.task_default_queue = queue
    try:
        admin_client.post(reverse("retry_task", args=[failed.pk]))
    finally:
        app.conf.task_default_queue = usual
    assert not FailedTask.objects.exists()
    assert state.queue_lengths() == {queue: 1}


def test_only_the_latest_failures_are_kept(monkeypatch):
    monkeypatch.setattr(failures, "KEPT", 3)
    for number in range(5):
        failures.note("some.task", [number], {}, "ValueError: no", "host")
    assert [one.arguments[0] for one in FailedTask.objects.all()] == [[4], [3], [2]]


def test_a_failed_import_from_the_server_starts_again_and_one_of_uploads_does_not(
    admin_client, admin, monkeypatch, django_capture_on_commit_callbacks
):
    sent: list[int] = []
    monkeypatch.setattr(failures.run_import, "delay", sent.append)
    errors = [{"file": "a.csv", "row": 3, "reason": "no class 'x'"}]
    made = [
        ImportJob.objects.create(
            kind="dataset", parameters=parameters, owner=admin, state="failed", errors=errors
        )
        for parameters in ({"name": "a", "files": []}, {"name": "b", "files": ["/gone"]})
    ]
    text = admin_client.get(reverse("operations")).content.decode()
    assert "no class &#x27;x&#x27;" in text
    answers = []
    for job in made:
        with django_capture_on_commit_callbacks(execute=True):
            address = reverse("retry_import", args=[job.pk])
            answers.append(admin_client.post(address, follow=True).content.decode())
    assert "Ordered again" in answers[0]
    assert "upload them again" in answers[1]
    assert sent == [made[0].pk]
    assert [ImportJob.objects.get(pk=job.pk).state for job in made] == ["waiting", "failed"]


def test_a_failed_run_goes_on(admin_client, tmp_path, monkeypatch):
    picture_round(tmp_path, images=4).delete()
    sent: list[int] = []
    monkeypatch.setattr(tasks.infer_shard, "delay", sent.append)
    path = write_model(tmp_path / "m.onnx", size=8)
    dataset = Dataset.objects.get()
    model = register(path, dataset.taxonomy, {})
    settings = model.preprocessing | {"size": 9}
    type(model).objects.update(preprocessing=settings)  # which the model refuses
    run = start_run(model, dataset)
    shard = run.shards.get().pk
    do_shard(shard)
    run.refresh_from_db()
    assert (run.state, "refuses images" in run.error) == ("failed", True)
    assert "refuses images" in admin_client.get(reverse("operations")).content.decode()
    admin_client.post(reverse("retry_run", args=[run.pk]))
    assert InferenceRun.objects.get().state == "running"
    assert sent == [shard]
    again = admin_client.post(reverse("retry_run", args=[run.pk]), follow=True)
    assert "did not fail" in again.content.decode()
