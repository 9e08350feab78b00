"""Reference images of all classes: their import, contact sheets and thumbnails, by a worker.

`python -m benchmarks.references [--classes 1000]` prints a table. It needs the real photographs:
each class gets 100 different ones of them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from pathlib import Path

from benchmarks.measuring import Line, manage, own_home, show

CLASSES = 1000
PER_CLASS = 100
LONGEST = 3600
COMMAND = "python -m benchmarks.references --classes"


def references(scratch: Path, classes: int) -> list[Line]:
    """Times and sizes, from an admin's start of the import on; nothing without photographs."""
    from django.db.models import Avg, Max, Sum

    from benchmarks.world import real_data
    from taxonomy.models import ReferenceImage, ReferenceSet

    real = real_data()
    if real is None:
        return []
    source = lay_out(real / "images", scratch / "references", classes)
    imported, sheets = run_in_worker(source)
    images = ReferenceImage.objects.count()
    size = ReferenceSet.objects.aggregate(
        mean=Avg("sheet_bytes"), most=Max("sheet_bytes"), total=Sum("sheet_bytes")
    )
    thumbs = sum(path.stat().st_size for path in media("thumbs"))
    originals = media("references")
    stored = sum(path.stat().st_size for path in originals)
    command = f"{COMMAND} {classes}"
    return [
        Line(
            f"{images:,} reference images of {classes:,} classes ({len(originals)} photographs)",
            f"imported in {imported:.0f} s ({images / imported:.0f}/s), {megabytes(stored)} stored",
            command,
        ),
        Line(
            f"{classes:,} contact sheets, 2 processes",
            f"all made {sheets:.0f} s after the start, {megabytes(size['total'])}",
            command,
        ),
        Line(
            f"a sheet of {PER_CLASS} photographs",
            f"{megabytes(size['mean'], 2)} on average, {megabytes(size['most'], 2)} at most",
            command,
        ),
        Line("thumbnails of all classes", megabytes(thumbs, 2), command),
    ]


def lay_out(photographs: Path, folder: Path, classes: int) -> Path:
    """A folder per class, named by wnid, with PER_CLASS links to photographs."""
    from taxonomy.models import LabelClass

    copies = folder.with_name("photographs")
    shutil.copytree(photographs, copies)
    files = sorted(copies.iterdir())
    rows = LabelClass.objects.filter(taxonomy__name="imagenet1k").order_by("index")
    for number, key in enumerate(rows.values_list("synset__key", flat=True)[:classes]):
        (folder / key).mkdir(parents=True)
        for place in range(PER_CLASS):
            file = files[(37 * number + place) % len(files)]
            os.link(file, folder / key / file.name)
    return folder


def run_in_worker(source: Path) -> tuple[float, float]:
    """Seconds until a worker has done the import, and until it has made every sheet."""
    from accounts.models import User
    from annotation import tasks
    from annotation.importing import jobs
    from benchmarks.servers import serving
    from taxonomy.reference.sheets import waiting_sheets

    parameters = {
        "files": [str(source)], "taxonomy": "imagenet1k", "per_class": PER_CLASS, "seed": 0,
        "replace": False,
    }  # fmt: skip
    owner, _ = User.objects.get_or_create(username="bench")
    with serving():
        start = time.perf_counter()
        job = jobs.start("references", parameters, owner)
        tasks.run_import.delay(job.pk)
        imported = None
        while imported is None or waiting_sheets() or not media("thumbs"):
            time.sleep(0.2)
            seconds = time.perf_counter() - start
            assert seconds < LONGEST, "the worker does not come to an end"
            if imported is None:
                job.refresh_from_db()
                assert job.state != "failed", job.errors
                imported = seconds if job.state == "done" else None
        return imported, time.perf_counter() - start


def media(folder: str) -> list[Path]:
    from django.conf import settings

    return [path for path in (settings.MEDIA_ROOT / folder).rglob("*") if path.is_file()]


def megabytes(size: float, digits: int = 0) -> str:
    return f"{size / 1e6:,.{digits}f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=CLASSES)
    options = parser.parse_args()
    with own_home() as scratch:
        manage("migrate", "--verbosity", 0)
        manage("load_taxonomy", "imagenet1k", "--json")
        manage("collectstatic", "--no-input", "--verbosity", 0)
        show(references(scratch, options.classes))


if __name__ == "__main__":
    main()
