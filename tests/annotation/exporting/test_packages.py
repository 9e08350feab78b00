"""Zips with a manifest and a README: what is in them agrees with the database, in every format."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from annotation.exporting.formats import FILES, FOLDERS
from annotation.exporting.records import pick_datasets
from annotation.exporting.tables import VERSION
from annotation.exporting.writing import write_dump
from annotation.labeling.answers import submit
from annotation.labeling.tasks import close_task, reveal_task
from annotation.models import (
    Candidate,
    Dataset,
    Image,
    Judgment,
    LabelingTask,
    PredictionSet,
    Verdict,
)
from annotation.review.rounds import open_round
from taxonomy.models import Synset
from tests.annotation.labeling.worlds import assignments, make_task, say
from tests.factories import adjudicate, judge, make_dataset, make_user, predict

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(groups) -> Dataset:
    """Four validation images with two candidates each, one of them judged twice; predictions of two."""
    labeler = make_user("labeler", name="lea")
    task = make_task([labeler], images=4)
    submit(task.pk, labeler, [say(one, 5, note="=1+1") for one in assignments(task, labeler)[:2]])
    dataset = Dataset.objects.get()
    current = open_round("=cmd()", [dataset], 1, overlap=2)
    for image in Image.objects.order_by("pk"):
        Image.objects.filter(pk=image.pk).update(key=f"ILSVRC2012_val_{image.target + 1:08d}")
    first = Image.objects.get(target=0)
    for name, verdict in (("rosalind", Verdict.CORRECT), ("grace", Verdict.UNCLEAR)):
        judge(current, make_user("reviewer", name=name), first, 0, verdict)
    adjudicate(
        Candidate.objects.get(image=first, class_index=1),
        Verdict.INCORRECT,
        labeler,
        '+"so"\nit is',
    )
    predict("=net, deep", dataset, [[3, 1], [2, 0], [-1, -1], [0, 3]])
    predict("Human A", dataset, [[1], [2], [3], [0]], kind="human")
    return dataset


def packed(tmp_path: Path, format: str, **options: object) -> dict[str, bytes]:
    """{name: content} of what is in the zip."""
    out = tmp_path / f"{format}.zip"
    result = write_dump(out, format, pick_datasets(), **options)  # type: ignore[arg-type]
    assert result["bytes"] == out.stat().st_size
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    with zipfile.ZipFile(out) as package:
        return {name: package.read(name) for name in package.namelist()}


def sheet(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.mark.parametrize("format", sorted([*FILES, *FOLDERS]))
def test_every_package_has_a_readme_and_a_manifest_with_the_hashes_of_all_files(
    world, tmp_path, format
):
    files = packed(tmp_path, format)
    manifest = json.loads(files["manifest.json"])
    assert (manifest["format"], manifest["version"]) == (f"tusker-{format}", VERSION)
    assert (manifest["taxonomy"], manifest["datasets"]) == ("tiny", ["set"])
    assert manifest["snapshot"] is None
    assert manifest["rows"]["images"] == (1 if format == "tfds" else 4)
    assert manifest["sha256"] == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items() if name != "manifest.json"
    }  # fmt: skip
    assert "Tusker" in files["README.md"].decode()
    if format in FILES:
        write_dump(tmp_path / "plain", format, pick_datasets())
        (name,) = (one for one in files if one.startswith("annotations."))
        if format != "json":  # it tells when it was written
            assert (tmp_path / "plain").read_bytes() == files[name]


def test_sheets_say_what_the_database_says(world, tmp_path):
    files = packed(tmp_path, "csv")
    flat = sheet(files["annotations.csv"])
    said = [(row["image_id"], row["class_key"], row["judgment"]) for row in flat if row["judgment"]]
    image = "ILSVRC2012_val_00000001"
    assert said == [(image, "c0", "correct"), (image, "c0", "unclear")]
    assert len(flat) == Judgment.objects.count() + Candidate.objects.count() - 1
    assert {row["round"] for row in flat} == {"", "'=cmd()"}
    assert {row["is_target"] for row in flat} == {"0", "1"}
    (final,) = sheet(files["adjudications.csv"])
    assert (final["class"], final["verdict"], final["reason"]) == (
        "c1",
        "incorrect",
        '\'+"so"\nit is',
    )
    predictions = sheet(files["predictions.csv"])
    assert [(row["participant"], row["top1"], row["top2"]) for row in predictions] == [
        ("'=net, deep", "3", "1"), ("'=net, deep", "2", "0"), ("'=net, deep", "-1", "-1"),
        ("'=net, deep", "0", "3"), *(("Human A", str(index), "") for index in (1, 2, 3, 0)),
    ]  # fmt: skip
    assert [row["image_id"][-1] for row in predictions[:4]] == ["1", "2", "3", "4"]
    path = tmp_path / "again.csv"
    path.write_text("".join(files["predictions.csv"].decode().splitlines(keepends=True)[:5]))
    call_command("import_predictions", "set", str(path), stdout=StringIO())
    again, first = (
        PredictionSet.objects.get(participant__name=name).top_k for name in ("again", "=net, deep")
    )
    assert bytes(again) == bytes(first)
    (task,) = sheet(files["tasks.csv"])
    assert len(json.loads(task["images"])) == 4
    answers = sheet(files["answers.csv"])
    assert [row["class"] for row in answers] == ["c5", "c5", "", ""]
    assert answers[0]["note"] == "'=1+1"
    assert answers[0]["answered"].endswith("Z")
    (labeler,) = {row["labeler"] for row in answers}
    assert labeler.startswith("labeler-")
    pseudonyms = {row["reviewer"] for row in (final, *flat)}
    assert labeler.removeprefix("labeler-") not in str(pseudonyms)
    assert {row["participant"] for row in sheet(files["participants.csv"])} == {
        "Human A",
        "'=net, deep",
    }


def test_no_name_is_a_formula(world, tmp_path):
    Synset.objects.filter(key="c0").update(lemmas=["=class"])
    User.objects.filter(username="rosalind").update(username="@rosalind")
    User.objects.filter(username="lea").update(username="-lea")
    files = packed(tmp_path, "csv", with_names=True)
    flat = sheet(files["annotations.csv"])
    assert {row["reviewer"] for row in flat} == {"", "'@rosalind", "grace"}
    assert "'=class" in {row["class_name"] for row in flat}
    (final,) = sheet(files["adjudications.csv"])
    assert final["reviewer"] == "'-lea"
    assert {row["labeler"] for row in sheet(files["answers.csv"])} == {"'-lea"}


def test_json_has_an_item_per_line_and_ends_in_its_hash(world, tmp_path):
    content = packed(tmp_path, "json")["annotations.json"]
    body, end = content[: content.rindex(b'"sha256"')], json.loads(content)["sha256"]
    assert hashlib.sha256(body).hexdigest() == end
    found = json.loads(content)
    assert (found["format"], found["version"]) == ("tusker-annotations", 3)
    lines = [
        json.loads(line.rstrip(b","))
        for line in content.splitlines()
        if line.startswith(b'{"image_id"')
    ]
    assert lines == found["images"]
    image = found["images"][0]
    assert (image["correct"], image["incorrect"], image["unclear"]) == ([], ["c1"], [])
    assert [word["verdict"] for word in image["judgments"]] == ["correct", "unclear"]
    assert found["predictions"][1]["top_k"] == [1, 2, 3, 0]
    assert found["rows"] == {name: len(found[name]) for name in found["rows"] if name in found} | {
        "candidates": 8, "judgments": 2, "adjudications": 1,
    }  # fmt: skip


def test_who_takes_part_gets_no_answers_before_they_are_revealed(admin, tmp_path):
    task = make_task([admin, make_user("labeler")], images=2)
    submit(task.pk, admin, [say(one, 5) for one in assignments(task, admin)])

    def answers(*readers) -> list[dict[str, str]]:
        files = packed(tmp_path, "csv", readers=readers)
        assert len(sheet(files["tasks.csv"])) == (1 if len(files["answers.csv"]) > 200 else 0)
        return sheet(files["answers.csv"])

    assert answers(admin) == answers(make_user("admin"), admin) == []
    assert len(answers(make_user("admin"))) == len(answers()) == 4
    close_task(task)
    reveal_task(LabelingTask.objects.get())
    assert len(answers(admin)) == 4


@pytest.mark.parametrize("format", ["parquet", "json"])
def test_more_images_and_words_take_no_more_queries(world, tmp_path, format):
    def queries(name: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            write_dump(tmp_path / name, format, pick_datasets(["set"]))
        return len(seen)

    before = queries("before")
    current = open_round("more", [world], 1)
    reviewer = make_user("reviewer")
    for candidate in Candidate.objects.filter(image__datasets=world):
        judge(current, reviewer, candidate.image, candidate.class_index, Verdict.CORRECT)
    assert queries("after") == before


def test_what_is_packed_takes_the_place_of_what_was_there(world, tmp_path):
    (tmp_path / "real.zip").write_text("old")
    assert "annotations.json" in packed(tmp_path, "real")
    make_dataset(world.taxonomy, 1, "other")
    before = (tmp_path / "real.zip").read_bytes()
    with pytest.raises(ValueError, match="not for 'other-00000'"):
        write_dump(tmp_path / "real.zip", "real", pick_datasets())
    assert [path.name for path in tmp_path.iterdir()] == ["real.zip"]
    assert (tmp_path / "real.zip").read_bytes() == before
