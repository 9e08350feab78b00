"""Participants as points: accuracy against another accuracy, or against time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from scipy.special import ndtri

from evaluation.figures.style import COLOURS, INK, KINDS, SHAPES, SIZE, Theme, colour, config
from evaluation.metrics.gaps import LinearFit, fit_line

Scale = Literal["plain", "probit"]
Point = dict[str, Any]

SCALED = ["x", "x_low", "x_high", "y", "y_low", "y_high"]
# Accuracies of 0 and 1 have no place on a probit axis; they are drawn at its ends.
LEAST = 0.001
TICKS = [0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999]


def fit_of(points: Sequence[Point], scale: Scale) -> LinearFit:
    """The line through the models; through all participants if no three of them are models."""
    models = [point for point in points if point["kind"] == "model"]
    chosen = models if len(models) > 2 else points
    return fit_line([point["x"] for point in chosen], [point["y"] for point in chosen], scale)


def scatter_figure(
    points: Sequence[Point], x: str, y: str, scale: Scale = "plain", theme: Theme = "light"
) -> dict[str, Any]:
    """Two accuracies of each participant, with their 95 % intervals, as Vega-Lite.

    points: those of `figure_points.shift_points` or `measure_points`; x and y: the axes' titles.
    Dashed: where both are equal; solid: the fit of `fit_of`, straight on either scale. A point's
    `href`, if it has one, opens on a click.
    """
    import altair as alt

    drawn = [point | {f"at_{key}": _place(point[key], scale) for key in SCALED} for point in points]
    ends = _domain(drawn)
    axes = {
        "x": alt.X("at_x:Q", title=x, scale=_scale(alt, ends), axis=_axis(alt, scale)),
        "y": alt.Y("at_y:Q", title=y, scale=_scale(alt, ends), axis=_axis(alt, scale)),
    }
    base = alt.Chart(alt.Data(values=drawn)).encode(color=colour(alt, points, theme))
    rules = base.mark_rule(strokeWidth=1.2, opacity=0.6, aria=False)
    layers = [
        _line(alt, axes, [(end, end) for end in ends], INK[theme]["line"], [4, 4]),
        _line(alt, axes, _fitted(fit_of(points, scale), ends), COLOURS[theme][0], [1, 0]),
        rules.encode(x=axes["x"], y=alt.Y("at_y_low:Q"), y2="at_y_high:Q"),
        rules.encode(x=alt.X("at_x_low:Q"), x2="at_x_high:Q", y=axes["y"]),
        _marks(alt, base, drawn, _tooltip(alt, x, y)).encode(**axes),
    ]
    description = f"{y} against {x} of {len(points)} participants"
    return _finish(alt, layers, description, theme)


def time_figure(points: Sequence[Point], theme: Theme = "light") -> dict[str, Any]:
    """Multi-label accuracy of people against their median time, as Vega-Lite."""
    import altair as alt

    axes = {
        "x": alt.X("x:Q", title="median seconds per image", scale=alt.Scale(domain=_seconds(points))),
        "y": alt.Y(
            "y:Q", title="multi-label accuracy", scale=alt.Scale(zero=False, nice=True),
            axis=alt.Axis(format="%"),
        ),
    }  # fmt: skip
    base = alt.Chart(alt.Data(values=list(points))).encode(color=colour(alt, points, theme))
    tooltip = [
        alt.Tooltip("participant:N", title="participant"),
        alt.Tooltip("x:Q", title="median seconds", format=".1f"),
        *_accuracy_tooltip(alt, "y", "multi-label"),
        alt.Tooltip("images:Q", title="images", format=","),
    ]
    layers = [
        base.mark_rule(strokeWidth=1.2, aria=False).encode(
            x=axes["x"], y=alt.Y("y_low:Q"), y2="y_high:Q"
        ),
        _marks(alt, base, points, tooltip).encode(**axes),
    ]
    return _finish(alt, layers, f"Accuracy against time of {len(points)} people", theme)


def _finish(alt: Any, layers: list[Any], description: str, theme: Theme) -> dict[str, Any]:
    chart = alt.layer(*layers).properties(description=description, **SIZE)
    return chart.configure(**config(theme)).to_dict()


def _place(fraction: float, scale: Scale) -> float:
    """Where on the axis a fraction stands."""
    if scale == "plain":
        return fraction
    return round(float(ndtri(min(max(fraction, LEAST), 1 - LEAST))), 6)


def _domain(drawn: Sequence[Point]) -> list[float]:
    places = [point[f"at_{key}"] for point in drawn for key in SCALED] or [0.0, 1.0]
    margin = max(0.01, 0.04 * (max(places) - min(places)))
    return [round(min(places) - margin, 4), round(max(places) + margin, 4)]


def _scale(alt: Any, ends: Sequence[float]) -> Any:
    return alt.Scale(domain=list(ends), nice=False, zero=False)


def _axis(alt: Any, scale: Scale) -> Any:
    if scale == "plain":
        return alt.Axis(format="%")
    places = [_place(tick, scale) for tick in TICKS]
    names = [
        f"abs(datum.value - ({p})) < 1e-4 ? '{t:.1%}'" for p, t in zip(places, TICKS, strict=True)
    ]
    labels = " : ".join([*names, "''"]).replace(".0%", "%")
    return alt.Axis(values=places, labelExpr=labels)


def _fitted(fit: LinearFit, ends: Sequence[float]) -> list[tuple[float, float]]:
    """The part of the fit's line that lies within the axes; nothing where there is no line."""
    slope, intercept = float(fit.slope.value), float(fit.intercept.value)
    if not np.isfinite([slope, intercept]).all():
        return []
    low, high = ends
    if slope:
        at = sorted([(low - intercept) / slope, (high - intercept) / slope])
        low, high = max(low, at[0]), min(high, at[1])
    return [(x, intercept + slope * x) for x in (low, high)] if low < high else []


def _line(
    alt: Any, axes: dict[str, Any], line: Sequence[tuple[float, float]], ink: str, dash: list[int]
) -> Any:
    data = alt.Data(values=[{"at_x": x, "at_y": y} for x, y in line])
    drawn = alt.Chart(data).mark_line(strokeDash=dash, color=ink, strokeWidth=1.2, aria=False)
    return drawn.encode(**axes)


def _marks(alt: Any, base: Any, points: Sequence[Point], tooltip: list[Any]) -> Any:
    shapes = alt.Scale(domain=KINDS, range=SHAPES)
    more = {"href": "href:N"} if any("href" in point for point in points) else {}
    return base.mark_point(filled=True, size=44, opacity=0.95, aria=False).encode(
        shape=alt.Shape("kind:N", legend=None, scale=shapes), tooltip=tooltip, **more
    )


def _tooltip(alt: Any, x: str, y: str) -> list[Any]:
    return [
        alt.Tooltip("participant:N", title="participant"),
        *_accuracy_tooltip(alt, "x", x),
        *_accuracy_tooltip(alt, "y", y),
    ]


def _seconds(points: Sequence[Point]) -> list[float]:
    """From 0 to a little more than the longest time, so that its point stands within."""
    return [0, 1.08 * max((point["x"] for point in points), default=1)]


def _accuracy_tooltip(alt: Any, key: str, title: str) -> list[Any]:
    ends = {"": title, "_low": "at least (95 %)", "_high": "at most (95 %)"}
    return [
        # Two rows of a tooltip need different titles.
        alt.Tooltip(f"{key}{end}:Q", title=text + " " * (key == "y" and bool(end)), format=".2%")
        for end, text in ends.items()
    ]
