"""The round trip: export, an empty database, import, and everything is as it was."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from annotation.exporting.tables import TABLES
from annotation.models import (
    Adjudication,
    Candidate,
    Dataset,
    Image,
    Judgment,
    PredictionSet,
    Verdict,
)
from annotation.review.rounds import open_round
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.conftest import EMPTY
from tests.evaluation.worlds import build, random_world
from tests.factories import adjudicate, judge, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def dump(tmp_path) -> dict:
    """A world with a round, judged by two people, with a class that was added and taken back, a final
    verdict and people's times; dumped. Its report and what was said are in the dict."""
    build(random_world(5, images=20))
    Image.objects.filter(problematic=True).update(problem_reason='two, "pictures"\nin one')
    current = open_round("A round", Dataset.objects.all(), 1, overlap=2)
    people = [make_user("reviewer", name=name) for name in ("ann", "bob")]
    for number, candidate in enumerate(Candidate.objects.unjudged().order_by("pk")[:20]):
        for person in people[: 1 + number % 2]:
            verdict = Verdict(1 + number % 3)
            judge(current, person, candidate.image, candidate.class_index, verdict)
    image = Image.objects.order_by("key")[0]
    free = set(range(8)) - set(image.candidates.values_list("class_index", flat=True))
    for verdict in (Verdict.CORRECT, Verdict.UNJUDGED):
        judge(current, people[0], image, min(free), verdict)
    adjudicate(Candidate.objects.order_by("pk")[3], Verdict.UNCLEAR, people[1])
    times = np.linspace(1, 9, PredictionSet.objects.first().size).astype("<f4")
    PredictionSet.objects.filter(pk=PredictionSet.objects.first().pk).update(
        seconds=times.tobytes()
    )
    report = compute_report(take_snapshot())
    call_command(
        "export_annotations", str(tmp_path / "dump"), "--format", "parquet", "--snapshot",
        report.snapshot.hash, "--json", stdout=StringIO(),
    )  # fmt: skip
    return {"folder": tmp_path / "dump", "rows": report.rows, "said": said(),
            "hash": report.snapshot.hash, "images": images()}  # fmt: skip


def said() -> list[tuple]:
    rows = Judgment.objects.order_by("pk").values_list(
        "client_id", "candidate__image__key", "candidate__class_index", "verdict", "round__name",
        "created", "milliseconds",
    )  # fmt: skip
    final = Adjudication.objects.values_list(
        "candidate__image__key", "verdict", "reason", "created"
    )
    return [*rows, *final]


def images() -> list[tuple]:
    return list(
        Image.objects.order_by("key").values_list("key", "target", "problematic", "problem_reason")
    )


def emptied() -> None:
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert not Image.objects.exists()


def bring(folder: Path) -> dict:
    out = StringIO()
    call_command("import_dump", str(folder), "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def test_snapshot_accuracies_and_every_word_come_back(dump):
    emptied()
    result = bring(dump["folder"])
    assert result["snapshot"] == dump["hash"]
    assert compute_report(take_snapshot()).rows == dump["rows"]
    assert said() == dump["said"]
    assert images() == dump["images"]
    assert result["judgments"] == Judgment.objects.count() > 20
    assert PredictionSet.objects.exclude(seconds=None).count() == 1


def test_no_name_of_a_person_is_in_it(dump):
    content = b"".join(path.read_bytes() for path in dump["folder"].iterdir())
    assert b"ann" not in content.replace(b"annotation", b"").replace(b"Annotation", b"")


def test_where_something_is_already_nothing_comes_in(dump):
    before = Image.objects.count()
    with pytest.raises(CommandError, match=r"there is a dataset .* already"):
        bring(dump["folder"])
    assert Image.objects.count() == before


def changed(dump: dict, tmp_path: Path, table: str, how) -> Path:
    copy = tmp_path / "copy"
    shutil.copytree(dump["folder"], copy)
    path = copy / table
    path.write_bytes(how(path.read_bytes()))
    return copy


def manifest_with(**fields: object):
    def change(content: bytes) -> bytes:
        return json.dumps(json.loads(content) | fields).encode()

    return change


@pytest.mark.parametrize(
    ("table", "how", "message"),
    [
        ("candidates.parquet", lambda c: c[:-1] + bytes([c[-1] ^ 1]), "its content differs"),
        ("judgments.parquet", lambda c: c[: len(c) // 2], "its content differs"),
        ("manifest.json", lambda c: c[:40], "is not JSON"),
        ("manifest.json", lambda _: b"[]", "is not the manifest"),
        ("manifest.json", lambda _: b'{"format": "tusker-parquet"}', "is not the manifest"),
        ("manifest.json", manifest_with(sha256=None), "is not the manifest"),
        ("manifest.json", manifest_with(version=99), "is of version 99; this Tusker reads up to"),
        ("manifest.json", manifest_with(version=1), "holds too little"),
        ("manifest.json", manifest_with(snapshot="0" * 64), "and not 0000"),
        ("manifest.json", lambda _: b"[" * 10**6, "is not JSON"),
    ],
)
def test_a_dump_that_is_not_whole_leaves_nothing(dump, tmp_path, table, how, message):
    folder = changed(dump, tmp_path, table, how)
    emptied()
    with pytest.raises(CommandError, match=message):
        bring(folder)
    assert not Image.objects.exists()
    assert not Judgment.objects.exists()


@pytest.mark.parametrize("name", [*TABLES, "manifest"])
def test_a_file_that_is_missing_is_named(dump, tmp_path, name):
    copy = tmp_path / "copy"
    shutil.copytree(dump["folder"], copy)
    suffix = "json" if name == "manifest" else "parquet"
    (copy / f"{name}.{suffix}").unlink()
    emptied()
    with pytest.raises(CommandError, match=f"{name}.{suffix}: can't be read"):
        bring(copy)
