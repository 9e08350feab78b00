"""What all figures share: inks, axes, and who is drawn how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

Theme = Literal["light", "dark"]

INK: dict[Theme, dict[str, str]] = {
    "light": {"text": "#1f2733", "muted": "#5b6675", "grid": "#e6e9ee", "line": "#9aa4b2"},
    "dark": {"text": "#e6eaf0", "muted": "#a3adbb", "grid": "#2a323d", "line": "#67717f"},
}
# Told apart by people who see no red or no green, and by shape as well.
COLOURS: dict[Theme, list[str]] = {
    "light": ["#2563a8", "#b4540a", "#5b3d99"],
    "dark": ["#7db4f0", "#f0a35e", "#c3a6f5"],
}
KINDS = ["model", "human", "ensemble"]
SHAPES = ["circle", "diamond", "square"]
SIZE: dict[str, Any] = {"width": 560, "height": 420}
FONT = "system-ui, 'Liberation Sans', Arial, sans-serif"

# Altair's methods that set one property of a channel, such as .scale(), keep what they are called on
# in the class: two threads that draw would mix up their figures. So nothing here uses them.


def position(alt: Any, channel: Any, field: str, title: str, domain: list[float]) -> Any:
    scale = alt.Scale(domain=domain, nice=False)
    return channel(f"{field}:Q", title=title, scale=scale, axis=alt.Axis(format="%"))


def colour(
    alt: Any, points: Sequence[dict[str, Any]], theme: Theme, legend: str = "top-left"
) -> Any:
    """By kind; the legend is there, in that corner, only if there is more than one kind."""
    colours = dict(zip(KINDS, COLOURS[theme], strict=True))
    kinds = [kind for kind in KINDS if any(point["kind"] == kind for point in points)]
    scale = alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds])
    shown = alt.Legend(orient=legend) if len(kinds) > 1 else None
    return alt.Color("kind:N", title=None, legend=shown, scale=scale)


def config(theme: Theme) -> dict[str, Any]:
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
