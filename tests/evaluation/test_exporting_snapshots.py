"""Dumps of what is held now and of what was held then, read by pyarrow and by hand."""

from __future__ import annotations

import hashlib
import json
from io import StringIO

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from annotation.models import Candidate, Dataset, Image, Judgment, Verdict
from evaluation.snapshots import take_snapshot
from tests.factories import adjudicate, judge, make_round, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(groups):
    """Three images of two candidates, of which one is judged correct and one adjudicated."""
    current = make_round(images=3)
    reviewer = make_user("reviewer", name="rosalind")
    image = Image.objects.order_by("key")[0]
    judge(current, reviewer, image, image.target, Verdict.CORRECT)
    other = Candidate.objects.exclude(image=image).order_by("pk")[0]
    adjudicate(other, Verdict.UNCLEAR, reviewer, "too dark")
    return current


def run(out, format: str, *options: str) -> dict:
    text = StringIO()
    call_command(
        "export_annotations", str(out), "--format", format, "--json", *options, stdout=text
    )
    return json.loads(text.getvalue().splitlines()[-1])


def rows(out, name: str) -> list[dict]:
    return pq.read_table(out / f"{name}.parquet").to_pylist()


def test_parquet_says_what_the_database_says(world, tmp_path):
    out = tmp_path / "dump"
    result = run(out, "parquet")
    assert (result["images"], result["snapshot"]) == (3, None)
    found = {(row["image_id"], row["class_index"]): row for row in rows(out, "candidates")}
    expected = Candidate.objects.values_list(
        "image__key", "class_index", "verdict", "image__target"
    )
    assert set(found) == {row[:2] for row in expected}
    for key, index, verdict, target in expected:
        row = found[key, index]
        assert (row["verdict"], row["is_target"]) == (Verdict(verdict).label, index == target)
        assert (row["class"], row["class_name"]) == (f"c{index}", f"class {index}")
    (judgment,) = rows(out, "judgments")
    word = Judgment.objects.get()
    assert (judgment["judgment_id"], judgment["milliseconds"]) == (str(word.client_id), 1200)
    assert judgment["reviewer"].startswith("reviewer-")
    assert [row["reason"] for row in rows(out, "adjudications")] == ["too dark"]
    assert [row["datasets"] for row in rows(out, "images")] == [[Dataset.objects.get().name]] * 3
    everything = b"".join(path.read_bytes() for path in out.iterdir())
    assert b"rosalind" not in everything


def test_the_manifest_tells_rows_and_hashes_of_every_file(world, tmp_path):
    out = tmp_path / "dump"
    run(out, "parquet")
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["rows"] == {
        "images": 3, "candidates": 6, "judgments": 1, "adjudications": 1, "synsets": 10,
        "groups": 1, "members": 3, "predictions": 0, "participants": 0, "tasks": 0, "answers": 0,
        "relations": 0, "guide": 0, "rounds": 1, "rules": 0,
    }  # fmt: skip
    assert set(manifest["sha256"]) == {path.name for path in out.iterdir()} - {"manifest.json"}
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("format", ["json", "csv", "tfds"])
def test_a_snapshot_is_exported_as_it_was(world, tmp_path, format):
    before, after, now = (tmp_path / name for name in ("before", "after", "now"))
    run(before, format)
    snapshot = take_snapshot().hash
    image = Image.objects.order_by("key")[1]
    judge(world, make_user("reviewer"), image, image.target, Verdict.INCORRECT)
    Image.objects.filter(pk=image.pk).update(problematic=True, problem_reason="blurry")
    assert run(after, format, "--snapshot", snapshot[:10])["snapshot"] == snapshot
    run(now, format)

    def content(path) -> str:
        text = path.read_text()
        return text if format != "json" else json.loads(text)["images"]

    assert content(after) == content(before)
    assert content(now) != content(before)


def test_parquet_of_a_snapshot_names_it(world, tmp_path):
    snapshot = take_snapshot().hash
    Candidate.objects.update(verdict=Verdict.INCORRECT)
    out = tmp_path / "dump"
    run(out, "parquet", "--snapshot", snapshot)
    assert json.loads((out / "manifest.json").read_text())["snapshot"] == snapshot
    verdicts = [row["verdict"] for row in rows(out, "candidates")]
    assert sorted(verdicts) == ["correct", "unclear", *["unjudged"] * 4]


def test_nothing_is_written_over_or_left_half_written(world, tmp_path):
    out = tmp_path / "dump"
    out.mkdir()
    with pytest.raises(CommandError, match="is there already"):
        run(out, "parquet")
    with pytest.raises(CommandError, match="There is no snapshot 'abc'"):
        run(tmp_path / "x", "json", "--snapshot", "abc")
    with pytest.raises(CommandError, match="can't be written"):
        run(tmp_path / "dump" / "none" / "x.json", "json")
    assert [path.name for path in tmp_path.iterdir()] == ["dump"]


def test_no_images_make_files_without_rows(world, tmp_path):
    Candidate.objects.all()
    empty = Dataset.objects.create(name="empty", taxonomy=world.taxonomy)
    out = tmp_path / "dump"
    run(out, "parquet", "--dataset", "empty")
    assert rows(out, "images") == []
    assert empty.size == 0
