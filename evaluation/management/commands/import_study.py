from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from evaluation.study.importing import import_study
from taxonomy.commands import JsonCommand


class Command(JsonCommand):
    help = "Import the released file of the study (human_accuracy.pickle)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace", action="store_true",
            help="also where predictions or verdicts that are there say otherwise",
        )  # fmt: skip

    def run(self, **options: Any) -> dict[str, Any]:
        with self.progress(options) as progress:
            return import_study(options["file"], options["replace"], progress)
