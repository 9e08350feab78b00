from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from annotation.importing import seen
from annotation.importing.datasets import import_dataset
from taxonomy.commands import JsonCommand


class Command(JsonCommand):
    help = "Import images and the label each came with. Twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what to call the dataset")
        parser.add_argument(
            "labels", metavar="LABELS.csv", type=Path,
            help="columns image_id and wnid, class_index or class_name",
        )  # fmt: skip
        parser.add_argument(
            "--images", metavar="DIR", type=Path, help="folder with the image files, at any depth"
        )
        parser.add_argument("--taxonomy", help="default: the only one there is, or imagenet1k")

    def run(self, **options: Any) -> dict[str, Any]:
        with self.progress(options) as progress:
            return import_dataset(
                options["name"], options["labels"], options["images"], options["taxonomy"],
                progress,
            )  # fmt: skip

    def describe(self, result: dict[str, Any]) -> str:
        told = {key: value for key, value in result.items() if key not in seen.KEYS}
        warnings = [f"Warning: {one}" for one in seen.warnings(result)]
        return "\n".join([super().describe(told), *warnings])
