"""The round trip: export, an empty database, import, and everything is as it was."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import uuid
import zipfile
from io import StringIO
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat, LPad

from accounts.models import AuditEntry, User
from annotation.exporting.formats import FILES, FOLDERS
from annotation.exporting.json_file import SEAL
from annotation.exporting.packages import MANIFEST, seal
from annotation.exporting.tables import SINCE, TABLES
from annotation.importing import dump_files
from annotation.importing.alone import LOCK
from annotation.importing.dump_files import read_manifest
from annotation.importing.dump_json import SEAL_SIZE
from annotation.labeling.answers import submit
from annotation.labeling.handing_in import hand_in
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import create_task
from annotation.models import (
    Adjudication,
    Answer,
    Assignment,
    Candidate,
    Dataset,
    DatasetImage,
    Image,
    Judgment,
    LabelingTask,
    Participant,
    PredictionSet,
    ReviewRound,
    TaskImage,
    Verdict,
    VerdictRule,
)
from annotation.review.consensus import rule_in_force
from annotation.review.rounds import count_progress, open_round
from annotation.review.rule import decide_anew
from annotation.review.scope import Scope
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from taxonomy.errors import InputError
from taxonomy.guide.writing import Draft, create_entry, restore, save_entry, set_archived
from taxonomy.models import ClassRelation, GuideEntry, GuideRevision, Taxonomy
from taxonomy.relations import Statement, enter
from tests.annotation.labeling.worlds import assignments, say, work
from tests.conftest import EMPTY
from tests.evaluation.worlds import build, random_world
from tests.factories import adjudicate, judge, make_user

pytestmark = pytest.mark.django_db

# What one format or another has a meaning of its own for.
NASTY = ['"', "'", "\\", "\\N", "\\.", "a\n\\.\nb", "a\r\nb", "\t", "", " ", "=1", '{"a": [', "],", "\x1f",
         "\u2028", "木", "NaN", "null", "t"]  # fmt: skip


@pytest.fixture
def dump(tmp_path) -> dict:
    """A world with a round, judged by two people, with a class that was added and taken back, a final
    verdict, people's times, tasks of both kinds, relations and a guide; dumped. Its report and what was
    said are in the dict."""
    taxonomy = build(random_world(5, images=20))
    Image.objects.filter(problematic=True).update(problem_reason='two, "pictures"\nin one')
    people = [make_user("reviewer", name=name) for name in ("ann", "bob")]
    label(people)
    write_guide(taxonomy, people)
    current = open_round("A round", Dataset.objects.all(), 1, overlap=2)
    for number, candidate in enumerate(Candidate.objects.unjudged().order_by("pk")[:20]):
        for person in people[: 1 + number % 2]:
            verdict = Verdict(1 + number % 3)
            judge(current, person, candidate.image, candidate.class_index, verdict)
    image = Image.objects.order_by("key")[0]
    free = set(range(8)) - set(image.candidates.values_list("class_index", flat=True))
    for verdict in (Verdict.CORRECT, Verdict.UNJUDGED):
        judge(current, people[0], image, min(free), verdict)
    disagree(taxonomy, people)
    adjudicate(Candidate.objects.order_by("pk")[3], Verdict.UNCLEAR, people[1])
    for number, text in enumerate(NASTY, start=4):
        adjudicate(Candidate.objects.order_by("pk")[number], Verdict.CORRECT, people[0], text)
    times = np.linspace(1, 9, PredictionSet.objects.first().size).astype("<f4")
    times[2] = np.nan
    PredictionSet.objects.filter(pk=PredictionSet.objects.first().pk).update(
        seconds=times.tobytes()
    )
    report = compute_report(take_snapshot())
    return {
        "folder": export(tmp_path / "dump", "parquet", report.snapshot.hash), "rows": report.rows,
        "said": said(), "hash": report.snapshot.hash, "images": images(), "rest": the_rest(),
        "rounds": rounds(), "disputed": disputed(),
        "people": list(Participant.objects.exclude(enrollments=None).values_list("name", flat=True)),
    }  # fmt: skip


def export(out: Path, format: str, snapshot: str) -> Path:
    call_command(
        "export_annotations", str(out), "--format", format, "--snapshot", snapshot, "--json",
        stdout=StringIO(),
    )  # fmt: skip
    return out


def disagree(taxonomy: Taxonomy, people: list[User]) -> None:
    """Two files, of whose words three say correct and the last one does not; two rounds, the later of
    which is first in the order of images and says other things. By the rule that is in force all
    are disputed that came from the files."""
    VerdictRule.objects.create(method="majority", confidence=0.8, chosen_by=people[1])
    made = [
        ReviewRound.objects.create(name=name, taxonomy=taxonomy, seed=1, scope=Scope(tasks=("exam",)).as_json(),
            file_sha256=sha256, state="closed")
        for name, sha256 in (("z file", "e" * 64), ("a file", "f" * 64), ("z round", ""), ("a round", ""))
    ]  # fmt: skip
    votes = [made[0]] * 3 + [made[1]]
    others = [make_user("reviewer", name=f"rater {number}") for number in range(4)]
    known = Candidate.objects.filter(judgments=None, verdict__gt=0).order_by("image", "class_index")
    first, *others_said = known[:4]
    for candidate in others_said:
        for number, (where, person) in enumerate(zip(votes, others, strict=True)):
            say_in(where, person, candidate, Verdict.CORRECT if number < 3 else Verdict.INCORRECT)
    last = Candidate.objects.filter(judgments=None, image__gt=first.image).order_by("pk").last()
    say_in(made[2], people[0], last, Verdict.CORRECT)
    say_in(made[3], people[0], last, Verdict.UNCLEAR)
    say_in(made[3], people[0], first, Verdict.CORRECT)
    decide_anew()
    assert disputed() == {(one.image.key, one.class_index) for one in others_said}


def say_in(where: ReviewRound, person: User, candidate: Candidate, verdict: Verdict) -> None:
    Judgment.objects.create(
        client_id=uuid.uuid4(), round=where, reviewer=person, candidate=candidate, verdict=verdict
    )


def rounds() -> list[tuple]:
    """The rounds, and how much was judged in each."""
    return [
        (one.name, one.file_sha256, one.blind, one.overlap, one.seed, one.scope, one.created,
         sorted(one.datasets.values_list("name", flat=True)))
        for one in ReviewRound.objects.order_by("pk")
    ]  # fmt: skip


def disputed() -> set[tuple[str, int]]:
    found = Candidate.objects.filter(disputed=True)
    return set(found.values_list("image__key", "class_index"))


def label(people: list[User]) -> None:
    """A training in which something is asked for again, and an evaluation that one hands in."""
    sample = Sample({"zebra": 4}, balanced=False)
    training, _ = create_task("learn", "training", sample, 3, labelers=people[:1], state="open")
    submit(training.pk, people[0], [say(one, 3) for one in assignments(training, people[0])])
    exam, _ = create_task("exam", "evaluation", sample, 4, labelers=people, state="open")
    given = assignments(exam, people[0])
    ops = [
        say(given[0], 7, confidence=2, note="=a, b"),
        work(given[0], 900, 800),
        say(given[1], None),
    ]
    submit(exam.pk, people[0], ops)
    hand_in(exam, people[0])


def write_guide(taxonomy: Taxonomy, people: list[User]) -> None:
    """Two relations; an entry with three revisions, one of them aside; an entry that is archived."""
    enter(taxonomy, Statement("subset", 1, 2, "it is big"), people[0])
    first, second = taxonomy.classes.filter(index__in=(3, 4)).order_by("index")
    taxonomy.relations.create(kind="synonym", first=first, second=second, source="wordnet")
    entry = create_entry(
        taxonomy, Draft("Stripes", "Look at the *legs*,\nnot [[c1]].", [1, 0]), people[0]
    )
    save_entry(entry, Draft("Stripes", "Both.", [0, 2], "shorter"), people[1], base=1)
    save_entry(entry, Draft("Stripes", "Aside.", [0]), people[0], base=1)
    restore(entry.revisions.get(number=1), people[1])
    set_archived(create_entry(taxonomy, Draft("Old", "Gone.", []), people[1]), archived=True)


def the_rest() -> dict[str, list[tuple]]:
    """What is said of classes and by labelers, without the names of people."""
    return {
        "relations": list(ClassRelation.objects.order_by("pk").values_list(
            "kind", "first__index", "second__index", "condition", "state", "source", "decided")),
        "entries": list(GuideEntry.objects.order_by("pk").values_list(
            "title", "archived", "current__number", "current__plain")),
        "classes": list(GuideEntry.objects.order_by("pk", "classes__index").values_list(
            "title", "classes__index")),
        "revisions": list(GuideRevision.objects.order_by("pk").values_list(
            "entry__title", "number", "title", "text", "plain", "names", "class_indices", "note",
            "aside", "restored_from__number", "created")),
        "tasks": list(LabelingTask.objects.order_by("pk").values_list(
            "name", "kind", "state", "seed", "scope", "created", "opened", "revealed")),
        "given": list(TaskImage.objects.order_by("task", "place").values_list(
            "task__name", "place", "image__key")),
        "answers": list(Assignment.objects.order_by("enrollment", "position").values_list(
            "enrollment__number", "enrollment__participant__name", "enrollment__handed_in", "position",
            "image__key", "class_index", "confidence", "later", "note", "exposed",
            "repeats__position", "opened", "answered", "wall_ms", "active_ms")),
        "history": list(Answer.objects.order_by("pk").values_list(
            "assignment__position", "class_index", "note", "created")),
    }  # fmt: skip


def said() -> list[tuple]:
    """Of each candidate in its order; JSON has no other."""
    rows = Judgment.objects.order_by("pk").values_list(
        "client_id", "candidate__image__key", "candidate__class_index", "verdict", "round__name",
        "created", "milliseconds",
    )  # fmt: skip
    final = Adjudication.objects.order_by("pk").values_list(
        "candidate__image__key", "verdict", "reason", "created"
    )
    return [*sorted(rows, key=lambda row: row[1:3]), *sorted(final, key=lambda row: row[0])]


def images() -> list[tuple]:
    return list(
        Image.objects.order_by("key").values_list("key", "target", "problematic", "problem_reason")
    )


def emptied() -> None:
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert not Image.objects.exists()


def bring(path: Path) -> dict:
    out = StringIO()
    call_command("import_dump", str(path), "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.mark.parametrize("name", ["dump", "dump.zip", "json.zip", "dump.json"])
def test_snapshot_accuracies_and_every_word_come_back(dump, tmp_path, name):
    if name != "dump":
        export(tmp_path / name, "json" if "json" in name else "parquet", dump["hash"])
    emptied()
    result = bring(tmp_path / name)
    assert result["snapshot"] == dump["hash"]
    assert compute_report(take_snapshot()).rows == dump["rows"]
    assert said() == dump["said"]
    assert images() == dump["images"]
    assert result["judgments"] == Judgment.objects.count() > 20
    assert (rounds(), disputed()) == (dump["rounds"], dump["disputed"])
    assert decide_anew() == 0
    for one in ReviewRound.objects.filter(state="closed"):
        counted = count_progress(one)
        assert counted.turns_done == counted.turns_total > 0
        assert counted.judgments_done > 0
        assert counted.judgments_done <= counted.judgments_total
    assert PredictionSet.objects.exclude(seconds=None).count() == 2
    found = the_rest()
    for what, expected in dump["rest"].items():
        assert found[what] == expected, what
    counts = [result[name] for name in ("answers", "relations", "guide", "rules")]
    assert counts == [6, 2, 2, 1]
    assert len(dump["rest"]["answers"]) == 16


def test_what_came_in_goes_out_as_it_was(dump, tmp_path):
    emptied()
    bring(dump["folder"])
    again = export(tmp_path / "again", "parquet", dump["hash"])
    people = ("reviewer", "labeler", "author", "decided_by", "chosen_by", "created")
    for name in TABLES:
        first, second = (
            pq.read_table(folder / f"{name}.parquet").to_pylist()
            for folder in (dump["folder"], again)
        )
        for row in (*first, *second):
            for column in people:
                row.pop(column, None)
        assert repr(first) == repr(second), name


def test_a_dump_of_version_2_comes_in_without_what_it_did_not_hold(dump):
    folder = dump["folder"]
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in SINCE:
        (folder / f"{name}.parquet").unlink()
        del manifest["sha256"][f"{name}.parquet"], manifest["rows"][name]
    del manifest["seal"]
    (folder / "manifest.json").write_text(json.dumps(manifest | {"version": 2}))
    emptied()
    result = bring(folder)
    assert result["snapshot"] == dump["hash"]
    assert said() == dump["said"]
    assert (result["answers"], result["relations"], result["guide"]) == (0, 0, 0)


def test_no_name_of_a_person_is_in_any_dump(dump, tmp_path):
    number = LPad(Cast("pk", CharField()), 8, Value("0"))
    Image.objects.update(key=Concat(Value("ILSVRC2012_val_"), number))  # for ReaL
    User.objects.filter(username="ann").update(email="ann@lab.example", first_name="Annabel")
    for format in (*FILES, *FOLDERS):
        for out in (tmp_path / f"{format}.zip", tmp_path / format):
            found = whole(export(out, format, dump["hash"]))
            names = rb"\bann\b|\bbob\b|annabel|lab\.example|who adds"
            assert not re.search(names, found, re.IGNORECASE), format


def test_names_are_in_a_dump_that_an_admin_asks_for_with_names(dump, tmp_path):
    out = tmp_path / "named.json"
    call_command(
        "export_annotations", str(out), "--format", "json", "--with-names", stdout=StringIO()
    )
    found = json.loads(out.read_text())
    reviewers = {word["reviewer"] for image in found["images"] for word in image["judgments"]}
    assert reviewers == {"ann", "bob", *(f"rater {number}" for number in range(4))}
    assert {row["labeler"] for row in found["answers"]} == {"ann", "bob"}
    assert "with_names" in AuditEntry.objects.order_by("-pk")[0].subject


def whole(path: Path) -> bytes:
    """The content of all files, of a zip too."""
    if path.is_dir():
        return b"".join(one.read_bytes() for one in path.rglob("*") if one.is_file())
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as package:
        return b"".join(map(package.read, package.namelist()))


def test_where_something_is_already_nothing_comes_in(dump):
    before = Image.objects.count()
    with pytest.raises(CommandError, match=r"there is a dataset .* already"):
        bring(dump["folder"])
    assert Image.objects.count() == before


def changed(dump: dict, tmp_path: Path, table: str, how) -> Path:
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(dump["folder"], copy)
    path = copy / table
    path.write_bytes(how(path.read_bytes()))
    return copy


def manifest_with(**fields: object):
    def change(content: bytes) -> bytes:
        return json.dumps(json.loads(content) | fields).encode()

    return change


def sealed(**fields: object):
    def change(content: bytes) -> bytes:
        manifest = json.loads(content) | fields
        return json.dumps(manifest | {"seal": seal(manifest)}).encode()

    return change


BAD_FOLDERS = [
    ("candidates.parquet", lambda c: c[:-1] + bytes([c[-1] ^ 1]), "its content differs"),
    ("judgments.parquet", lambda c: c[: len(c) // 2], "its content differs"),
    ("manifest.json", lambda c: c[:40], "is not JSON"),
    ("manifest.json", lambda _: b"[]", "is not the manifest"),
    ("manifest.json", lambda _: b'{"format": "tusker-parquet"}', "is not the manifest"),
    ("manifest.json", manifest_with(sha256=None), "is not the manifest"),
    ("README.md", lambda c: c + b" ", "README.md: is not the file"),
    ("manifest.json", manifest_with(taxonomy="other"), "differs from its seal"),
    ("manifest.json", manifest_with(version=3), "differs from its seal"),
    ("manifest.json", sealed(version=2), r"lists answers.parquet, which version 2 does not have"),
    (
        "manifest.json",
        sealed(rows={"images": 5}),
        "says 5 images; there are 20",
    ),
    ("manifest.json", manifest_with(version="4"), "is not the manifest"),
    ("manifest.json", manifest_with(version=99), "is of version 99; this Tusker reads up to"),
    ("manifest.json", manifest_with(version=1), "holds too little"),
    ("manifest.json", sealed(snapshot="0" * 64), "and not 0000"),
    (
        "manifest.json",
        manifest_with(format="tusker-csv"),
        "a dump as csv, which holds too little",
    ),
    ("manifest.json", lambda _: b"[" * 10**6, "is not JSON"),
]


def test_a_dump_that_is_not_whole_leaves_nothing(dump, tmp_path):
    emptied()
    for table, how, message in BAD_FOLDERS:
        with pytest.raises(CommandError, match=message):
            bring(changed(dump, tmp_path, table, how))
        assert not Image.objects.exists()
        assert not Judgment.objects.exists()


def test_no_letter_and_digit_of_the_manifest_can_be_changed(dump):
    path = dump["folder"] / MANIFEST
    text = path.read_text()
    assert read_manifest(dump["folder"])["snapshot"] == dump["hash"]
    places = [place for place, letter in enumerate(text) if letter.isalnum()]
    for place in places[::23]:
        path.write_text(text[:place] + ("1" if text[place] != "1" else "2") + text[place + 1 :])
        with pytest.raises(InputError):
            read_manifest(dump["folder"])


def test_a_file_that_is_missing_is_named(dump):
    emptied()
    for path in sorted(dump["folder"].iterdir()):
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(CommandError, match=f"{path.name}: can't be read"):
            bring(dump["folder"])
        path.write_bytes(content)


def reseal(content: bytes) -> bytes:
    """With the SHA-256 that it should end in."""
    body = content[:-SEAL_SIZE]
    return body + SEAL.format(hashlib.sha256(body).hexdigest()).encode()


BAD_JSON = [
        (lambda c: c[: len(c) // 2], "is cut short"),
        (lambda c: c[:-1], "is cut short"),
        (lambda c: c.replace(b"unjudged", b"unjudgex", 1), "its content differs"),
        (lambda c: c.replace(b'"version": 3', b'"version": 4', 1), "is of version 4; this Tusker reads up to 3"),
        (lambda c: c.replace(b'"version": 3', b'"version": 1', 1), "holds too little"),
        (lambda c: c.replace(b'"version": 3', b'"version": "3"', 1), "does not say of which version"),
        (lambda c: reseal(c.replace(b'"targets"', b'"target"', 1)), "is not laid out as a dump"),
        (lambda c: reseal(c.replace(b'"image_id": "image', b'"image_id": "other', 1)), "is in none of its datasets"),
        (lambda c: reseal(c.replace(b'"kind": "subset", "first": "c1"', b'"kind": "subset", "first": "c99"')),
         "holds what can't be stored"),
        (lambda _: b"{}", "does not begin as a dump"),
        (lambda _: b"[" * 10**6, "does not begin as a dump"),
        (lambda _: b"", "does not begin as a dump"),
]  # fmt: skip


# (what, in its place, what is said of it), in a file whose seal is right.
NOT_STORED = "holds what can't be stored"
ODD_JSON = [
    (r'"id" : "[0-9a-f]+', '"id" : "x', NOT_STORED),
    (r'"judged_at" : "', '"judged_at" : "x', NOT_STORED),
    (r'"milliseconds" : 1200', '"milliseconds" : 4000000000', "is not laid out|can't be stored"),
    (r'"reason" : "plain"', r'"reason" : "\\u0000"', NOT_STORED),
    (r'"adjudications" : \[', '"adjudications" : ["x", ', "is not laid out"),
    (r'"adjudications" : \[\]', '"adjudications" : [["x"]]', "is not laid out"),
    (r'"class_index": 7', f'"class_index": {2**70}', "is not laid out"),
    (r'"class_index": 7', '"class_index": -1', "indices of its classes are not 0, 1"),
    (r'"lemmas": \["class 3"\]', '"lemmas": []', NOT_STORED),
    (r'"classes": \[0, ', '"classes": [5000, ', NOT_STORED),
    (r'"classes": \[0, ', '"classes": [-1, ', NOT_STORED),
    (r'("name": "few", "kind": )"group"', r'\1"robot"', "'robot' is no kind of a class group"),
    (r'(\{"kind": "subset".*\}),?\n', r"\1,\n\1,\n", NOT_STORED),
    (r'"source": "wordnet"', '"source": "dream"', "'dream' is no source of a class relation"),
    (r'("dataset": "zebra", "k": )5', r"\g<1>0", "are not 0 for each image"),
    (r'("dataset": "zebra", "k": )5', r"\g<1>2", "not of the images|not 2 for each"),
    (r'("dataset": "zebra", "k": 5, "top_k": \[)\d+', r"\g<1>99999", "class index 99999 is not among"),
    (r'("dataset": "zebra", "k": 5, "top_k": \[)', r"\g<1>1, 2, 3, 4, 5, ", "are not of the images of 'zebra'"),
    (r'("participant": "model-0", "kind": )"model"', r'\1"robot"', "'robot' is no kind of a participant"),
    (r'("model-0", "kind": )"model", "dataset": ', r'\1"robot", "dataset": ', "'robot' is no kind of a part"),
    (r'("kind": "training", "state": )"open"', r'\1"odd"', "'odd' is no state of a labeling task"),
    (r'("overlap": )2', r"\g<1>9", "less than or equal to 5"),
    (r'("sample": "\{)', r'\1\"x\": 1, ', "unexpected keyword argument 'x'"),
    (r'("method": )"majority"', r'\1"oracle"', "There is no rule 'oracle'"),
    (r'("dataset": "zebra", "position": )3', r"\g<1>99", "the positions of 'zebra' are not 0, 1"),
    (r'\{"dataset": "(zebra|Antelope)", "position": .*\n', "", "positions of|is in none of its datasets"),
    (r'("task": "exam", .*"position": )1,', r"\g<1>0,", "two answers of '.*' at one position"),
]  # fmt: skip


def test_what_no_tusker_wrote_leaves_nothing(dump, tmp_path):
    path = export(tmp_path / "dump.json", "json", dump["hash"])
    text = path.read_text()
    emptied()
    for pattern, instead, message in ODD_JSON:
        odd, count = re.subn(pattern, instead, text, count=1)
        assert count, pattern
        path.write_bytes(reseal(odd.encode()))
        with pytest.raises(CommandError, match=message):
            bring(path)
        assert not Image.objects.exists()
        assert not User.objects.exists()


def test_a_part_of_a_snapshot_comes_back_and_is_not_taken_for_the_whole(dump, tmp_path):
    out = StringIO()
    call_command(
        "export_annotations", str(tmp_path / "part"), "--format", "parquet", "--snapshot", dump["hash"],
        "--dataset", "zebra", stdout=out,
    )  # fmt: skip
    manifest = json.loads((tmp_path / "part" / MANIFEST).read_text())
    assert (manifest["snapshot"], manifest["part_of"]) == (None, dump["hash"])
    assert f"part of snapshot {dump['hash']}" in (tmp_path / "part" / "README.md").read_text()
    emptied()
    assert bring(tmp_path / "part")["datasets"] == ["zebra"]
    assert {tuple(row) for row in pq.read_table(tmp_path / "part" / "images.parquet", columns=["datasets"])
            .column(0).to_pylist()} == {("zebra",)}  # fmt: skip


def test_a_snapshot_has_the_images_that_its_datasets_had_then(dump, tmp_path):
    dataset = Dataset.objects.get(name="Antelope")
    image = Image.objects.exclude(datasets=dataset).order_by("pk")[0]
    DatasetImage.objects.create(dataset=dataset, image=image, position=dataset.size)
    Dataset.objects.filter(pk=dataset.pk).update(size=dataset.size + 1)
    Dataset.objects.create(name="later", taxonomy=dataset.taxonomy)
    with pytest.raises(CommandError, match="has nothing of 'later'"):
        call_command(
            "export_annotations", str(tmp_path / "later"), "--format", "json", "--snapshot", dump["hash"],
            "--dataset", "later", stdout=StringIO(),
        )  # fmt: skip
    again = export(tmp_path / "again", "parquet", dump["hash"])
    emptied()
    assert bring(again)["snapshot"] == dump["hash"]


def test_people_who_are_here_get_nothing_of_a_dump(dump):
    emptied()
    name = next(name for name in dump["people"] if name)
    Participant.objects.create(name=name, kind="human", user=make_user(name="eve"))
    with pytest.raises(CommandError, match=f"'{name}' is a person here"):
        bring(dump["folder"])
    assert not PredictionSet.objects.exists()


def test_json_that_is_not_whole_leaves_nothing(dump, tmp_path):
    path = export(tmp_path / "dump.json", "json", dump["hash"])
    content = path.read_bytes()
    emptied()
    for how, message in BAD_JSON:
        path.write_bytes(how(content))
        with pytest.raises(CommandError, match=message):
            bring(path)
        assert not Image.objects.exists()
        assert not User.objects.exists()


def test_a_zip_that_is_not_whole_leaves_nothing(dump, tmp_path):
    path = export(tmp_path / "dump.zip", "parquet", dump["hash"])
    content = path.read_bytes()
    emptied()
    place = content.index(b"PAR1") + 100
    for damaged in (content[: len(content) // 2], content[:place] + b"XXXX" + content[place + 4 :]):
        path.write_bytes(damaged)
        with pytest.raises(CommandError, match="is no whole zip"):
            bring(path)
    with pytest.raises(CommandError, match=r"nowhere: there is no such file"):
        bring(tmp_path / "nowhere")
    assert not Image.objects.exists()


def test_whatever_is_broken_in_what_is_deflated_is_no_whole_zip(dump, tmp_path):
    path = export(tmp_path / "dump.zip", "json", dump["hash"])
    content = path.read_bytes()
    emptied()
    for place in range(content.index(b"annotations.json") + 40, len(content) // 2, 997):
        path.write_bytes(content[:place] + b"\xff\xff\xff" + content[place + 3 :])
        with pytest.raises(CommandError, match="is no whole zip"):
            bring(path)


def test_a_zip_that_unpacks_to_far_more_than_a_dump_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(dump_files, "MOST_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("README.md", bytes(3 << 20))
    with pytest.raises(CommandError, match="unpacks to 3 MiB, as no dump does"):
        bring(tmp_path / "bomb.zip")


def test_json_comes_in_under_any_name_and_other_imports_wait_for_the_end(dump, tmp_path):
    path = export(tmp_path / "dump.json", "json", dump["hash"]).rename(tmp_path / "dump.backup")
    emptied()
    assert bring(path)["snapshot"] == dump["hash"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [LOCK]
        )
        assert cursor.fetchone() == (1,)


def test_a_rule_that_was_chosen_here_stays_in_force(dump):
    emptied()
    VerdictRule.objects.create(method="unanimous", confidence=0.5, chosen_by=make_user(name="eve"))
    assert bring(dump["folder"])["rules"] == 0
    assert rule_in_force().method == "unanimous"
    assert disputed() == dump["disputed"]
