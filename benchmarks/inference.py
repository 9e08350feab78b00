"""Runs of a real classifier over photographs, by Celery workers.

`python -m benchmarks.inference [--images 8000] [--workers 2]` prints a table. It needs the real
photographs and models. The photographs are repeated, each copy with another comment in its file, so
that all are different images. The first run decodes them; the second is that of another model which
sees the same squares, as in a study of dozens of models. Beside them stand a plain loop, one image
after the other on one core; as many such loops at once as there are cores; and the model alone on
arrays that are ready, on all cores, which is the ceiling.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.measuring import Line, manage, own_home, show

if TYPE_CHECKING:
    from evaluation.inference.preprocessing import Preprocessing

COMMAND = "python -m benchmarks.inference"
MODEL = "mobilenet_v1_0.25_128_quant.onnx"
SECONDS = 5.0
SAMPLE = 200


def inference(scratch: Path, images: int, workers: int) -> list[Line]:
    """Needs the taxonomy imagenet1k; nothing without photographs and models."""
    from benchmarks.world import real_data

    real = real_data()
    path = next((real / "models").rglob(MODEL), None) if real else None
    if real is None or path is None:
        return []
    files = sorted((real / "images").glob("*.JPEG"))
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        plain = _per_second(pool, _plain_loop, path, files, 1)
        loops = _per_second(pool, _plain_loop, path, files, cores)
        alone = _per_second(pool, _model_alone, path, files, cores)
    labels = lay_out(files, scratch / "photographs", images)
    manage("import_dataset", "photographs", labels, "--images", labels.parent / "images", "--json")
    with running(workers) as processes:
        time.sleep(5)
        first, grown = classified(path, "first", images, processes)
        second, _ = classified(path, "second", images, processes)
    again = f"{COMMAND} --images {images} --workers {workers}"
    name = path.stem
    return [
        Line(f"{name}, a plain loop, 1 core", f"{plain:.0f} images/s", again),
        Line(f"{name}, {cores} plain loops at once", f"{loops:.0f} images/s", again),
        Line(f"{name} alone on ready arrays, {cores} cores", f"{alone:.0f} images/s", again),
        Line(
            f"run_inference, {images:,} new images, {workers} workers",
            f"{first:.0f} images/s: {first / loops:.0%} of the loops, {first / alone:.0%} of the"
            f" model alone; workers' memory grew by {grown / 2**20:.0f} MiB after the first quarter",
            again,
        ),
        Line(
            "the same images, by another model that sees the same",
            f"{second:.0f} images/s: {second / alone:.0%} of the model alone",
            again,
        ),
    ]


def classified(
    model: Path, name: str, images: int, processes: list[psutil.Process]
) -> tuple[float, int]:
    """Images per second of a run, and by how many bytes memory grew after its first quarter."""
    from evaluation.models import InferenceRun

    command = ["run_inference", model, "--name", name, "--dataset", "photographs", "--json"]
    going_on = threading.Thread(target=manage, args=command)
    going_on.start()
    wait_for_a_quarter(name, images)
    before = memory(processes)
    going_on.join()
    run = InferenceRun.objects.get(model__participant__name=name)
    assert run.finished is not None
    return images / (run.finished - run.created).total_seconds(), memory(processes) - before


def lay_out(files: list[Path], folder: Path, images: int) -> Path:
    """A table of so many copies of the files, each with its number in a comment."""
    (folder / "images").mkdir(parents=True)
    contents = [file.read_bytes() for file in files]
    rows = ["image_id,wnid"]
    for number in range(images):
        source = number % len(files)
        name = f"{number:06d}.JPEG"
        comment = b"\xff\xfe\x00\x08%06d" % number  # ISO 10918-1, B.2.4.5
        content = contents[source]
        (folder / "images" / name).write_bytes(content[:2] + comment + content[2:])
        rows.append(f"{name},{files[source].name.partition('_')[0]}")
    table = folder / "labels.csv"
    table.write_text("\n".join(rows))
    return table


def wait_for_a_quarter(name: str, images: int) -> None:
    from evaluation.models import InferenceShard

    quarter = InferenceShard.objects.filter(
        run__model__participant__name=name, done=True, stop__gt=images // 4
    )
    while not quarter.exists():
        time.sleep(0.2)


@contextmanager
def running(workers: int) -> Iterator[list[psutil.Process]]:
    """So many inference workers, as `config.serving` starts one."""
    from config.serving import worker

    started = [
        subprocess.Popen([part.replace("@%h", f"-{number}@%h") for part in worker("inference", 1)])
        for number in range(workers)
    ]
    try:
        yield [psutil.Process(one.pid) for one in started]
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait(30)


def memory(processes: list[psutil.Process]) -> int:
    """Bytes that the workers' processes have that nobody else has."""
    family = [child for one in processes for child in (one, *one.children(recursive=True))]
    return sum(one.memory_full_info().uss for one in family)


def _per_second(
    pool: ProcessPoolExecutor, work, path: Path, files: list[Path], times: int
) -> float:
    """Images per second of the work done so many times at once."""
    return sum(pool.map(work, [path] * times, [files[:SAMPLE]] * times))


def _plain_loop(path: Path, files: list[Path]) -> float:
    from evaluation.inference.onnx_model import OnnxClassifier

    classifier = OnnxClassifier(path)
    preprocessing = classifier.guessed()
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        classifier.scores(_prepared(preprocessing, files[done % len(files)])[None])
        done += 1
    return done / (time.perf_counter() - start)


def _model_alone(path: Path, files: list[Path]) -> float:
    from evaluation.inference.onnx_model import OnnxClassifier

    classifier = OnnxClassifier(path)
    preprocessing = classifier.guessed()
    arrays = [_prepared(preprocessing, file) for file in files]
    batches = [
        np.stack(arrays[start : start + classifier.batch])
        for start in range(0, len(arrays) - classifier.batch + 1, classifier.batch)
    ]
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        done += len(classifier.scores(batches[done // classifier.batch % len(batches)]))
    return done / (time.perf_counter() - start)


def _prepared(preprocessing: Preprocessing, file: Path) -> NDArray[Any]:
    return preprocessing.numbers(preprocessing.square(file.read_bytes())[None])[0]


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--images", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with own_home() as scratch:
        manage("migrate", "--verbosity", 0)
        manage("load_taxonomy", "imagenet1k", "--json")
        lines = inference(scratch, options.images, options.workers)
    if not lines:
        sys.exit("Real photographs and models are needed.")
    show(lines)


if __name__ == "__main__":
    main()
