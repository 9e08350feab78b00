"""Imports that admins start in the browser, and a worker runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts import audit
from accounts.models import User
from annotation.importing import uploads
from annotation.importing.datasets import import_dataset
from annotation.importing.judgments import import_judgments
from annotation.importing.multilabels import import_multilabels
from annotation.importing.predictions import import_predictions
from annotation.importing.references import import_references
from annotation.models import ImportJob
from taxonomy import jobs
from taxonomy.errors import InputError, InputErrors, writable
from taxonomy.loading import load_csv, load_imagenet1k
from taxonomy.progress import Progress

logger = logging.getLogger("tusker.imports")

LOCKS = 0x6A6F  # the class of advisory locks that jobs take, one per job
MOST_ERRORS = 1000
AFTER_FAILURE = {"references": "Start it again, and it goes on where it was."}
State = ImportJob.State


def start(kind: str, parameters: dict[str, Any], owner: User) -> ImportJob:
    """Note an import; `run_job` does it. For the parameters see the functions in RUNNERS."""
    job = ImportJob.objects.create(kind=kind, parameters=parameters, owner=owner)
    audit.note(owner, audit.Action.IMPORT, f"{kind} {job.subject}".strip())
    return job


def run_job(job_id: int) -> None:
    """Do an import unless it is done or another worker is at it. Errors end up in the job."""
    with jobs.alone(LOCKS, job_id) as free:
        job = ImportJob.objects.filter(pk=job_id).first()
        if not free or job is None or job.state in (State.DONE, State.FAILED):
            return
        job.state = State.RUNNING
        job.save(update_fields=["state"])
        _run(job)
        job.finished = timezone.now()
        job.save()
        uploads.forget(job.parameters.get("files", []))


def waiting() -> list[int]:
    """Jobs that nobody has finished: not begun, or begun by a worker that may have died."""
    unfinished = ImportJob.objects.filter(state__in=[State.WAITING, State.RUNNING])
    return list(unfinished.order_by("pk").values_list("pk", flat=True))


def progress_of(job: ImportJob) -> dict[str, Any]:
    """{"step", "done", "total"}; total 0 = unknown."""
    return jobs.progress_of(_key(job.pk))


def _run(job: ImportJob) -> None:
    try:
        job.result = RUNNERS[job.kind](job.parameters, jobs.kept_progress(_key(job.pk)))
        job.state = State.DONE
    except InputError as error:
        job.errors = _described(error)
        job.state = State.FAILED
    except Exception:
        logger.exception("import %s failed", job.pk)
        jobs.reconnect_if_lost()
        after = AFTER_FAILURE.get(job.kind, "Nothing was changed.")
        reason = f"The import failed for a reason that is in the server's log. {after}"
        job.errors = [{"file": "", "row": None, "reason": reason}]
        job.state = State.FAILED


def _described(error: InputError) -> list[dict[str, Any]]:
    rows = error.rows if isinstance(error, InputErrors) else [(error.row, error.reason)]
    return [
        {"file": writable(error.file or ""), "row": row, "reason": writable(reason)}
        for row, reason in rows[:MOST_ERRORS]
    ]


def _key(job_id: int) -> str:
    return f"import:{job_id}"


def _taxonomy(parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """{"name" or None, "files": [] for ImageNet-1k or [CSV]}"""
    if not parameters["files"]:
        return dict(load_imagenet1k(progress))
    return dict(load_csv(parameters["files"][0], parameters["name"], progress))


def _dataset(parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """{"name", "files": [labels, and perhaps a folder or zip of images], "taxonomy" or None}"""
    labels, *images = map(Path, parameters["files"])
    with ExitStack() as stack:
        folder = stack.enter_context(uploads.unpacked(images[0], progress)) if images else None
        return import_dataset(parameters["name"], labels, folder, parameters["taxonomy"], progress)


def _predictions(parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """{"dataset", "files", "model" or None, "replace"}"""
    with ExitStack() as stack:
        paths = [
            stack.enter_context(uploads.unpacked(Path(path), progress))
            for path in parameters["files"]
        ]
        return import_predictions(
            parameters["dataset"], paths, parameters["model"], parameters["replace"], progress
        )


def _multilabels(parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """{"dataset", "files": [one], "replace"}"""
    (file,) = map(Path, parameters["files"])
    return import_multilabels(file, parameters["dataset"], None, parameters["replace"], progress)


def _judgments(parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """{"files": [one], "datasets": names, "skip_unknown", and perhaps "unchosen_incorrect"}"""
    (file,) = map(Path, parameters["files"])
    return import_judgments(
        file, None, parameters["datasets"], parameters["skip_unknown"], progress,
        parameters.get("unchosen_incorrect", False),
    )  # fmt: skip


def _references(parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """{"files": [folder, zip or tar], "taxonomy" or None, "per_class", "seed", "replace"}"""
    (file,) = map(Path, parameters["files"])
    with uploads.unpacked(file, progress) as source:
        return import_references(
            source, parameters["taxonomy"], parameters["per_class"], parameters["seed"],
            parameters["replace"], progress,
        )  # fmt: skip


RUNNERS: dict[str, Callable[[dict[str, Any], Progress], dict[str, Any]]] = {
    "taxonomy": _taxonomy,
    "dataset": _dataset,
    "predictions": _predictions,
    "judgments": _judgments,
    "multilabels": _multilabels,
    "references": _references,
}
