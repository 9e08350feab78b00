"""Runs over a small world of pictures, and the real classifiers on real photographs."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from PIL import Image as Pillow

from annotation.importing.datasets import import_dataset
from annotation.models import Candidate, Dataset, Image, Participant, PredictionSet
from evaluation.inference import runs
from evaluation.inference.preprocessing import Preprocessing
from evaluation.inference.progress import progress_of
from evaluation.inference.registering import register
from evaluation.inference.runs import (
    change_run,
    do_shard,
    finish_run,
    lost_shards,
    open_shards,
    start_run,
)
from evaluation.models import ClassifierModel, InferenceRun
from taxonomy.errors import InputError
from taxonomy.loading import load_imagenet1k
from tests.evaluation.inference.onnx_files import write_model
from tests.worlds import picture_round

DATA = Path(__file__).parents[4] / "shared" / "data"

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path, monkeypatch) -> Dataset:
    """Twenty pictures of six classes, in shards of eight."""
    monkeypatch.setattr(runs, "SHARD", 8)
    runs._classifier.cache_clear()
    picture_round(tmp_path, images=20).delete()
    return Dataset.objects.get()


def run(*options: object) -> dict:
    out = StringIO()
    call_command("run_inference", *map(str, options), "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def top_k(name: str) -> np.ndarray:
    found = PredictionSet.objects.current().get(participant__name=name)
    return np.frombuffer(found.top_k, "<i4").reshape(found.size, found.k)


def by_hand(model: Path, dataset: Dataset) -> list[int]:
    """The best class of each image, one after the other, by the model alone."""
    session = onnxruntime.InferenceSession(str(model))
    weights = []
    for image in Image.objects.order_by("datasetimage__position"):
        with default_storage.open(image.file) as file:
            picture = Pillow.open(io.BytesIO(file.read())).convert("RGB")
        scale = 9 / min(picture.size)  # round(8 / 0.875)
        size = [max(9, round(side * scale)) for side in picture.size]
        left, top = (size[0] - 8) // 2, (size[1] - 8) // 2
        small = picture.resize(size, Pillow.Resampling.BILINEAR).crop(
            (left, top, left + 8, top + 8)
        )
        array = np.asarray(small, np.float32)[None] / 255
        array = (array - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        batch = session.get_inputs()[0].shape[0]
        times = batch if isinstance(batch, int) else 1
        (scores,) = session.run(None, {"image": array.astype(np.float32).repeat(times, axis=0)})
        weights.append(int(np.argmax(scores[0])))
    return weights


def test_a_model_file_becomes_a_participant_with_predictions(tmp_path, dataset):
    model = write_model(tmp_path / "colours.onnx")
    before = Candidate.objects.count()
    result = run(model, "--dataset", "photos", "--local")
    assert (result["model"], result["images"], result["failed"]) == ("colours", 20, 0)
    found = top_k("colours")
    assert found.shape == (20, 5)
    assert found[:, 0].tolist() == by_hand(model, dataset)
    assert Candidate.objects.count() >= before
    assert ClassifierModel.objects.get().sha256 == result["sha256"]
    assert run(model, "--dataset", "photos", "--local")["model"] == "colours"
    assert ClassifierModel.objects.count() == 1


@pytest.mark.parametrize("batch", [1, 3, "N"])
def test_predictions_do_not_depend_on_the_batch_nor_on_the_order_of_shards(
    tmp_path, dataset, batch
):
    model = register(write_model(tmp_path / "m.onnx", batch=batch), dataset.taxonomy, {})
    one = start_run(model, dataset)
    for shard in open_shards(one)[::-1]:
        do_shard(shard)
    finish_run(one.pk)
    assert top_k("m")[:, 0].tolist() == by_hand(tmp_path / "m.onnx", dataset)


def test_what_models_see_alike_is_decoded_once(tmp_path, dataset, settings):
    path = write_model(tmp_path / "m.onnx")
    run(path, "--dataset", "photos", "--name", "first", "--local")
    images = Image.objects.order_by("datasetimage__position")
    view = settings.HOME / "cache" / "squares" / Preprocessing(8).view
    kept = [view / image.file for image in images]
    assert all(file.stat().st_size == 8 * 8 * 3 for file in kept)

    kept[0].write_bytes(b"cut short")
    for image in images[1:]:
        default_storage.delete(image.file)
    again = run(path, "--dataset", "photos", "--name", "second", "--local")
    assert again["failed"] == 0
    assert (top_k("second") == top_k("first")).all()
    (tmp_path / "closer.json").write_text('{"crop": 1}')
    closer = run(
        path, "--dataset", "photos", "--name", "third", "--local",
        "--preprocess", tmp_path / "closer.json",
    )  # fmt: skip
    assert closer["failed"] == 19


def test_a_run_goes_on_where_it_stopped_and_does_nothing_twice(tmp_path, dataset):
    model = register(write_model(tmp_path / "m.onnx"), dataset.taxonomy, {})
    one = start_run(model, dataset)
    first, *rest = open_shards(one)
    assert do_shard(first) is False
    seconds = one.shards.get(pk=first).seconds
    do_shard(first)  # a second copy of the message
    assert one.shards.get(pk=first).seconds == seconds
    assert set(lost_shards()) == set(rest)
    assert (progress_of(one).done, progress_of(one).total) == (8, 20)
    assert [do_shard(shard) for shard in rest] == [False, True]
    assert finish_run(one.pk) is not None
    assert finish_run(one.pk) is None
    assert lost_shards() == []


def test_the_pace_of_a_run_is_that_of_the_last_minute_and_in_the_end_of_all(tmp_path, dataset):
    model = register(write_model(tmp_path / "m.onnx"), dataset.taxonomy, {})
    one = start_run(model, dataset)
    assert (progress_of(one).per_second, progress_of(one).seconds_left) == (None, None)
    now = timezone.now()
    first, second, last = one.shards.order_by("start").values_list("pk", flat=True)
    do = one.shards.filter
    do(pk=first).update(done=True, worker="a", seconds=4, finished=now - timedelta(minutes=5))
    assert progress_of(one).per_second is None  # paused since, or all workers gone
    do(pk=second).update(
        done=True, worker="b", seconds=2, finished=now - timedelta(seconds=18),
        failures=[[8, "is not a picture"]],
    )  # fmt: skip
    found = progress_of(one)
    assert found.per_second == pytest.approx(8 / 20, rel=0.05)
    assert found.seconds_left == pytest.approx(4 / (8 / 20), rel=0.05)
    assert [(w.name, w.done, w.failed, w.per_second) for w in found.workers] == [
        ("a", 8, 0, 2.0), ("b", 8, 1, 4.0),
    ]  # fmt: skip
    do(pk=last).update(done=True, worker="a", seconds=1, finished=now + timedelta(seconds=30))
    assert progress_of(one).per_second == pytest.approx(
        12 / 50, rel=0.05
    )  # a clock ahead of others
    do(pk=last).update(done=False)
    do(pk=second).update(seconds=400, finished=now)
    assert progress_of(one).per_second == pytest.approx((8 + 8) / 400, rel=0.3)  # slow, not stopped
    do(pk=last).update(done=True, seconds=1, finished=now)
    one.created, one.finished = now - timedelta(seconds=400), now
    assert progress_of(one).per_second == pytest.approx(20 / 400)


def test_a_paused_or_cancelled_run_classifies_nothing(tmp_path, dataset):
    model = register(write_model(tmp_path / "m.onnx"), dataset.taxonomy, {})
    one = start_run(model, dataset)
    change_run(one, InferenceRun.State.PAUSED)
    assert [do_shard(shard) for shard in open_shards(one)] == [False] * 3
    assert progress_of(one).done == 0
    change_run(one, InferenceRun.State.RUNNING)
    do_shard(open_shards(one)[0])
    change_run(one, InferenceRun.State.CANCELLED)
    with pytest.raises(InputError, match="is over"):
        change_run(one, InferenceRun.State.RUNNING)
    assert not PredictionSet.objects.filter(participant__name="m").exists()


def test_an_image_that_cannot_be_read_is_reported_and_sinks_nothing(tmp_path, dataset):
    gone, broken = Image.objects.order_by("datasetimage__position")[3:5]
    default_storage.delete(gone.file)
    default_storage.delete(broken.file)
    default_storage.save(broken.file, io.BytesIO(b"no picture"))
    model = register(write_model(tmp_path / "m.onnx"), dataset.taxonomy, {})
    one = start_run(model, dataset)
    for shard in open_shards(one):
        do_shard(shard)
    result = finish_run(one.pk)
    assert [position for position, _ in result["failures"]] == [3, 4]
    assert "is not a picture" in result["failures"][1][1]
    assert (top_k("m")[:, 0] == -1).nonzero()[0].tolist() == [3, 4]
    assert progress_of(one).failed == 2


def test_scores_that_are_no_numbers_fail_the_run(tmp_path, dataset):
    model = write_model(tmp_path / "m.onnx", nan=True, weights=-np.ones((3, 6)))
    asked = tmp_path / "settings.json"
    asked.write_text(json.dumps({"mean": [0, 0, 0], "std": [1, 1, 1]}))
    with pytest.raises(CommandError, match="scores are not numbers"):
        run(model, "--dataset", "photos", "--local", "--preprocess", asked)
    assert InferenceRun.objects.get().state == "failed"
    assert not PredictionSet.objects.filter(participant__name="m").exists()


def test_other_predictions_of_the_same_name_need_replace(tmp_path, dataset):
    run(write_model(tmp_path / "m.onnx"), "--dataset", "photos", "--local")
    other = write_model(tmp_path / "n.onnx", weights=-np.random.default_rng(1).normal(size=(3, 6)))
    options = ("--dataset", "photos", "--local", "--name", "m")
    with pytest.raises(CommandError, match="has predictions for 'photos' already"):
        run(other, *options)
    assert InferenceRun.objects.count() == 1  # nothing was classified for nothing
    run(other, *options, "--replace")
    assert top_k("m")[:, 0].tolist() == by_hand(other, dataset)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_bytes(b"no model"), "is not an ONNX model"),
        (lambda path: write_model(path, outputs=10), "has 10 outputs and the taxonomy 6 classes"),
        (lambda path: write_model(path, size=8, layout="NCHW"), None),
        (lambda path: None, "no such file"),
    ],
)
def test_files_that_are_no_classifier_for_these_classes(tmp_path, dataset, make, reason):
    path = tmp_path / "m.onnx"
    make(path)
    if reason is None:
        assert run(path, "--dataset", "photos", "--local")["failed"] == 0
        return
    with pytest.raises(CommandError, match=reason):
        run(path, "--dataset", "photos", "--local")
    assert not InferenceRun.objects.exists()
    assert not Participant.objects.filter(name="m").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"size": 9}', "refuses images of"),
        ('{"label_map": {"classes": [0, 1, 2, 3, 4, 4]}}', "two outputs are class 4"),
    ],
)
def test_settings_that_do_not_fit_the_model(tmp_path, dataset, content, reason):
    asked = tmp_path / "settings.json"
    asked.write_text(content)
    model = write_model(tmp_path / "m.onnx")
    with pytest.raises(CommandError, match=reason):
        run(model, "--dataset", "photos", "--local", "--preprocess", asked)


def test_a_dataset_without_pictures_and_a_name_that_is_a_persons(tmp_path, dataset):
    Participant.objects.create(name="m", kind="human")
    model = write_model(tmp_path / "m.onnx")
    with pytest.raises(CommandError, match="'m' is a person"):
        run(model, "--dataset", "photos", "--local")
    Image.objects.update(file="")
    with pytest.raises(CommandError, match="without image files"):
        run(model, "--dataset", "photos", "--local", "--name", "n")


@pytest.mark.skipif(not (DATA / "models").is_dir(), reason="there are no real models here")
@pytest.mark.parametrize(
    ("name", "expected"),
    [("mobilenet_v1_0.25_128_quant", 45)],
)
def test_the_real_classifiers_do_on_real_photographs_what_a_plain_loop_does(
    tmp_path, name, expected
):
    runs._classifier.cache_clear()
    load_imagenet1k()
    photographs = sorted((DATA / "images").glob("*.JPEG"))[::4]
    rows = [f"{path.name},{path.name.split('_')[0]}" for path in photographs]
    labels = tmp_path / "labels.csv"
    labels.write_text("\n".join(["image_id,wnid", *rows]) + "\n")
    import_dataset("photographs", labels, DATA / "images")
    model = DATA / "models" / f"{name}.onnx"
    run(model, "--dataset", "photographs", "--local")
    targets = np.array(
        Image.objects.order_by("datasetimage__position").values_list("target", flat=True)
    )
    found = top_k(name)[:, 0]

    session = onnxruntime.InferenceSession(str(model))
    size = session.get_inputs()[0].shape[1]
    plain = []
    for path in photographs:
        picture = Pillow.open(path).convert("RGB")
        scale = size / 0.875 / min(picture.size)
        picture = picture.resize(
            [round(side * scale) for side in picture.size], Pillow.Resampling.BILINEAR
        )
        left, top = ((side - size) // 2 for side in picture.size)
        array = np.asarray(picture.crop((left, top, left + size, top + size)))[None]
        (scores,) = session.run(None, {"input": array})
        plain.append(int(np.argmax(scores[0])) - 1)
    share, plain_share = (np.mean(np.array(one) == targets) for one in (found, plain))
    assert abs(share - plain_share) <= 0.02  # of 125 images; a point of 500 is 1.25 of these
    assert abs(100 * share - expected) < 12
