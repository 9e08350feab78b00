"""Tasks that failed, and ordering them again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from annotation.models import ImportJob
from annotation.tasks import run_import
from config.celery import app
from evaluation.models import FailedTask, InferenceRun, InferenceShard
from taxonomy.errors import InputError

KEPT = 500


def note(
    name: str, positional: Sequence[Any], named: Mapping[str, Any], error: str, worker: str
) -> None:
    """Keep what a task failed of; the oldest of more than KEPT are forgotten."""
    arguments = json.loads(json.dumps([list(positional), dict(named)], default=str))
    FailedTask.objects.create(
        name=name[:200], arguments=arguments, error=error[:1000], worker=worker[:200]
    )
    kept = FailedTask.objects.values("pk")[:KEPT]
    FailedTask.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()


@transaction.atomic
def order_again(failed: FailedTask) -> None:
    """Give a failed task to the workers once more. Raises InputError if somebody did so already."""
    positional, named = failed.arguments
    deleted, _ = FailedTask.objects.filter(pk=failed.pk).delete()
    if not deleted:
        raise InputError("This task was ordered again already.")
    app.send_task(failed.name, positional, named)  # before the commit: without a broker it stays


@transaction.atomic
def import_again(job: ImportJob) -> None:
    """Start a failed import again.

    Raises InputError if it did not fail, or if its files were uploaded: they are gone.
    """
    job.refresh_from_db(from_queryset=ImportJob.objects.select_for_update())
    if job.state != ImportJob.State.FAILED:
        raise InputError("This import did not fail.")
    if job.parameters.get("files"):
        raise InputError("Its files were uploaded and are gone; upload them again.")
    job.state, job.errors, job.finished = ImportJob.State.WAITING, [], None
    job.save(update_fields=["state", "errors", "finished"])
    transaction.on_commit(lambda: run_import.delay(job.pk))


@transaction.atomic
def run_again(run: InferenceRun) -> list[int]:
    """Let a failed run of a model go on; its shards that are still to be done.

    Raises InputError if it did not fail.
    """
    run.refresh_from_db(from_queryset=InferenceRun.objects.select_for_update())
    if run.state != InferenceRun.State.FAILED:
        raise InputError("This run did not fail.")
    run.state, run.error, run.finished = InferenceRun.State.RUNNING, "", None
    run.save(update_fields=["state", "error", "finished"])
    shards = InferenceShard.objects.filter(run=run).order_by("start")
    open_ones = list(shards.filter(done=False).values_list("pk", flat=True))
    # All were done, and storing them failed: the last one tries that again.
    return open_ones or list(shards.values_list("pk", flat=True))[-1:]
