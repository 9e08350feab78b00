"""Four dog breeds and a tabby cat, sitting and facing the viewer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evaluation.demo.drawings.canvas import (
    INK,
    WHITE,
    Canvas,
    Color,
    Points,
    arc,
    curve,
    darker,
    drawing,
    ellipse,
    lighter,
    mirrored,
    mixed,
    symmetric,
    varied,
)

Marks = Callable[[Canvas, np.random.Generator], None]


def no_marks(canvas: Canvas, rng: np.random.Generator) -> None:
    pass


@dataclass(frozen=True)
class Coat:
    """What tells one breed from another: colours, the right ear's outline and markings."""

    fur: Color
    chest: Color
    muzzle: Color
    ear: Color
    paws: Color
    ear_outline: Points
    head: tuple[float, float] = (0.2, 0.185)
    snout: tuple[float, float] = (0.1, 0.085)
    girth: float = 1.0
    fluffy: bool = False
    ears_behind: bool = False
    face_marks: Marks = no_marks
    body_marks: Marks = no_marks


HANGING = curve([(0.1, -0.17), (0.2, -0.15), (0.27, 0.0), (0.26, 0.15), (0.2, 0.19), (0.15, 0.08)])
FEATHERED = curve(
    [(0.1, -0.17), (0.2, -0.16), (0.26, -0.03), (0.25, 0.12), (0.19, 0.13), (0.14, 0)]
)
FOLDED = curve([(0.07, -0.18), (0.17, -0.2), (0.24, -0.12), (0.23, -0.01), (0.17, -0.05)])
POINTED = np.array([(0.035, -0.16), (0.14, -0.29), (0.165, -0.27), (0.195, -0.05)])


def sit(canvas: Canvas, rng: np.random.Generator, coat: Coat) -> None:
    """The whole animal: tail, body and legs, and a head a little turned."""
    side = rng.choice([-1, 1])
    girth = coat.girth * rng.uniform(0.94, 1.06)
    body = canvas.moved(0.5, 0)
    draw_body(body, rng, coat, girth)
    tilt, lift = rng.uniform(-9, 9), rng.uniform(-0.01, 0.02)
    draw_head(body.moved(side * rng.uniform(0, 0.02), 0.3 + lift, tilt), rng, coat)


def outline(coat: Coat, girth: float) -> Points:
    half = [(0.06, 0.34), (0.12, 0.44), (0.165, 0.58), (0.185, 0.75), (0.19, 0.88), (0.12, 0.945)]
    return symmetric(np.array(half) * (girth, 1))


def draw_body(canvas: Canvas, rng: np.random.Generator, coat: Coat, girth: float) -> None:
    for sign in (-1, 1):
        canvas.shade(ellipse(sign * 0.19 * girth, 0.83, 0.105, 0.12, sign * 20), coat.fur, 0.4)
        canvas.shade(ellipse(sign * 0.215 * girth, 0.93, 0.085, 0.042), coat.paws, 0.3)
    torso = outline(coat, girth)
    canvas.shade(torso, coat.fur, 0.3)
    with canvas.inside(torso) as marks:
        marks.shade(chest(coat, girth), coat.chest, 0.15)
        coat.body_marks(marks, rng)
        marks.fill(ellipse(0, 0.44, 0.2, 0.075), INK, 0.18)
    for sign in (-1, 1):
        leg = curve(
            np.array([(0.03, 0.62), (0.115, 0.62), (0.118, 0.8), (0.12, 0.94), (0.035, 0.94)])
            * (sign * girth, 1)
        )
        canvas.shade(leg, mixed(coat.fur, coat.paws, 0.35), 0.25)
        with canvas.inside(leg) as marks:
            coat.body_marks(marks, rng)
        foot = ellipse(sign * 0.078 * girth, 0.938, 0.06, 0.034)
        canvas.shade(foot, coat.paws, 0.3)
        for toe in (-0.02, 0.02):
            x = sign * 0.078 * girth + toe
            canvas.stroke([(x, 0.938), (x, 0.962)], 0.005, darker(coat.paws, 0.5))
    canvas.stroke([(0, 0.66), (0, 0.9)], 0.006, darker(coat.fur, 0.35))


