"""Reviewers at work while servers are killed, then the count of what is missing.

`python -m benchmarks.survive [--reviewers 32] [--seconds 60] [--overlap 2] [--kill]` prints one JSON
object.
It needs a TUSKER_HOME whose database is empty or was filled by an earlier run of it.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import django
import numpy as np
from django.db import connection

THINK = (0.15, 0.45)


def measure(
    reviewers: int, seconds: float, kill: bool, think: tuple[float, float], overlap: int = 1
) -> dict[str, Any]:
    from benchmarks.load import make_sessions, run_load
    from benchmarks.servers import PARTS, serving
    from benchmarks.servers import kill as kill_part
    from config import embedded

    current = prepare(overlap)
    sessions = make_sessions(reviewers)

    def disturb() -> None:
        for part in PARTS:
            time.sleep(seconds / (len(PARTS) + 1))
            kill_part(part, supervisor)

    with serving() as (port, supervisor):
        connection.close()
        result = run_load(port, current.pk, sessions, seconds, think, disturb if kill else None)
        embedded.start()  # PostgreSQL may still be recovering
        exported = exported_judgments()
    return {
        "reviewers": reviewers,
        "seconds": round(result.seconds, 1),
        "killed": list(PARTS) if kill else [],
        "acknowledged": len(result.acknowledged),
        "missing": len(result.acknowledged - exported),
        "handed_out_twice": len(result.handed_out_more_often_than(overlap)),
        **judged_too_often(current),
        "errors": result.errors[:5],
        "lost_answers": result.lost_answers,
        **{name: percentiles(result.server_ms(name)) for name in ("next", "submit")},
    }


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99]).round(2).tolist()
    return {"requests": len(milliseconds), "p50_ms": p50, "p95_ms": p95, "p99_ms": p99}


def prepare(overlap: int = 1) -> Any:
    """The three datasets with all predictions, and an open round over them."""
    from django.core.management import call_command

    from annotation.importing.datasets import import_dataset
    from annotation.importing.predictions import import_predictions
    from annotation.models import Dataset, ReviewRound
    from annotation.review.rounds import open_round
    from benchmarks.world import DATASETS, paper_scale
    from taxonomy.loading import load_imagenet1k

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    name = f"load {overlap}"
    if (current := ReviewRound.objects.filter(name=name).first()) is not None:
        return current
    there = Dataset.objects.filter(name__in=DATASETS)
    if there.exists():
        return open_round(name, there, 1, overlap=overlap)
    load_imagenet1k()
    with tempfile.TemporaryDirectory() as scratch:
        source = paper_scale(Path(scratch))
        for name, table in source.tables.items():
            import_dataset(name, table)
            import_predictions(name, [source.predictions[name]])
    return open_round(name, there.all(), 1, overlap=overlap)


JUDGED = """
    SELECT count(*) FILTER (WHERE reviewers > overlap),
           count(*) FILTER (WHERE turns > reviewers)
    FROM (
        SELECT count(DISTINCT reviewer_id) AS reviewers, max(review_round.overlap) AS overlap,
               count(DISTINCT (reviewer_id, item_id)) AS turns
        FROM annotation_judgment word
        JOIN annotation_reviewround review_round ON review_round.id = word.round_id
        JOIN annotation_roundcandidate known
            ON known.round_id = word.round_id AND known.candidate_id = word.candidate_id
        WHERE word.round_id = %s GROUP BY word.candidate_id
    ) judged
"""


def judged_too_often(current: Any) -> dict[str, int]:
    """How many candidates more reviewers judged than are wanted, or one in two turns."""
    with connection.cursor() as cursor:
        cursor.execute(JUDGED, [current.pk])
        often, twice = cursor.fetchone()
    return {"judged_by_too_many": often, "judged_twice_by_one": twice}


def exported_judgments() -> set[str]:
    """The ids of all judgments, as they stand in a JSON dump."""
    from annotation.exporting.records import pick_datasets
    from annotation.exporting.writing import write_dump

    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "dump.json"
        write_dump(out, "json", pick_datasets())
        images = json.loads(out.read_text(encoding="utf-8"))["images"]
    return {judgment["id"] for image in images for judgment in image["judgments"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviewers", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--overlap", type=int, default=1)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--think", type=float, nargs=2, default=THINK, metavar=("LOW", "HIGH"))
    options = parser.parse_args()

    from config import embedded

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    embedded.start()
    django.setup()
    result = measure(
        options.reviewers, options.seconds, options.kill, tuple(options.think), options.overlap
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
