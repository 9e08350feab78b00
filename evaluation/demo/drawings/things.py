"""Balls, and things that stand on a desk."""

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
    varied,
)


def pentagon(x: float, y: float, radius: float, angle: float) -> np.ndarray:
    return arc(x, y, radius, radius, angle, angle + 288, 5)


@drawing
def soccer_ball(canvas: Canvas, rng: np.random.Generator) -> None:
    """A white ball with black pentagons and seams."""
    place = canvas.moved(0.5, 0.52, rng.uniform(0, 72))
    ball = ellipse(0, 0, 0.44, 0.44)
    place.shade(ball, (240, 240, 238), 0.3)
    patch = varied((34, 34, 40), rng)
    with place.inside(ball) as marks:
        marks.fill(pentagon(0, 0, 0.15, -90), patch)
        for number in range(5):
            spoke = marks.moved(0, 0, 72 * number)
            spoke.stroke([(0, -0.15), (0, -0.27)], 0.013, patch)
            spoke.stroke([(0, -0.27), (0.135, -0.33)], 0.013, patch)
            spoke.stroke([(0, -0.27), (-0.135, -0.33)], 0.013, patch)
            spoke.moved(0, 0, 36).fill(
                [(-0.1, -0.33), (0.1, -0.33), (0.16, -0.46), (-0.16, -0.46)], patch
            )
            spoke.moved(0, 0, 36).fill([(-0.1, -0.33), (0, -0.28), (0.1, -0.33)], patch)
    canvas.fill(ellipse(0.37, 0.34, 0.06, 0.09, 40), WHITE, 0.5)


@drawing
def tennis_ball(canvas: Canvas, rng: np.random.Generator) -> None:
    """A felted yellow-green ball with its curved white seam."""
    color = chosen(rng, [(200, 216, 60), (212, 226, 84), (186, 206, 52)])
    place = canvas.moved(0.5, 0.53, rng.uniform(0, 360))
    ball = ellipse(0, 0, 0.42, 0.42)
    canvas.shade(ellipse(0.5, 0.53, 0.42, 0.42), color, 0.35, ball=True)
    with place.inside(ball) as marks:
        for x, y in rng.uniform(-0.42, 0.42, (160, 2)).tolist():
            marks.stroke([(x, y), (x + 0.02, y - 0.012)], 0.004, lighter(color, 0.4))
        marks.stroke(arc(-0.5, 0, 0.32, 0.4, -75, 75), 0.042, (244, 246, 236))
        marks.stroke(arc(0.5, 0, 0.32, 0.4, 105, 255), 0.042, (244, 246, 236))


@drawing
def analog_clock(canvas: Canvas, rng: np.random.Generator) -> None:
    """A round wall clock that shows a time of its own."""
    frame = chosen(rng, [(60, 54, 60), (150, 96, 56), (176, 48, 52), (70, 110, 140)])
    place = canvas.moved(0.5, 0.5)
    place.shade(ellipse(0, 0, 0.45, 0.45), frame, 0.35)
    place.shade(ellipse(0, 0, 0.385, 0.385), (246, 243, 234), 0.1)
    for hour in range(12):
        length = 0.08 if hour % 3 == 0 else 0.045
        place.moved(0, 0, 30 * hour).stroke([(0, -0.35), (0, -0.35 + length)], 0.022, INK)
    minutes = float(rng.integers(0, 720))
    place.moved(0, 0, minutes / 2).stroke([(0, 0.04), (0, -0.19)], 0.036, INK)
    place.moved(0, 0, minutes * 6).stroke([(0, 0.05), (0, -0.3)], 0.024, INK)
    place.moved(0, 0, float(rng.integers(0, 360))).stroke(
        [(0, 0.08), (0, -0.31)], 0.009, (200, 40, 40)
    )
    place.fill(ellipse(0, 0, 0.025, 0.025), INK)