def chest(coat: Coat, girth: float) -> Points:
    if not coat.fluffy:
        return ellipse(0, 0.6, 0.1 * girth, 0.19)
    angles = np.linspace(0, 2 * np.pi, 44, endpoint=False)
    radius = 1 + 0.13 * (np.arange(44) % 2)
    return np.column_stack(
        [0.115 * girth * radius * np.cos(angles), 0.6 + 0.18 * radius * np.sin(angles)]
    )


def draw_head(canvas: Canvas, rng: np.random.Generator, coat: Coat) -> None:
    if coat.ears_behind:
        draw_ears(canvas, rng, coat)
    skull = head_outline(coat)
    canvas.shade(skull, coat.fur, 0.22)
    with canvas.inside(skull) as marks:
        coat.face_marks(marks, rng)
    if not coat.ears_behind:
        draw_ears(canvas, rng, coat)
    draw_muzzle(canvas, rng, coat)
    for sign in (-1, 1):
        draw_eye(canvas.moved(sign * 0.083, -0.03))


def head_outline(coat: Coat) -> Points:
    rx, ry = coat.head
    half = [(0.35, -1), (0.8, -0.72), (0.98, -0.1), (0.82, 0.55), (0.42, 0.95), (0.12, 1.02)]
    return symmetric(np.array(half) * (rx, ry))


def draw_ears(canvas: Canvas, rng: np.random.Generator, coat: Coat) -> None:
    lift = rng.uniform(-6, 6)
    for sign in (-1, 1):
        ear = mirrored(coat.ear_outline) if sign < 0 else coat.ear_outline
        place = canvas.moved(0, 0, sign * lift)
        place.shade(ear, coat.ear, 0.35)


def draw_muzzle(canvas: Canvas, rng: np.random.Generator, coat: Coat) -> None:
    rx, ry = coat.snout
    canvas.shade(ellipse(0, 0.085, rx, ry), coat.muzzle, 0.18)
    if rng.random() < 0.5:
        tongue = symmetric([(0.012, 0.11), (0.032, 0.12), (0.03, 0.175), (0.012, 0.195)])
        canvas.shade(tongue, (235, 120, 130), 0.25)
    canvas.stroke([(0, 0.05), (0, 0.115)], 0.008)
    for sign in (-1, 1):
        canvas.stroke(arc(sign * 0.036, 0.11, 0.036, 0.026, 5, 175, 16), 0.009)
    nose = symmetric([(0.012, 0.012), (0.04, 0.02), (0.038, 0.042), (0.01, 0.064)])
    canvas.shade(nose, INK, 0.3)
    canvas.fill(ellipse(-0.014, 0.024, 0.012, 0.006), WHITE, 0.55)


def draw_eye(canvas: Canvas) -> None:
    canvas.fill(ellipse(0, 0, 0.028, 0.031), (70, 42, 28))
    canvas.fill(ellipse(0, 0.002, 0.02, 0.023), (22, 16, 18))
    canvas.fill(ellipse(-0.008, -0.01, 0.008, 0.008), WHITE)


def tail(canvas: Canvas, knots: list[tuple[float, float]], width: float, color: Color) -> None:
    canvas.stroke(curve(knots, closed=False), width, darker(color, 0.12))
    canvas.stroke(curve(knots, closed=False), width * 0.7, color)


@drawing
def beagle(canvas: Canvas, rng: np.random.Generator) -> None:
    """Tan head with a white blaze, black saddle, white chest, paws and tip of the tail."""
    tan = varied((190, 120, 62), rng)
    black = varied((52, 44, 46), rng)
    white = (250, 246, 240)

    def blaze(marks: Canvas, rng: np.random.Generator) -> None:
        marks.fill(symmetric([(0.012, -0.2), (0.02, -0.1), (0.035, 0), (0.12, 0.1)]), white)
        marks.fill(ellipse(0, 0.17, 0.11, 0.09), white)

    def saddle(marks: Canvas, rng: np.random.Generator) -> None:
        for sign in (-1, 1):
            marks.shade(ellipse(sign * 0.19, 0.58, 0.09, 0.2), black, 0.2)

    tail(canvas, [(0.68, 0.86), (0.8, 0.75), (0.83, 0.6)], 0.055, black)
    tail(canvas, [(0.826, 0.64), (0.835, 0.57)], 0.05, white)
    coat = Coat(tan, white, white, darker(tan, 0.22), white, HANGING)
    sit(canvas, rng, Coat(**{**vars(coat), "face_marks": blaze, "body_marks": saddle}))


