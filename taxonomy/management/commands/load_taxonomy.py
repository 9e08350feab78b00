from typing import Any

from django.core.management.base import CommandParser

from taxonomy.commands import JsonCommand
from taxonomy.errors import InputError
from taxonomy.loading import IMAGENET1K, load_csv, load_imagenet1k


class Command(JsonCommand):
    help = "Load a taxonomy: imagenet1k, or a CSV file with a row per class. Twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar=f"{IMAGENET1K}|FILE.csv")
        parser.add_argument("--name", help="what to call it (default: the file's name)")

    def run(self, **options: Any) -> dict[str, Any]:
        source, name = options["source"], options["name"]
        with self.progress(options) as progress:
            if source != IMAGENET1K:
                return dict(load_csv(source, name, progress))
            if name:
                raise InputError(f"--name goes with a CSV file, not with {IMAGENET1K}")
            return dict(load_imagenet1k(progress))

    def describe(self, result: dict[str, Any]) -> str:
        groups = ", ".join(f"{name} {count}" for name, count in result["groups"].items())
        return (
            f"{result['taxonomy']}: {result['classes']} classes ({result['new']} new), "
            f"{result['synsets']} synsets, {result['edges']} edges, "
            f"{result['definitions']} definitions\ngroups: {groups}\n"
            f"{result['families']} families, {result['proposals']} relations proposed"
        )
