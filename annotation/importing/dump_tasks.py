"""Labeling tasks and their answers, out of a dump."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from django.db import connection

from annotation.importing.dump_files import Dump
from annotation.importing.dump_guide import check, moment
from annotation.labeling.sampling import Sample
from annotation.models import (
    Assignment,
    Enrollment,
    Image,
    LabelingTask,
    Participant,
    TaskImage,
)
from taxonomy.errors import InputError
from taxonomy.models import Taxonomy

AT_ONCE = 5000
# What a labeler last said, and their time, as one answer and one stretch of work each.
STORE_HISTORY = """
    INSERT INTO annotation_answer
        (client_id, assignment_id, class_index, confidence, later, note, created)
    SELECT gen_random_uuid(), assignment.id, class_index, confidence, later, note, answered
    FROM annotation_assignment assignment
    JOIN annotation_enrollment part ON part.id = assignment.enrollment_id
    WHERE part.task_id = ANY(%(tasks)s) AND answered IS NOT NULL
    ORDER BY answered, assignment.id;

    INSERT INTO annotation_worksegment (client_id, assignment_id, wall_ms, active_ms, created)
    SELECT gen_random_uuid(), assignment.id, wall_ms, active_ms, coalesce(answered, opened, now())
    FROM annotation_assignment assignment
    JOIN annotation_enrollment part ON part.id = assignment.enrollment_id
    WHERE part.task_id = ANY(%(tasks)s) AND wall_ms > 0
"""


def store_tasks(dump: Dump, taxonomy: Taxonomy, people: Mapping[str, int]) -> int:
    """Store the tasks with their images, labelers and answers; how many answers.

    Of each image the last answer comes back, with the sums of the times. Raises InputError if there is a
    task of the same name.
    """
    rows = list(dump.rows("tasks"))
    if there := LabelingTask.objects.filter(name__in=[row["task"] for row in rows]).first():
        raise InputError(f"there is a task '{there}' already")
    images = _images(rows, taxonomy)
    tasks = {row["task"]: _make_task(row, taxonomy, images) for row in rows}
    count = 0
    for (task, _), given in _parts(dump):
        count += _store_part(tasks[task], given, images, taxonomy, people)
    with connection.cursor() as cursor:
        cursor.execute(STORE_HISTORY, {"tasks": [task.pk for task in tasks.values()]})
    return count


def _images(rows: list[dict[str, Any]], taxonomy: Taxonomy) -> dict[str, int]:
    keys = list({key for row in rows for key in row["images"]})
    found: dict[str, int] = {}
    for start in range(0, len(keys), AT_ONCE):
        some = Image.objects.filter(taxonomy=taxonomy, key__in=keys[start : start + AT_ONCE])
        found.update(some.values_list("key", "pk"))
    return found


def _make_task(row: dict[str, Any], taxonomy: Taxonomy, images: Mapping[str, int]) -> LabelingTask:
    task = LabelingTask(
        name=row["task"], kind=row["kind"], taxonomy=taxonomy, seed=row["seed"],
        scope=Sample(**json.loads(row["sample"])).as_json(), state=row["state"], instructions=row["instructions"],
        embargo_days=row["embargo_days"], exposed=row["exposed"], opened=moment(row["opened"]),
        closed=moment(row["closed"]), revealed=moment(row["revealed"]),
    )  # fmt: skip
    check(task)
    task.save()
    LabelingTask.objects.filter(pk=task.pk).update(created=moment(row["created"]))
    TaskImage.objects.bulk_create(
        (
            TaskImage(task=task, image_id=images[key], place=n)
            for n, key in enumerate(row["images"])
        ),
        batch_size=AT_ONCE,
    )
    return task


def _parts(dump: Dump) -> Iterator[tuple[tuple[str, str], list[dict[str, Any]]]]:
    """((task, labeler), their answers) in the order of the dump, where they stand together."""
    for key, rows in groupby(dump.rows("answers"), lambda row: (row["task"], row["labeler"])):
        yield key, list(rows)


def _store_part(
    task: LabelingTask,
    rows: list[dict[str, Any]],
    images: Mapping[str, int],
    taxonomy: Taxonomy,
    people: Mapping[str, int],
) -> int:
    """A labeler's part in a task; how many answers."""
    places = dict(taxonomy.classes.values_list("synset__key", "index"))
    first = rows[0]
    name = first["participant"]
    participant = participant_of(name, Participant.Kind.HUMAN) if name is not None else None
    part = Enrollment.objects.create(
        task=task, labeler_id=people[first["labeler"]], number=task.enrollments.count(),
        handed_in=moment(first["handed_in"]), participant=participant,
    )  # fmt: skip
    made = {
        row["position"]: Assignment(
            enrollment=part, image_id=images[row["image_id"]], position=row["position"],
            exposed=row["exposed"], opened=moment(row["opened"]), answered=moment(row["answered"]),
            class_index=None if row["class"] is None else places[row["class"]],
            confidence=row["confidence"], later=row["later"], note=row["note"],
            wall_ms=row["wall_ms"], active_ms=row["active_ms"],
        )
        for row in rows
    }  # fmt: skip
    if len(made) != len(rows):
        raise InputError(f"'{task}' has two answers of '{first['labeler']}' at one position")
    Assignment.objects.bulk_create(made.values(), batch_size=AT_ONCE)
    again = [row for row in rows if row["repeats"] is not None]
    for row in again:
        made[row["position"]].repeats = made.get(row["repeats"])
    Assignment.objects.bulk_update(
        [made[row["position"]] for row in again], ["repeats"], batch_size=AT_ONCE
    )
    return sum(row["answered"] is not None for row in rows)


def participant_of(name: str, kind: str) -> Participant:
    """The participant of this name, made if there is none.

    Raises InputError if it is a person of this installation, whose nothing of a dump is, of another kind,
    or if there is no such kind.
    """
    found = Participant.objects.filter(name=name).first()
    if found is None:
        found = Participant(name=name, kind=kind)
        check(found)
        found.save()
    if found.user_id is not None:
        raise InputError(f"'{found}' is a person here")
    if found.kind != kind:
        raise InputError(f"'{found}' is a {found.kind} here, and a {kind} in the dump")
    return found
