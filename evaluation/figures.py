"""Figures as Vega-Lite specifications: one drawing for the page and for a paper."""

from __future__ import annotations

import gzip
import hashlib
import json
import secrets
from collections.abc import Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from django.conf import settings

Theme = Literal["light", "dark"]

INK: dict[Theme, dict[str, str]] = {
    "light": {"text": "#1f2733", "muted": "#5b6675", "grid": "#e6e9ee", "line": "#9aa4b2"},
    "dark": {"text": "#e6eaf0", "muted": "#a3adbb", "grid": "#2a323d", "line": "#67717f"},
}
# Told apart by people who see no red or no green, and by shape as well.
COLOURS: dict[Theme, list[str]] = {
    "light": ["#2563a8", "#b4540a"],
    "dark": ["#7db4f0", "#f0a35e"],
}
KINDS = ["model", "human"]
SIZE: dict[str, Any] = {"width": 560, "height": 420}
FONT = "system-ui, 'Liberation Sans', Arial, sans-serif"
MEDIA_TYPES = {
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
}

# Altair's methods that set one property of a channel, such as .scale(), keep what they are called on
# in the class: two threads that draw would mix up their figures. So nothing here uses them.

# The expression interpreter that Vega-Embed brings along works without eval, as the page's
# Content-Security-Policy asks.
SNIPPET = "window.vegaEmbed = vegaEmbed;"


def accuracy_figure(rows: Sequence[dict[str, Any]], theme: Theme = "light") -> dict[str, Any]:
    """Multi-label against top-1 accuracy of the rows of one dataset and group, as Vega-Lite.

    Each point has its 95 % intervals; the dashed line is where both accuracies are equal. The
    parameter `match` (lower-case text) makes participants pale whose name does not contain it.
    """
    import altair as alt  # slow to load, and few processes draw

    points = [_point(row) for row in rows if _is_drawn(row)]
    domain = _domain(points)
    x = partial(_position, alt, alt.X, title="top-1 accuracy", domain=domain)
    y = partial(_position, alt, alt.Y, title="multi-label accuracy", domain=domain)
    found = "indexof(lower(datum.participant), match) >= 0"
    base = alt.Chart(alt.Data(values=points)).encode(
        color=_colour(alt, points, theme),
        opacity=alt.condition(found, alt.value(0.9), alt.value(0.12)),
    )
    ends = alt.Data(values=[{"top1": end, "multi_label": end} for end in domain])
    equal = alt.Chart(ends).mark_line(
        strokeDash=[4, 4], color=INK[theme]["line"], strokeWidth=1, aria=False
    )
    shapes = alt.Scale(domain=KINDS, range=["circle", "diamond"])
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
    return chart.properties(description=description, **SIZE).configure(**_config(theme)).to_dict()


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
        color=_colour(alt, points, theme, legend="top-right"),
        opacity=alt.condition(found, alt.value(0.7), alt.value(0.08)),
    )
    lines = base.mark_line(strokeWidth=1.2, aria=False)
    marks = base.mark_point(filled=True, size=12, aria=False).encode(tooltip=_range_tooltip(alt))
    chart = alt.layer(lines, marks).add_params(alt.param(name="match", value=""))
    participants = len({point["participant"] for point in points})
    description = f"What the accuracy of {participants} participants can still move, by judgments"
    return chart.properties(description=description, **SIZE).configure(**_config(theme)).to_dict()


def draw(spec: dict[str, Any], suffix: str) -> bytes:
    """The specification drawn as svg, png (two pixels for one) or pdf, or itself as json."""
    if suffix == "json":
        return json.dumps(spec).encode()
    import vl_convert

    if suffix == "svg":
        return vl_convert.vegalite_to_svg(spec).encode()
    if suffix == "png":
        return vl_convert.vegalite_to_png(spec | {"background": "white"}, scale=2)
    return vl_convert.vegalite_to_pdf(spec)


def script_name() -> str:
    """The name of the script that draws in the browser; another one for other versions."""
    version = f"{metadata.version('vl-convert-python')} {SNIPPET}"
    return f"vega-{hashlib.sha256(version.encode()).hexdigest()[:16]}.js"


def script() -> bytes:
    """The script of `script_name`, compressed with gzip; written to TUSKER_HOME/cache once."""
    path = Path(settings.HOME) / "cache" / f"{script_name()}.gz"
    if not path.exists():
        import vl_convert

        content = gzip.compress(vl_convert.javascript_bundle(SNIPPET).encode(), mtime=0)
        path.parent.mkdir(exist_ok=True)
        draft = path.with_suffix(f".{secrets.token_hex(8)}")
        draft.write_bytes(content)
        draft.replace(path)
    return path.read_bytes()


def _position(alt: Any, channel: Any, field: str, title: str, domain: list[float]) -> Any:
    scale = alt.Scale(domain=domain, nice=False)
    return channel(f"{field}:Q", title=title, scale=scale, axis=alt.Axis(format="%"))


def _colour(
    alt: Any, points: Sequence[dict[str, Any]], theme: Theme, legend: str = "top-left"
) -> Any:
    """By kind; the legend is there, in that corner, only if there are two kinds."""
    colours = dict(zip(KINDS, COLOURS[theme], strict=True))
    kinds = [kind for kind in KINDS if any(point["kind"] == kind for point in points)]
    scale = alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds])
    shown = alt.Legend(orient=legend) if len(kinds) > 1 else None
    return alt.Color("kind:N", title=None, legend=shown, scale=scale)


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


def _width(point: dict[str, Any]) -> dict[str, Any]:
    return point | {"width": round(point["range_high"] - point["range_low"], 6)}


def _range_tooltip(alt: Any) -> list[Any]:
    percents = {"range_low": "lowest", "range_high": "highest", "width": "apart"}
    return [
        alt.Tooltip("participant:N", title="participant"),
        alt.Tooltip("judged:Q", title="candidates judged", format=","),
        *(alt.Tooltip(f"{key}:Q", title=title, format=".2%") for key, title in percents.items()),
    ]


def _domain(points: Sequence[dict[str, Any]]) -> list[float]:
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


def _config(theme: Theme) -> dict[str, Any]:
    ink = INK[theme]
    return {
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "labelColor": ink["muted"], "titleColor": ink["text"], "gridColor": ink["grid"],
            "domainColor": ink["line"], "tickColor": ink["line"], "titleFontWeight": 500,
            "labelFontSize": 12, "titleFontSize": 13, "titlePadding": 10,
        },
        "legend": {"labelColor": ink["text"], "labelFontSize": 12},
    }  # fmt: skip
