"""Runs of classifiers over datasets, shard by shard; whoever does a shard, it comes out the same."""

from __future__ import annotations

import os
import socket
import time
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from annotation.importing.alone import one_at_a_time
from annotation.importing.picking import members
from annotation.importing.predictions import model_file, store_predictions
from annotation.models import Dataset, DatasetImage, Image, PredictionSet
from evaluation.inference.classifier import Classifier
from evaluation.inference.registering import classifier_of, local_copy, preprocessing_of
from evaluation.inference.squares import square_of
from evaluation.models import ClassifierModel, InferenceRun, InferenceShard
from evaluation.signals import run_finished
from taxonomy.errors import InputError
from taxonomy.progress import quiet

SHARD = 256
LOCKS = 0x696E  # the class of advisory locks that shards take, one per shard
MOST_FAILURES = 1000
State = InferenceRun.State

# A run whose shards are all done and that was not finished is finished by its last shard.
LOST = """
    SELECT shard.id FROM evaluation_inferenceshard shard
    JOIN evaluation_inferencerun run ON run.id = shard.run_id
    WHERE run.state = %(running)s
      AND (NOT shard.done OR shard.id = (
          SELECT max(id) FROM evaluation_inferenceshard last WHERE last.run_id = run.id))
      AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2
                      AND classid = %(locks)s AND objid = shard.id)
    ORDER BY shard.id
"""


@transaction.atomic
def start_run(
    model: ClassifierModel, dataset: Dataset, replace: bool = False, owner: User | None = None
) -> InferenceRun:
    """Note a run and its shards; `do_shard` does them.

    Raises InputError if there are no pictures, if the dataset has other classes than the model, or if
    predictions are there that come from elsewhere and are not to be replaced.
    """
    if model.taxonomy_id not in (None, dataset.taxonomy_id):
        raise InputError(
            f"'{model.participant.name}' is for the classes of '{model.taxonomy}', and those of"
            f" '{dataset}' are others."
        )
    if not Image.objects.filter(datasets=dataset).exclude(file="").exists():
        raise InputError(f"'{dataset}' was imported without image files.")
    if not replace and _differs(model, dataset):
        raise InputError(
            f"'{model.participant}' has predictions for '{dataset}' already; say that the new ones"
            " take their place (--replace)"
        )
    run = InferenceRun.objects.create(model=model, dataset=dataset, replace=replace, owner=owner)
    InferenceShard.objects.bulk_create(
        InferenceShard(run=run, start=start, stop=min(start + SHARD, dataset.size))
        for start in range(0, dataset.size, SHARD)
    )
    return run


def _differs(model: ClassifierModel, dataset: Dataset) -> bool:
    """Whether there are predictions that no run of the same model has made."""
    there = PredictionSet.objects.current().filter(participant=model.participant, dataset=dataset)
    same = InferenceRun.objects.filter(model=model, dataset=dataset, state=State.DONE)
    return there.exists() and not same.exists()


def open_shards(run: InferenceRun) -> list[int]:
    return list(run.shards.filter(done=False).order_by("start").values_list("pk", flat=True))


def lost_shards() -> list[int]:
    """The open shards of running runs that nobody is at."""
    with connection.cursor() as cursor:
        cursor.execute(LOST, {"running": State.RUNNING, "locks": LOCKS})
        return [pk for (pk,) in cursor.fetchall()]


def do_shard(shard_id: int) -> bool:
    """Classify a shard's images, unless that is done, or somebody else is at it; whether all of the
    run's shards are done now. What was done is committed at once."""
    shard = InferenceShard.objects.select_related("run__model", "run__dataset").get(pk=shard_id)
    if shard.run.state == State.RUNNING and not shard.done and _take(shard_id):
        try:
            _classify(shard)
        finally:
            _let_go(shard_id)
    return shard.run.state == State.RUNNING and not shard.run.shards.filter(done=False).exists()


def _take(shard_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCKS, shard_id])
        return cursor.fetchone()[0]


