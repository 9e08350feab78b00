"""The phases of a study as bars in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluation.figures.style import COLOURS, SIZE, Theme, config


def phase_figure(points: Sequence[dict[str, Any]], theme: Theme = "light") -> dict[str, Any]:
    """A bar per round or task, of {phase, name, begin, end, percent}; times are ISO 8601 in UTC."""
    import altair as alt

    order = [point["name"] for point in points]
    chart = alt.Chart(alt.Data(values=list(points))).mark_bar(
        cornerRadius=2, height=14, minBandSize=14, color=COLOURS[theme][0], aria=False
    )
    chart = chart.encode(
        x=alt.X(
            "begin:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(labelOverlap=True)
        ),
        x2="end:T",
        y=alt.Y("name:N", title=None, sort=order, axis=alt.Axis(labelLimit=160)),
        row=alt.Row(
            "phase:N", title=None, sort=list(dict.fromkeys(point["phase"] for point in points)),
            header=alt.Header(
                labelOrient="top", labelAnchor="start", labelFontWeight="bold",
                labelColor=config(theme)["axis"]["titleColor"],
            ),
        ),
        tooltip=[
            alt.Tooltip("name:N", title="name"),
            alt.Tooltip("phase:N", title="phase"),
            alt.Tooltip("begin:T", title="begin", format="%-d %b %Y %H:%M"),
            alt.Tooltip("end:T", title="end", format="%-d %b %Y %H:%M"),
            alt.Tooltip("percent:Q", title="done, %", format=".0f"),
        ],
        **({"href": "href:N"} if any("href" in point for point in points) else {}),
    )  # fmt: skip
    chart = chart.properties(
        description=f"{len(points)} rounds and tasks in time", width=SIZE["width"] - 120,
        height=alt.Step(24),
    )  # fmt: skip
    return chart.resolve_scale(y="independent").configure(**config(theme)).to_dict()
