"""Pottery, a flower, and two things for the weather."""

from __future__ import annotations

import numpy as np

from evaluation.demo.drawings.canvas import (
    INK,
    WHITE,
    Canvas,
    Color,
    arc,
    box,
    chosen,
    curve,
    darker,
    drawing,
    ellipse,
    lighter,
    mirrored,
    symmetric,
    varied,
)

GLAZES: list[Color] = [
    (66, 112, 160),
    (176, 74, 62),
    (228, 220, 204),
    (84, 138, 110),
    (92, 84, 124),
]


def band(canvas: Canvas, y: float, height: float, color: Color) -> None:
    canvas.fill(box(-0.5, y, 0.5, y + height), color, 0.85)


@drawing
def teapot(canvas: Canvas, rng: np.random.Generator) -> None:
    """A round pot with lid and knob, spout on one side, handle on the other."""
    color = chosen(rng, GLAZES)
    place = canvas.moved(0.5, 0.55, rng.uniform(-4, 4))
    side = rng.choice([-1, 1])

    def turned(points: np.ndarray) -> np.ndarray:
        return mirrored(points) if side < 0 else points

    place.stroke(turned(arc(0.27, 0.0, 0.17, 0.19, -110, 110)), 0.055, darker(color, 0.15))
    spout = curve(
        [
            (-0.2, 0.12),
            (-0.34, 0.02),
            (-0.4, -0.16),
            (-0.47, -0.2),
            (-0.37, -0.22),
            (-0.3, -0.08),
            (-0.2, -0.06),
        ]
    )
    place.shade(turned(spout), color, 0.35)
    body = ellipse(0, 0.04, 0.31, 0.29)
    place.shade(body, color, 0.4, ball=True)
    with place.inside(body) as marks:
        band(marks, rng.uniform(0, 0.08), 0.05, lighter(color, 0.6))
    place.shade(box(-0.16, 0.29, 0.16, 0.345, 0.02), darker(color), 0.3)
    place.shade(arc(0, -0.2, 0.17, 0.11, 180, 360), darker(color, 0.1), 0.35)
    place.shade(ellipse(0, -0.33, 0.045, 0.045), color, 0.4, ball=True)
    place.fill(ellipse(-0.12, -0.09, 0.05, 0.08, 25), WHITE, 0.35)


@drawing
def coffee_mug(canvas: Canvas, rng: np.random.Generator) -> None:
    """A straight mug, coffee in it, with a handle and a stripe or a heart on it."""
    color = chosen(rng, [*GLAZES, (240, 240, 236), (214, 176, 60)])
    place = canvas.moved(0.44, 0.5, rng.uniform(-5, 5))
    if rng.random() < 0.5:
        place = canvas.moved(0.56, 0.5, rng.uniform(-5, 5))
        place = Canvas(place.image, place.matrix @ np.diag([-1.0, 1.0, 1.0]))
    place.stroke(arc(0.26, 0.06, 0.19, 0.2, -95, 95), 0.07, darker(color, 0.15))
    body = np.concatenate([arc(0, 0.36, 0.27, 0.08, 0, 180), arc(0, -0.33, 0.29, 0.085, 180, 0)])
    place.shade(body, color, 0.35)
    with place.inside(body) as marks:
        mark = darker(color, 0.5) if sum(color) > 500 else lighter(color, 0.7)
        if rng.random() < 0.5:
            marks.stroke(arc(0, 0.0, 0.29, 0.085, 0, 180), 0.07, mark)
            marks.stroke(arc(0, 0.14, 0.29, 0.085, 0, 180), 0.025, mark)
        else:
            marks.fill(
                curve(
                    [
                        (0, 0.22),
                        (-0.13, 0.06),
                        (-0.09, -0.03),
                        (0, 0.02),
                        (0.09, -0.03),
                        (0.13, 0.06),
                    ]
                ),
                mark,
            )
    place.shade(ellipse(0, -0.33, 0.29, 0.085), lighter(color, 0.25), 0.25)
    place.shade(ellipse(0, -0.32, 0.25, 0.066), (74, 46, 32), 0.3)


@drawing
def vase(canvas: Canvas, rng: np.random.Generator) -> None:
    """A tall empty vase with a narrow neck and ornaments in bands."""
    color = chosen(rng, GLAZES)
    neck, belly = rng.uniform(0.06, 0.1), rng.uniform(0.22, 0.3)
    place = canvas.moved(0.5, 0.5, rng.uniform(-3, 3))
    half = [
        (neck + 0.06, -0.46),
        (neck, -0.36),
        (neck + 0.02, -0.26),
        (belly, -0.02),
        (belly * 0.85, 0.24),
        (0.13, 0.46),
    ]
    body = symmetric(half)
    place.shade(body, color, 0.42)
    with place.inside(body) as marks:
        band(marks, -0.2, 0.03, lighter(color, 0.6))
        band(marks, 0.18, 0.05, lighter(color, 0.6))
        for x in np.linspace(-0.25, 0.25, 7).tolist():
            diamond = [(x, -0.1), (x + 0.035, -0.01), (x, 0.08), (x - 0.035, -0.01)]
            marks.fill(diamond, lighter(color, 0.65))
        marks.fill(ellipse(-belly * 0.5, -0.06, 0.03, 0.2, 8), WHITE, 0.3)
    place.shade(ellipse(0, -0.455, neck + 0.055, 0.03), darker(color, 0.6), 0.3)


