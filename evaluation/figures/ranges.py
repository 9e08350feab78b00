"""What accuracies can still move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluation.figures.style import SIZE, Theme, colour, config


def range_figure(points: Sequence[dict[str, Any]], theme: Theme = "light") -> dict[str, Any]:
    """How far each accuracy can still move against how many candidates are judged, as Vega-Lite.

    points: those of `ranges.range_history`; a line per participant, of the width of its range. The
    parameter `match` is as in `accuracy_figure`.
    """
    import altair as alt

    x = alt.X(
        "judged:Q", title="candidates judged", scale=alt.Scale(zero=False, nice=False),
        axis=alt.Axis(format="~s", tickCount=5),
    )  # fmt: skip
    y = alt.Y(
        "width:Q", title="what multi-label accuracy can still move", scale=alt.Scale(domainMin=0),
        axis=alt.Axis(format="%"),
    )  # fmt: skip
    found = "indexof(lower(datum.participant), match) >= 0"
    base = alt.Chart(alt.Data(values=[_width(point) for point in points])).encode(
        x=x,
        y=y,
        detail="participant:N",
        color=colour(alt, points, theme, legend="top-right"),
        opacity=alt.condition(found, alt.value(0.7), alt.value(0.08)),
    )
    lines = base.mark_line(strokeWidth=1.2, aria=False)
    marks = base.mark_point(filled=True, size=12, aria=False).encode(tooltip=_range_tooltip(alt))
    chart = alt.layer(lines, marks).add_params(alt.param(name="match", value=""))
    participants = len({point["participant"] for point in points})
    description = f"What the accuracy of {participants} participants can still move, by judgments"
    return chart.properties(description=description, **SIZE).configure(**config(theme)).to_dict()


def _width(point: dict[str, Any]) -> dict[str, Any]:
    return point | {"width": round(point["range_high"] - point["range_low"], 6)}


def _range_tooltip(alt: Any) -> list[Any]:
    percents = {"range_low": "lowest", "range_high": "highest", "width": "apart"}
    return [
        alt.Tooltip("participant:N", title="participant"),
        alt.Tooltip("judged:Q", title="candidates judged", format=","),
        *(alt.Tooltip(f"{key}:Q", title=title, format=".2%") for key, title in percents.items()),
    ]
