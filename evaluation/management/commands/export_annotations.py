from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from annotation.exporting.formats import FILES, FOLDERS
from annotation.exporting.writing import write_dump
from evaluation.freezing import datasets_of, frozen_of
from evaluation.snapshots import find_snapshot
from taxonomy.commands import JsonCommand


class Command(JsonCommand):
    help = (
        "Write all that is known to a file, to a folder (parquet, huggingface, fiftyone), or, if OUT "
        "ends in .zip, to one zip with a manifest and a README."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("out", type=Path, help="the file or zip to write, or the new folder")
        parser.add_argument("--format", choices=sorted([*FILES, *FOLDERS]), required=True)
        parser.add_argument(
            "--dataset", action="append", default=[], help="only this dataset (repeatable)"
        )
        parser.add_argument(
            "--snapshot", metavar="HASH",
            help="what was held then, by the beginning of the hash (default: what is held now)",
        )  # fmt: skip

        parser.add_argument(
            "--with-names", action="store_true",
            help="people under the names of their accounts, and not under pseudonyms",
        )  # fmt: skip

    def run(self, **options: Any) -> dict[str, Any]:
        asked = options["snapshot"]
        snapshot = find_snapshot(asked) if asked else None
        datasets = datasets_of(options["dataset"], snapshot)
        frozen = frozen_of(snapshot) if snapshot else None
        with self.progress(options) as progress:
            result = write_dump(
                options["out"], options["format"], datasets, progress, frozen,
                snapshot.hash if snapshot else None, with_names=options["with_names"],
            )  # fmt: skip
        return result | {"snapshot": snapshot.hash if snapshot else None}
