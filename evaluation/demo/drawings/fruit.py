"""Fruit, and a pizza."""

from __future__ import annotations

import numpy as np

from evaluation.demo.drawings.canvas import (
    INK,
    WHITE,
    Canvas,
    Color,
    arc,
    chosen,
    curve,
    darker,
    drawing,
    ellipse,
    lighter,
    varied,
)

LEAF: Color = (74, 140, 62)
STALK: Color = (110, 78, 46)


def leaf(canvas: Canvas, length: float, color: Color) -> None:
    """A pointed leaf that grows to the right from the origin, with its midrib."""
    shape = curve(
        [(0, 0), (length * 0.45, -length * 0.25), (length, 0), (length * 0.45, length * 0.22)]
    )
    canvas.shade(shape, color, 0.3)
    canvas.stroke([(0, 0), (length * 0.9, 0)], 0.008, darker(color))


def dots(canvas: Canvas, rng: np.random.Generator, color: Color, count: int, size: float) -> None:
    """Pores strewn over the middle of the square."""
    for x, y in rng.uniform(0.1, 0.9, (count, 2)).tolist():
        canvas.fill(ellipse(x, y, size, size), color, 0.5)


@drawing
def banana(canvas: Canvas, rng: np.random.Generator) -> None:
    """One to three bananas, bent around a common point."""
    color = chosen(rng, [(246, 211, 62), (240, 200, 50), (222, 210, 80)])
    place = canvas.moved(0.5, 0.5, rng.uniform(-25, 25))
    for number in range(int(rng.integers(1, 4))):
        one = place.moved(0, 0.08 * number - 0.08, 7 * number)
        outer = arc(0, -0.24, 0.44, 0.5, 12, 168, 30)
        inner = arc(0, -0.3, 0.38, 0.36, 165, 15, 30)
        fruit = np.concatenate([outer, inner])
        one.shade(fruit, color, 0.35)
        one.stroke(arc(0, -0.27, 0.4, 0.44, 22, 158, 24), 0.012, darker(color, 0.2))
        one.shade(ellipse(0.405, -0.17, 0.035, 0.05, 20), STALK, 0.3)
        one.shade(ellipse(-0.405, -0.17, 0.026, 0.03, -20), INK, 0.2)


@drawing
def orange(canvas: Canvas, rng: np.random.Generator) -> None:
    """An orange with pores; sometimes half of another one before it."""
    color = chosen(rng, [(240, 138, 32), (247, 152, 40), (232, 122, 30)])
    ball = ellipse(0.48, 0.5, 0.4, 0.39)
    canvas.shade(ball, color, 0.4, ball=True)
    with canvas.inside(ball) as marks:
        dots(marks, rng, darker(color, 0.3), 90, 0.006)
    canvas.shade(ellipse(0.46, 0.16, 0.03, 0.02), LEAF, 0.2)
    leaf(canvas.moved(0.47, 0.15, rng.uniform(-50, 10)), 0.22, varied(LEAF, rng))
    if rng.random() < 0.5:
        cut = canvas.moved(0.7, 0.73, rng.uniform(0, 60), 0.62)
        cut.shade(ellipse(0, 0, 0.38, 0.38), color, 0.2)
        cut.fill(ellipse(0, 0, 0.34, 0.34), (252, 236, 200))
        for turn in range(8):
            wedge = [(0.03, 0), *arc(0, 0, 0.31, 0.31, -18, 18, 8).tolist()]
            cut.moved(0, 0, 45 * turn).fill(wedge, lighter(color, 0.15))


@drawing
def lemon(canvas: Canvas, rng: np.random.Generator) -> None:
    """A lemon lying down, a nipple at each end."""
    color = chosen(rng, [(250, 225, 60), (244, 232, 84), (240, 214, 40)])
    place = canvas.moved(0.5, 0.52, rng.uniform(-35, 35))
    body = curve(
        [
            (-0.46, 0), (-0.38, -0.08), (-0.25, -0.26), (0, -0.32), (0.25, -0.26), (0.37, -0.09),
            (0.47, -0.03), (0.47, 0.04), (0.37, 0.1), (0.25, 0.26), (0, 0.32), (-0.25, 0.26),
            (-0.38, 0.09),
        ]
    )  # fmt: skip
    place.shade(body, color, 0.35, ball=True)
    with place.inside(body) as marks:
        dots(marks.moved(-0.5, -0.5), rng, darker(color, 0.25), 70, 0.007)
    if rng.random() < 0.5:
        leaf(place.moved(-0.44, 0, rng.uniform(-70, -30)), 0.26, varied(LEAF, rng))


