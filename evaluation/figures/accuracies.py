"""Multi-label against top-1 accuracy, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from evaluation.figures.style import INK, KINDS, SHAPES, SIZE, Theme, colour, config, position


def accuracy_figure(rows: Sequence[dict[str, Any]], theme: Theme = "light") -> dict[str, Any]:
    """Multi-label against top-1 accuracy of the rows of one dataset and group, as Vega-Lite.

    Each point has its 95 % intervals; the dashed line is where both accuracies are equal. The
    parameter `match` (lower-case text) makes participants pale whose name does not contain it.
    """
    import altair as alt  # slow to load, and few processes draw

    points = [_point(row) for row in rows if _is_drawn(row)]
    domain = domain_of(points)
    x = partial(position, alt, alt.X, title="top-1 accuracy", domain=domain)
    y = partial(position, alt, alt.Y, title="multi-label accuracy", domain=domain)
    found = "indexof(lower(datum.participant), match) >= 0"
    base = alt.Chart(alt.Data(values=points)).encode(
        color=colour(alt, points, theme),
        opacity=alt.condition(found, alt.value(0.9), alt.value(0.12)),
    )
    ends = alt.Data(values=[{"top1": end, "multi_label": end} for end in domain])
    equal = alt.Chart(ends).mark_line(
        strokeDash=[4, 4], color=INK[theme]["line"], strokeWidth=1, aria=False
    )
    shapes = alt.Scale(domain=KINDS, range=SHAPES)
    shape = alt.Shape("kind:N", legend=None, scale=shapes)
    rules, marks = (
        base.mark_rule(strokeWidth=1.2, aria=False),
        base.mark_point(filled=True, size=36, aria=False),
    )
    layers = (
        equal.encode(x=x("top1"), y=y("multi_label")),
        rules.encode(x=x("top1"), y=y("low"), y2="high:Q"),
        rules.encode(x=x("top1_low"), x2="top1_high:Q", y=y("multi_label")),
        marks.encode(x=x("top1"), y=y("multi_label"), shape=shape, tooltip=_tooltip(alt)),
    )
    chart = alt.layer(*layers).add_params(alt.param(name="match", value=""))
    description = f"Multi-label against top-1 accuracy of {len(points)} participants"
    return chart.properties(description=description, **SIZE).configure(**config(theme)).to_dict()


def _is_drawn(row: dict[str, Any]) -> bool:
    return bool(row["top1"]["n"] and row["multi_label"]["n"])


def _point(row: dict[str, Any]) -> dict[str, Any]:
    top1, multi_label = row["top1"], row["multi_label"]
    return {
        "participant": row["participant"],
        "kind": row["kind"],
        "images": multi_label["n"],
        "top1": top1["accuracy"],
        "top1_low": top1["low"],
        "top1_high": top1["high"],
        "multi_label": multi_label["accuracy"],
        "low": multi_label["low"],
        "high": multi_label["high"],
        "range_low": multi_label["range_low"],
        "range_high": multi_label["range_high"],
    }


def domain_of(points: Sequence[dict[str, Any]]) -> list[float]:
    """The part of 0..1 that both axes show: all intervals and a little more."""
    ends = [point[key] for point in points for key in ("top1_low", "top1_high", "low", "high")]
    if not ends:
        return [0.0, 1.0]
    low, high = min(ends), max(ends)
    margin = max(0.01, 0.04 * (high - low))
    return [round(max(0.0, low - margin), 4), round(min(1.0, high + margin), 4)]


def _tooltip(alt: Any) -> list[Any]:
    percents = {
        "top1": "top-1",
        "multi_label": "multi-label",
        "low": "at least (95 %)",
        "high": "at most (95 %)",
        "range_low": "could become, lowest",
        "range_high": "could become, highest",
    }
    return [
        alt.Tooltip("participant:N", title="participant"),
        *(alt.Tooltip(f"{key}:Q", title=title, format=".2%") for key, title in percents.items()),
        alt.Tooltip("images:Q", title="images", format=","),
    ]
