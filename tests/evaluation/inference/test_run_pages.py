from __future__ import annotations

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from annotation.models import Dataset, Image
from evaluation import tasks
from evaluation.inference import runs
from evaluation.inference.registering import register
from evaluation.inference.runs import do_shard, finish_run, open_shards
from evaluation.models import InferenceRun
from tests.evaluation.inference.onnx_files import write_model
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """The shards that were given to workers, of which none runs here."""
    found: list[int] = []
    monkeypatch.setattr(tasks.infer_shard, "delay", found.append)
    return found


@pytest.fixture
def dataset(tmp_path, monkeypatch) -> Dataset:
    monkeypatch.setattr(runs, "SHARD", 4)
    runs._classifier.cache_clear()
    picture_round(tmp_path, images=6).delete()
    return Dataset.objects.get()


def test_without_a_model_the_page_says_how_one_comes_in(admin_client):
    assert "run_inference MODEL.onnx" in admin_client.get(reverse("models")).content.decode()


def test_a_run_is_started_watched_paused_resumed_and_finished(
    admin_client, tmp_path, dataset, sent
):
    model = register(write_model(tmp_path / "colours.onnx"), dataset.taxonomy, {})
    form = {"model": model.pk, "dataset": "photos"}
    answer = admin_client.post(reverse("models"), form)
    run = InferenceRun.objects.get()
    page = reverse("inference_run", args=[run.pk])
    assert answer["Location"] == page
    assert sent == open_shards(run)
    assert "Waiting for a worker" in admin_client.get(page).content.decode()

    do_shard(sent[0])
    text = " ".join(admin_client.get(page).content.decode().split())
    assert "<dd>4 <small>of 6</small></dd>" in text
    admin_client.post(reverse("inference_change", args=[run.pk, "pause"]))
    run.refresh_from_db()
    assert run.state == "paused"
    admin_client.post(reverse("inference_change", args=[run.pk, "resume"]))
    assert sent[-1:] == open_shards(run)
    do_shard(sent[-1])
    finish_run(run.pk)
    text = admin_client.get(page).content.decode()
    assert "See its results" in text
    assert "every 2s" not in text
    over = admin_client.post(reverse("inference_change", args=[run.pk, "cancel"]), follow=True)
    assert "This run is over" in over.content.decode()
    assert "colours" in admin_client.get(reverse("models")).content.decode()


def test_failures_are_told_by_image_and_reason(admin_client, tmp_path, dataset, sent):
    image = Image.objects.order_by("datasetimage__position")[1]
    default_storage.delete(image.file)
    model = register(write_model(tmp_path / "colours.onnx"), dataset.taxonomy, {})
    admin_client.post(reverse("models"), {"model": model.pk, "dataset": "photos"})
    for shard in sent:
        do_shard(shard)
    page = reverse("inference_run", args=[InferenceRun.objects.get().pk])
    text = admin_client.get(page).content.decode()
    assert f"<code>{image.key}</code> can&#x27;t be read" in text


def test_what_cannot_be_run_is_said(admin_client, tmp_path, dataset, sent):
    model = register(write_model(tmp_path / "colours.onnx"), dataset.taxonomy, {})
    answer = admin_client.post(reverse("models"), {"model": 10**6, "dataset": "photos"})
    assert "not one of the available choices" in answer.content.decode()
    Image.objects.update(file="")
    answer = admin_client.post(reverse("models"), {"model": model.pk, "dataset": "photos"})
    assert "without image files" in answer.content.decode()
    assert (sent, InferenceRun.objects.count()) == ([], 0)
    assert admin_client.post("/models/runs/1/burn/").status_code == 404
