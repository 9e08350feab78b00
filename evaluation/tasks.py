import time

from celery import shared_task

from evaluation import recomputing


@shared_task
def recompute_when_quiet() -> None:
    """Called every few seconds; see CELERY_BEAT_SCHEDULE."""
    recomputing.recompute_if_due(time.time())


@shared_task
def recompute() -> None:
    """An admin has asked for it."""
    recomputing.recompute_now(time.time())
