"""Dumps for FiftyOne: as its format has them, and opened by it where it is installed and finds a MongoDB."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from annotation.exporting.fiftyone import field_names
from annotation.exporting.records import pick_datasets
from annotation.exporting.writing import write_dump
from annotation.models import Candidate, Dataset, Image, Verdict
from tests.factories import make_dataset, make_taxonomy, predict

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three images of which two classes are correct, in one dataset or two, with three participants."""
    taxonomy = make_taxonomy()
    dataset = make_dataset(taxonomy, 3)
    Candidate.objects.update(verdict=Verdict.CORRECT)
    Candidate.objects.filter(image__key="set-00002").update(verdict=Verdict.UNCLEAR)
    Image.objects.filter(key="set-00001").update(problematic=True, problem_reason='"dark"')
    second = Dataset.objects.create(name="zwei", taxonomy=taxonomy, size=1)
    second.images.add(Image.objects.get(key="set-00001"), through_defaults={"position": 0})
    predict("Net-50", dataset, [[7, 1], [8, 2], [9, 3]])
    predict("net 50", second, [[4]])
    predict("Human A", dataset, [[0], [-1], [2]], kind="human")
    write_dump(tmp_path / "dump", "fiftyone", pick_datasets())
    return tmp_path / "dump"


def label(sample: dict, field: str) -> str | None:
    return sample[field]["label"] if field in sample else None


def test_samples_have_the_correct_classes_and_what_each_participant_said(folder):
    samples = json.loads((folder / "samples.json").read_text())["samples"]
    about = json.loads((folder / "metadata.json").read_text())
    fields = {name: field for field, name in about["info"]["participants"].items()}
    assert sorted(fields) == ["Human A", "Net-50", "net 50"]
    described = {field["name"]: field for field in about["sample_fields"]}
    for sample in samples:
        assert set(sample) - {"_id"} <= set(described)
        assert described["ground_truth"]["embedded_doc_type"].endswith(
            sample["ground_truth"]["_cls"]
        )
    first, second, third = samples
    assert (first["filepath"], first["tags"], second["tags"]) == (
        "set-00000",
        ["set"],
        ["set", "zwei"],
    )
    assert [one["label"] for one in first["ground_truth"]["classifications"]] == ["c0", "c1"]
    assert [one["label"] for one in third["unclear"]["classifications"]] == ["c2", "c3"]
    assert third["ground_truth"]["classifications"] == []
    said = [
        [label(sample, fields[name]) for name in ("Net-50", "net 50", "Human A")]
        for sample in samples
    ]
    assert said == [["c7", None, "c0"], ["c8", "c4", None], ["c9", None, "c2"]]
    assert [sample["problematic"] for sample in samples] == [False, True, False]
    ids = re.findall(r'"\$oid": "([0-9a-f]{24})"', (folder / "samples.json").read_text())
    assert len(set(ids)) == len(ids) == 3 + 3 + 6 + 6


def test_names_of_fields_are_distinct_plain_and_not_those_of_fiftyone():
    names = ["id", "tags", "ground_truth", "7 nets", "a-b", "a b", "A_B", "木", "--", "_id"]
    found = list(field_names(names).values())
    assert len(set(found)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in found)
    assert not {"id", "tags", "ground_truth"} & set(found)


def test_fiftyone_opens_the_folder(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FIFTYONE_DO_NOT_TRACK", "1")
    fiftyone = pytest.importorskip("fiftyone")
    try:
        opened = fiftyone.Dataset.from_dir(
            dataset_dir=str(folder),
            dataset_type=fiftyone.types.FiftyOneDataset,
            rel_dir="/photographs",
        )
    except Exception as error:
        if "MongoDB could not be installed" in str(error):
            pytest.skip("FiftyOne finds no MongoDB")
        raise
    assert len(opened) == 3
    sample = opened.match(fiftyone.ViewField("problematic")).first()
    assert sample.filepath == "/photographs/set-00001"
    assert [one.label for one in sample.ground_truth.classifications] == ["c1", "c2"]
    assert (sample.net_50.label, sample.net_50_2.label, sample.human_a) == ("c8", "c4", None)
    assert opened.count_values("net_50.label") == {"c7": 1, "c8": 1, "c9": 1}
    assert opened.default_classes == [f"c{index}" for index in range(10)]
