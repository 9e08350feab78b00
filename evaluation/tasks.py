import time
from typing import Any

from celery import shared_task
from celery.signals import task_failure, worker_ready
from django.db import transaction

from accounts import audit
from accounts.models import User
from annotation.models import Dataset
from config.celery import app
from evaluation import recomputing
from evaluation.exports import jobs
from evaluation.inference import runs
from evaluation.models import ClassifierModel, InferenceRun, InferenceShard
from evaluation.operations import failures
from taxonomy.jobs import DATABASE_IS_AWAY

INFERENCE = "inference"  # the queue of long work


@shared_task
def recompute_when_quiet() -> None:
    """Called every few seconds; see CELERY_BEAT_SCHEDULE."""
    recomputing.recompute_if_due(time.time())


@shared_task
def recompute() -> None:
    """An admin has asked for it."""
    recomputing.recompute_now(time.time())


def order_numbers() -> None:
    """Have a worker compute the numbers now, whatever else changes meanwhile."""
    recomputing.ask()
    recompute.delay()


@shared_task(autoretry_for=DATABASE_IS_AWAY, retry_backoff=True, max_retries=8)
def run_export(job_id: int) -> None:
    jobs.run_job(job_id)


def send_export(job_id: int) -> None:
    """Without a broker the export waits: a worker that starts looks for such."""
    try:
        run_export.apply_async([job_id], retry=False)
    except run_export.OperationalError:
        jobs.logger.exception("no worker could be told of export %s", job_id)


@worker_ready.connect
def resume_exports(**_: object) -> None:
    """Start again what was lost with a worker; an export that another worker makes is left alone."""
    jobs.clear_up()
    for job_id in jobs.waiting():
        run_export.delay(job_id)


@shared_task(autoretry_for=(Exception,), retry_backoff=True, max_retries=5)
def infer_shard(shard_id: int) -> None:
    """On the queue `inference`, so that short work does not wait for it."""
    if runs.do_shard(shard_id):
        runs.finish_run(InferenceShard.objects.values_list("run", flat=True).get(pk=shard_id))


def send_shards(run: InferenceRun) -> None:
    """Give what is open of a running run to the workers."""
    if run.state == InferenceRun.State.RUNNING:
        for shard_id in runs.open_shards(run):
            infer_shard.delay(shard_id)


def order_run(model: ClassifierModel, dataset: Dataset, replace: bool, user: User) -> InferenceRun:
    """Start a run on the workers, noted in the audit. Raises InputError as `runs.start_run` does."""
    run = runs.start_run(model, dataset, replace, user)
    audit.note(user, audit.Action.RUN, f"{model.participant} on {dataset}")
    transaction.on_commit(lambda: send_shards(run))
    return run


def order_run_again(run: InferenceRun) -> None:
    """Let a failed run go on. Raises InputError if it did not fail."""
    for shard_id in failures.run_again(run):
        infer_shard.delay(shard_id)


@shared_task
def continue_runs() -> None:
    """Called now and then: shards whose messages were lost with a broker are sent again."""
    with app.connection_for_read() as connection:
        waiting = connection.default_channel.client.llen(INFERENCE)
    if not waiting:
        for shard_id in runs.lost_shards():
            infer_shard.delay(shard_id)


@task_failure.connect
def note_failure(
    sender: Any = None, args: Any = None, kwargs: Any = None, exception: Any = None, **_: Any
) -> None:
    """For the operations page; retried tasks come here after the last time."""
    worker = getattr(sender.request, "hostname", "") or ""
    described = f"{type(exception).__name__}: {exception}"
    failures.note(sender.name, args or [], kwargs or {}, described, worker)
