"""How far labelers are, and how long they take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from annotation.models import Enrollment, LabelingTask, ReviewRound
from annotation.review.rounds import progress_of as rounds_progress

COUNT = """
    SELECT part.task_id, count(*),
        count(*) FILTER (WHERE class_index IS NOT NULL AND NOT later),
        count(*) FILTER (WHERE later),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY active_ms)
            FILTER (WHERE class_index IS NOT NULL AND %(labeler)s::bigint IS NOT NULL)
    FROM annotation_assignment assignment
    JOIN annotation_enrollment part ON part.id = assignment.enrollment_id
    WHERE part.task_id = ANY(%(tasks)s)
      AND (%(labeler)s::bigint IS NULL OR part.labeler_id = %(labeler)s)
    GROUP BY part.task_id
"""

# Times are of images that are answered. Pace counts what was answered in the last seven days.
LABELERS = """
    SELECT person.username, participant.name AS participant, part.handed_in, count(*) AS total,
        count(*) FILTER (WHERE answered_now) AS answered,
        count(*) FILTER (WHERE later) AS later,
        count(*) FILTER (WHERE exposed) AS exposed,
        sum(active_ms) / 3600000.0 AS hours, sum(wall_ms) / 3600000.0 AS wall_hours,
        percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY active_ms)
            FILTER (WHERE answered_now) AS quartiles,
        max(answered) AS latest,
        count(*) FILTER (WHERE answered > now() - interval '7 days') AS week,
        min(answered) FILTER (WHERE answered > now() - interval '7 days') AS since
    FROM annotation_enrollment part
    JOIN accounts_user person ON person.id = part.labeler_id
    LEFT JOIN annotation_participant participant ON participant.id = part.participant_id
    JOIN (SELECT *, class_index IS NOT NULL AND NOT later AS answered_now
          FROM annotation_assignment) assignment ON assignment.enrollment_id = part.id
    WHERE part.task_id = %s
    GROUP BY part.id, person.username, participant.name ORDER BY part.number
"""

CLASSES = """
    SELECT image.target, count(*), sum(active_ms) / 3600000.0,
        percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY active_ms),
        avg((assignment.class_index = image.target)::int)::float8
    FROM annotation_assignment assignment
    JOIN annotation_enrollment part ON part.id = assignment.enrollment_id
    JOIN annotation_image image ON image.id = assignment.image_id
    WHERE part.task_id = %s AND assignment.class_index IS NOT NULL
    GROUP BY image.target ORDER BY image.target
"""


@dataclass(frozen=True)
class Progress:
    """Images of a task times its labelers: how many are answered, put off, and there in all.

    Of one labeler, `median_ms` is the active time at an image that they answered; None of none.
    """

    answered: int = 0
    later: int = 0
    total: int = 0
    median_ms: float | None = None

    @property
    def hours_left(self) -> float | None:
        """Of a labeler, at the median of what they took so far; None if that is not known."""
        left = self.total - self.answered
        return left * self.median_ms / 3_600_000 if left and self.median_ms else None

    @property
    def percent(self) -> float:
        return 100 * self.answered / self.total if self.total else 0.0


def progress_of(tasks: Sequence[LabelingTask], labeler: int | None = None) -> dict[int, Progress]:
    """{task: its progress}, of all its labelers or of the user with this primary key; one query."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"tasks": [task.pk for task in tasks], "labeler": labeler})
        counted = {
            pk: Progress(answered, later, total, median)
            for pk, total, answered, later, median in cursor.fetchall()
        }
    return {task.pk: counted.get(task.pk, Progress()) for task in tasks}


def labeler_rows(task: LabelingTask) -> list[dict[str, Any]]:
    """One row per labeler: counts, hours, quartiles of active seconds, pace and expected end."""
    with connection.cursor() as cursor:
        cursor.execute(LABELERS, [task.pk])
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [row | _seconds(row.pop("quartiles")) | _pace(row) for row in rows]


