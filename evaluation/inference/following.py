"""Seeing a run through to its end, in this process or by the workers."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from config.serving import worker
from evaluation.inference.progress import progress_of
from evaluation.inference.runs import (
    change_run,
    do_shard,
    finish_run,
    open_shards,
)
from evaluation.models import InferenceRun
from evaluation.tasks import send_shards
from taxonomy.errors import InputError
from taxonomy.progress import Progress

POLL_SECONDS = 0.3
PATIENCE_SECONDS = 30


@contextmanager
def own_worker() -> Iterator[None]:
    """An inference worker for as long as it takes."""
    process = subprocess.Popen(
        worker("inference", 1), cwd=settings.BASE_DIR, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def cancel(run: InferenceRun) -> None:
    run.refresh_from_db()
    if run.state == InferenceRun.State.RUNNING:
        change_run(run, InferenceRun.State.CANCELLED)


def run_here(run: InferenceRun, progress: Progress) -> None:
    shards = open_shards(run)
    for number, shard in enumerate(shards):
        progress("classifying, shards", number, len(shards))
        do_shard(shard)
    progress("classifying, shards", len(shards), len(shards))
    finish_run(run.pk)


def wait_for_workers(run: InferenceRun, progress: Progress) -> None:
    """Give the shards to the workers and wait. Raises InputError if none answers for long."""
    send_shards(run)
    last, since = -1, time.monotonic()
    while True:
        run.refresh_from_db()
        if run.state != InferenceRun.State.RUNNING:
            return
        found = progress_of(run)
        progress("classifying", found.done, found.total)
        if found.done != last:
            last, since = found.done, time.monotonic()
        elif last == 0 and time.monotonic() - since > PATIENCE_SECONDS:
            raise InputError("no worker has answered; start one with make serve, or use --local")
        time.sleep(POLL_SECONDS)
