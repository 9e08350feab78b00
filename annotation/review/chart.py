"""A bar chart of counts, for an SVG in the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STEP, GAP, HEIGHT = 20, 4, 96


@dataclass(frozen=True)
class Bars:
    """`bars` are {x, y, width, height, count, ago}, the last one's `ago` is 0; `top` is the count
    that fills the height."""

    width: int
    height: int
    top: int
    bars: list[dict[str, float]]


def draw_bars(counts: Sequence[int]) -> Bars:
    """A bar for each count, side by side. What is not nothing is at least one unit high."""
    top = max(counts, default=0)
    bars = []
    for place, count in enumerate(counts):
        height = round(max(1, HEIGHT * count / top), 1) if count else 0
        bars.append(
            {
                "x": place * STEP + GAP / 2, "y": round(HEIGHT - height, 1), "width": STEP - GAP,
                "height": height, "count": count, "ago": len(counts) - 1 - place,
            }
        )  # fmt: skip
    return Bars(len(counts) * STEP, HEIGHT, top, bars)
