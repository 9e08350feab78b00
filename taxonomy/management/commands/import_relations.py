from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from taxonomy.commands import JsonCommand
from taxonomy.relations.importing import import_relations, taxonomy_named


class Command(JsonCommand):
    help = "Accept relations between classes from a CSV file: kind, first, second, condition."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--taxonomy", metavar="NAME", help="whose classes (default: the only)")

    def run(self, **options: Any) -> dict[str, Any]:
        return dict(import_relations(options["file"], taxonomy_named(options["taxonomy"])))
