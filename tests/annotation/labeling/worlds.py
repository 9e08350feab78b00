from __future__ import annotations

import uuid
from collections.abc import Iterable

from accounts.models import User
from annotation.labeling.answers import Outcome, Say, Work, submit
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import create_task
from annotation.models import Assignment, Enrollment, LabelingTask
from tests.factories import make_dataset, make_taxonomy


def make_task(
    labelers: Iterable[User], images: int = 10, kind: str = "evaluation", **settings: object
) -> LabelingTask:
    """An open task over all images of the dataset `set`: their targets are class 0, 1, … in turn."""
    make_dataset(make_taxonomy(), images)
    sample = Sample({"set": images}, balanced=False)
    return create_task("exam", kind, sample, 1, labelers=labelers, state="open", **settings)[0]


def assignments(task: LabelingTask, labeler: User) -> list[Assignment]:
    part = Enrollment.objects.get(task=task, labeler=labeler)
    return list(part.assignments.order_by("position"))


def say(assignment: Assignment, class_index: int | None, **more: object) -> Say:
    said = {"confidence": None, "later": False, "note": "", "id": uuid.uuid4(), **more}
    return Say(item=assignment.uid, class_index=class_index, **said)  # type: ignore[arg-type]


def work(assignment: Assignment, wall_ms: int, active_ms: int, id: uuid.UUID | None = None) -> Work:
    return Work(id or uuid.uuid4(), assignment.uid, wall_ms, active_ms)


def answer_all(task: LabelingTask, labeler: User, class_index: int = 3) -> Outcome | None:
    ops = [say(one, class_index) for one in assignments(task, labeler)]
    return submit(task.pk, labeler, ops)
