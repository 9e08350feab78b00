"""Labelers look at each other's training answers, image by image."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from accounts.models import User
from annotation.labeling.truth import TRUTH
from annotation.models import Enrollment, LabelingTask, TaskRemark

# Of the images that the reader has answered, in the reader's order; of images that came several times
# the first. `differ`: somebody's answer is not correct, or two are not the same.
IMAGES = f"""
    SELECT uid, image_id, has_file, classes, judged, answers, differ, remarks FROM (
        SELECT DISTINCT ON (image.id) mine.uid, mine.position, image.id AS image_id,
            image.file <> '' AS has_file, truth.classes, truth.judged,
            said.answers, said.differ OR NOT said.right AS differ,
            (SELECT count(*) FROM annotation_taskremark remark
             WHERE remark.task_id = part.task_id AND remark.image_id = image.id) AS remarks
        FROM annotation_assignment mine
        JOIN annotation_enrollment part ON part.id = mine.enrollment_id
        JOIN annotation_image image ON image.id = mine.image_id
        {TRUTH}
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_array(person.username, first.class_index)
                            ORDER BY person.username) AS answers,
                count(DISTINCT first.class_index) > 1 AS differ,
                bool_and(first.class_index = ANY(truth.classes)) AS right
            FROM (
                SELECT DISTINCT ON (other.labeler_id) other.labeler_id, given.class_index
                FROM annotation_assignment given
                JOIN annotation_enrollment other ON other.id = given.enrollment_id
                WHERE other.task_id = part.task_id AND given.image_id = image.id
                  AND given.class_index IS NOT NULL
                ORDER BY other.labeler_id, given.position
            ) first
            JOIN accounts_user person ON person.id = first.labeler_id
        ) said
        WHERE part.id = %s AND mine.class_index IS NOT NULL
        ORDER BY image.id, mine.position
    ) shown ORDER BY position
"""  # noqa: S608


@dataclass(frozen=True)
class Shared:
    """An image with everybody's first answers, [(name, class index)]; `uid` is the reader's
    assignment."""

    uid: UUID
    image_id: int
    has_file: bool
    correct: list[int]
    judged: bool
    answers: list[tuple[str, int]]
    differ: bool
    remarks: int


def shared_images(part: Enrollment) -> list[Shared]:
    """What the labeler has answered of a training task, and others too; one query."""
    with connection.cursor() as cursor:
        cursor.execute(IMAGES, [part.pk])
        return [Shared(*row) for row in cursor.fetchall()]


def remarks_on(task: LabelingTask, image_id: int) -> list[TaskRemark]:
    return list(TaskRemark.objects.filter(task=task, image=image_id).select_related("author"))


def remark(task: LabelingTask, image_id: int, author: User, client_id: UUID, text: str) -> None:
    """Sending it again stores it once."""
    row = TaskRemark(client_id=client_id, task=task, image_id=image_id, author=author, text=text)
    TaskRemark.objects.bulk_create([row], ignore_conflicts=True)
