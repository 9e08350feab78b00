"""The tables of a report, as texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from evaluation.arrays import Arrays
from evaluation.comparison import Asked, Cell, Line, choose, table
from evaluation.ensembles import ENSEMBLE
from evaluation.metrics import Proportion
from evaluation.models import MetricReport
from evaluation.profiles import missed_by_all

NONE = "–"
APART = ("dogs", "organisms", "objects")
OTHERS = "other organisms"


@dataclass(frozen=True)
class SheetCell:
    text: str
    more: str = ""  # beside it, smaller
    bold: bool = False


@dataclass(frozen=True)
class Sheet:
    """lines: (name, cells below `columns`, the first of which heads the names)."""

    title: str
    columns: Sequence[str]
    lines: Sequence[tuple[str, Sequence[SheetCell]]]
    note: str = ""


def count_sheet(report: MetricReport) -> Sheet:
    columns = ["images", "problematic", "candidates", "correct", "incorrect", "unclear", "unjudged"]
    counts = report.snapshot.counts
    named = [*((name, counts["datasets"][name]) for name in report.parameters["datasets"])]
    if len(named) > 1:
        named.append(("all together", counts["total"]))
    return Sheet(
        "Images, their candidate classes and the verdicts on them",
        ["Dataset", *(name.capitalize() for name in columns)],
        [(name, [SheetCell(f"{found[key]:,}") for key in columns]) for name, found in named],
        "Images in several datasets count once in all together." if len(named) > 1 else "",
    )


def accuracy_sheet(
    report: MetricReport,
    metric: str,
    groups: Sequence[str],
    title: str,
    datasets: Sequence[str] | None = None,
) -> Sheet:
    """Participants by datasets, best first on the first one; with the gap if there are two."""
    usual = choose(report.parameters, report.rows, QueryDict())
    shown = list(datasets or usual.datasets)
    asked = Asked(metric, shown, groups, usual.participants, (groups[0], shown[0]))
    lines = [line for line in table(report.rows, asked) if any(line.cells)]
    columns = [f"Gap, {shown[0]} to {shown[1]}" if name == "gap" else name for _, name in asked.columns]  # fmt: skip
    return Sheet(title, ["Participant", *columns], _lines(lines), _note(asked))


def group_sheet(
    report: MetricReport, rows: Sequence[dict[str, Any]], dataset: str, groups: Sequence[str]
) -> Sheet:
    """Participants by groups on one dataset, best first in the first."""
    people = sorted({row["participant"] for row in rows})
    asked = Asked("multi_label", [dataset], groups, people, (groups[0], dataset))
    lines = [line for line in table(rows, asked) if any(line.cells)]
    return Sheet(
        f"Multi-label accuracy on {dataset}", ["Participant", *groups], _lines(lines), _note(asked)
    )


def apart_rows(report: MetricReport) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of groups that share no class, and their names: dogs, other organisms and objects where
    the classes have these, else all groups but `all`."""
    groups = [name for name in report.parameters["groups"] if name != "all"]
    if not set(APART) <= set(groups):
        subsets = {name for found in report.parameters["subsets"].values() for name in found}
        kept = [name for name in groups if name not in subsets]
        return [row for row in report.rows if row["group"] in kept], kept
    dogs = {
        (row["participant"], row["dataset"]): row for row in report.rows if row["group"] == "dogs"
    }
    rows = []
    for row in report.rows:
        if row["group"] in ("dogs", "objects"):
            rows.append(row)
        elif row["group"] == "organisms":
            rows.append(_without(row, dogs[row["participant"], row["dataset"]]))
    return rows, ["dogs", OTHERS, "objects"]


def _without(row: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A group's row without a part of the group: the counts' differences."""
    whole, less = row["multi_label"], part["multi_label"]
    left = Proportion(whole["correct"] - less["correct"], whole["n"] - less["n"])
    low, high = left.interval()
    cell = {
        "correct": int(left.correct), "n": int(left.n), "accuracy": float(left.fraction),
        "low": float(low), "high": float(high),
    }  # fmt: skip
    return row | {"group": OTHERS, "multi_label": cell}


def missed_sheet(arrays: dict[str, Arrays]) -> Sheet:
    """How many images all participants, all models and all people got wrong."""
    kinds = {"by all": None, "by all models": "model", "by all people": "human"}
    there = {kind for one in arrays.values() for kind in one.kinds if kind != ENSEMBLE}
    shown = {title: kind for title, kind in kinds.items() if kind is None or kind in there}
    lines = []
    for name, one in arrays.items():
        missed = [missed_by_all(one, kind, "all") for kind in shown.values()]
        lines.append((name, [SheetCell(f"{len(places):,}") for places in missed]))
    return Sheet(
        "Images with a correct label that were missed", ["Dataset", *shown],
        lines if there else [],
    )  # fmt: skip


def change_sheet(rows: Sequence[dict[str, Any]]) -> Sheet:
    return Sheet(
        "What each multi-label accuracy gained",
        ["Participant", "Dataset", "Before, %", "After, %", "Gain, points"],
        [
            (
                row["participant"],
                [
                    SheetCell(row["dataset"]),
                    SheetCell(f"{100 * row['before']:.2f}"),
                    SheetCell(f"{100 * row['after']:.2f}"),
                    SheetCell(f"{100 * row['gain']:+.2f}".replace("-", "−")),
                ],
            )
            for row in rows
        ],
    )


def _lines(lines: Sequence[Line]) -> list[tuple[str, list[SheetCell]]]:
    return [(line.name, [_cell(cell) for cell in line.cells]) for line in lines]


def _cell(cell: Cell | None) -> SheetCell:
    if cell is None:
        return SheetCell(NONE)
    interval = f"[{100 * cell.low:.1f}, {100 * cell.high:.1f}]".replace("-", "−")
    return SheetCell(f"{100 * cell.value:.1f}".replace("-", "−"), interval, cell.best)


def _note(asked: Asked) -> str:
    gaps = len(asked.datasets) == 2
    return (
        "In per cent with 95 % Clopper-Pearson intervals; the best of each column is bold."
        + (" Gaps in points, with Newcombe's interval." if gaps else "")
    )  # fmt: skip