def class_rows(task: LabelingTask, names: dict[int, str]) -> list[dict[str, Any]]:
    """One row per class that images came with: answers, hours, quartiles of active seconds, and the
    share of answers that are that class."""
    with connection.cursor() as cursor:
        cursor.execute(CLASSES, [task.pk])
        return [
            {"index": index, "name": names[index], "answers": answers, "hours": hours,
             "as_target": share, **_seconds(quartiles)}
            for index, answers, hours, quartiles, share in cursor.fetchall()
        ]  # fmt: skip


def _seconds(quartiles: list[float] | None) -> dict[str, float | None]:
    low, median, high = [ms / 1000 for ms in quartiles] if quartiles else [None] * 3
    return {"low": low, "median": median, "high": high}


def _pace(row: dict[str, Any]) -> dict[str, Any]:
    """Answers per day over the last week or since the first in it, and when all will be answered."""
    if not row["week"] or row["handed_in"]:
        return {"per_day": None, "end": None}
    now = timezone.now()
    days = max((now - row["since"]) / timedelta(days=1), 1 / 24)
    per_day = row["week"] / days
    left = (row["total"] - row["answered"]) / per_day
    return {"per_day": per_day, "end": now + timedelta(days=left)}


def blockers(task: LabelingTask, rows: Sequence[dict[str, Any]]) -> list[str]:
    """What keeps the next phase from beginning, in sentences for an admin."""
    if task.state == LabelingTask.State.PLANNED:
        return ["Nobody can begin: the task is not open."] if rows else ["Nobody takes part yet."]
    if task.state == LabelingTask.State.CLOSED:
        return _after(task, rows) if task.kind == LabelingTask.Kind.EVALUATION else []
    found = ["Nobody takes part yet."] if not rows else []
    if task.state == LabelingTask.State.PAUSED:
        found.append("The task is paused.")
    week_ago = timezone.now() - timedelta(days=7)
    for row in rows:
        if row["handed_in"]:
            continue
        left = row["total"] - row["answered"]
        if row["latest"] is None:
            found.append(f"{row['username']} has not begun.")
        elif left == 0:
            found.append(f"{row['username']} has answered everything and not handed in.")
        elif _is_old(row["latest"], week_ago):
            found.append(f"{row['username']} has {left:,} to go, and answered none this week.")
        else:
            found.append(f"{row['username']} has {left:,} to go.")
    if rows and not found:
        found.append("Everybody has handed in: close the task and open the final review.")
    return found


def _after(task: LabelingTask, rows: Sequence[dict[str, Any]]) -> list[str]:
    """What is next once an evaluation is closed: reviewing what was handed in, then telling it."""
    if not any(row["handed_in"] for row in rows):
        return ["Nobody has handed in: there is nothing to review."]
    finals = list(ReviewRound.objects.filter(scope__tasks__contains=[task.name]))
    found = [] if finals else ["Open the final review: what was answered has no verdict yet."]
    for one, progress in rounds_progress(finals):
        if one.state == ReviewRound.State.PLANNED:
            found.append(f"The final review '{one.name}' is not open.")
        elif one.state != ReviewRound.State.CLOSED:
            found.append(f"The final review '{one.name}' is {progress.percent:.0f} % done.")
    if not found and task.revealed is None:
        found.append("The final review is over: the task can be revealed.")
    return found


def _is_old(moment: datetime, limit: datetime) -> bool:
    return moment < limit


def own_parts(user_id: int) -> list[Enrollment]:
    """What the user takes part in, but for what is only planned: what goes on first."""
    parts = (
        Enrollment.objects.filter(labeler=user_id)
        .exclude(task__state=LabelingTask.State.PLANNED)
        .select_related("task")
        .order_by("-task__created")
    )
    return sorted(parts, key=lambda part: (part.handed_in is not None, part.task.state != "open"))
