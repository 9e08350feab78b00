"""Pictures with known contents: several drawn objects before a wall, of 24 ImageNet classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from evaluation.demo.drawings import DRAWINGS
from evaluation.demo.drawings.canvas import Color, darker, lighter, varied

SIZE = (480, 360)
REFERENCE_SIZE = 128
HORIZON = 0.62
WALLS: list[Color] = [
    (214, 203, 186),
    (178, 196, 203),
    (203, 190, 206),
    (188, 203, 178),
    (150, 158, 170),
]
FLOORS: list[Color] = [
    (150, 112, 78),
    (120, 96, 84),
    (96, 120, 88),
    (196, 178, 150),
    (104, 110, 124),
]
# How many objects a scene holds, and how often: a fifth of ImageNet's images hold several classes,
# these scenes many more, so that there is something to review.
COUNTS, SHARES = [1, 2, 3, 4], [0.2, 0.35, 0.3, 0.15]


@dataclass(frozen=True)
class Scene:
    """An RGB image, the wnids of all that was drawn in it, and the one that is its target."""

    key: str
    image: Image.Image
    contents: tuple[str, ...]
    target: str


def draw_scenes(count: int, seed: int) -> Iterator[Scene]:
    """`count` scenes, their targets spread evenly over the classes; the same for the same seed."""
    wnids = sorted(DRAWINGS)
    rng = np.random.default_rng(seed)
    targets = rng.permutation([wnids[number % len(wnids)] for number in range(count)])
    for number, target in enumerate(targets.tolist()):
        others = [wnid for wnid in wnids if wnid != target]
        more = rng.choice(COUNTS, p=SHARES) - 1
        contents = [target, *rng.choice(others, more, replace=False).tolist()]
        image = draw_scene(contents, np.random.default_rng([seed, number]))
        yield Scene(f"scene-{number:04d}", image, tuple(contents), target)


def draw_reference_images(per_class: int, seed: int) -> dict[str, list[Image.Image]]:
    """`per_class` RGB images 128 x 128 of each class alone, at varied places and sizes."""
    rng = np.random.default_rng([seed, 1])
    return {wnid: [draw_alone(wnid, rng) for _ in range(per_class)] for wnid in sorted(DRAWINGS)}


def draw_scene(contents: list[str], rng: np.random.Generator) -> Image.Image:
    """The objects side by side in random order, some nearer than others."""
    image = draw_room(SIZE, rng)
    width, height = SIZE
    lane = width / len(contents)
    places = rng.permutation(len(contents)).tolist()
    sizes = (np.clip(lane * rng.uniform(0.95, 1.3, len(contents)), 90, 260)).astype(int).tolist()
    feet = (height * rng.uniform(0.8, 0.98, len(contents))).tolist()
    for number in np.argsort(feet).tolist():
        center = lane * (places[number] + 0.5) + rng.uniform(-0.1, 0.1) * lane
        size = sizes[number]
        place_object(image, contents[number], size, center - size / 2, feet[number] - size, rng)
    return image


def draw_alone(wnid: str, rng: np.random.Generator) -> Image.Image:
    edge = REFERENCE_SIZE
    image = draw_room((edge, edge), rng)
    size = int(edge * rng.uniform(0.7, 1.0))
    place_object(image, wnid, size, rng.uniform(0, edge - size), rng.uniform(0, edge - size), rng)
    return image


def place_object(
    image: Image.Image, wnid: str, size: int, left: float, top: float, rng: np.random.Generator
) -> None:
    """Draw it with a soft shadow at its feet, kept within the image."""
    x = int(np.clip(left, 0, image.width - size))
    y = int(np.clip(top, 0, image.height - size))
    shadow = Image.new("L", (size, size))
    ImageDraw.Draw(shadow).ellipse((size * 0.12, size * 0.86, size * 0.88, size * 0.99), fill=110)
    image.paste((30, 24, 28), (x, y), shadow.filter(ImageFilter.GaussianBlur(size / 30)))
    drawn = DRAWINGS[wnid](size, rng)
    image.paste(drawn, (x, y), drawn)


def draw_room(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A wall that grows darker to one side and a floor that grows darker towards the viewer."""
    width, height = size
    wall = varied(WALLS[rng.integers(len(WALLS))], rng)
    floor = varied(FLOORS[rng.integers(len(FLOORS))], rng)
    edge = int(height * (HORIZON + rng.uniform(-0.08, 0.08)))
    across = np.linspace(0, 1, width)[None, :, None]
    down = np.linspace(0, 1, height - edge)[:, None, None]
    pixels = np.empty((height, width, 3))
    pixels[:edge] = np.array(lighter(wall, 0.2)) * (1 - across) + np.array(darker(wall)) * across
    pixels[edge:] = np.array(floor) * (1 - down) + np.array(darker(floor, 0.35)) * down
    pixels += rng.normal(0, 3, (height, width, 1))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
