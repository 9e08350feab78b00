"""Accuracy over time, as a line for an SVG in the page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 600, 120
MOST_POINTS = 300


@dataclass(frozen=True)
class Line:
    """`points` for a polyline; `last` is the share at the end, 0 to 1."""

    width: int
    height: int
    points: str
    last: float


def draw_line(shares: NDArray[np.float64]) -> Line | None:
    """Shares of 0 to 1 from left to right, 1 at the top; None if there are fewer than two."""
    if len(shares) < 2:
        return None
    places = np.unique(np.linspace(0, len(shares) - 1, MOST_POINTS).astype(int))
    x = places * WIDTH / (len(shares) - 1)
    y = (1 - shares[places]) * HEIGHT
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return Line(WIDTH, HEIGHT, points, float(shares[-1]))
