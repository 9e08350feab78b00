"""The real classifiers on real photographs by 1, 2 and 4 workers, and once more while workers, Redis and
PostgreSQL are killed at random moments: the predictions have to be the same, byte for byte.

`python -m benchmarks.inference_kills [--images 4000] [--kills 6] [--seed N]` prints one JSON object:
for each model the SHA-256 of its predictions by each way. It needs the real photographs and models.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from django.db import DatabaseError, connection

from benchmarks.inference import lay_out, running
from benchmarks.measuring import manage, own_home
from benchmarks.servers import kill, serving
from config import embedded

if TYPE_CHECKING:
    from evaluation.models import ClassifierModel

WORKERS = (1, 2, 4)
PATIENCE_SECONDS = 600


def measure(scratch: Path, real: Path, images: int, kills: int, seed: int) -> dict[str, Any]:
    from annotation.models import Dataset
    from evaluation.inference.registering import register

    manage("migrate", "--verbosity", 0)
    manage("collectstatic", "--no-input", "--verbosity", 0)
    manage("load_taxonomy", "imagenet1k", "--json")
    files = sorted((real / "images").glob("*.JPEG"))
    labels = lay_out(files, scratch / "photographs", images)
    manage("import_dataset", "photographs", labels, "--images", labels.parent / "images", "--json")
    dataset = Dataset.objects.get()
    paths = sorted((real / "models").glob("*.onnx"))
    found: dict[str, dict[str, str]] = {path.stem: {} for path in paths}
    killed: list[str] = []
    for path in paths:
        for count in WORKERS:
            model = register(path, dataset.taxonomy, {}, f"{path.stem}, {count} workers")
            with running(count):
                found[path.stem][f"{count} workers"] = predicted(model)
        model = register(path, dataset.taxonomy, {}, f"{path.stem}, killed")
        with serving() as (_, supervisor), running(1) as more:
            disturb = killer(supervisor, more, kills, random.Random(seed))
            found[path.stem]["killed"] = predicted(model, disturb)
            killed += disturb.killed
    same = all(len(set(ways.values())) == 1 for ways in found.values())
    return {"images": images, "seed": seed, "same": same, "killed": killed, "sha256": found}


class killer:
    """Called again and again, it kills something now and then, up to so many times."""

    def __init__(
        self,
        supervisor: psutil.Process,
        more: list[psutil.Process],
        kills: int,
        draw: random.Random,
    ) -> None:
        self.supervisor, self.more, self.kills, self.draw = supervisor, more, kills, draw
        self.killed: list[str] = []
        self.next = time.monotonic() + draw.uniform(1, 4)

    def __call__(self) -> None:
        if len(self.killed) == self.kills or time.monotonic() < self.next:
            return
        self.next = time.monotonic() + self.draw.uniform(2, 6)
        part = self.draw.choice(["inference worker", "second worker", "PostgreSQL", "Redis"])
        with suppress(StopIteration, AssertionError, IndexError, psutil.Error):
            if part == "second worker":  # nobody starts it again
                self.more.pop().kill()
            elif part == "inference worker":
                children = self.supervisor.children(recursive=True)
                next(one for one in children if "inference" in one.cmdline()).kill()
            else:
                kill(part, self.supervisor)
            self.killed.append(part)


def predicted(model: ClassifierModel, disturb: Callable[[], None] = lambda: None) -> str:
    """Let the workers run the model; the SHA-256 of what it predicts."""
    from annotation.models import Dataset, PredictionSet
    from evaluation.inference.runs import start_run
    from evaluation.models import InferenceRun
    from evaluation.tasks import send_shards

    run = start_run(model, Dataset.objects.get())
    send_shards(run)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while run.state == InferenceRun.State.RUNNING:
        disturb()
        time.sleep(0.1)
        if time.monotonic() > deadline:
            sys.exit(f"{model}: the run does not come to an end")
        try:
            run.refresh_from_db()
        except DatabaseError:
            connection.close()
            embedded.start()
    if run.state != InferenceRun.State.DONE:
        sys.exit(f"{model}: {run.state}: {run.error}")
    return PredictionSet.objects.current().get(participant=model.participant).sha256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=random.randrange(1000))
    options = parser.parse_args()
    with own_home() as scratch:
        from benchmarks.world import real_data

        real = real_data()
        if real is None:
            sys.exit("Real photographs and models are needed.")
        result = measure(scratch, real, options.images, options.kills, options.seed)
    print(json.dumps(result, indent=1))
    sys.exit(0 if result["same"] else 1)


if __name__ == "__main__":
    main()
