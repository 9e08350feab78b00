from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from annotation.importing.multilabel_files import FORMATS
from annotation.importing.multilabels import import_multilabels
from taxonomy.commands import JsonCommand


class Command(JsonCommand):
    help = "Take existing multi-labels for the verdicts on a dataset's candidates."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--format", choices=sorted(FORMATS), help="default: as the file looks")
        parser.add_argument(
            "--replace", action="store_true", help="also where a verdict says otherwise already"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        with self.progress(options) as progress:
            return import_multilabels(
                options["file"], options["dataset"], options["format"], options["replace"],
                progress,
            )  # fmt: skip
