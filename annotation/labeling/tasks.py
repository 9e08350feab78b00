"""Labeling tasks: making, opening and ending them, and who takes part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from annotation.importing.alone import wait_for_imports
from annotation.labeling.embargo import SEEN
from annotation.labeling.sampling import Drawn, Sample, datasets_of, draw_sample
from annotation.models import Enrollment, LabelingTask
from taxonomy.bulk import analyze
from taxonomy.errors import InputError

State = LabelingTask.State
LARGEST_SEED = 2**63 - 1
LONGEST_EMBARGO = 36_500

ADD_IMAGES = """
    INSERT INTO annotation_taskimage (task_id, image_id, place)
    SELECT %s, image, place - 1 FROM unnest(%s::bigint[]) WITH ORDINALITY AS drawn (image, place)
"""

# The order depends on the seed, the labeler's number and the images' keys alone.
ASSIGN = f"""
    INSERT INTO annotation_assignment
        (uid, enrollment_id, image_id, position, exposed, later, note, wall_ms, active_ms)
    SELECT gen_random_uuid(), %(enrollment)s, id,
        row_number() OVER (ORDER BY md5(%(seed)s || ':' || %(number)s || ':' || key)) - 1,
        exposed, false, '', 0, 0
    FROM (
        SELECT image.id, image.key, {SEEN} AS exposed
        FROM annotation_taskimage member JOIN annotation_image image ON image.id = member.image_id
        WHERE member.task_id = %(task)s
    ) given
    WHERE %(mark)s OR NOT exposed
"""  # noqa: S608


def create_task(
    name: str,
    kind: str,
    sample: Sample,
    seed: int,
    *,
    labelers: Iterable[User] = (),
    by: User | None = None,
    state: str = State.PLANNED,
    **settings: Any,
) -> tuple[LabelingTask, Drawn]:
    """Draw a task's images and store it, planned or open.

    `settings`: instructions, embargo_days, exposed; see `LabelingTask`.

    Raises InputError if the name is taken or too long, the seed or the embargo out of range, or the sample can't be
    drawn (see `sampling.draw_sample`); nothing is stored then.
    """
    name = name.strip()
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise InputError("A task's name has 1 to 100 characters.")
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError("A seed is a number from 0 to 9223372036854775807.")
    if not 0 <= settings.get("embargo_days", 0) <= LONGEST_EMBARGO:
        raise InputError(f"An embargo has 0 to {LONGEST_EMBARGO:,} days.")
    with transaction.atomic():
        wait_for_imports()
        if LabelingTask.objects.filter(name=name).exists():
            raise InputError(f"There is a task '{name}' already.")
        drawn = draw_sample(sample, kind, seed)
        task = LabelingTask.objects.create(
            name=name, kind=kind, taxonomy=datasets_of(sample)[0].taxonomy, seed=seed,
            scope=sample.as_json(), created_by=by, **settings,
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(ADD_IMAGES, [task.pk, drawn.image_ids])
        analyze("annotation_taskimage")
        enroll(task, labelers)
        if state == State.OPEN:
            open_task(task)
    return task, drawn


def sample_of(task: LabelingTask) -> Sample:
    return Sample(**task.scope)


@transaction.atomic
def enroll(task: LabelingTask, labelers: Iterable[User]) -> list[Enrollment]:
    """Let people take part who don't yet; each gets the images in an order of their own.

    Raises InputError if the task is closed, or the embargo leaves somebody nothing.
    """
    _lock(task)
    if task.state == State.CLOSED:
        raise InputError("A closed task takes nobody on.")
    there = set(task.enrollments.values_list("labeler", flat=True))
    number = len(there)
    added = []
    for labeler in labelers:
        if labeler.pk in there:
            continue
        there.add(labeler.pk)
        added.append(Enrollment.objects.create(task=task, labeler=labeler, number=number))
        number += 1
        if not _assign(task, added[-1]):
            raise InputError(
                f"{labeler} has seen every image of '{task}' within {task.embargo_days} days."
            )
    if added:
        analyze("annotation_assignment")
    return added


def _assign(task: LabelingTask, enrollment: Enrollment) -> int:
    parameters: dict[str, Any] = {
        "enrollment": enrollment.pk, "task": task.pk, "labeler": enrollment.labeler_id,
        "days": task.embargo_days, "seed": str(task.seed), "number": str(enrollment.number),
        "mark": task.exposed == LabelingTask.Exposed.MARK,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(ASSIGN, parameters)
        return cursor.rowcount


@transaction.atomic
def open_task(task: LabelingTask) -> None:
    """Let the labelers begin, or go on after a pause. Raises InputError if the task is closed."""
    _lock(task)
    if task.state == State.CLOSED:
        raise InputError("A closed task changes no more.")
    task.opened = task.opened or timezone.now()
    _set_state(task, State.OPEN)


@transaction.atomic
def pause_task(task: LabelingTask) -> None:
    """Take no answers until the task is opened again. Raises InputError unless it is open."""
    _lock(task)
    if task.state != State.OPEN:
        raise InputError("Only an open task can be paused.")
    _set_state(task, State.PAUSED)


@transaction.atomic
def close_task(task: LabelingTask) -> None:
    """End the task for good; what is not handed in is never more than answers.

    Raises InputError if it was never open.
    """
    _lock(task)
    if task.state == State.PLANNED:
        raise InputError("A task that was never open can't be closed; delete it.")
    if task.state != State.CLOSED:
        task.closed = timezone.now()
        _set_state(task, State.CLOSED)


@transaction.atomic
def delete_task(task: LabelingTask) -> None:
    """Forget a planned task. Raises InputError if it was ever open."""
    _lock(task)
    if task.state != State.PLANNED:
        raise InputError("Only a planned task can be deleted.")
    task.delete()


@transaction.atomic
def reveal_task(task: LabelingTask) -> None:
    """Let the labelers see what they answered and what is held correct.

    Raises InputError unless the task is closed: nobody may learn what others are still asked.
    """
    _lock(task)
    if task.state != State.CLOSED:
        raise InputError("Close the task first: others may still be at work on it.")
    task.revealed = task.revealed or timezone.now()
    task.save(update_fields=["revealed"])


def _lock(task: LabelingTask) -> None:
    """Take the task as it is now, and let nobody else change its state until the commit."""
    task.refresh_from_db(from_queryset=LabelingTask.objects.select_for_update())


def _set_state(task: LabelingTask, state: str) -> None:
    task.state = state
    task.save(update_fields=["state", "opened", "closed"])


def labelers_named(names: Sequence[str]) -> list[User]:
    """The users of these names. Raises InputError for one that there is not."""
    known = {user.username: user for user in User.objects.filter(username__in=names)}
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"There is nobody called '{unknown[0]}'.")
    return [known[name] for name in dict.fromkeys(names)]
