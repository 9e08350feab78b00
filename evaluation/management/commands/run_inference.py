from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from annotation.importing.picking import pick_dataset
from evaluation.inference.following import cancel, run_here, wait_for_workers
from evaluation.inference.progress import progress_of
from evaluation.inference.registering import read_settings, register
from evaluation.inference.runs import start_run
from evaluation.models import InferenceRun
from taxonomy.commands import JsonCommand
from taxonomy.errors import InputError


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