@drawing
def dalmatian(canvas: Canvas, rng: np.random.Generator) -> None:
    """White with black spots, black ears."""
    white = varied((247, 244, 240), rng, 0.3)
    spot_color = (48, 42, 46) if rng.random() < 0.8 else (105, 66, 45)

    def spots(marks: Canvas, rng: np.random.Generator) -> None:
        for row in np.arange(0.38, 0.95, 0.062):
            for column in np.arange(-0.24, 0.25, 0.075):
                x, y = np.array([column, row]) + rng.uniform(-0.022, 0.022, 2)
                rx, ry = rng.uniform(0.01, 0.023, 2)
                marks.fill(ellipse(x, y, rx, ry, rng.uniform(0, 90)), spot_color)

    def freckles(marks: Canvas, rng: np.random.Generator) -> None:
        for x, y in [
            (-0.1, -0.12),
            (0.02, -0.14),
            (0.1, -0.1),
            (-0.02, -0.07),
            (-0.15, 0.03),
            (0.15, 0.05),
            (-0.1, 0.09),
            (0.12, 0.12),
            (0.04, -0.02),
            (-0.05, 0.16),
        ]:
            dx, dy = rng.uniform(-0.012, 0.012, 2)
            marks.fill(ellipse(x + dx, y + dy, *rng.uniform(0.008, 0.019, 2)), spot_color)

    tail(canvas, [(0.67, 0.88), (0.8, 0.8), (0.88, 0.66)], 0.042, white)
    for x, y in [(0.76, 0.83), (0.83, 0.75), (0.865, 0.68)]:
        canvas.fill(ellipse(x, y, 0.013, 0.013), spot_color)
    coat = Coat(
        white,
        lighter(white),
        white,
        spot_color,
        white,
        HANGING,
        head=(0.19, 0.185),
        girth=0.93,
        face_marks=freckles,
        body_marks=spots,
    )
    sit(canvas, rng, coat)


@drawing
def golden_retriever(canvas: Canvas, rng: np.random.Generator) -> None:
    """Golden and fluffy, with a plumed tail."""
    gold = varied((222, 165, 86), rng)
    plume = curve([(0.66, 0.9), (0.8, 0.86), (0.9, 0.7), (0.93, 0.6), (0.82, 0.64), (0.7, 0.76)])
    canvas.shade(plume, gold, 0.3)

    def brow(marks: Canvas, rng: np.random.Generator) -> None:
        marks.fill(ellipse(0, 0.05, 0.13, 0.16), lighter(gold, 0.3), 0.5)

    def tufts(marks: Canvas, rng: np.random.Generator) -> None:
        for _ in range(16):
            x, y = rng.uniform(-0.2, 0.2), rng.uniform(0.5, 0.9)
            marks.stroke(arc(x, y, 0.025, 0.03, 20, 120, 8), 0.007, darker(gold, 0.16))

    coat = Coat(
        gold,
        lighter(gold, 0.38),
        lighter(gold, 0.45),
        darker(gold, 0.2),
        lighter(gold, 0.2),
        FEATHERED,
        head=(0.205, 0.19),
        girth=1.1,
        fluffy=True,
        face_marks=brow,
        body_marks=tufts,
    )
    sit(canvas, rng, coat)


@drawing
def pug(canvas: Canvas, rng: np.random.Generator) -> None:
    """Fawn and stocky: black mask and ears, wrinkles, curled tail."""
    fawn = varied((224, 190, 145), rng)
    black = (58, 48, 48)
    tail(canvas, arc(0.76, 0.68, 0.06, 0.06, 100, 420, 24).tolist(), 0.05, fawn)

    def mask(marks: Canvas, rng: np.random.Generator) -> None:
        for sign in (-1, 1):
            marks.fill(ellipse(sign * 0.085, -0.025, 0.06, 0.055), mixed(fawn, black, 0.55))
            marks.stroke(
                arc(sign * 0.04, -0.115, 0.055, 0.03, 200, 340, 12), 0.009, darker(fawn, 0.35)
            )
            marks.stroke(arc(sign * 0.17, 0.08, 0.05, 0.09, 120, 240, 12), 0.009, darker(fawn, 0.3))
        marks.stroke(arc(0, -0.075, 0.05, 0.02, 200, 340, 12), 0.009, darker(fawn, 0.35))

    coat = Coat(
        fawn,
        lighter(fawn, 0.35),
        black,
        black,
        lighter(fawn, 0.1),
        FOLDED,
        head=(0.225, 0.19),
        snout=(0.115, 0.09),
        girth=1.18,
        face_marks=mask,
    )
    sit(canvas, rng, coat)


