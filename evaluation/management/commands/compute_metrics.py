from __future__ import annotations

import io
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.table import Table

from evaluation.reports import compute_report
from evaluation.snapshots import find_snapshot, take_snapshot
from taxonomy.commands import JsonCommand

COLUMNS = {"top1": "top-1 %", "top5": "top-5 %", "multi_label": "multi-label %"}


class Command(JsonCommand):
    help = (
        "Freeze the labels as they are, or take an earlier snapshot, and compute every"
        " participant's accuracies from it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for name, what in (
            ("dataset", "these datasets"),
            ("group", "these groups or families of classes"),
            ("model", "these participants"),
        ):
            parser.add_argument(
                f"--{name}", nargs="+", action="extend", metavar="NAME",
                help=f"only {what} (default: all)",
            )  # fmt: skip
        parser.add_argument(
            "--snapshot", metavar="HASH",
            help="labels frozen before, by the beginning of their hash (default: freeze them now)",
        )  # fmt: skip

    def run(self, **options: Any) -> dict[str, Any]:
        asked = options["snapshot"]
        snapshot = take_snapshot() if asked is None else find_snapshot(asked)
        report = compute_report(snapshot, options["dataset"], options["group"], options["model"])
        return {"snapshot": snapshot.hash, "rows": report.rows}

    def describe(self, result: dict[str, Any]) -> str:
        table = Table("dataset", "group", "participant", title=f"snapshot {result['snapshot']}")
        for title in ("images", *COLUMNS.values(), "can still become"):
            table.add_column(title, justify="right")
        for row in result["rows"]:
            names = (row["dataset"], row["group"], row["participant"], str(row["n"]))
            cells = (percent(row[key]) for key in COLUMNS)
            table.add_row(*names, *cells, attainable(row["multi_label"]))
        text = io.StringIO()
        Console(file=text, width=160).print(table)
        return text.getvalue()


def percent(cell: dict[str, Any] | None) -> str:
    if cell is None or cell["accuracy"] is None:
        return "-"
    return f"{cell['accuracy']:.2%} [{cell['low']:.2%}, {cell['high']:.2%}]".replace("%", "")


def attainable(cell: dict[str, Any]) -> str:
    if cell["range_low"] is None:
        return "-"
    return f"{cell['range_low']:.2%} to {cell['range_high']:.2%}".replace("%", "")
