"""A labeler's training: what they answered, and tasks made of what they confuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from django.db import connection

from accounts.models import User
from annotation.labeling.pools import pool_of
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import LARGEST_SEED, create_task
from annotation.labeling.training.statistics import Flags, Indices
from annotation.labeling.truth import TRUTH
from annotation.models import Dataset, LabelingTask
from taxonomy.errors import InputError
from taxonomy.models import LabelClass, Taxonomy

PER_CLASS = 10
MOST_CLASSES = 40

# The truth is what the image came with if that is correct, else the first class that is.
HISTORY = f"""
    SELECT assignment.class_index, truth.classes, image.target
    FROM annotation_assignment assignment
    JOIN annotation_enrollment part ON part.id = assignment.enrollment_id
    JOIN annotation_labelingtask task ON task.id = part.task_id
    JOIN annotation_image image ON image.id = assignment.image_id AND NOT image.problematic
    {TRUTH}
    JOIN LATERAL (SELECT min(answer.id) AS first FROM annotation_answer answer
                  WHERE answer.assignment_id = assignment.id AND answer.class_index IS NOT NULL
    ) said ON true
    WHERE part.labeler_id = %s AND task.kind = 'training' AND task.taxonomy_id = %s
      AND assignment.class_index IS NOT NULL
    ORDER BY said.first
"""  # noqa: S608


@dataclass(frozen=True)
class History:
    """The training answers of one person in the order of time; see `statistics`."""

    truth: Indices
    answered: Indices
    right: Flags


def history(labeler_id: int, taxonomy: Taxonomy) -> History:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, [labeler_id, taxonomy.pk])
        rows = cursor.fetchall()
    truth = [target if target in correct else correct[0] for _, correct, target in rows]
    right = [answered in correct for answered, correct, _ in rows]
    return History(
        np.array(truth, np.int64), np.array([row[0] for row in rows], np.int64),
        np.array(right, bool),
    )  # fmt: skip


def training_datasets(taxonomy: Taxonomy) -> list[Dataset]:
    """Those that a training task has drawn from: who learns may draw more from them."""
    tasks = LabelingTask.objects.filter(taxonomy=taxonomy, kind=LabelingTask.Kind.TRAINING)
    names = {name for scope in tasks.values_list("scope", flat=True) for name in scope["datasets"]}
    return list(Dataset.objects.filter(name__in=names))


def train_on(classes: Sequence[int], taxonomy: Taxonomy, labeler: User, seed: int) -> LabelingTask:
    """Open a training task of up to PER_CLASS images of each of the classes for one labeler, of those
    that trainings have shown already: what an evaluation may still draw stays unseen.

    Raises InputError if a class is unknown, there are too many or none, or no image of them may be
    trained on.
    """
    classes = sorted(set(classes))
    if not 0 < len(classes) <= MOST_CLASSES:
        raise InputError(f"Choose 1 to {MOST_CLASSES} classes.")
    names = dict(
        LabelClass.objects.filter(taxonomy=taxonomy, index__in=classes).values_list(
            "index", "synset__lemmas"
        )
    )
    if unknown := [index for index in classes if index not in names]:
        raise InputError(f"The taxonomy '{taxonomy}' has no class {unknown[0]}.")
    wanted = PER_CLASS * len(classes)
    datasets: dict[str, int] = {}
    for dataset in training_datasets(taxonomy):
        pool = pool_of(dataset, LabelingTask.Kind.TRAINING, list(classes), (set(), set()), True)
        if take := min(len(pool.keys), wanted - sum(datasets.values())):
            datasets[dataset.name] = take
    if not datasets:
        raise InputError("There are no images of these classes to train on.")
    sample = Sample(datasets, balanced=False, classes=tuple(classes), trained=True)
    return create_task(
        _free_name(", ".join(names[index][0] for index in classes), labeler),
        LabelingTask.Kind.TRAINING, sample, seed % LARGEST_SEED, labelers=[labeler], by=labeler,
        state=LabelingTask.State.OPEN, embargo_days=0,
    )[0]  # fmt: skip


def _free_name(classes: str, labeler: User) -> str:
    start = f"{labeler.username[:30]}: {classes}"[:90]
    taken = set(LabelingTask.objects.filter(name__startswith=start).values_list("name", flat=True))
    names = (start if number == 1 else f"{start} ({number})" for number in count(1))
    return next(name for name in names if name not in taken)
