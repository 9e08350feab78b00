"""Labelers at an evaluation while servers are killed or not, then the count of what is missing.

`python -m benchmarks.labelers [--labelers 20] [--images 2000] [--kill]` prints one JSON object.
Each labeler answers every image as the labeling page does: images are fetched five at a time, an
answer is sent when it is given, and the time spent when the next image is shown.
It makes a dataset and a task of its own in the database of its TUSKER_HOME.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import django
from django.db import connection

AT_ONCE = 5
CLASSES = 1000
THINK = (0.02, 0.08)


def measure(
    labelers: int, images: int, kill: bool, think: tuple[float, float] = THINK
) -> dict[str, Any]:
    from accounts.roles import LABELER
    from benchmarks.load import make_sessions
    from benchmarks.servers import PARTS, serving
    from benchmarks.servers import kill as kill_part
    from benchmarks.survive import percentiles
    from config import embedded

    sessions = make_sessions(labelers, LABELER)
    task = prepare(labelers, images)
    over = threading.Event()
    with serving() as (port, supervisor):
        connection.close()
        start = time.monotonic()
        people = [
            labeler(port, task.pk, images, session, think, over, kill) for session in sessions
        ]
        for person in people:
            person.start()
        for part in PARTS if kill else ():
            time.sleep(3)
            kill_part(part, supervisor)
        for person in people:
            person.join()
        seconds = time.monotonic() - start
        embedded.start()  # PostgreSQL may still be recovering
        stored = stored_answers(task)
    said = {item: kept for person in people for item, kept in person.said.items()}
    return {
        "labelers": labelers,
        "images": images,
        "seconds": round(seconds, 1),
        "killed": list(PARTS) if kill else [],
        "answers": len(stored),
        "different": sum(stored.get(item) != kept for item, kept in said.items()),
        "missing": len(said.keys() - stored.keys()),
        "errors": [error for person in people for error in person.log.errors][:5],
        "lost_answers": sum(person.log.lost_answers for person in people),
        **{
            name: percentiles([ms for person in people for ms in person.log.server_ms[name]])
            for name in ("items", "submit")
        },
    }


def labeler(port: int, task: int, images: int, *rest: Any) -> Any:
    from benchmarks.load import Person

    class Labeler(Person):
        """Answers image after image; `said` is what the server acknowledged: {image: (class, ms)}."""

        said: dict[str, tuple[int, int]]

        def run(self) -> None:
            self.said = {}
            for first in range(0, images, AT_ONCE):
                positions = list(range(first, min(first + AT_ONCE, images)))
                answer = self.ask("items", {"positions": positions})
                for item in (answer or {"items": []})["items"]:
                    self.name(item["uid"])

        def name(self, item: str) -> None:
            index, ms = self.random.randrange(CLASSES), self.random.randrange(1000, 60_000)
            say = {"type": "say", "class": index, "confidence": 2, "later": False, "note": ""}
            work = {"type": "work", "wall_ms": ms, "active_ms": ms // 2}
            for op in (say, work):
                time.sleep(self.random.uniform(*self.think))
                op |= {"id": str(uuid.uuid4()), "item": item}
                if self.ask("submit", {"ops": [op]}) is None:
                    return
            self.said[item] = (index, ms)

    return Labeler(port, f"/labeling/{task}/api/", *rest)


def prepare(labelers: int, images: int) -> Any:
    """A task for `load-0`, `load-1`, … over `images` images of all classes, made anew."""
    from annotation.importing.datasets import import_dataset
    from annotation.labeling.sampling import Sample
    from annotation.labeling.tasks import create_task, labelers_named

    name = f"labeling {uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory() as scratch:
        table = Path(scratch) / "labels.csv"
        rows = [f"{name}-{number:06d},{number % CLASSES}" for number in range(images)]
        table.write_text("\n".join(["image_id,class_index", *rows]) + "\n")
        import_dataset(name, table, taxonomy="imagenet1k")
    sample = Sample({name: images}, balanced=images >= CLASSES)
    people = labelers_named([f"load-{number}" for number in range(labelers)])
    return create_task(name, "evaluation", sample, 1, labelers=people, state="open")[0]


def stored_answers(task: Any) -> dict[str, tuple[int, int]]:
    """{image: (class, wall ms)}, as it stands in the database."""
    from annotation.models import Assignment

    rows = Assignment.objects.filter(enrollment__task=task, class_index__isnull=False)
    return {
        str(uid): (index, ms)
        for uid, index, ms in rows.values_list("uid", "class_index", "wall_ms")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labelers", type=int, default=20)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--think", type=float, nargs=2, default=THINK, metavar=("LOW", "HIGH"))
    options = parser.parse_args()

    from config import embedded

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    embedded.start()
    django.setup()
    from django.core.management import call_command

    from taxonomy.loading import load_imagenet1k

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    load_imagenet1k()
    print(json.dumps(measure(options.labelers, options.images, options.kill, tuple(options.think))))


if __name__ == "__main__":
    main()
