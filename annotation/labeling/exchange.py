"""What a labeler's page, or script, and a task say to each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from accounts.models import User
from annotation.fields import AnotherPerson
from annotation.images import picture
from annotation.labeling import answers, items
from annotation.labeling.embargo import note_sighting
from annotation.labeling.parsing import read_operations
from annotation.labeling.training.feedback import Feedback, feedback_on
from annotation.models import Assignment, Enrollment, LabelingTask


def items_at(task_id: int, user: User, positions: Sequence[int]) -> list[dict[str, Any]]:
    """The labeler's images at these positions. Raises Http404 for others' tasks, TaskOver."""
    enrollment, handed_in, state, _ = _part(task_id, user)
    if handed_in:
        raise answers.TaskOver("You have handed this task in.")
    if state != LabelingTask.State.OPEN:
        raise answers.TaskOver("This task is not open.")
    return items.describe(task_id, enrollment, positions)


def take_in(task_id: int, user: User, body: Any) -> dict[str, Any]:
    """Store what `{"ops"}` says: {accepted, rejected}, and `overview` if it is another now. What is
    accepted is committed.

    Raises Malformed; AnotherPerson; TaskOver; Http404 for others' tasks.
    """
    labeler, operations, rejected = read_operations(body)
    if labeler not in (None, user.pk):
        raise AnotherPerson("These are another person's answers.")
    outcome = answers.submit(task_id, user, operations)
    if outcome is None:
        raise Http404
    rejected += [{"id": str(op), "reason": reason} for op, reason in outcome.rejected]
    answer = {"accepted": list(map(str, outcome.accepted)), "rejected": rejected}
    return answer | ({"overview": overview_of(task_id, user)} if outcome.changed else {})


def overview_of(task_id: int, user: User) -> str:
    """See `items.overview`. Raises Http404 for others' tasks."""
    return items.overview(_part(task_id, user)[0])


def picture_of(task_id: int, user: User, uid: UUID, rendition: str) -> HttpResponseBase:
    """A picture under the name of the labeler's assignment, which nobody else has.

    Raises Http404, also from the hand-in until the task is revealed.
    """
    assignment = get_object_or_404(
        Assignment.objects.select_related("image", "enrollment__task"),
        uid=uid, enrollment__task=task_id, enrollment__labeler=user,
    )  # fmt: skip
    if assignment.enrollment.handed_in and not assignment.enrollment.task.revealed:
        raise Http404
    note_sighting(user, assignment.image.uid)
    return picture(assignment.image.content_hash, assignment.image.file, rendition)


def feedback_for(task_id: int, user: User, uid: UUID) -> tuple[LabelingTask, Feedback]:
    """What is true of an image of a training, once its labeler has answered it. Raises Http404."""
    found = Assignment.objects.select_related("image", "enrollment__task__taxonomy")
    assignment = get_object_or_404(
        found, uid=uid, enrollment__task=task_id, enrollment__labeler=user,
        enrollment__task__kind=LabelingTask.Kind.TRAINING,
    )  # fmt: skip
    if (feedback := feedback_on(assignment)) is None:
        raise Http404
    return assignment.enrollment.task, feedback


def training_part(task_id: int, user: User) -> Enrollment:
    """The labeler's part in a training task. Raises Http404."""
    return get_object_or_404(
        Enrollment.objects.select_related("task__taxonomy"),
        task=task_id, labeler=user, task__kind=LabelingTask.Kind.TRAINING,
    )  # fmt: skip


def _part(task_id: int, user: User) -> tuple[int, bool, str, str]:
    rows = items.PART.run(task_id, user.pk)
    if not rows or rows[0][2] == LabelingTask.State.PLANNED:
        raise Http404
    return rows[0]