def _let_go(shard_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCKS, shard_id])


def _classify(shard: InferenceShard) -> None:
    run, model = shard.run, shard.run.model
    links = DatasetImage.objects.filter(
        dataset=run.dataset, position__gte=shard.start, position__lt=shard.stop
    )
    files = list(links.order_by("position").values_list("image__file", flat=True))
    preprocessing = preprocessing_of(model)
    begin = time.perf_counter()
    try:
        classifier = _classifier(model.pk)
    except (InputError, OSError) as error:  # another worker may have what this one lacks
        InferenceRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
            error=f"{socket.gethostname()}: {error}"[:1000]
        )
        raise
    try:
        top_k, failures = classifier.classify(
            len(files), lambda at: square_of(files[at], preprocessing), preprocessing,
            np.array(model.label_map, np.int32),
        )  # fmt: skip
    except InputError as error:
        _end(run, State.FAILED, str(error))
        return
    InferenceShard.objects.filter(pk=shard.pk, done=False).update(
        done=True, top_k=top_k.astype("<i4").tobytes(),
        failures=[[shard.start + at, reason] for at, reason in failures],
        worker=_worker(), seconds=time.perf_counter() - begin, finished=Now(),
    )  # fmt: skip


def _worker() -> str:
    return f"{socket.gethostname()[:80]} {os.getpid()}"


@lru_cache(maxsize=2)
def _classifier(model_id: int) -> Classifier:
    """One warm session per process and model."""
    return classifier_of(ClassifierModel.objects.get(pk=model_id))


def finish_run(run_id: int) -> dict[str, Any] | None:
    """Store the predictions of a run whose shards are all done; None if it is not to be finished.

    Returns what `import_predictions` does, with `failures`: [[position, reason]]. A run that can't
    be stored fails, and says why.
    """
    with one_at_a_time(), transaction.atomic():
        runs = InferenceRun.objects.select_for_update(of=["self"])
        run = runs.select_related("model__participant", "dataset").get(pk=run_id)
        if run.state != State.RUNNING or run.shards.filter(done=False).exists():
            return None
        try:
            with transaction.atomic():
                result = _store(run)
        except InputError as error:
            _end(run, State.FAILED, str(error))
            return None
        _end(run, State.DONE)
        return result


def _store(run: InferenceRun) -> dict[str, Any]:
    shards = list(run.shards.order_by("start"))
    images = members(run.dataset)
    parts = [
        np.frombuffer(one.top_k or b"", "<i4").reshape(one.stop - one.start, -1) for one in shards
    ]
    top_k = np.full((len(images), parts[0].shape[1]), -1, np.int32)
    for one, part in zip(shards, parts, strict=True):
        top_k[one.start : one.stop] = part
    if (top_k == -1).all():
        reason = shards[0].failures[0][1] if shards[0].failures else "nothing was classified"
        raise InputError(f"no image could be classified: {reason}")
    name = run.model.participant.name
    file = model_file(local_copy(run.model), top_k)
    result = store_predictions(run.dataset, images, {name: file}, run.replace, quiet)
    failures = [failure for one in shards for failure in one.failures]
    return result | {"failures": failures[:MOST_FAILURES], "failed": len(failures)}


def _end(run: InferenceRun, state: str, error: str = "") -> None:
    run.state, run.error, run.finished = state, error[:1000], timezone.now()
    run.save(update_fields=["state", "error", "finished"])
    if state != State.CANCELLED:
        run_finished.send(InferenceRun, run=run)


@transaction.atomic
def change_run(run: InferenceRun, state: str) -> None:
    """Pause, resume or cancel a run. Raises InputError if it is over."""
    run.refresh_from_db(from_queryset=InferenceRun.objects.select_for_update())
    if run.state not in (State.RUNNING, State.PAUSED):
        raise InputError("This run is over.")
    if state == State.CANCELLED:
        _end(run, state)
    else:
        run.state = state
        run.save(update_fields=["state"])
