"""Exports that admins order, and a worker makes."""

from __future__ import annotations

import hashlib
import logging
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.people import admins
from annotation.exporting.records import pick_datasets
from annotation.exporting.writing import write_dump
from evaluation.exports.formats import ABOUT
from evaluation.freezing import datasets_of, frozen_of
from evaluation.models import ExportJob
from evaluation.snapshots import find_snapshot
from taxonomy import jobs, stored
from taxonomy.errors import InputError

logger = logging.getLogger("tusker.exports")

LOCKS = 0x6578  # the class of advisory locks that exports take, one per job
WORKPLACE = "export-"  # how the names of folders begin in which exports are made
State = ExportJob.State


def start(format: str, names: Sequence[str], asked: str, owner: User) -> ExportJob:
    """Note an export; `run_job` makes it.

    names: of datasets; none: all, or all of the snapshot. asked: the beginning of a snapshot's hash;
    empty: what is held when it is made. Raises InputError for what there is not, for datasets that
    the snapshot lacks, and for datasets of several taxonomies.
    """
    if format not in ABOUT:
        raise InputError(f"There is no format '{format}'; there are {', '.join(ABOUT)}.")
    snapshot = find_snapshot(asked) if asked else None
    datasets = datasets_of(names, snapshot)
    job = ExportJob.objects.create(
        format=format, datasets=[dataset.name for dataset in datasets], snapshot=snapshot,
        owner=owner, file=f"exports/{secrets.token_hex(16)}.zip",
    )  # fmt: skip
    audit.note(owner, audit.Action.EXPORT, str(job))
    return job


def run_job(job_id: int) -> None:
    """Make an export unless it is made or another worker is at it. Errors end up in the job."""
    with jobs.alone(LOCKS, job_id) as free:
        job = ExportJob.objects.select_related("snapshot").filter(pk=job_id).first()
        if not free or job is None or job.ended:
            return
        these = ExportJob.objects.filter(pk=job_id)
        these.update(state=State.RUNNING)
        outcome = {"error": "", **_outcome(job), "finished": timezone.now()}
        these.filter(state=State.RUNNING).update(**outcome)
        if not these.exists():  # it was deleted meanwhile
            default_storage.delete(job.file)


def waiting() -> list[int]:
    """Jobs that nobody has finished: not begun, or begun by a worker that may have died."""
    unfinished = ExportJob.objects.filter(state__in=[State.WAITING, State.RUNNING])
    return list(unfinished.order_by("pk").values_list("pk", flat=True))


def progress_of(job: ExportJob) -> dict[str, Any]:
    """{"step", "done", "total"}; total 0 = unknown."""
    return jobs.progress_of(_key(job.pk))


def clear_up() -> None:
    """Delete the workplaces that workers which died have left on this machine."""
    for folder in stored.drafts_folder().glob(f"{WORKPLACE}*"):
        with jobs.alone(LOCKS, int(folder.name.split("-")[1])) as free:
            if free:
                shutil.rmtree(folder, ignore_errors=True)


def delete(job: ExportJob, user: User) -> None:
    """Delete an export with its file. A worker that is at it finishes for nothing."""
    with transaction.atomic():
        audit.note(user, audit.Action.EXPORT, f"deleted export {job.pk}, {job}"[:500])
        ExportJob.objects.filter(pk=job.pk).delete()
        default_storage.delete(job.file)


def _outcome(job: ExportJob) -> dict[str, Any]:
    """What is to be said of the job after trying to make its file."""
    try:
        return {"state": State.DONE, **_make(job)}
    except InputError as error:
        reason = str(error)
    except Exception:
        logger.exception("export %s failed", job.pk)
        jobs.reconnect_if_lost()
        reason = "It failed for a reason that is in the server's log."
    return {"state": State.FAILED, "error": reason[:1000]}


def _make(job: ExportJob) -> dict[str, Any]:
    """Put the file into the storage; its {"bytes", "sha256"}."""
    tell = jobs.kept_progress(_key(job.pk))
    tell("reading", 0, 0)
    frozen = frozen_of(job.snapshot) if job.snapshot else None
    with _workplace(job) as folder:
        out = folder / "annotations.zip"
        snapshot = job.snapshot.hash if job.snapshot else None
        write_dump(
            out, job.format, pick_datasets(job.datasets), tell, frozen, snapshot, readers=admins()
        )
        tell("storing", 0, 0)
        with out.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = out.stat().st_size
        stored.move(out, job.file)
    return {"bytes": size, "sha256": sha256}


@contextmanager
def _workplace(job: ExportJob) -> Iterator[Path]:
    """An empty folder of this attempt's own."""
    folder = stored.drafts_folder() / f"{WORKPLACE}{job.pk}-{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _key(job_id: int) -> str:
    return f"export:{job_id}"
