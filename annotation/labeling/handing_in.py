"""A labeler hands a task in: the answers become the predictions of a participant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import count

import numpy as np
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from annotation.candidates import add_candidates
from annotation.importing.alone import one_at_a_time
from annotation.importing.top_k import MISSING
from annotation.labeling.tasks import sample_of
from annotation.models import Dataset, Enrollment, LabelingTask, Participant, PredictionSet
from annotation.review.rounds import extend_rounds
from taxonomy.errors import InputError

ANSWERS = """
    SELECT member.position, assignment.image_id,
           coalesce(assignment.class_index, -1), assignment.active_ms, assignment.exposed::int
    FROM annotation_assignment assignment
    JOIN annotation_datasetimage member ON member.image_id = assignment.image_id
    WHERE assignment.enrollment_id = %s AND member.dataset_id = %s
    ORDER BY member.position
"""

# What the labeler judged of a picture, under this key or another, after it was given to them and
# before they answered it.
MARK_EXPOSED = """
    UPDATE annotation_assignment assignment SET exposed = true
    WHERE enrollment_id = %(enrollment)s AND NOT exposed AND EXISTS (
        SELECT FROM annotation_judgment word
        JOIN annotation_candidate candidate ON candidate.id = word.candidate_id
        JOIN annotation_image judged ON judged.id = candidate.image_id
        JOIN annotation_image given ON given.id = assignment.image_id
        WHERE word.reviewer_id = %(labeler)s
          AND (judged.id = given.id
               OR judged.content_hash = given.content_hash AND given.content_hash <> '')
          AND word.created < coalesce(assignment.opened, now())
          AND word.created > now() - %(days)s * interval '1 day')
"""


def hand_in(task: LabelingTask, user: User) -> Enrollment:
    """End a labeler's part in an open task; handing in again changes nothing.

    Of an evaluation, the answers become predictions of the labeler's participant for every dataset
    that the task draws from, and their (image, class) pairs candidates. Images without an answer
    have no prediction.

    Raises Enrollment.DoesNotExist if the user takes no part, InputError if the task is not open or
    nothing was answered.
    """
    with one_at_a_time(), transaction.atomic():
        found = Enrollment.objects.select_for_update().select_related("task")
        enrollment = found.get(task=task, labeler=user)
        if enrollment.handed_in:
            return enrollment
        if enrollment.task.state != LabelingTask.State.OPEN:
            raise InputError("This task is not open.")
        if not enrollment.assignments.filter(class_index__isnull=False).exists():
            raise InputError("There is no answer to hand in yet.")
        enrollment.handed_in = timezone.now()
        if enrollment.task.kind == LabelingTask.Kind.EVALUATION:
            _mark_exposed(enrollment)
            enrollment.participant = participant_of(user)
            _store_predictions(enrollment, enrollment.participant)
            extend_rounds()
        enrollment.save(update_fields=["handed_in", "participant"])
        return enrollment


def leave_out_exposed(task: LabelingTask) -> None:
    """Take the answers to images that a labeler had seen before out of their predictions.

    Raises InputError if no answer that was handed in is marked so.
    """
    _predict_again(task, exposed=False)


def count_exposed(task: LabelingTask) -> None:
    """Take back `leave_out_exposed`; raises as it does."""
    _predict_again(task, exposed=True)


def _predict_again(task: LabelingTask, exposed: bool) -> None:
    with one_at_a_time(), transaction.atomic():
        found = task.enrollments.filter(participant__isnull=False).select_related("task")
        marked = found.filter(assignments__exposed=True, assignments__class_index__isnull=False)
        enrollments = list(marked.distinct().select_related("participant"))
        if not enrollments:
            raise InputError("No answer that was handed in is to an image seen before.")
        for enrollment in enrollments:
            assert enrollment.participant is not None
            _store_predictions(enrollment, enrollment.participant, exposed)


def participant_of(user: User) -> Participant:
    """The participant that a person is: Human A, Human B, … in the order of their first hand-in."""
    known = Participant.objects.filter(user=user).first()
    if known:
        return known
    taken = set(Participant.objects.values_list("name", flat=True))
    name = next(name for name in pseudonyms() if name not in taken)
    return Participant.objects.create(name=name, kind=Participant.Kind.HUMAN, user=user)


def pseudonyms() -> Iterator[str]:
    """Human A, …, Human Z, Human AA, Human AB, …"""
    for number in count(1):
        letters = ""
        while number:
            number, letter = divmod(number - 1, 26)
            letters = chr(ord("A") + letter) + letters
        yield f"Human {letters}"


def _mark_exposed(enrollment: Enrollment) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            MARK_EXPOSED,
            {
                "enrollment": enrollment.pk,
                "labeler": enrollment.labeler_id,
                "days": enrollment.task.embargo_days,
            },
        )


def _store_predictions(
    enrollment: Enrollment, participant: Participant, exposed: bool = True
) -> None:
    """Make the answers the participant's predictions; without `exposed`, those to images that the
    labeler had seen are none."""
    for dataset in Dataset.objects.filter(name__in=sample_of(enrollment.task).datasets):
        with connection.cursor() as cursor:
            cursor.execute(ANSWERS, [enrollment.pk, dataset.pk])
            rows = np.array(cursor.fetchall(), np.int64).reshape(-1, 5)
        if not exposed:
            rows[rows[:, 4] == 1, 2] = MISSING
            told = (rows[:, 2] != MISSING) | (rows[:, 4] == 1)
        else:
            told = rows[:, 2] != MISSING
        positions, image_ids, answers, milliseconds, _ = rows[told].T
        if len(positions):
            _store_set(participant, dataset, positions, answers, milliseconds)
            given = answers != MISSING
            add_candidates(image_ids[given], answers[given].astype(np.int32))


def _store_set(
    participant: Participant,
    dataset: Dataset,
    positions: np.ndarray,
    answers: np.ndarray,
    milliseconds: np.ndarray,
) -> None:
    """The answers, and what the participant answered in former tasks about other images."""
    top_k = np.full(dataset.size, MISSING, "<i4")
    seconds = np.full(dataset.size, np.nan, "<f4")
    current = PredictionSet.objects.current().filter(participant=participant, dataset=dataset)
    if former := current.first():
        top_k[: former.size] = np.frombuffer(former.top_k, "<i4").reshape(former.size, -1)[:, 0]
        if former.seconds is not None:
            seconds[: former.size] = np.frombuffer(former.seconds, "<f4")
        current.update(replaced=Now())
    top_k[positions] = answers
    seconds[positions] = np.where(answers == MISSING, np.nan, milliseconds / 1000)
    PredictionSet.objects.create(
        participant=participant, dataset=dataset, k=1, size=dataset.size, top_k=top_k.tobytes(),
        seconds=seconds.tobytes(), sha256=hashlib.sha256(top_k.tobytes()).hexdigest(),
    )  # fmt: skip
