"""The results as the page's table: which rows, in which order, with what drawn in them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Row = dict[str, Any]

COLUMNS = {
    "participant": "Participant",
    "top1": "Top-1",
    "top5": "Top-5",
    "multi_label": "Multi-label",
    "gain": "Gain",
    "range": "Can still become",
}
DEFAULT_SORT = "-multi_label"
RANGE = ("range_low", "range_high")


@dataclass(frozen=True)
class Choice:
    """What of a report the page shows."""

    dataset: str
    group: str
    sort: str
    text: str

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")


def choose(parameters: dict[str, Any], asked: dict[str, str]) -> Choice:
    """What was asked for where the report has it, else its first dataset and group."""
    datasets, groups = parameters["datasets"], parameters["groups"]
    dataset, group, sort = (asked.get(key, "") for key in ("dataset", "group", "sort"))
    return Choice(
        dataset=dataset if dataset in datasets else next(iter(datasets), ""),
        group=group if group in groups else next(iter(groups), ""),
        sort=sort if sort.removeprefix("-") in COLUMNS else DEFAULT_SORT,
        text=asked.get("q", "").strip(),
    )


def query(choice: Choice) -> str:
    """The dataset and group as a query string, for the links to what belongs to them."""
    return urlencode({"dataset": choice.dataset, "group": choice.group})


def select(rows: Sequence[Row], choice: Choice) -> list[Row]:
    """The rows of the chosen dataset and group, in the chosen order; rows without value last."""
    found = [
        row | {"gain": gain(row)}
        for row in rows
        if row["dataset"] == choice.dataset and row["group"] == choice.group
    ]
    found.sort(key=lambda row: row["participant"].lower())
    known = [row for row in found if sort_value(row, choice.column) is not None]
    known.sort(key=lambda row: sort_value(row, choice.column), reverse=choice.descending)
    return known + [row for row in found if sort_value(row, choice.column) is None]


def search(rows: Sequence[Row], text: str) -> list[Row]:
    """The rows of participants whose name has the text in it, in any case."""
    return [row for row in rows if text.lower() in row["participant"].lower()]


def sort_value(row: Row, column: str) -> Any:
    if column == "participant":
        return row["participant"].lower()
    if column == "gain":
        return row["gain"]
    if column == "range":
        low, high = row["multi_label"]["range_low"], row["multi_label"]["range_high"]
        return None if low is None else high - low
    return row[column] and row[column]["accuracy"]


def gain(row: Row) -> float | None:
    """How much higher multi-label accuracy is than top-1 accuracy, in fractions."""
    top1, multi_label = row["top1"]["accuracy"], row["multi_label"]["accuracy"]
    return None if top1 is None or multi_label is None else multi_label - top1


def header(choice: Choice) -> list[dict[str, Any]]:
    """The columns; `sort` is what a click asks for: numbers descending first."""
    columns = []
    for key, title in COLUMNS.items():
        falling = f"-{key}"
        first, second = (key, falling) if key == "participant" else (falling, key)
        direction = ("descending" if choice.descending else "ascending") * (choice.column == key)
        columns.append(
            {
                "key": key,
                "title": title,
                "direction": direction,
                "sort": second if choice.sort == first else first,
            }
        )
    return columns


def draw_bars(rows: Sequence[Row]) -> float:
    """Put into each row `bar`: how far its multi-label accuracy can still fall and rise.

    A bar is 0 to 100 wide with the present accuracy in the middle; all share one scale. `bar` is
    None where there is no accuracy yet. Returns half the width of the bars, as a fraction.
    """
    cells = [row["multi_label"] for row in rows if row["multi_label"]["n"]]
    moves = [abs(cell[end] - cell["accuracy"]) for cell in cells for end in RANGE]
    reach = max(0.01, math.ceil(100 * max(moves, default=0)) / 100)
    for row in rows:
        cell = row["multi_label"]
        row["bar"] = _bar(cell, reach) if cell["n"] else None
    return reach


def _bar(cell: Row, reach: float) -> dict[str, float]:
    low, high = (50 + 50 * (cell[end] - cell["accuracy"]) / reach for end in RANGE)
    return {"low": round(low, 2), "width": round(high - low, 2)}


def flat(rows: Sequence[Row], snapshot: str) -> Iterator[list[Any]]:
    """The rows for a spreadsheet, a header first; accuracies are fractions, empty if unknown."""
    names = ["participant", "kind", "dataset", "group", "n"]
    plain = ["correct", "n", "accuracy", "low", "high"]
    cells = {"top1": plain, "top5": plain, "multi_label": [*plain, "range_low", "range_high"]}
    titles = [f"{cell}_{key}" for cell, keys in cells.items() for key in keys]
    yield [*names, *titles, "snapshot"]
    for row in rows:
        values = [(row[cell] or {}).get(key) for cell, keys in cells.items() for key in keys]
        yield [*(row[name] for name in names), *values, snapshot]
