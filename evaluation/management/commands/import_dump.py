from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from annotation.importing.dump import import_dump
from evaluation.snapshots import take_snapshot
from taxonomy.commands import JsonCommand
from taxonomy.errors import InputError


class Command(JsonCommand):
    help = "Bring a dump (export_annotations --format parquet or json) into an empty Tusker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a folder, a .json or a .zip")

    def run(self, **options: Any) -> dict[str, Any]:
        with self.progress(options) as progress, transaction.atomic():
            result = import_dump(options["path"], progress)
            snapshot = take_snapshot(result["datasets"])
            if result["snapshot"] not in (None, snapshot.hash):
                raise InputError(
                    f"what came in has the hash {snapshot.hash}, and not {result['snapshot']}"
                )
        return result | {"snapshot": snapshot.hash}
