"""The numbers of the real data by plain counting, and real files through the importers.

That all of it, imported, gives the same numbers is in tests/evaluation/test_real_results.py.
"""

from __future__ import annotations

import csv
import hashlib
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from annotation.importing.picking import Members
from annotation.importing.predictions import read_file
from annotation.models import Candidate, Dataset, DatasetImage, Image, PredictionSet
from annotation.renditions import make_renditions
from taxonomy.lookup import ClassLookup
from taxonomy.models import Taxonomy
from taxonomy.renditions import ready_rendition
from tests.annotation.importing.conftest import run, stored_files, stored_rows, write_csv

DATA = Path(__file__).parents[4] / "shared" / "data"
VAL = "imagenet-val-20k"
THRESHOLD, FREQUENCY, TOP = (
    f"imagenetv2-{name}" for name in ("threshold0.7", "matched-frequency", "top-images")
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason="no real data at ../shared/data"),
]


def targets(dataset: str) -> dict[str, int]:
    """{image id: class index} in the order of the file."""
    wnids = (DATA / "imagenet" / "wnids.txt").read_text().split()
    indices = {wnid: index for index, wnid in enumerate(wnids)}
    with (DATA / "datasets" / f"{dataset}.csv").open(newline="") as file:
        return {row["image_id"]: indices[row["wnid"]] for row in csv.DictReader(file)}


def top1(dataset: str) -> dict[str, list[int]]:
    files = sorted((DATA / "predictions" / dataset).glob("*.npy"))
    return {file.stem: np.load(file)[:, 0].tolist() for file in files}


def pairs_of(dataset: str) -> set[tuple[str, int]]:
    images = list(targets(dataset))
    return {pair for row in top1(dataset).values() for pair in zip(images, row, strict=True)}


def test_the_published_counts_by_plain_counting():
    images = {name: targets(name) for name in (VAL, THRESHOLD, FREQUENCY, TOP)}
    assert {name: len(found) for name, found in images.items()} == {
        VAL: 20_000, THRESHOLD: 10_000, FREQUENCY: 10_000, TOP: 10_000,
    }  # fmt: skip
    second = set().union(images[THRESHOLD], images[FREQUENCY], images[TOP])
    assert len(second) == 20_683
    assert len(second | set(images[VAL])) == 40_683

    predicted: set[tuple[str, int]] = set()
    labels: set[tuple[str, int]] = set()
    predictions = 0
    for name, models in ((VAL, 55), (THRESHOLD, 54), (FREQUENCY, 55)):
        rows = top1(name)
        assert len(rows) == models
        predictions += sum(map(len, rows.values()))
        predicted |= pairs_of(name)
        labels |= set(images[name].items())
    assert predictions == 2_190_000
    assert len(predicted) == 184_482
    assert len({image for image, _ in predicted}) == 36_814
    assert len(predicted | labels) == 186_857


def test_the_sets_share_images_and_a_second_import_changes_nothing():
    """The models in two halves, the later half first; candidates are those of plain counting."""
    run("load_taxonomy", "imagenet1k")
    for name in (FREQUENCY, THRESHOLD, TOP):
        assert run("import_dataset", name, DATA / "datasets" / f"{name}.csv")["images"] == 10_000
    assert Image.objects.count() == 20_683
    files = sorted((DATA / "predictions" / THRESHOLD).glob("*.npy"))
    later = run("import_predictions", THRESHOLD, *files[27:])
    result = run("import_predictions", THRESHOLD, *files[:27])
    assert (later["models"] + result["models"], result["predictions"]) == (54, 270_000)
    labels = {pair for name in (FREQUENCY, THRESHOLD, TOP) for pair in targets(name).items()}
    expected = pairs_of(THRESHOLD) | labels
    assert result["candidates_total"] == len(expected)
    assert later["candidates_new"] + result["candidates_new"] == len(expected) - len(labels)
    rows = Candidate.objects.active().values_list("image__key", "class_index")
    assert set(rows.iterator()) == expected

    sets = PredictionSet.objects.order_by("pk").values_list("created", "sha256")
    before = stored_rows(), list(sets)
    for name in (THRESHOLD, FREQUENCY, TOP):
        assert run("import_dataset", name, DATA / "datasets" / f"{name}.csv")["images_new"] == 0
    again = run("import_predictions", THRESHOLD, DATA / "predictions" / THRESHOLD)
    assert (again["models_new"], again["candidates_new"]) == (0, 0)
    assert (stored_rows(), list(sets.all())) == before
    keys = DatasetImage.objects.filter(dataset__name=THRESHOLD).order_by("position")
    assert list(keys.values_list("image__key", flat=True)) == list(targets(THRESHOLD))


def test_real_predictions_in_a_table_of_timm(tmp_path):
    """resnet50's on 20,000 images, with wnids beside the indices."""
    wnids = (DATA / "imagenet" / "wnids.txt").read_text().split()
    lookup = ClassLookup({wnid: index for index, wnid in enumerate(wnids)}, ({}, {}, {}))
    top = np.load(DATA / "predictions" / VAL / "resnet50.npy")
    keys = list(targets(VAL))
    files = [f"/data/val/{key}" for key in keys]
    labels = np.array(wnids, object)[top]
    table = pd.DataFrame({"filename": files, "index": list(top), "label": list(labels)})
    table.to_csv(tmp_path / "resnet50-224.csv", index=False)
    table.set_index("filename").to_parquet(tmp_path / "resnet50-224.parquet")
    members = Members(np.arange(len(keys)), keys)
    for suffix in ("csv", "parquet"):
        found = read_file(tmp_path / f"resnet50-224.{suffix}", members, lookup)
        assert (found.top_k == top[:, : found.top_k.shape[1]]).all()
        assert (found.top_k[:, 0] == list(targets(VAL).values())).mean().round(4) == 0.7614


def test_real_photographs(tmp_path):
    photographs = sorted((DATA / "images").glob("*.JPEG"))
    assert len(photographs) == 500
    run("load_taxonomy", "imagenet1k")
    rows = [f"{photo.name},{photo.name.partition('_')[0]}" for photo in photographs]
    labels = write_csv(tmp_path / "photographs.csv", *rows, header="image_id,wnid")
    for again in (False, True):
        result = run("import_dataset", "photographs", labels, "--images", DATA / "images")
        assert (result["images"], result["files"]) == (500, 500)
        assert (result["images_new"], result["files_new"]) == ((0, 0) if again else (500, 500))
    taxonomy = Taxonomy.objects.get()
    assert Dataset.objects.get().taxonomy == taxonomy
    wnids = dict(taxonomy.classes.values_list("index", "synset__key"))
    assert len(stored_files()) == 500
    for photo in random.Random(1).sample(photographs, 12):
        image = Image.objects.get(key=photo.name)
        assert photo.name.startswith(wnids[image.target])
        assert image.content_hash == hashlib.sha256(photo.read_bytes()).hexdigest()
        make_renditions([image.content_hash])
        with Pillow.open(photo) as original:
            meant = original.convert("RGB")
        assert (image.width, image.height) == meant.size
        with default_storage.open(ready_rendition(image.content_hash, image.file, "small")) as file:
            shown = Pillow.open(file).convert("RGB")
        assert max(shown.size) <= 320
        close = np.abs(np.asarray(meant.resize(shown.size), float) - np.asarray(shown, float))
        assert close.mean() < 8
