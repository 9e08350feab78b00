from celery import shared_task
from celery.signals import worker_ready

from annotation import renditions
from annotation.importing import jobs
from annotation.models import VerdictRule
from annotation.review import rule
from taxonomy.jobs import DATABASE_IS_AWAY


@shared_task(autoretry_for=DATABASE_IS_AWAY, retry_backoff=True, max_retries=8)
def run_import(job_id: int) -> None:
    jobs.run_job(job_id)


@shared_task
def make_renditions(content_hashes: list[str]) -> None:
    renditions.make_renditions(content_hashes)


@shared_task
def preview_rule(method: str, confidence: float) -> None:
    rule.remember_preview(rule.make_rule(method, confidence))


@shared_task
def decide_anew() -> None:
    rule.decide_anew()


def send_import(job_id: int) -> None:
    """Without a broker the job waits: a worker that starts looks for such jobs."""
    try:
        run_import.apply_async([job_id], retry=False)
    except run_import.OperationalError:
        jobs.logger.exception("no worker could be told of import %s", job_id)


def order_preview(wanted: VerdictRule) -> None:
    """Have a worker compute anew what a rule would change."""
    rule.forget_preview(wanted)
    preview_rule.delay(wanted.method, wanted.confidence)


def put_in_force(chosen: VerdictRule) -> None:
    """Store a rule, and have a worker decide every verdict anew by it."""
    chosen.save()
    decide_anew.delay()


@worker_ready.connect
def resume_imports(**_: object) -> None:
    """Start again what was lost with a worker; a job that another worker runs is left alone."""
    for job_id in jobs.waiting():
        run_import.delay(job_id)
