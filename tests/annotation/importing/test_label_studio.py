"""What people chose in Label Studio, and our own tasks back from it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from annotation.exporting.records import pick_datasets
from annotation.exporting.writing import write_dump
from annotation.importing.judgment_files import Known
from annotation.importing.judgments import import_judgments
from annotation.importing.labelstudio import read_labelstudio
from annotation.importing.picking import Members
from annotation.models import Candidate, Judgment, ReviewRound, Verdict
from taxonomy.errors import InputError
from taxonomy.lookup import ClassLookup
from taxonomy.progress import quiet
from tests.annotation.importing.conftest import run, save, write_csv
from tests.annotation.importing.test_judgments import everything

CORRECT, INCORRECT = Verdict.CORRECT, Verdict.INCORRECT
MADE = "2024-05-31T09:30:00.125000Z"


def choice(*classes: str, name: str = "classes") -> dict[str, Any]:
    return {
        "id": "Dx_aB91ISN", "from_name": name, "to_name": "image", "type": "choices",
        "origin": "manual", "value": {"choices": list(classes)},
    }  # fmt: skip


def annotation(number: int, *classes: str, by: Any = 7, **fields: Any) -> dict[str, Any]:
    """As the export JSON has it."""
    return {
        "id": number, "completed_by": by, "result": [choice(*classes)] if classes else [],
        "was_cancelled": False, "ground_truth": False, "created_at": MADE, "updated_at": MADE,
        "draft_created_at": None, "lead_time": 3.0, "prediction": {}, "result_count": 1,
        "unique_id": f"00000000-0000-4000-8000-{number:012}", "task": number, "project": 83, **fields,
    }  # fmt: skip


def task(number: int, image: str, *annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {
        "id": number, "annotations": list(annotations), "file_upload": "1-photos.json",
        "drafts": [{"result": [choice("f")]}], "data": {"image": image, **data}, "meta": {},
        "predictions": [{"model_version": "net", "result": [choice("e")]}], "project": 83,
    }  # fmt: skip


def export(folder: Path, *tasks: object, name: str = "project-83.json") -> Path:
    (folder / name).write_text(json.dumps(tasks))
    return folder / name


def stored() -> list[tuple[Any, ...]]:
    rows = Judgment.objects.order_by("pk").values_list(
        "candidate__image__key", "candidate__class_index", "reviewer__username", "verdict",
        "milliseconds",
    )  # fmt: skip
    return list(rows)


def test_what_somebody_chose_is_correct(photos):
    """Keys, indices and names; two people; skipped, empty, drafts and predictions say nothing."""
    path = export(
        photos,
        task(1, "/data/upload/1/abcdef12-p0.jpg", annotation(11, "a", "1", "tusker"),
             annotation(12, "d", by={"id": 8, "email": "ole@example.org", "first_name": "Ole"})),
        task(2, "x", annotation(13, "African elephant", lead_time=None), image_id="p1"),
        task(3, "s3://bucket/photos/p2.jpg", annotation(14, "c", was_cancelled=True), annotation(15)),
    )  # fmt: skip
    result = run("import_judgments", path)
    assert result == {
        "round": "project-83.json", "judgments": 5, "judgments_new": 5,
        "judgments_withdrawn": 0, "skipped": 0,
        "reviewers": 2, "reviewers_new": 2, "images": 2, "candidates": 5, "candidates_new": 4,
        "verdicts_changed": 5, "verdicts_kept": 0,
    }  # fmt: skip
    assert stored() == [
        ("p0", 0, "labelstudio-7", CORRECT, 1000), ("p0", 1, "labelstudio-7", CORRECT, 1000),
        ("p0", 2, "labelstudio-7", CORRECT, 1000), ("p0", 3, "labelstudio-8", CORRECT, 3000),
        ("p1", 3, "labelstudio-7", CORRECT, None),
    ]  # fmt: skip
    times = set(Judgment.objects.values_list("created", flat=True))
    assert times == {datetime(2024, 5, 31, 9, 30, 0, 125_000, tzinfo=UTC)}
    assert ReviewRound.objects.get().state == ReviewRound.State.CLOSED
    before = everything()
    assert run("import_judgments", path)["judgments_new"] == 0
    assert everything() == before


def test_what_nobody_chose_is_incorrect_only_if_that_is_said(photos):
    """The same file, and the same annotations in another, bring nothing new, whatever became a candidate."""
    tasks = [task(1, "p0.jpg", annotation(11, "a")), task(2, "p1.jpg", annotation(12))]
    run("import_predictions", "photos", save(photos / "net.npy", [[4], [5], [2], [3]]))
    first = export(photos, *tasks, task(3, "p2.jpg", annotation(13)))
    assert run("import_judgments", first)["judgments"] == 1
    before = everything()
    assert run("import_judgments", first, "--unchosen", "incorrect")["judgments_new"] == 0
    assert everything() == before
    second = export(
        photos,
        tasks[1],
        {**task(3, "p3.jpg", annotation(14, "d")), "project": 84},
        name="other.json",
    )
    result = run("import_judgments", second, "--unchosen", "incorrect")
    assert (result["judgments"], result["judgments_new"]) == (3, 3)
    assert stored() == [
        ("p0", 0, "labelstudio-7", CORRECT, 3000), ("p1", 1, "labelstudio-7", INCORRECT, 1500),
        ("p1", 5, "labelstudio-7", INCORRECT, 1500), ("p3", 3, "labelstudio-7", CORRECT, 3000),
    ]  # fmt: skip
    run("import_predictions", "photos", save(photos / "more.npy", [[2], [2], [4], [2]]))
    before = everything()
    for path in (
        second,
        export(photos, *json.loads(second.read_text()), {"annotations": []}, name="m.json"),
    ):
        assert run("import_judgments", path, "--unchosen", "incorrect")["judgments_new"] == 0
    assert everything() == before


def test_more_tasks_need_no_more_queries(photos):
    counts = []
    for name, images in (("one.json", "0"), ("three.json", "123")):
        tasks = [task(n, f"p{image}", annotation(n, "a")) for n, image in enumerate(images)]
        with CaptureQueriesContext(connection) as queries:
            import_judgments(export(photos, *tasks, name=name), unchosen_incorrect=True)
        counts.append(len(queries))
    assert Judgment.objects.count() == 7
    assert counts[1] <= counts[0]


def test_a_later_export_brings_what_is_new_and_what_was_changed(photos):
    tasks = [task(1, "p0.jpg", annotation(11, "a")), task(2, "p1.jpg", annotation(12, "b"))]
    run("import_judgments", export(photos, *tasks))
    before = everything()
    again = run("import_judgments", export(photos, *tasks, {**tasks[0], "id": 9, "annotations": []},
                                           name="again.json"))  # fmt: skip
    assert (again["round"], again["judgments"], again["judgments_new"]) == (None, 2, 0)
    assert everything() == before
    changed = annotation(11, "c", updated_at="2024-06-01T00:00:00Z")
    later = export(photos, task(1, "p0.jpg", changed), *tasks[1:], name="later.json")
    result = run("import_judgments", later, "--unchosen", "incorrect")
    assert (result["round"], result["judgments_new"]) == ("later.json", 2)
    verdicts = Candidate.objects.filter(image__key="p0").values_list("class_index", "verdict")
    assert dict(verdicts) == {0: INCORRECT, 2: CORRECT}


JUNE, JULY = "2024-06-01T00:00:00Z", "2024-07-01T00:00:00Z"


def words(image: str = "p0") -> dict[tuple[str, int], int]:
    """The last word of each reviewer on each class."""
    return {(name, index): verdict for key, index, name, verdict, _ in stored() if key == image}


def test_what_is_chosen_no_more_is_taken_back(photos):
    """Chosen anew, emptied, skipped, deleted: what the last export says holds, of those it speaks of."""
    first = [
        task(1, "p0.jpg", annotation(11, "a", "b"), annotation(12, "b", by=8)),
        task(2, "p1.jpg", annotation(13, "a"), annotation(14, "c", by=8)),
        task(3, "p2.jpg", annotation(15, "a")),
    ]
    run("import_judgments", export(photos, *first))
    later = [
        task(
            1,
            "p0.jpg",
            annotation(11, "b", "c", updated_at=JUNE),
            annotation(12, by=8, updated_at=JUNE),
        ),
        task(2, "p1.jpg", annotation(13, "a", was_cancelled=True, updated_at=JUNE)),
    ]
    # Another project, and another server's task of the same number, take nothing back.
    other = [{**task(9, "p0.jpg", annotation(91, "e", by=9, updated_at=JULY)), "project": 84}]
    run("import_judgments", export(photos, *other, name="other.json"))
    result = run("import_judgments", export(photos, *later, name="later.json"))
    assert [result[key] for key in ("judgments", "judgments_new", "judgments_withdrawn")] == [
        2,
        2,
        4,
    ]
    assert words() == {
        ("labelstudio-7", 0): 0, ("labelstudio-7", 1): CORRECT, ("labelstudio-7", 2): CORRECT,
        ("labelstudio-8", 1): 0, ("labelstudio-9", 4): CORRECT,
    }  # fmt: skip
    assert words("p1") == {("labelstudio-7", 0): 0, ("labelstudio-8", 2): 0}
    assert words("p2") == {("labelstudio-7", 0): CORRECT}
    verdicts = Candidate.objects.filter(image__key__in=["p0", "p1"]).order_by(
        "image", "class_index"
    )
    assert list(verdicts.values_list("image__key", "class_index", "verdict")) == [
        ("p0", 0, 0), ("p0", 1, CORRECT), ("p0", 2, CORRECT), ("p0", 4, CORRECT),
        ("p1", 0, 0), ("p1", 1, 0), ("p1", 2, 0),
    ]  # fmt: skip
    before = everything()
    for tasks in (later, first, other):  # again, and an older one after a newer one
        path = export(photos, *tasks, task(4, "p3.jpg"), name="again.json")
        assert run("import_judgments", path)["round"] is None
    assert everything() == before
    again = export(
        photos, task(1, "p0.jpg", annotation(11, "a", updated_at=JULY)), name="july.json"
    )
    run("import_judgments", again)
    assert words()["labelstudio-7", 0] == CORRECT == verdicts[0].verdict
    assert words()["labelstudio-7", 1] == 0


def test_what_was_deleted_is_known_from_a_file_that_is_not_older(photos):
    """Label Studio gives a task a new time when an annotation of it is deleted."""
    both = [annotation(11, "a"), annotation(12, "b", by=8, updated_at=JUNE)]
    run("import_judgments", export(photos, task(1, "p0.jpg", *both)))
    run("import_judgments", export(photos, task(1, "p0.jpg", both[0]), name="older.json"))
    assert words()["labelstudio-8", 1] == CORRECT
    left = {**task(1, "p0.jpg", both[0]), "updated_at": JULY}
    result = run("import_judgments", export(photos, left, name="newer.json"))
    assert (result["judgments_new"], result["judgments_withdrawn"]) == (0, 1)
    assert words() == {("labelstudio-7", 0): CORRECT, ("labelstudio-8", 1): 0}


def test_where_no_time_is_told_the_export_imported_last_holds(photos):
    for number, classes in enumerate(["a", "a", "c", "", "a"]):
        made = annotation(11, *classes, created_at=None, updated_at=None)
        path = export(photos, task(1, "p0.jpg", made), task(number, "p1"), name=f"{number}.json")
        result = run("import_judgments", path)
        assert (result["round"] is None) == (number == 1)
        correct = {index for (_, index), verdict in words().items() if verdict == CORRECT}
        assert correct == {"abc".index(one) for one in classes}


def test_in_the_small_export_a_task_is_known_by_its_number(photos):
    first = [
        small(1, "p0.jpg", "a"), small(1, "p0.jpg", "b", annotator=8), small(2, "p1.jpg", "a"),
    ]  # fmt: skip
    run("import_judgments", export(photos, *first))
    later = [small(1, "p0.jpg", "c", updated_at=JUNE), small(5, "p1.jpg", "b", updated_at=JUNE)]
    result = run("import_judgments", export(photos, *later, name="later.json"))
    assert (result["judgments_new"], result["judgments_withdrawn"]) == (2, 2)
    assert words() == {
        ("labelstudio-7", 0): 0, ("labelstudio-7", 2): CORRECT, ("labelstudio-8", 1): 0,
    }  # fmt: skip
    assert words("p1") == {("labelstudio-7", 0): CORRECT, ("labelstudio-7", 1): CORRECT}


def test_no_address_of_a_person_is_kept(photos):
    people = [{"email": "Ida@example.org"}, "ida@example.org", "7", {"id": 7, "email": "x@y.org"}]
    tasks = [
        task(n, f"p{n}.jpg", annotation(n, "a", by=by), image_id=f"p{n}")
        for n, by in enumerate(people)
    ]
    result = run("import_judgments", export(photos, *tasks))
    assert result["reviewers"] == 2
    names = set(User.objects.exclude(judgments=None).values_list("username", flat=True))
    (other,) = names - {"labelstudio-7"}
    assert re.fullmatch(r"labelstudio-[0-9a-f]{12}", other)
    assert "example" not in json.dumps(result)


def test_of_several_annotations_by_one_person_the_last_counts(photos):
    late = annotation(12, "b", created_at="2024-06-01T00:00:00Z", updated_at="2024-06-02T00:00:00Z")
    path = export(photos, task(1, "p0.jpg", late, annotation(11, "a")))
    assert run("import_judgments", path)["judgments"] == 1
    assert stored() == [("p0", 1, "labelstudio-7", CORRECT, 3000)]


def small(number: int, image: str, choices: object, **fields: Any) -> dict[str, Any]:
    """A record of the export JSON-MIN."""
    record = {
        "image": image, "id": number, "annotator": 7, "annotation_id": number,
        "created_at": MADE, "updated_at": MADE, "lead_time": 3.0,
    }  # fmt: skip
    return record | ({} if choices is None else {"choice": choices}) | fields


def test_the_small_export_says_the_same(photos):
    path = export(
        photos,
        small(1, "/data/local-files/?d=photos/p0.jpg", {"choices": ["a", "tusker"]}),
        small(2, "https://example.org/p1.jpg?token=secret", "b", annotator="ole@example.org"),
        small(3, "p2.jpg", None), small(4, "p3.jpg", None, annotation_id=None),
    )  # fmt: skip
    assert run("import_judgments", path)["judgments"] == 3
    assert [(row[0], row[1], row[3], row[4]) for row in stored()] == [
        ("p0", 0, CORRECT, 1500), ("p0", 2, CORRECT, 1500), ("p1", 1, CORRECT, 3000),
    ]  # fmt: skip
    assert stored()[0][2] == "labelstudio-7" != stored()[2][2]


def test_our_own_tasks_come_back_annotated(photos):
    """Label Studio keeps what we say in `data` and gives annotations what it knows of them."""
    run("import_predictions", "photos", save(photos / "net.npy", [[4], [1], [2], [5]]))
    Candidate.objects.filter(image__key="p3", class_index=3).update(verdict=CORRECT)
    write_dump(photos / "ours.json", "labelstudio", pick_datasets())
    tasks = json.loads((photos / "ours.json").read_text())
    # What is held here is nobody's judgment; what somebody adds to the file is.
    with pytest.raises(InputError, match="has no judgment of an image"):
        import_judgments(photos / "ours.json")
    by_hand = [{**tasks[0], "annotations": [annotation(70, "a", by=5)]}, *tasks[1:]]
    assert run("import_judgments", export(photos, *by_hand, name="by-hand.json"))["judgments"] == 1
    for number, one in enumerate(tasks):
        kept = [annotation(50, **each) for each in one["annotations"]]
        one["annotations"] = [*kept, annotation(number, "a", "e", by=9)]
        one["id"] = number
        for guess in one["predictions"]:
            guess["id"] = number
    result = run("import_judgments", export(photos, *tasks), "--format", "labelstudio")
    assert (result["judgments"], result["images"], result["reviewers"]) == (9, 4, 2)
    assert {row[:3] for row in stored()} == {
        *((f"p{n}", index, "labelstudio-9") for n in range(4) for index in (0, 4)),
        ("p3", 3, "labelstudio-7"),
        ("p0", 0, "labelstudio-5"),
    }


def test_images_that_are_not_there_may_be_left_out(photos, refused):
    path = export(
        photos, task(1, "q.jpg", annotation(1, "a", "b")), task(2, "p0", annotation(2, "a"))
    )
    assert refused("import_judgments", path) == (
        "project-83.json, row 1: unknown image 'q.jpg'; --skip-unknown leaves out judgments of such images"
    )
    result = run("import_judgments", path, "--skip-unknown")
    assert (result["judgments"], result["skipped"]) == (1, 2)
    run("import_dataset", "more", write_csv(photos / "more.csv", "q,5"))
    again = run("import_judgments", path, "--unchosen", "incorrect")
    assert (again["judgments_new"], again["skipped"]) == (3, 0)


NO_TASK = 'is no task of Label Studio\'s exports JSON or JSON-MIN: no "annotations"'
NOBODY = "has an annotation that doesn't tell who made it (completed_by)"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({"id": 1}, "m.json: is no export of Label Studio: it is no JSON list of tasks"),
        ([[1, 2]], f"m.json, row 1: {NO_TASK}"),
        ([{"completions": []}], f"m.json, row 1: {NO_TASK}"),
        ([task(1, "p0", annotation(1, "zebra"))], "m.json, row 1: unknown class name 'zebra'"),
        (
            [task(1, "p0", annotation(1, "crane"))],
            "m.json, row 1: class name 'crane' means any of the classes [0, 1]; use the wnid",
        ),
        ([task(1, "p0", annotation(1, "a", by=None))], f"m.json, row 1: {NOBODY}"),
        ([task(1, "p0", annotation(1, "a", by=True))], f"m.json, row 1: {NOBODY}"),
        (
            [task(1, "p0", annotation(1, "a", lead_time=-1))],
            "m.json, row 1: lead_time is no number of seconds",
        ),
        (
            [task(1, "p0", annotation(1, "a", created_at="yesterday"))],
            "m.json, row 1: 'yesterday' is no time (such as 2024-05-31T09:30:00Z)",
        ),
        (
            [task(1, "p0", annotation(1, "a", created_at=[1]))],
            "m.json, row 1: created_at is no text",
        ),
        (
            [task(1, "p0", annotation(1, result=[choice(0.5)]))],
            "m.json, row 1: a choice is no text",
        ),
        ([{"annotations": [annotation(1, "a")]}], 'm.json, row 1: has no "data"'),
        (
            [{"annotations": [annotation(1, "a")], "data": {"text": "p0"}}],
            'm.json, row 1: has neither "image_id" nor "image" in its "data"',
        ),
        ([{"annotations": [7], "data": {}}], "m.json, row 1: has an annotation that is no object"),
        (
            [task(1, "p0", annotation(1, result=[choice("a", name="x"), choice("b", name="y")]))],
            "m.json: asks several questions (x, y); call that of classes 'classes'",
        ),
        ([task(1, "p0", annotation(1))], "m.json: has no judgment of an image that is there"),
    ],
)
def test_files_that_are_no_choices_of_classes(photos, refused, content, line):
    (photos / "m.json").write_text(json.dumps(content))
    assert refused("import_judgments", photos / "m.json") == line


def test_other_files_tell_themselves_what_is_incorrect(photos, refused):
    (photos / "m.csv").write_text("image_id,class,reviewer,verdict\np0,a,Ida,no\n")
    assert refused("import_judgments", photos / "m.csv", "--unchosen", "incorrect") == (
        "m.csv: says itself what is incorrect; --unchosen is for Label Studio"
    )


KEYS = ["p0.jpg", "folder/p1.jpg", "abcdef12-p2.jpg", "p 3.jpg"]
NAMES = {
    0: [
        "p0",
        "p0.jpg",
        "/data/upload/1/0a1b2c3d-p0.jpg",
        "https://h/x/p0.jpg?a=b",
        "s3://b/p0.jpg",
    ],
    1: ["folder/p1.jpg", "/data/local-files/?d=all/folder/p1.jpg", "gs://b/p1.jpg"],
    2: ["abcdef12-p2.jpg", "/data/upload/1/abcdef12-abcdef12-p2.jpg"],
    3: ["p 3.jpg", "/data/upload/1/0a1b2c3d-p%203.jpg", "https://h/p%203.jpg"],
}
KNOWN = Known(
    Members(np.arange(4), KEYS),
    ClassLookup({letter: n for n, letter in enumerate("abcdef")}, ({}, {}, {})), False,
)  # fmt: skip
chosen = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6)


@pytest.mark.django_db
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 3), st.integers(1, 3)), st.tuples(chosen, st.booleans()),
        min_size=1, max_size=8,
    ),
    st.data(),
)  # fmt: skip
def test_both_exports_say_what_was_chosen(tmp_path, annotations, data):
    full, minimal = [], []
    expected = set()
    for number, ((image, person), (classes, cancelled)) in enumerate(annotations.items()):
        name = data.draw(st.sampled_from(NAMES[image]))
        made = annotation(number, *classes, by=person, was_cancelled=cancelled)
        full.append(task(number, name, made))
        if not cancelled:
            value = classes[0] if len(classes) == 1 else {"choices": classes} if classes else None
            minimal.append(small(number, name, value, annotator=person))
            expected |= {(KEYS[image], ord(one) - 97, f"labelstudio-{person}") for one in classes}
    for tasks in (full, minimal):
        found = read_labelstudio(export(tmp_path, *tasks), KNOWN, quiet)
        rows = zip(
            found.images.tolist(), found.classes.tolist(), found.reviewers.tolist(), strict=True
        )
        assert {(KEYS[image], index, found.names[by]) for image, index, by in rows} == expected
        assert len(found) == len(expected) == len(set(found.ids.tolist()))
