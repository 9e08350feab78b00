from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from annotation.importing.picking import pick_dataset
from evaluation.inference.registering import read_settings, register
from evaluation.inference.runs import (
    change_run,
    do_shard,
    finish_run,
    open_shards,
    progress_of,
    start_run,
)
from evaluation.models import InferenceRun
from evaluation.tasks import infer_shard
from taxonomy.commands import JsonCommand
from taxonomy.errors import InputError
from taxonomy.progress import Progress

POLL_SECONDS = 0.3
PATIENCE_SECONDS = 30


class Command(JsonCommand):
    help = "Classify a dataset's images with a model; the results become its predictions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "model", metavar="MODEL",
            help="a file: .onnx; with PyTorch .pt (TorchScript) or .pt2 (torch.export); or timm:NAME",
        )  # fmt: skip
        parser.add_argument(
            "--weights", type=Path, metavar="FILE", help="of timm:NAME (default: from timm's hub)"
        )
        parser.add_argument("--dataset", required=True)
        parser.add_argument(
            "--preprocess", type=Path, metavar="FILE.json",
            help="size, resize, crop, interpolation, layout, dtype, channels, mean, std, label_map;"
            " what it does not say is guessed from the model",
        )  # fmt: skip
        parser.add_argument("--name", help="the participant's name (default: the file's stem)")
        parser.add_argument(
            "--local", action="store_true", help="in this process, not on Celery workers"
        )
        parser.add_argument(
            "--replace", action="store_true", help="in the place of what the model predicted before"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        dataset = pick_dataset(options["dataset"])
        asked = read_settings(options["preprocess"])
        model = register(
            options["model"], dataset.taxonomy, asked, options["name"], options["weights"]
        )
        run = start_run(model, dataset, options["replace"])
        begin = time.perf_counter()
        with self.progress(options) as progress:
            try:
                (run_here if options["local"] else wait_for_workers)(run, progress)
            except (KeyboardInterrupt, InputError):
                cancel(run)
                raise
        run.refresh_from_db()
        if run.state != InferenceRun.State.DONE:
            raise InputError(run.error or f"the run is {run.state}")
        found = progress_of(run)
        seconds = time.perf_counter() - begin
        return {
            "run": run.pk, "model": model.participant.name, "sha256": model.sha256,
            "dataset": dataset.name, "images": found.total, "failed": found.failed,
            "images_per_second": round(found.total / seconds, 1),
        }  # fmt: skip


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
    for shard in open_shards(run):
        infer_shard.delay(shard)
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
