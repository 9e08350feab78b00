"""What an export says, whatever names the datasets have."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from annotation.exporting.records import pick_datasets, pseudonym
from annotation.exporting.writing import write_dump
from annotation.models import Candidate, DatasetImage, Verdict
from tests.factories import adjudicate, make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db

NAMES = ["imagenet-val", "my set", 'the "best" set', "Bäume und 木", "a/b\\c", "50 %; x=1", "a, b"]


def dump(format: str) -> str:
    with TemporaryDirectory() as folder:
        write_dump(Path(folder) / "out", format, pick_datasets())
        return (Path(folder) / "out").read_text(encoding="utf-8")


def test_the_datasets_of_an_image_can_be_told_apart_whatever_their_names():
    taxonomy = make_taxonomy()
    first, *others = [make_dataset(taxonomy, images=1, name=name) for name in NAMES]
    image = first.images.get()
    DatasetImage.objects.bulk_create(
        DatasetImage(dataset=dataset, image=image, position=1) for dataset in others
    )
    rows = list(csv.DictReader(io.StringIO(dump("csv"))))
    (found,) = {row["datasets"] for row in rows if row["image_id"] == image.key}
    assert sorted(json.loads(found)) == sorted(NAMES)
    others_found = {row["datasets"] for row in rows if row["image_id"] != image.key}
    assert sorted(map(json.loads, others_found)) == sorted([dataset.name] for dataset in others)


def test_a_verdict_that_no_judgment_gave_is_exported_with_its_reason():
    make_dataset(make_taxonomy(), images=1, per_image=1)
    ruth = make_user("admin")
    adjudicate(Candidate.objects.get(), Verdict.CORRECT, ruth, "Its tusks are visible.")
    (image,) = json.loads(dump("json"))["images"]
    (told,) = image["adjudications"]
    assert told.pop("decided_at").endswith("Z")
    assert told == {
        "class": "c0", "verdict": "correct", "reviewer": pseudonym(ruth.pk),
        "reason": "Its tusks are visible.",
    }  # fmt: skip
    assert image["correct"] == ["c0"]
