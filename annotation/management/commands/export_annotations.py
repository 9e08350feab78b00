from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from annotation.exporting.formats import FORMATS
from annotation.exporting.records import pick_datasets
from annotation.exporting.writing import write_dump
from taxonomy.commands import JsonCommand


class Command(JsonCommand):
    help = "Write every image's classes, verdicts and judgments to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("out", type=Path, help="the file to write")
        parser.add_argument("--format", choices=sorted(FORMATS), required=True)
        parser.add_argument(
            "--dataset", action="append", default=[], help="only this dataset (repeatable)"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        datasets = pick_datasets(options["dataset"])
        with self.progress(options) as progress:
            return write_dump(options["out"], options["format"], datasets, progress)
