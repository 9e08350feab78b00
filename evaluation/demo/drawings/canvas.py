"""A small drawing surface: smooth shapes with shading, in coordinates free of pixels."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

Color = tuple[int, int, int]
Points = NDArray[np.float64]
Pairs = Sequence[tuple[float, float]] | Points
DrawFunction = Callable[[int, np.random.Generator], Image.Image]

SUPERSAMPLING = 3
INK: Color = (45, 38, 42)
WHITE: Color = (255, 255, 255)


class Canvas:
    """An RGBA image drawn on in units of its height: y runs down from 0 to 1.

    Shapes are arrays `[n, 2]` of float64 (x, y).
    """

    def __init__(self, image: Image.Image, matrix: NDArray[np.float64] | None = None):
        self.image = image
        self.matrix = np.diag([image.height, image.height, 1.0]) if matrix is None else matrix

    def moved(self, x: float, y: float, angle: float = 0, scale: float = 1) -> Canvas:
        """The same image, with its origin at (x, y), turned clockwise by `angle` degrees."""
        cos, sin = np.cos(np.radians(angle)) * scale, np.sin(np.radians(angle)) * scale
        return Canvas(self.image, self.matrix @ [[cos, -sin, x], [sin, cos, y], [0, 0, 1]])

    def _pixels(self, points: Pairs) -> list[tuple[float, float]]:
        array = np.asarray(points, np.float64) @ self.matrix[:2, :2].T + self.matrix[:2, 2]
        return [(x, y) for x, y in array.tolist()]

    def _length(self, length: float) -> float:
        return float(length * np.sqrt(abs(np.linalg.det(self.matrix[:2, :2]))))

    def fill(self, points: Pairs, color: Color, alpha: float = 1) -> None:
        """A flat area; `alpha` below 1 lets what is below shine through."""
        pixels = self._pixels(points)
        if alpha >= 1:
            ImageDraw.Draw(self.image).polygon(pixels, fill=color)
            return
        mask, corner = self._mask(pixels)
        patch = Image.new("RGBA", mask.size, (*color, 0))
        patch.putalpha(mask.point(lambda value: int(value * alpha)))
        self.image.alpha_composite(patch, corner)

    def shade(self, points: Pairs, color: Color, depth: float = 0.25, ball: bool = False) -> None:
        """An area lit from the upper left; `depth` is the contrast between light and shadow."""
        mask, corner = self._mask(self._pixels(points))
        light, dark = mixed(color, WHITE, depth * 0.6), mixed(color, (40, 20, 50), depth)
        colors = ImageOps.colorize(_light(ball), light, dark, color)
        self.image.paste(colors.resize(mask.size, Image.Resampling.BILINEAR), corner, mask)

    def _mask(self, pixels: list[tuple[float, float]]) -> tuple[Image.Image, tuple[int, int]]:
        """The area as a mask just large enough, and where on the image its corner goes."""
        array = np.array(pixels)
        limit = np.array(self.image.size)
        low = np.clip(np.floor(array.min(0)), 0, limit - 1).astype(int)
        high = np.clip(np.ceil(array.max(0)) + 1, low + 1, limit).astype(int)
        width, height = (high - low).tolist()
        mask = Image.new("L", (width, height))
        ImageDraw.Draw(mask).polygon([(x, y) for x, y in (array - low).tolist()], fill=255)
        return mask, (int(low[0]), int(low[1]))

    def stroke(self, points: Pairs, width: float, color: Color = INK) -> None:
        """A line with round ends along the points."""
        pixels, thickness = self._pixels(points), self._length(width)
        draw = ImageDraw.Draw(self.image)
        draw.line(pixels, fill=color, width=max(1, round(thickness)), joint="curve")
        for x, y in (pixels[0], pixels[-1]):
            draw.circle((x, y), thickness / 2, fill=color)

    @contextmanager
    def inside(self, points: Pairs, blur: float = 0) -> Iterator[Canvas]:
        """A canvas of which only what lies within the shape is kept, its marks blurred if asked."""
        layer = Canvas(Image.new("RGBA", self.image.size), self.matrix)
        yield layer
        image = layer.image
        if blur:
            image = image.filter(ImageFilter.GaussianBlur(self._length(blur)))
        mask = Image.new("L", image.size)
        ImageDraw.Draw(mask).polygon(self._pixels(points), fill=255)
        image.putalpha(ImageChops.multiply(image.getchannel("A"), mask))
        self.image.alpha_composite(image)


@lru_cache(maxsize=2)
def _light(ball: bool) -> Image.Image:
    """How much in shadow each place is, as 128 x 128 grey levels."""
    y, x = np.mgrid[0:1:128j, 0:1:128j]
    shadow = np.hypot(x - 0.36, y - 0.3) / 0.85 if ball else 0.35 * x + 0.65 * y
    return Image.fromarray((np.clip(shadow, 0, 1) * 255).astype(np.uint8))


def drawing(paint: Callable[[Canvas, np.random.Generator], None]) -> DrawFunction:
    """Make a painter of the unit square into a function (size, rng) -> RGBA image size x size."""

    def draw(size: int, rng: np.random.Generator) -> Image.Image:
        edge = size * SUPERSAMPLING
        canvas = Canvas(Image.new("RGBA", (edge, edge)))
        paint(canvas, rng)
        return canvas.image.reduce(SUPERSAMPLING)

    draw.__doc__ = paint.__doc__
    return draw


def ellipse(x: float, y: float, rx: float, ry: float, angle: float = 0) -> Points:
    """Outline of an ellipse, turned clockwise by `angle` degrees: float64 [72, 2]."""
    return arc(x, y, rx, ry, 0, 355, 72, angle)


def arc(
    x: float,
    y: float,
    rx: float,
    ry: float,
    start: float,
    stop: float,
    count: int = 32,
    angle: float = 0,
) -> Points:
    """Part of an ellipse from `start` to `stop` degrees, clockwise from the right: [count, 2]."""
    turn = np.radians(np.linspace(start, stop, count))
    across, along = np.cos(turn) * rx, np.sin(turn) * ry
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.column_stack([x + across * cos - along * sin, y + across * sin + along * cos])


def box(left: float, top: float, right: float, bottom: float, radius: float = 0) -> Points:
    """Rectangle, its corners rounded by `radius`."""
    if not radius:
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    centers = [
        (right, bottom, -1, -1),
        (left, bottom, 1, -1),
        (left, top, 1, 1),
        (right, top, -1, 1),
    ]
    return np.concatenate(
        [
            arc(x + dx * radius, y + dy * radius, radius, radius, 90 * turn, 90 * turn + 90, 8)
            for turn, (x, y, dx, dy) in enumerate(centers)
        ]
    )


def curve(points: Pairs, closed: bool = True, steps: int = 10) -> Points:
    """Catmull-Rom spline through the points: float64 [n * steps, 2]."""
    knots = np.asarray(points, np.float64)
    around = knots if closed else np.concatenate([knots[:1], knots, knots[-1:]])
    p0, p1, p2, p3 = (np.roll(around, shift, axis=0)[:, None] for shift in (1, 0, -1, -2))
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    spline = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    if closed:
        return spline.reshape(-1, 2)
    return np.concatenate([spline[1:-2].reshape(-1, 2), knots[-1:]])


def mirrored(points: Pairs, axis: float = 0) -> Points:
    """The shape reflected at the vertical line x = axis."""
    array = np.asarray(points, np.float64)
    return np.column_stack([2 * axis - array[:, 0], array[:, 1]])


def symmetric(right_half: Pairs, axis: float = 0) -> Points:
    """Smooth outline from its right half (listed from top to bottom) and the reflection of that."""
    half = np.asarray(right_half, np.float64)
    return curve(np.concatenate([half, mirrored(half, axis)[::-1]]))


def mixed(color: Color, other: Color, share: float) -> Color:
    """The colour with a `share` (0 to 1) of the other in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue


def lighter(color: Color, share: float = 0.3) -> Color:
    return mixed(color, WHITE, share)


def darker(color: Color, share: float = 0.25) -> Color:
    return mixed(color, (30, 20, 35), share)


def varied(color: Color, rng: np.random.Generator, spread: float = 1) -> Color:
    """A colour like this one: its hue, saturation and value a little off."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in color))
    off = rng.uniform(-1, 1, 3) * (0.015, 0.08, 0.07) * spread
    red, green, blue = colorsys.hsv_to_rgb(
        (hue + off[0]) % 1,
        float(np.clip(saturation * (1 + off[1]), 0, 1)),
        float(np.clip(value * (1 + off[2]), 0, 1)),
    )
    return round(red * 255), round(green * 255), round(blue * 255)


def chosen(rng: np.random.Generator, colors: Sequence[Color], spread: float = 1) -> Color:
    """One of the colours, varied."""
    return varied(colors[int(rng.integers(len(colors)))], rng, spread)
