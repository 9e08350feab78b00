from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from annotation.importing.references import import_references
from taxonomy.commands import JsonCommand
from taxonomy.reference.importing import PER_CLASS

SHOWN = 20


class Command(JsonCommand):
    help = "Draw images of each class that show what it looks like. Twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source", metavar="DIR", type=Path,
            help="a folder with a folder or a .tar file per class, or a .tar file of these",
        )  # fmt: skip
        parser.add_argument("--taxonomy", help="default: the only one there is, or imagenet1k")
        parser.add_argument("--per-class", type=int, default=PER_CLASS, metavar="N")
        parser.add_argument("--seed", type=int, default=0, help="of the draw (default: 0)")
        parser.add_argument(
            "--replace", action="store_true", help="draw anew where a class has other images"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        with self.progress(options) as progress:
            return import_references(
                options["source"], options["taxonomy"], options["per_class"], options["seed"],
                options["replace"], progress,
            )  # fmt: skip

    def describe(self, result: dict[str, Any]) -> str:
        lines = [
            f"{result['taxonomy']}: {result['images']} reference images of {result['classes']}"
            f" classes ({result['new']} new)"
        ]
        if result["excluded"]:
            classes = _listed(result["excluded_classes"])
            lines.append(f"left out, being in a dataset: {result['excluded']} (in {classes})")
        if result["short"]:
            short = _listed([f"{entry['class']} {entry['images']}" for entry in result["short"]])
            lines.append(f"fewer images than wanted: {short}")
        lines += [
            f"passed over: {entry['class']}/{entry['file']} {entry['reason']}"
            for entry in result["damaged"]
        ]
        return "\n".join(lines)


def _listed(items: list[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more
