"""The answers of a task with their times, as files. docs/admins.md describes both."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, StreamingHttpResponse

from accounts import audit
from accounts.models import User
from annotation.exporting.csv_files import plain_text
from annotation.exporting.records import pseudonym
from annotation.labeling.examinations import must_not_know
from annotation.models import LabelingTask
from taxonomy.downloads import disposition, file_name

COLUMNS = [
    "task", "labeler", "position", "image_id", "target", "class", "confidence", "later", "note",
    "exposed", "repeats", "opened", "answered", "handed_in", "wall_ms", "active_ms",
]  # fmt: skip

ANSWERS = """
    SELECT part.labeler_id, participant.name, assignment.position, image.key, target.key, said.key,
        assignment.confidence, assignment.later, assignment.note, assignment.exposed,
        assignment.repeats_id IS NOT NULL, assignment.opened, assignment.answered, part.handed_in,
        assignment.wall_ms, assignment.active_ms
    FROM annotation_assignment assignment
    JOIN annotation_enrollment part ON part.id = assignment.enrollment_id
    JOIN annotation_image image ON image.id = assignment.image_id
    JOIN taxonomy_labelclass label
        ON label.taxonomy_id = image.taxonomy_id AND label.index = image.target
    JOIN taxonomy_synset target ON target.id = label.synset_id
    LEFT JOIN annotation_participant participant ON participant.id = part.participant_id
    LEFT JOIN taxonomy_labelclass given
        ON given.taxonomy_id = image.taxonomy_id AND given.index = assignment.class_index
    LEFT JOIN taxonomy_synset said ON said.id = given.synset_id
    WHERE part.task_id = %s ORDER BY part.number, assignment.position
"""
CHUNK = 2000


def answers(task: LabelingTask) -> Iterator[dict[str, Any]]:
    """One row of COLUMNS per labeler and image, in constant memory. Labelers bear the name of their
    participant, or a pseudonym before they have handed in."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(ANSWERS, [task.pk])
        while rows := cursor.fetchmany(CHUNK):
            for user, participant, *values in rows:
                name = participant or pseudonym(user, "labeler")
                row = dict(zip(COLUMNS, [task.name, name, *values], strict=True))
                for moment in ("opened", "answered", "handed_in"):
                    row[moment] = row[moment] and row[moment].isoformat()
                yield row


def as_json(task: LabelingTask) -> Iterator[str]:
    """{"format", "version", "answers": [{…}, …]}, one line per answer."""
    yield '{"format": "tusker-answers", "version": 1, "answers": ['
    separator = "\n"
    for row in answers(task):
        yield separator + json.dumps(row, ensure_ascii=False)
        separator = ",\n"
    yield "\n]}\n"


def as_csv(task: LabelingTask) -> Iterator[str]:
    line = io.StringIO()
    writer = csv.DictWriter(line, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in answers(task):
        for name in ("note", "task", "labeler"):
            row[name] = plain_text(row[name])
        for name in ("later", "exposed", "repeats"):
            row[name] = int(row[name])
        writer.writerow(row)
        if line.tell() > 1 << 16:
            yield line.getvalue()
            line.seek(0)
            line.truncate()
    yield line.getvalue()


FORMATS: dict[str, tuple[str, Callable[[LabelingTask], Iterator[str]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "json": ("application/json", as_json),
}


def answers_file(task: LabelingTask, user: User, suffix: str) -> StreamingHttpResponse:
    """The answers for an admin, noted in the audit.

    Raises Http404 for another format; PermissionDenied for who takes part, until they are revealed.
    """
    if suffix not in FORMATS:
        raise Http404
    if must_not_know(user, task):
        raise PermissionDenied("You take part: the answers are yours to export once revealed.")
    audit.note(user, audit.Action.EXPORT, f"answers of {task.name} as {suffix}")
    content_type, lines = FORMATS[suffix]
    name = file_name("answers", task.name, suffix=suffix)
    headers = {"Content-Disposition": disposition(name)}
    return StreamingHttpResponse(lines(task), content_type=content_type, headers=headers)
