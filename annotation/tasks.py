from celery import shared_task
from celery.signals import worker_ready

from annotation import renditions
from annotation.importing import jobs


@shared_task
def run_import(job_id: int) -> None:
    jobs.run_job(job_id)


@shared_task
def make_renditions(content_hashes: list[str]) -> None:
    renditions.make_renditions(content_hashes)


@worker_ready.connect
def resume_imports(**_: object) -> None:
    """Start again what was lost with a worker; a job that another worker runs is left alone."""
    for job_id in jobs.waiting():
        run_import.delay(job_id)
