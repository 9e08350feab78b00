"""Models of PyTorch, where it is installed, and what is said where it is not."""

from __future__ import annotations

import builtins
import pickle
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from annotation.models import Dataset, PredictionSet
from evaluation.inference import runs
from evaluation.inference.loading import kind_of, load_classifier
from evaluation.inference.registering import register
from evaluation.inference.runs import do_shard, finish_run, open_shards, start_run
from evaluation.models import ClassifierModel
from taxonomy.errors import InputError
from tests.evaluation.inference.onnx_files import write_model
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db

COLOURS = np.random.default_rng(1).normal(size=(3, 6)).astype(np.float32)


@pytest.fixture
def dataset(tmp_path) -> Dataset:
    runs._classifier.cache_clear()
    picture_round(tmp_path, images=10).delete()
    return Dataset.objects.get()


@pytest.fixture
def module():
    """Scores = the mean colour of an image times COLOURS, as `write_model` has them."""
    torch = pytest.importorskip("torch")

    class Colours(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = torch.nn.Parameter(torch.from_numpy(COLOURS))

        def forward(self, image):
            return image.mean(dim=(2, 3)) @ self.weights

    return Colours().eval()


def predicted(dataset: Dataset, model: ClassifierModel) -> np.ndarray:
    run = start_run(model, dataset)
    for shard in open_shards(run):
        do_shard(shard)
    finish_run(run.pk)
    found = PredictionSet.objects.current().get(participant=model.participant)
    return np.frombuffer(found.top_k, "<i4").reshape(found.size, -1)


def by_onnx(tmp_path: Path, dataset: Dataset) -> np.ndarray:
    path = write_model(tmp_path / "same.onnx", size=8, layout="NCHW", weights=COLOURS)
    return predicted(dataset, register(path, dataset.taxonomy, {}))


def test_torchscript_predicts_what_the_same_model_in_onnx_does(tmp_path, dataset, module):
    import torch

    path = tmp_path / "script.pt"
    torch.jit.script(module).save(str(path))
    model = register(path, dataset.taxonomy, {"size": 8})
    assert model.file.endswith(".pt")
    assert predicted(dataset, model).tolist() == by_onnx(tmp_path, dataset).tolist()


@pytest.mark.parametrize("fixed", [True, False])
def test_an_exported_program_tells_its_size_and_its_batch(tmp_path, dataset, module, fixed):
    import torch

    path = tmp_path / "program.pt2"
    shapes = None if fixed else {"image": {0: torch.export.Dim("batch")}}
    program = torch.export.export(module, (torch.zeros(4, 3, 8, 8),), dynamic_shapes=shapes)
    torch.export.save(program, str(path))
    classifier = load_classifier(path, ".pt2")
    assert classifier.guessed().size == 8
    assert (classifier.is_fixed, classifier.batch) == ((True, 4) if fixed else (False, 16))
    model = register(path, dataset.taxonomy, {})
    assert predicted(dataset, model).tolist() == by_onnx(tmp_path, dataset).tolist()


class Harmful:
    def __reduce__(self):
        return builtins.exec, ("import pathlib; pathlib.Path(HARM).touch()",)


@pytest.mark.parametrize("name", ["module.pt", "module.pth", "program.pt2"])
def test_a_pickle_is_not_run(tmp_path, dataset, name, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(builtins, "HARM", str(tmp_path / "harm"), raising=False)
    (tmp_path / name).write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(InputError, match="pickled modules are not read"):
        register(tmp_path / name, dataset.taxonomy, {})
    assert not (tmp_path / "harm").exists()


def test_a_pickle_inside_of_an_archive_of_pytorch_is_not_run(tmp_path, dataset, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(builtins, "HARM", str(tmp_path / "harm"), raising=False)
    torch.save(Harmful(), tmp_path / "module.pt")
    with pytest.raises(InputError, match="pickled modules are not read"):
        register(tmp_path / "module.pt", dataset.taxonomy, {})
    assert not (tmp_path / "harm").exists()


def test_timm_knows_its_preprocessing_and_takes_weights_from_a_file(tmp_path, dataset):
    timm = pytest.importorskip("timm")
    from safetensors.torch import save_file

    net = timm.create_model("test_vit", num_classes=6)
    save_file(net.state_dict(), str(tmp_path / "weights.safetensors"))
    model = register(
        "timm:test_vit", dataset.taxonomy, {}, weights=tmp_path / "weights.safetensors"
    )
    config = timm.data.resolve_data_config(model=net)
    assert model.preprocessing["size"] == config["input_size"][1]
    assert model.preprocessing["crop"] == config["crop_pct"]
    assert (model.participant.name, len(model.label_map)) == ("test_vit", 6)
    assert predicted(dataset, model).shape == (10, 5)
    with pytest.raises(InputError, match="timm has no model"):
        register("timm:no_such", dataset.taxonomy, {}, weights=tmp_path / "weights.safetensors")
    (tmp_path / "bad.pth").write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(InputError, match="no weights"):
        register("timm:test_vit", dataset.taxonomy, {}, weights=tmp_path / "bad.pth")


@pytest.fixture
def no_torch(monkeypatch):
    known = builtins.__import__

    def without(name, *args, **kwargs):
        if name in ("torch", "timm"):
            raise ImportError(name)
        return known(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)


def test_a_machine_without_pytorch_says_what_it_needs(tmp_path, dataset, no_torch):
    (tmp_path / "m.pt").write_bytes(b"anything")
    for source in (str(tmp_path / "m.pt"), "timm:resnet18"):
        with pytest.raises(CommandError, match="needs PyTorch"):
            call_command("run_inference", source, "--dataset", "photos", "--local")


def test_a_worker_without_pytorch_leaves_the_run_to_others_and_says_so(tmp_path, dataset, no_torch):
    model = register(write_model(tmp_path / "m.onnx"), dataset.taxonomy, {})
    stored = model.file
    model.file = stored.replace(".onnx", ".pt")
    model.save()
    (tmp_path / "media" / model.file).write_bytes(b"a program")
    run = start_run(model, dataset)
    with pytest.raises(InputError, match="needs PyTorch"):
        do_shard(open_shards(run)[0])
    run.refresh_from_db()
    assert run.state == "running"
    assert "needs PyTorch" in run.error
    model.file = stored
    model.save()
    for shard in open_shards(run):
        do_shard(shard)
    finish_run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error) == ("done", "")


def test_only_files_of_known_kinds_are_models():
    assert kind_of(Path("a.ONNX")) == ".onnx"
    for name in ("a.pkl", "a", "a.h5", "a.zip"):
        with pytest.raises(InputError, match="models are files that end in"):
            kind_of(Path(name))
