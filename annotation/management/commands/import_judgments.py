from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from annotation.importing.judgments import FORMATS, import_judgments
from taxonomy.commands import JsonCommand


class Command(JsonCommand):
    help = "Import the judgments of many reviewers, as a closed round. Twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--format", choices=sorted(FORMATS), help="default: what the file's suffix tells"
        )
        parser.add_argument(
            "--dataset", nargs="+", action="extend", default=[], metavar="NAME",
            help="the images are in these (default: all images there are)",
        )  # fmt: skip
        parser.add_argument(
            "--skip-unknown", action="store_true",
            help="leave out judgments of images that are not there",
        )  # fmt: skip

        parser.add_argument(
            "--unchosen", choices=["incorrect"],
            help="of Label Studio: what a person did not choose of an image's candidates is incorrect"
            " (default: they said nothing about it)",
        )  # fmt: skip

    def run(self, **options: Any) -> dict[str, Any]:
        with self.progress(options) as progress:
            return import_judgments(
                options["file"], options["format"], options["dataset"], options["skip_unknown"],
                progress, options["unchosen"] == "incorrect",
            )  # fmt: skip
