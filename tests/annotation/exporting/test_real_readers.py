"""Dumps opened by the programs that they are for, where those are installed; see CONTRIBUTING.md."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from PIL import Image as Picture

from annotation.exporting.records import pick_datasets
from annotation.exporting.tables import TABLES
from annotation.exporting.writing import write_dump
from annotation.models import Candidate, Dataset, Image, Verdict
from taxonomy.models import Synset
from tests.factories import make_dataset, make_taxonomy, predict

pytestmark = pytest.mark.django_db

WNIDS = ["n01440764", "n01443537", "n01484850"]  # ImageNet's first classes


@pytest.fixture
def dataset() -> Dataset:
    """Two validation images: of the first both candidates are correct, of the second none is."""
    taxonomy = make_taxonomy(3)
    for index, wnid in enumerate(WNIDS):
        Synset.objects.filter(key=f"c{index}").update(key=wnid)
    dataset = make_dataset(taxonomy, 2)
    for image in Image.objects.all():
        Image.objects.filter(pk=image.pk).update(key=f"ILSVRC2012_val_{image.target + 1:08d}.JPEG")
    Candidate.objects.update(verdict=Verdict.INCORRECT)
    Candidate.objects.filter(image__target=0).update(verdict=Verdict.CORRECT)
    predict("net", dataset, [[2], [1]])
    return dataset


def test_pandas_reads_every_table(dataset, tmp_path):
    pandas = pytest.importorskip("pandas")
    write_dump(tmp_path / "dump", "parquet", pick_datasets())
    write_dump(tmp_path / "dump.csv", "csv", pick_datasets())
    tables = {name: pandas.read_parquet(tmp_path / "dump" / f"{name}.parquet") for name in TABLES}
    assert {name: list(table.columns) for name, table in tables.items()} == {
        name: [column for column, _ in columns] for name, columns in TABLES.items()
    }
    found = tables["candidates"]
    correct = found[found.verdict == "correct"].groupby("image_id")["class_index"].agg(list)
    assert correct.to_dict() == {"ILSVRC2012_val_00000001.JPEG": [0, 1]}
    flat = pandas.read_csv(tmp_path / "dump.csv")
    assert flat[flat.verdict == "correct"].class_index.tolist() == [0, 1]


def test_label_studio_takes_the_tasks(dataset, tmp_path):
    interface = pytest.importorskip("label_studio_sdk.label_interface")
    write_dump(tmp_path / "tasks.json", "labelstudio", pick_datasets())
    choices = "".join(f'<Choice value="{wnid}"/>' for wnid in WNIDS)
    label = interface.LabelInterface(
        '<View><Image name="image" value="$image"/>'
        f'<Choices name="classes" toName="image" choice="multiple">{choices}</Choices></View>'
    )
    first, second = json.loads((tmp_path / "tasks.json").read_text())
    for task in (first, second):
        assert label.validate_task({"data": task["data"]})
        assert [label.validate_prediction(one) for one in task["predictions"]] == [True]
    assert [label.validate_annotation(one) for one in first["annotations"]] == [True]
    assert second["annotations"] == []


def test_tensorflow_datasets_reads_the_multi_labels(dataset, tmp_path):
    tfds = pytest.importorskip("tensorflow_datasets")
    from tensorflow_datasets.datasets.imagenet2012_multilabel import (
        imagenet2012_multilabel_dataset_builder as module,
    )

    write_dump(tmp_path / "ours.json", "tfds", pick_datasets())
    pack_pictures(
        tmp_path / "ILSVRC2012_img_val.tar", list(Image.objects.values_list("key", flat=True))
    )

    class Downloads(tfds.download.DownloadManager):
        manual_dir = tmp_path

        def __init__(self) -> None:
            pass

        def download(self, *_: object) -> str:
            return str(tmp_path / "ours.json")

        download_and_extract = download

    builder = module.Builder(data_dir=str(tmp_path))
    label = builder.info.features["correct_multi_labels"].feature
    found = {}
    for name, example in builder._split_generators(Downloads())["validation"]:
        read = builder.info.features.encode_example(example)
        found[name] = [
            [label.int2str(int(index)) for index in read[f"{verdict}_multi_labels"]]
            for verdict in ("correct", "wrong")
        ]
    assert found == {
        "ILSVRC2012_val_00000001.JPEG": [WNIDS[:2], []],
        "ILSVRC2012_val_00000002.JPEG": [[], WNIDS[1:]],
    }


def pack_pictures(path: Path, names: list[str]) -> None:
    picture = io.BytesIO()
    Picture.new("RGB", (8, 8)).save(picture, "JPEG")
    with tarfile.open(path, "w") as package:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(picture.getvalue())
            package.addfile(entry, io.BytesIO(picture.getvalue()))
