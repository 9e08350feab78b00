"""What somebody is being examined on, and so must not learn anything about."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import ADMIN, roles_of
from annotation.models import Enrollment, LabelingTask

# In SQL about an `image`: the evaluations that %(reader)s takes part in, has not handed in, and are
# not over.
EXAMINING = """
    FROM annotation_assignment assigned
    JOIN annotation_enrollment part
        ON part.id = assigned.enrollment_id AND part.labeler_id = %(reader)s
        AND part.handed_in IS NULL
    JOIN annotation_labelingtask task
        ON task.id = part.task_id AND task.kind = 'evaluation' AND task.state IN ('open', 'paused')
    WHERE assigned.image_id = image.id
"""


def must_not_know(user: User, task: LabelingTask) -> bool:
    """Whether the user, an admin too, takes part in an evaluation that is not revealed: what others
    answered, the targets and their own answers would spoil it, or the blind review that follows."""
    return unrevealed_of([user]).filter(pk=task.pk).exists()


def unrevealed_of(users: Collection[User]) -> QuerySet[LabelingTask]:
    """The evaluations that are not revealed in which one of the users, an admin too, takes part, planned
    ones among them, the latest first."""
    return LabelingTask.objects.filter(
        kind=LabelingTask.Kind.EVALUATION, revealed=None, enrollments__labeler__in=users
    ).distinct()


def begun_by(user: User) -> QuerySet[LabelingTask]:
    """Those of `unrevealed_of` that are no longer only planned."""
    return unrevealed_of([user]).exclude(state=LabelingTask.State.PLANNED)


def secret_participants(users: Collection[User]) -> set[int]:
    """The participants, by primary key, as whom people handed in an evaluation of `unrevealed_of`."""
    handed_in = Enrollment.objects.filter(task__in=unrevealed_of(users).values("pk"))
    return set(handed_in.exclude(participant=None).values_list("participant", flat=True))


def examinations_of(user: User) -> QuerySet[LabelingTask]:
    """The evaluations that the user is at, the latest first; of an admin, who sees all, none."""
    if ADMIN in roles_of(user):
        return LabelingTask.objects.none()
    return LabelingTask.objects.filter(
        kind=LabelingTask.Kind.EVALUATION,
        state__in=[LabelingTask.State.OPEN, LabelingTask.State.PAUSED],
        enrollments__labeler=user,
        enrollments__handed_in=None,
    )
