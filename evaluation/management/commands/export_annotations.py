from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from annotation.exporting.formats import FORMATS
from annotation.exporting.records import pick_datasets
from annotation.exporting.writing import FOLDERS, write_dump
from evaluation.freezing import frozen_of
from evaluation.snapshots import find_snapshot
from taxonomy.commands import JsonCommand


class Command(JsonCommand):
    help = "Write every image's classes, verdicts and judgments to a file, or to a folder (parquet, huggingface)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("out", type=Path, help="the file to write, or the new folder")
        parser.add_argument("--format", choices=sorted([*FORMATS, *FOLDERS]), required=True)
        parser.add_argument(
            "--dataset", action="append", default=[], help="only this dataset (repeatable)"
        )
        parser.add_argument(
            "--snapshot", metavar="HASH",
            help="what was held then, by the beginning of the hash (default: what is held now)",
        )  # fmt: skip

    def run(self, **options: Any) -> dict[str, Any]:
        asked = options["snapshot"]
        snapshot = find_snapshot(asked) if asked else None
        names = options["dataset"] or (snapshot.datasets if snapshot else [])
        datasets = pick_datasets(names)
        frozen = frozen_of(snapshot) if snapshot else None
        with self.progress(options) as progress:
            result = write_dump(
                options["out"], options["format"], datasets, progress, frozen,
                snapshot.hash if snapshot else None,
            )  # fmt: skip
        return result | {"snapshot": snapshot.hash if snapshot else None}
