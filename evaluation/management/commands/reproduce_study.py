from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.table import Table

from evaluation.study.reading import V2, VAL, read_study
from evaluation.study.tables import accuracy_table, study_rows
from taxonomy.commands import JsonCommand

TABLES = {
    "Table 1: multi-label accuracy in per cent": ["all"],
    "Table 2: the same on parts of the images": ["without-dogs", "objects", "organisms", "fast"],
}


class Command(JsonCommand):
    help = "Compute the study's tables from its released file; nothing is imported."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def run(self, **options: Any) -> dict[str, Any]:
        return {"rows": study_rows(read_study(options["file"]))}

    def describe(self, result: dict[str, Any]) -> str:
        text = io.StringIO()
        console = Console(file=text, width=200)
        for title, groups in TABLES.items():
            console.print(drawn(title, accuracy_table(result["rows"], groups)))
        return text.getvalue()


def drawn(title: str, lines: list[dict[str, Any]]) -> Table:
    table = Table("participant", title=title)
    groups = list(lines[0]["cells"]) if lines else []
    for group in groups:
        for column in (VAL, V2, "gap"):
            table.add_column(f"{group}\n{column}", justify="right")
    best = {
        (group, column): max(
            (line["cells"][group][column]["accuracy"] or 0.0 for line in lines), default=0.0
        )
        for group in groups
        for column in (VAL, V2)
    }
    for line in lines:
        cells = []
        for group, found in line["cells"].items():
            for column in (VAL, V2):
                accuracy = found[column]["accuracy"]
                text = _interval(accuracy, found[column])
                is_best = accuracy is not None and accuracy == best[group, column]
                cells.append(f"[bold]{text}[/bold]" if is_best else text)
            cells.append(_interval(found["gap"]["value"], found["gap"]))
        table.add_row(line["participant"], *cells)
    return table


def _interval(value: float | None, ends: dict[str, Any]) -> str:
    if value is None:
        return "-"
    return rf"{100 * value:.1f} \[{100 * ends['low']:.1f}, {100 * ends['high']:.1f}]"