@drawing
def granny_smith(canvas: Canvas, rng: np.random.Generator) -> None:
    """A green apple with a stalk in its dent."""
    color = chosen(rng, [(142, 190, 58), (160, 204, 74), (126, 178, 60)])
    place = canvas.moved(0.5, 0.56, rng.uniform(-10, 10))
    half = np.array(
        [
            (0.0, -0.28),
            (0.12, -0.35),
            (0.3, -0.33),
            (0.41, -0.14),
            (0.38, 0.12),
            (0.25, 0.34),
            (0.1, 0.39),
        ]
    )
    body = curve(np.concatenate([half, (half * (-1, 1))[:0:-1]]))
    place.shade(body, color, 0.38, ball=True)
    with place.inside(body, blur=0.01) as marks:
        marks.fill(ellipse(0, -0.3, 0.14, 0.05), darker(color, 0.45), 0.7)
        dots(marks.moved(-0.5, -0.5), rng, lighter(color, 0.5), 40, 0.006)
    place.stroke([(0, -0.28), (0.02, -0.38), (rng.uniform(0.02, 0.09), -0.47)], 0.03, STALK)
    if rng.random() < 0.6:
        leaf(place.moved(0.02, -0.38, rng.uniform(-35, 5)), 0.28, varied(LEAF, rng))
    place.fill(ellipse(-0.17, -0.15, 0.05, 0.09, 25), WHITE, 0.4)


@drawing
def strawberry(canvas: Canvas, rng: np.random.Generator) -> None:
    """A strawberry with seeds in rows and a green calyx."""
    color = chosen(rng, [(214, 36, 48), (226, 54, 56), (196, 28, 44)])
    place = canvas.moved(0.5, 0.52, rng.uniform(-18, 18))
    half = np.array(
        [(0.0, -0.27), (0.2, -0.33), (0.38, -0.2), (0.36, 0.0), (0.22, 0.27), (0.06, 0.44)]
    )
    body = curve(np.concatenate([half, (half * (-1, 1))[:0:-1]]))
    place.shade(body, color, 0.35, ball=True)
    with place.inside(body) as marks:
        for row in range(8):
            for column in range(-4, 5):
                x, y = (column + 0.5 * (row % 2)) * 0.095, -0.24 + row * 0.088
                marks.shade(ellipse(x, y, 0.013, 0.021), (250, 214, 120), 0.3)
    for turn in range(7):
        leaf(place.moved(0, -0.29, -180 + turn * 30 + rng.uniform(-8, 8)), 0.2, varied(LEAF, rng))
    place.stroke([(0, -0.3), (0.02, -0.46)], 0.025, darker(LEAF))


@drawing
def pineapple(canvas: Canvas, rng: np.random.Generator) -> None:
    """A pineapple upright: a scaly barrel below a tuft of leaves."""
    color = chosen(rng, [(206, 148, 48), (190, 132, 52), (214, 164, 66)])
    place = canvas.moved(0.5, 0.5, rng.uniform(-9, 9))
    for row in range(3):
        for turn in np.linspace(-62 + 8 * row, 62 - 8 * row, 7 - row).tolist():
            blade = place.moved(0, -0.1, turn + rng.uniform(-4, 4))
            top = -0.4 + 0.035 * row
            half = [(-0.035, 0), (-0.03, top * 0.6)]
            outline = curve([*half, (0, top), *[(-x, y) for x, y in reversed(half)]])
            blade.shade(outline, varied(LEAF, rng), 0.35)
    body = ellipse(0, 0.17, 0.26, 0.32)
    place.shade(body, color, 0.42, ball=True)
    with place.inside(body) as marks:
        for step in np.linspace(-0.8, 0.8, 13).tolist():
            for lean in (-0.45, 0.45):
                line = [(step - lean, -0.3), (step + lean, 0.6)]
                marks.stroke(line, 0.013, darker(color, 0.45))
        for row in range(7):
            for column in range(-3, 4):
                x, y = (column + 0.5 * (row % 2)) * 0.123, -0.1 + row * 0.09
                marks.fill(ellipse(x, y, 0.013, 0.013), darker(color, 0.6))


@drawing
def pizza(canvas: Canvas, rng: np.random.Generator) -> None:
    """A whole pizza seen from above, with salami, olives and basil; often a slice is missing."""
    crust = chosen(rng, [(205, 150, 84), (190, 130, 70)])
    place = canvas.moved(0.5, 0.5, rng.uniform(0, 360))
    start = 38 if rng.random() < 0.5 else 0

    def wheel(radius: float) -> np.ndarray:
        rim = arc(0, 0, radius, radius, start, 360, 60)
        return np.concatenate([[(0.0, 0.0)], rim]) if start else rim

    place.shade(wheel(0.46), crust, 0.3)
    place.shade(wheel(0.4), (196, 62, 36), 0.15)
    cheese = wheel(0.37)
    place.shade(cheese, varied((244, 206, 106), rng), 0.15)
    with place.inside(cheese) as marks:
        for number in range(9):
            turn, radius = number * 40 + rng.uniform(-8, 8), rng.uniform(0.16, 0.31)
            x, y = radius * np.cos(np.radians(turn)), radius * np.sin(np.radians(turn))
            marks.shade(ellipse(x, y, 0.066, 0.066), varied((178, 48, 42), rng), 0.3)
        for x, y in rng.uniform(-0.3, 0.3, (9, 2)).tolist():
            marks.fill(ellipse(x, y, 0.026, 0.026), INK)
            marks.fill(ellipse(x, y, 0.011, 0.011), (226, 190, 100))
        for x, y in rng.uniform(-0.3, 0.3, (5, 2)).tolist():
            leaf(marks.moved(x, y, rng.uniform(0, 360)), 0.09, LEAF)