@drawing
def daisy(canvas: Canvas, rng: np.random.Generator) -> None:
    """Two or three daisies: white petals around a yellow disc, on green stems."""
    heads = [(0.36, 0.3), (0.68, 0.42), (0.34, 0.68)][: int(rng.integers(2, 4))]
    for x, y in heads:
        stem = curve([(x, y), (x + (0.5 - x) * 0.3, (y + 0.97) / 2), (0.5, 0.97)], closed=False)
        canvas.stroke(stem, 0.026, varied((70, 128, 60), rng))
    for x, y in heads:
        flower = canvas.moved(
            x + rng.uniform(-0.03, 0.03), y, rng.uniform(0, 30), rng.uniform(0.85, 1.1)
        )
        count = int(rng.integers(14, 20))
        for turn in range(count):
            petal = ellipse(0.16, 0, 0.105, 0.036)
            flower.moved(0, 0, 360 * turn / count).shade(petal, (248, 246, 240), 0.16)
        flower.shade(ellipse(0, 0, 0.085, 0.085), varied((242, 186, 40), rng), 0.4, ball=True)


@drawing
def umbrella(canvas: Canvas, rng: np.random.Generator) -> None:
    """An open umbrella from the side: scalloped canopy, ribs, a hooked handle."""
    color = chosen(
        rng, [(190, 44, 56), (40, 84, 150), (52, 52, 60), (226, 176, 46), (110, 60, 130)]
    )
    place = canvas.moved(0.5, 0.46, rng.uniform(-14, 14))
    place.stroke([(0, -0.4), (0, 0.38)], 0.022, (92, 84, 80))
    place.stroke(arc(0.06, 0.39, 0.06, 0.07, 180, 0, 20), 0.034, (120, 80, 46))
    scallops = [arc(0.45 - 0.18 * (n + 0.5), -0.0, 0.09, 0.06, 0, -180, 10) for n in range(5)]
    canopy = np.concatenate([arc(0, 0, 0.45, 0.38, 180, 360, 40), *scallops])
    place.shade(canopy, color, 0.35)
    with place.inside(canopy) as marks:
        for number in (1, 3):
            left, right = -0.45 + 0.18 * number, -0.27 + 0.18 * number
            gore = curve([(0, -0.38), (left * 0.75, -0.22), (left, 0.02)], closed=False)
            back = curve([(right, 0.02), (right * 0.75, -0.22), (0, -0.38)], closed=False)
            other = lighter(color, 0.6) if rng.random() < 0.5 else darker(color, 0.15)
            marks.fill(np.concatenate([gore, back]), other, 0.8)
    place.stroke([(0, -0.45), (0, -0.37)], 0.02, INK)


@drawing
def sunglasses(canvas: Canvas, rng: np.random.Generator) -> None:
    """Dark glasses from the front, folded temples just to be seen."""
    frame = chosen(rng, [(34, 30, 34), (120, 66, 38), (184, 40, 60), (226, 226, 226)])
    lens = chosen(rng, [(40, 44, 52), (66, 50, 40), (40, 62, 84), (56, 72, 54)])
    round_ones = rng.random() < 0.5
    place = canvas.moved(0.5, 0.5, rng.uniform(-12, 12))
    place.stroke(arc(0, -0.02, 0.07, 0.06, 200, 340, 16), 0.035, frame)
    for sign in (-1, 1):
        place.stroke([(sign * 0.42, -0.1), (sign * 0.47, -0.12), (sign * 0.46, 0.02)], 0.04, frame)
        if round_ones:
            rim, glass = (
                ellipse(sign * 0.24, 0.02, 0.2, 0.19),
                ellipse(sign * 0.24, 0.02, 0.165, 0.155),
            )
        else:
            shape = np.array(
                [
                    (-0.19, -0.13),
                    (0.0, -0.15),
                    (0.2, -0.14),
                    (0.19, 0.04),
                    (0.06, 0.16),
                    (-0.12, 0.12),
                ]
            )
            at = np.array([sign * 0.24, 0.02])
            rim, glass = curve(shape * (sign, 1) + at), curve(shape * (sign * 0.84, 0.8) + at)
        place.shade(rim, frame, 0.3)
        place.shade(glass, lens, 0.35)
        with place.inside(glass) as marks:
            x = sign * 0.24
            marks.fill(
                [(x - 0.1, 0.2), (x - 0.04, 0.2), (x + 0.1, -0.2), (x + 0.02, -0.2)], WHITE, 0.25
            )
