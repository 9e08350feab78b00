"""Dumps for Hugging Face's datasets, opened by it, and for Label Studio."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotation.exporting.huggingface import split_names
from annotation.models import Candidate, Dataset, DatasetImage, Image, Verdict
from evaluation.snapshots import take_snapshot
from tests.factories import make_dataset, make_taxonomy, predict

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> list[Dataset]:
    """Two datasets of the same classes; image i has class i correct, and i + 1 if i is even."""
    taxonomy = make_taxonomy()
    made = [make_dataset(taxonomy, size, name) for name, size in (("my set", 7), ("my-set", 3))]
    for dataset in made:
        for link in DatasetImage.objects.filter(dataset=dataset):
            found = Candidate.objects.filter(image=link.image_id)
            found.update(verdict=Verdict.INCORRECT)
            right = [link.position] + ([link.position + 1] if link.position % 2 == 0 else [])
            found.filter(class_index__in=right).update(verdict=Verdict.CORRECT)
    Image.objects.filter(key="my set-00003").update(problematic=True)
    predict("net", made[0], [[9 - i] for i in range(7)])
    predict("Human A", made[0], [[i] if i else [-1] for i in range(7)], kind="human")
    return made


def export(out, *options: object) -> dict:
    text = StringIO()
    call_command("export_annotations", str(out), *map(str, options), "--json", stdout=text)
    return json.loads(text.getvalue().splitlines()[-1])


def test_load_dataset_opens_the_folder_with_class_labels(world, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    result = export(tmp_path / "dump", "--format", "huggingface")
    assert result["images"] == 10
    opened = datasets.load_dataset(str(tmp_path / "dump"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in opened.items()} == {"my_set": 7, "my_set_2": 3}
    label = opened["my_set"].features["target"]
    assert label.names == [f"c{i}" for i in range(10)]
    for i, row in enumerate(opened["my_set"]):
        assert (row["image_id"], row["target"]) == (f"my set-{i:05d}", i)
        assert row["correct"] == ([i, i + 1] if i % 2 == 0 else [i])
        assert row["problematic"] == (i == 3)
        assert row["unjudged"] == []


def test_a_snapshot_is_dumped_as_it_was(world, tmp_path):
    snapshot = take_snapshot()
    Candidate.objects.update(verdict=Verdict.UNCLEAR)
    export(tmp_path / "then", "--format", "huggingface", "--snapshot", snapshot.hash[:12])
    export(tmp_path / "now", "--format", "huggingface")
    import pyarrow.parquet as pq

    then, now = (
        pq.read_table(tmp_path / when / "data" / "my_set.parquet").to_pydict()
        for when in ("then", "now")
    )
    assert then["correct"][0] == [0, 1]
    assert (now["correct"][0], now["unclear"][0]) == ([], [0, 1])
    assert snapshot.hash in (tmp_path / "then" / "README.md").read_text()


def test_a_folder_that_is_there_is_left_alone(world, tmp_path):
    (tmp_path / "dump").mkdir()
    with pytest.raises(CommandError, match="is there already"):
        export(tmp_path / "dump", "--format", "huggingface")
    assert list(tmp_path.iterdir()) == [tmp_path / "dump"]


def test_names_of_splits_are_distinct_and_plain():
    found = split_names(["a b", "a-b", "a_b", "Bäume 木", "--", "a_b_2"])
    assert len(set(found.values())) == 6
    assert all(name.isascii() and name.replace("_", "").isalnum() for name in found.values())


def test_label_studio_gets_a_task_per_image_with_what_everybody_said(world, tmp_path):
    export(tmp_path / "tasks.json", "--format", "labelstudio")
    dumped = json.loads((tmp_path / "tasks.json").read_text())
    tasks = {task["data"]["image_id"]: task for task in dumped}
    assert len(tasks) == 10

    def choices(one: dict) -> list[str]:
        return one["result"][0]["value"]["choices"]

    task = tasks["my set-00002"]
    assert {one["model_version"]: choices(one) for one in task["predictions"]} == {
        "net": ["c7"], "Human A": ["c2"],
    }  # fmt: skip
    assert [choices(one) for one in task["annotations"]] == [["c2", "c3"]]
    assert task["data"]["target"] == "c2"
    assert [one["model_version"] for one in tasks["my set-00000"]["predictions"]] == ["net"]
    assert tasks["my-set-00000"]["predictions"] == []
    for one in task["predictions"]:
        assert one["result"][0] | {"value": None} == {
            "from_name": "classes", "to_name": "image", "type": "choices", "value": None,
        }  # fmt: skip
