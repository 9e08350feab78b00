"""Labels per image, and how classes fare: histograms, accuracies by class, confusions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluation.figures.style import COLOURS, INK, SIZE, Theme, config

Point = dict[str, Any]


def label_figure(points: Sequence[Point], theme: Theme = "light") -> dict[str, Any]:
    """How many images have how many correct classes (`figure_points.label_counts`)."""
    import altair as alt

    chart = alt.Chart(alt.Data(values=list(points))).mark_bar(color=COLOURS[theme][0], aria=False)
    chart = chart.encode(
        x=alt.X("labels:O", title="correct classes of an image", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("images:Q", title="images"),
        tooltip=[
            alt.Tooltip("labels:O", title="correct classes"),
            alt.Tooltip("images:Q", title="images", format=","),
            alt.Tooltip("share:Q", title="share", format=".2%"),
        ],
    )
    return _finish(chart, "Images by their number of correct classes", theme)


def class_figure(points: Sequence[Point], theme: Theme = "light") -> dict[str, Any]:
    """Accuracy of each class with its interval, worst first (`figure_points.class_points`)."""
    import altair as alt

    x = alt.X(
        "rank:Q", title="classes, worst first", scale=alt.Scale(nice=False, zero=False, padding=8),
        axis=alt.Axis(format="d", tickMinStep=1),
    )  # fmt: skip
    scale = alt.Scale(domain=[0, 1])
    base = alt.Chart(alt.Data(values=list(points)))
    y = alt.Y("accuracy:Q", title="accuracy", scale=scale, axis=alt.Axis(format="%"))
    rules = base.mark_rule(color=INK[theme]["line"], opacity=0.5, aria=False)
    marks = base.mark_point(filled=True, size=24, color=COLOURS[theme][0], opacity=1, aria=False)
    tooltip = [
        alt.Tooltip("class:N", title="class"),
        alt.Tooltip("accuracy:Q", title="accuracy", format=".2%"),
        alt.Tooltip("low:Q", title="at least (95 %)", format=".2%"),
        alt.Tooltip("high:Q", title="at most (95 %)", format=".2%"),
        alt.Tooltip("images:Q", title="answers", format=","),
    ]
    chart = alt.layer(
        rules.encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        marks.encode(x=x, y=y, tooltip=tooltip, **_link(points)),
    )
    return _finish(chart, f"Accuracy of {len(points)} classes", theme)


def confusion_figure(points: Sequence[Point], theme: Theme = "light") -> dict[str, Any]:
    """Which class was said where another is the label (`figure_points.confusion_points`)."""
    import altair as alt

    names = {point[f"{key}_index"]: point[key] for point in points for key in ("label", "said")}
    order = [names[index] for index in sorted(names)]
    inks = [COLOURS[theme][0] + "33", COLOURS[theme][0]]
    chart = alt.Chart(alt.Data(values=list(points))).mark_rect(aria=False)
    chart = chart.encode(
        x=alt.X("said:N", title="said to be", sort=order, axis=alt.Axis(labelAngle=-50)),
        y=alt.Y("label:N", title="label", sort=order),
        color=alt.Color(
            "times:Q", title="times", scale=alt.Scale(range=inks, domainMin=0),
            legend=alt.Legend(titleColor=INK[theme]["text"], tickMinStep=1),
        ),
        tooltip=[
            alt.Tooltip("label:N", title="label"),
            alt.Tooltip("said:N", title="said to be"),
            alt.Tooltip("times:Q", title="times", format=","),
        ],
        **_link(points),
    )  # fmt: skip
    return _finish(chart, f"{len(points)} pairs of classes that were confused", theme)


def _link(points: Sequence[Point]) -> dict[str, str]:
    return {"href": "href:N"} if any("href" in point for point in points) else {}


def _finish(chart: Any, description: str, theme: Theme) -> dict[str, Any]:
    chart = chart.properties(description=description, **SIZE)
    return chart.configure(**config(theme)).to_dict()