@drawing
def laptop(canvas: Canvas, rng: np.random.Generator) -> None:
    """An open laptop from the front, with windows on its screen."""
    case = chosen(rng, [(176, 180, 186), (70, 72, 78), (206, 196, 184)])
    screen = chosen(rng, [(46, 92, 140), (40, 120, 116), (98, 68, 130), (36, 40, 52)])
    place = canvas.moved(0.5, 0.5)
    place.shade(box(-0.36, -0.36, 0.36, 0.14, 0.025), darker(case, 0.6), 0.2)
    glass = box(-0.33, -0.33, 0.33, 0.11)
    place.shade(glass, screen, 0.25)
    with place.inside(glass) as marks:
        for _ in range(2):
            x, y = rng.uniform(-0.28, 0.02), rng.uniform(-0.28, -0.12)
            marks.fill(box(x, y, x + 0.26, y + 0.2), (238, 240, 244))
            marks.fill(box(x, y, x + 0.26, y + 0.03), lighter(screen, 0.4))
            for line in range(4):
                marks.stroke(
                    [
                        (x + 0.02, y + 0.06 + 0.033 * line),
                        (x + rng.uniform(0.1, 0.23), y + 0.06 + 0.033 * line),
                    ],
                    0.01,
                    (140, 146, 156),
                )
    place.shade([(-0.36, 0.15), (0.36, 0.15), (0.46, 0.36), (-0.46, 0.36)], case, 0.25)
    for row in range(4):
        y, half = 0.175 + row * 0.03, 0.32 + row * 0.015
        for x in np.linspace(-half, half - 0.05, 12).tolist():
            place.fill(box(x, y, x + 0.044, y + 0.021), (44, 46, 52))
    place.shade([(-0.1, 0.3), (0.1, 0.3), (0.11, 0.345), (-0.11, 0.345)], darker(case, 0.15), 0.1)
    place.shade(box(-0.46, 0.36, 0.46, 0.385, 0.01), darker(case, 0.3), 0.2)


@drawing
def computer_mouse(canvas: Canvas, rng: np.random.Generator) -> None:
    """A mouse from above: two buttons, a wheel, a cable."""
    color = chosen(rng, [(58, 60, 66), (226, 226, 222), (150, 40, 48), (120, 128, 140)])
    place = canvas.moved(0.5, 0.56, rng.uniform(-35, 35))
    bend = rng.uniform(-0.12, 0.12)
    place.stroke(
        curve([(0, -0.3), (bend, -0.42), (-bend, -0.54)], closed=False), 0.022, (50, 50, 54)
    )
    half = np.array(
        [(0.0, -0.37), (0.16, -0.34), (0.235, -0.14), (0.245, 0.12), (0.17, 0.34), (0.0, 0.4)]
    )
    body = curve(np.concatenate([half, mirrored(half)[-2:0:-1]]))
    place.shade(body, color, 0.38)
    seam = darker(color, 0.5) if sum(color) > 300 else lighter(color, 0.3)
    with place.inside(body) as marks:
        marks.stroke([(0, -0.4), (0, -0.04)], 0.012, seam)
        marks.stroke(arc(0, -0.14, 0.26, 0.1, 0, 180), 0.012, seam)
        marks.fill(ellipse(-0.1, 0.16, 0.05, 0.14, 10), WHITE, 0.25)
    place.shade(box(-0.03, -0.27, 0.03, -0.13, 0.028), (34, 34, 38), 0.3)
    place.stroke([(-0.02, -0.2), (0.02, -0.2)], 0.01, (130, 132, 140))


@drawing
def table_lamp(canvas: Canvas, rng: np.random.Generator) -> None:
    """A lamp with a cloth shade on a turned foot, switched on."""
    shade: Color = chosen(rng, [(246, 226, 176), (236, 196, 170), (214, 226, 206), (232, 210, 226)])
    foot = chosen(rng, [(128, 84, 50), (92, 112, 128), (60, 56, 62), (176, 140, 70)])
    top = rng.uniform(0.14, 0.22)
    place = canvas.moved(0.5, 0.5)
    half = [(0.03, -0.02), (0.04, 0.08), (0.11, 0.2), (0.07, 0.34), (0.03, 0.4)]
    place.shade(curve(np.concatenate([np.array(half), mirrored(half)[::-1]])), foot, 0.45)
    place.shade(ellipse(0, 0.435, 0.17, 0.04), foot, 0.35)
    cloth = [(-top, -0.45), (top, -0.45), (0.36, 0.0), (-0.36, 0.0)]
    place.shade(cloth, shade, 0.22)
    with place.inside(cloth, blur=0.03) as marks:
        marks.fill(ellipse(0, -0.14, 0.17, 0.22), (255, 250, 214), 0.85)
    place.stroke([(-top, -0.45), (top, -0.45)], 0.016, darker(shade, 0.3))
    place.stroke([(-0.36, 0), (0.36, 0)], 0.016, darker(shade, 0.3))
