from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from annotation.importing.predictions import SUFFIXES, import_predictions
from taxonomy.commands import JsonCommand


class Command(JsonCommand):
    help = (
        f"Import predictions ({', '.join(SUFFIXES)}; also as timm and Hugging Face write them), a file"
        " per model. Twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument(
            "paths", metavar="PATH", nargs="+", type=Path,
            help="a file, or a folder whose files are all imported; model name = file stem",
        )  # fmt: skip
        parser.add_argument("--model", help="the model's name, if there is one file")
        parser.add_argument(
            "--replace", action="store_true",
            help="let a changed file take the place of what a model predicted before",
        )  # fmt: skip

    def run(self, **options: Any) -> dict[str, Any]:
        with self.progress(options) as progress:
            return import_predictions(
                options["dataset"], options["paths"], options["model"], options["replace"],
                progress,
            )  # fmt: skip