TABBIES: list[Color] = [(165, 140, 112), (214, 148, 84), (150, 145, 140)]


@drawing
def tabby(canvas: Canvas, rng: np.random.Generator) -> None:
    """A striped cat, an M on its forehead, its tail ringed."""
    fur = varied(TABBIES[rng.integers(len(TABBIES))], rng)
    stripe = darker(fur, 0.5)
    draw_cat_tail(canvas, fur, stripe)
    body = canvas.moved(0.5, 0)
    girth = rng.uniform(0.92, 1.05)
    coat = Coat(
        fur,
        lighter(fur, 0.5),
        lighter(fur, 0.7),
        fur,
        lighter(fur, 0.55),
        POINTED,
        body_marks=stripes_of(stripe),
    )
    draw_body(body, rng, coat, girth)
    draw_cat_head(body.moved(0, 0.31, rng.uniform(-9, 9)), rng, coat, stripe)


def draw_cat_tail(canvas: Canvas, fur: Color, stripe: Color) -> None:
    knots = curve([(0.66, 0.92), (0.8, 0.9), (0.87, 0.76), (0.83, 0.62), (0.88, 0.52)], False)
    canvas.stroke(knots, 0.065, fur)
    for at in range(8, len(knots) - 4, 6):
        canvas.stroke(knots[at : at + 3], 0.065, stripe)


def stripes_of(stripe: Color) -> Marks:
    def stripes(marks: Canvas, rng: np.random.Generator) -> None:
        for y in np.arange(0.5, 0.93, 0.075):
            for sign in (-1, 1):
                wave = curve(
                    [(sign * 0.22, y), (sign * 0.15, y + 0.02), (sign * 0.1, y + 0.005)],
                    closed=False,
                )
                marks.stroke(wave, 0.02, stripe)

    return stripes


def draw_cat_head(canvas: Canvas, rng: np.random.Generator, coat: Coat, stripe: Color) -> None:
    for sign in (-1, 1):
        canvas.shade(POINTED * (sign, 1), coat.fur, 0.3)
        canvas.fill(
            (POINTED - (0.13, -0.2)) * 0.6 * (sign, 1) + (sign * 0.132, -0.185), (222, 160, 155)
        )
    skull = symmetric([(0.05, -0.17), (0.15, -0.13), (0.2, -0.01), (0.17, 0.1), (0.08, 0.16)])
    canvas.shade(skull, coat.fur, 0.22)
    with canvas.inside(skull) as marks:
        for x in (-0.06, 0, 0.06):
            marks.stroke([(x * 1.1, -0.2), (x * 0.75, -0.09)], 0.02, stripe)
        for sign in (-1, 1):
            for y in (-0.01, 0.045, 0.095):
                marks.stroke([(sign * 0.21, y - 0.01), (sign * 0.14, y + 0.01)], 0.016, stripe)
        for sign in (-1, 1):
            marks.fill(ellipse(sign * 0.045, 0.09, 0.06, 0.048), coat.muzzle)
        marks.fill(ellipse(0, 0.14, 0.045, 0.035), coat.muzzle)
    iris: Color = (150, 185, 80) if rng.random() < 0.6 else (225, 175, 60)
    for sign in (-1, 1):
        eye = canvas.moved(sign * 0.085, -0.01)
        eye.fill(ellipse(0, 0, 0.038, 0.034, sign * -12), darker(stripe, 0.4))
        eye.fill(ellipse(0, 0, 0.032, 0.029), iris)
        eye.fill(ellipse(0, 0, 0.011, 0.026), (20, 18, 20))
        eye.fill(ellipse(-0.009, -0.011, 0.008, 0.008), WHITE)
        canvas.stroke(arc(sign * 0.025, 0.085, 0.025, 0.02, 10, 170, 12), 0.007)
        for rise in (-0.02, 0.005, 0.03):
            canvas.stroke(
                [(sign * 0.09, 0.085 + rise / 3), (sign * 0.235, 0.08 + rise)],
                0.004,
                (240, 236, 230),
            )
    canvas.shade(symmetric([(0.006, 0.048), (0.022, 0.05), (0.006, 0.072)]), (215, 125, 125), 0.2)
