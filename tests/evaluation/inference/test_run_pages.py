from __future__ import annotations

import base64
import html
import importlib.util
import io
import os
from socket import gethostname

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image as Pillow

from annotation.models import Dataset, Image
from evaluation import tasks
from evaluation.inference import runs
from evaluation.inference.preprocessing import Preprocessing
from evaluation.inference.registering import register
from evaluation.inference.runs import do_shard, finish_run, open_shards
from evaluation.models import ClassifierModel, InferenceRun
from tests.evaluation.inference.onnx_files import write_model
from tests.factories import make_dataset, make_taxonomy
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db


def has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None


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
    admin_client, tmp_path, dataset, sent, django_capture_on_commit_callbacks
):
    model = register(write_model(tmp_path / "colours.onnx"), dataset.taxonomy, {})
    form = {"model": model.pk, "dataset": "photos"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post(reverse("models"), form)
    run = InferenceRun.objects.get()
    page = reverse("inference_run", args=[run.pk])
    assert answer["Location"] == page
    assert sent == open_shards(run)
    assert "Waiting for a worker" in admin_client.get(page).content.decode()

    do_shard(sent[0])
    text = " ".join(admin_client.get(page).content.decode().split())
    assert "<dd>4 <small>of 6</small></dd>" in text
    worker = f'<th scope="row">{gethostname()} {os.getpid()}</th><td class="num">4</td>'
    assert worker + '<td class="num">0</td>' in text
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


def bring(client, path, **fields):
    with path.open("rb") as file:
        return client.post(reverse("model_new"), {"file": file, **fields})


def test_a_model_is_brought_tried_corrected_and_run_in_the_browser(
    admin_client, tmp_path, dataset, sent
):
    path = write_model(tmp_path / "colours.onnx", size=8)
    answer = bring(admin_client, path, taxonomy=dataset.taxonomy_id, name="my colours")
    model = ClassifierModel.objects.get()
    page = reverse("model_page", args=[model.pk])
    assert (answer["Location"], model.participant.name) == (page, "my colours")
    text = admin_client.get(page).content.decode()
    assert "6 outputs, 6 of them classes" in text
    assert 'value="8"' in text

    settings = {**model.preprocessing, "mean": "0.5, 0.5, 0.5", "std": "1 1 1", "dataset": "photos"}
    preview = admin_client.post(reverse("model_preview", args=[model.pk]), settings)
    tries = preview.context["tries"]
    assert len(tries) == 6
    with default_storage.open(tries[0].image.file) as file:
        expected = Preprocessing(size=8).picture(file.read())
    seen = base64.b64decode(tries[0].seen.removeprefix("data:image/png;base64,"))
    with Pillow.open(io.BytesIO(seen)) as picture:
        assert np.array_equal(np.asarray(picture), np.asarray(expected))
    model.refresh_from_db()
    assert model.preprocessing["mean"] != [0.5, 0.5, 0.5]  # only tried

    assert admin_client.post(page, settings)["Location"] == page
    model.refresh_from_db()
    assert model.preprocessing["mean"] == [0.5, 0.5, 0.5]
    admin_client.post(reverse("models"), {"model": model.pk, "dataset": "photos"})
    other = admin_client.post(page, settings | {"interpolation": "bicubic"})["Location"]
    assert other != page
    assert ClassifierModel.objects.count() == 2
    model.refresh_from_db()
    assert model.preprocessing["interpolation"] == "bilinear"  # as it ran


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 9}, "the model refuses images"),
        ({"crop": 0}, "greater than or equal to 0.1"),
        ({"mean": "1 2"}, "three numbers"),
        ({"mean": "one two three"}, "Three numbers"),
        ({"std": "0 1 1"}, "must not be 0"),
        ({"resize": "sideways"}, "Select a valid choice"),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_trying_and_saving(
    admin_client, tmp_path, dataset, change, message
):
    model = register(write_model(tmp_path / "colours.onnx"), dataset.taxonomy, {})
    settings = {**model.preprocessing, "mean": "0 0 0", "std": "1 1 1", "dataset": "photos"}
    for name in ("model_preview", "model_page"):
        answer = admin_client.post(reverse(name, args=[model.pk]), settings | change)
        assert message in html.unescape(answer.content.decode())
    model.refresh_from_db()
    assert model.preprocessing["std"] != [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.onnx", b"no model", "is not an ONNX model"),
        ("a.pkl", b"\x80\x04", "models are files that end in"),
        ("a.safetensors", b"x", "weights alone"),
        ("a.pt", b"\x80\x04", "PyTorch" if not has_torch() else "pickled modules are not read"),
    ],
)
def test_a_file_that_is_no_model_is_refused(
    admin_client, tmp_path, dataset, name, content, message
):
    (tmp_path / name).write_bytes(content)
    answer = bring(admin_client, tmp_path / name, taxonomy=dataset.taxonomy_id)
    assert message in html.unescape(answer.content.decode())
    assert not ClassifierModel.objects.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "10 outputs and the taxonomy 6 classes"),
        ("{", "This is no JSON"),
        ("0\n0" + "\n" * 8 + "1", "two outputs are class 0"),
        ("1\n2\n3", "expected a list of 10"),
    ],
)
def test_a_label_map_that_does_not_fit_is_refused(admin_client, tmp_path, dataset, text, message):
    path = write_model(tmp_path / "wide.onnx", outputs=10)
    answer = bring(admin_client, path, taxonomy=dataset.taxonomy_id, label_map=text)
    assert message in html.unescape(answer.content.decode())
    assert not ClassifierModel.objects.exists()


def test_outputs_are_named_one_per_line_and_the_others_dropped(admin_client, tmp_path, dataset):
    path = write_model(tmp_path / "wide.onnx", outputs=10)
    text = "\n".join(["0", "", "no such class", "5", "", "", "", "", "", "1"])
    bring(admin_client, path, taxonomy=dataset.taxonomy_id, label_map=text)
    model = ClassifierModel.objects.get()
    assert model.label_map == [0, -1, -1, 5, -1, -1, -1, -1, -1, 1]
    page = admin_client.get(reverse("model_page", args=[model.pk])).content.decode()
    assert "10 outputs, 3 of them classes" in page
    assert "7 are none and are dropped" in page


def test_a_model_runs_on_no_dataset_of_other_classes(admin_client, tmp_path, dataset, sent):
    model = register(write_model(tmp_path / "colours.onnx"), dataset.taxonomy, {})
    other = make_dataset(make_taxonomy(name="other"), 2, "elsewhere")
    answer = admin_client.post(reverse("models"), {"model": model.pk, "dataset": other.name})
    assert "are others" in answer.content.decode()


def test_failures_are_told_by_image_and_reason(
    admin_client, tmp_path, dataset, sent, django_capture_on_commit_callbacks
):
    image = Image.objects.order_by("datasetimage__position")[1]
    default_storage.delete(image.file)
    model = register(write_model(tmp_path / "colours.onnx"), dataset.taxonomy, {})
    with django_capture_on_commit_callbacks(execute=True):
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
