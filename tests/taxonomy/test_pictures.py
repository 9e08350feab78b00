"""Pictures of many pixels: how they look once they are shrunk, and the memory that they take."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from taxonomy.pictures import PIXELS_AT_ONCE, inspect, opened
from taxonomy.renditions import RENDITIONS, render
from tests.annotation.importing.test_datasets import profile_of_swapped_colours, without_adobe

SIZE = (2400, 1600)  # more than one piece, and shrunk by 2 before it becomes small
MOST = settings.IMAGE_MAX_PIXELS
RED = (200, 30, 40)


def encoded(picture: Image.Image, format: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def small(data: bytes) -> np.ndarray:
    """The small rendition, [h, w, 3]."""
    _, (jpeg,) = render(data, [RENDITIONS["small"]])
    return np.asarray(Image.open(io.BytesIO(jpeg)), float)


def slope(top: float, dtype: type) -> Image.Image:
    """Grey values from 0 at the left to `top` at the right."""
    return Image.fromarray(np.tile(np.linspace(0, top, SIZE[0]), (SIZE[1], 1)).astype(dtype))


@pytest.mark.parametrize(
    ("format", "picture"),
    [
        ("PNG", lambda: slope(65535, np.uint16)),
        ("PPM", lambda: slope(65535, np.uint16)),
        ("TIFF", lambda: slope(10**9, np.int32)),
        ("TIFF", lambda: slope(1, np.float32)),
        ("TIFF", lambda: slope(-7, np.float32).transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
        ("PNG", lambda: slope(255, np.uint8)),
        ("JPEG", lambda: slope(255, np.uint8)),
    ],
)  # fmt: skip
def test_grey_of_any_depth_keeps_its_shades_when_it_is_shrunk(format, picture):
    shown = small(encoded(picture(), format))
    assert shown.shape == (213, 320, 3)
    assert np.abs(shown - np.linspace(0, 255, 320)[None, :, None]).max() < 6


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_lies_on_white_when_it_is_shrunk(mode):
    half = Image.new("RGBA", SIZE, (90, 90, 90, 0))
    half.paste((90, 90, 90, 255), (SIZE[0] // 2, 0, *SIZE))
    shown = small(encoded(half.quantize(8) if mode == "P" else half.convert(mode)))
    assert shown[:, :150].min() > 250
    assert np.abs(shown[:, 170:] - 90).max() < 6


@pytest.mark.parametrize("name", ["RGB", "palette", "Adobe's CMYK", "plain CMYK", "profile"])
def test_colours_are_right_when_they_are_shrunk(name):
    red = Image.new("RGB", SIZE, RED)
    inks = red.convert("CMYK")
    data = {
        "RGB": lambda: encoded(red, "JPEG"),
        "palette": lambda: encoded(red.quantize(8)),
        "Adobe's CMYK": lambda: encoded(inks, "JPEG"),
        "plain CMYK": lambda: without_adobe(
            encoded(Image.fromarray(255 - np.asarray(inks), "CMYK"), "JPEG")
        ),
        "profile": lambda: encoded(
            Image.new("RGB", SIZE, RED[::-1]), icc_profile=profile_of_swapped_colours()
        ),
    }[name]()
    assert np.abs(small(data) - RED).max() < 12


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_large_picture_taken_upright_is_upright(format):
    lying = Image.new("RGB", SIZE, "white")
    lying.paste("black", (0, 0, SIZE[0] // 2, SIZE[1]))
    exif = lying.getexif()
    exif[0x0112] = 6
    data = encoded(lying, format, exif=exif)
    found = inspect(data, MOST)
    assert (found.width, found.height) == SIZE[::-1]
    shown = small(data)
    assert shown.shape == (320, 213, 3)
    assert shown[:150].mean() < 10
    assert shown[170:].mean() > 245


CODE = """
import json, resource, sys
from concurrent.futures import ThreadPoolExecutor
import django
django.setup()
from django.conf import settings
from taxonomy import pictures, renditions

data = open(sys.argv[2], "rb").read()
work = {
    "verify": lambda _: pictures.inspect(data, settings.IMAGE_MAX_PIXELS),
    "render": lambda _: renditions.render(
        data, [renditions.RENDITIONS["large"], renditions.RENDITIONS["small"]]),
}[sys.argv[1]]
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
with ThreadPoolExecutor(8) as pool:
    list(pool.map(work, range(int(sys.argv[3]))))
print(json.dumps(peak() - before))
"""


def memory(work: str, path: Path, times: int = 1) -> int:
    """The bytes by which the peak of a process of its own grows."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, work, str(path), str(times)],
        cwd=settings.BASE_DIR, check=True, capture_output=True, text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> dict[str, Path]:
    """Pictures of 30 million pixels, by name."""
    folder = tmp_path_factory.mktemp("large")
    slope = np.tile(np.linspace(0, 65535, 6000).astype(np.uint16), (5000, 1))
    bytes_ = np.dstack([slope >> 8] * 4).astype(np.uint8)
    Image.fromarray(slope).save(folder / "grey16.png", compress_level=1)
    Image.fromarray(bytes_, "RGBA").save(folder / "rgba.png", compress_level=1)
    Image.fromarray(bytes_, "CMYK").save(folder / "cmyk.jpg")
    return {path.stem: path for path in folder.iterdir()}


@pytest.mark.parametrize("work", ["verify", "render"])
@pytest.mark.parametrize("name", ["grey16", "rgba", "cmyk"])
def test_a_large_picture_takes_little_more_than_its_own_pixels(large, name, work):
    most_bytes = {"grey16": 2, "rgba": 4, "cmyk": 4}[name] * 30_000_000
    assert memory(work, large[name]) < most_bytes + 160 * 2**20


def test_eight_large_pictures_at_once_take_no_more_than_the_pixels_decoded_at_once(large):
    assert memory("verify", large["rgba"], 8) < 4 * PIXELS_AT_ONCE + 200 * 2**20


def test_large_pictures_wait_for_one_another():
    data = encoded(Image.new("1", (10_000, 6_000)))
    entered = Event()

    def second() -> None:
        with opened(data, MOST):
            entered.set()

    with ThreadPoolExecutor(1) as pool:
        with opened(data, MOST):
            pool.submit(second)
            assert not entered.wait(0.3)
        assert entered.wait(5)


def test_small_pictures_are_decoded_side_by_side():
    data = encoded(Image.new("RGB", (4000, 3000)))
    together = Barrier(8)

    def meet(_: int) -> int:
        with opened(data, MOST):
            return together.wait(5)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(meet, range(8))) == list(range(8))


def test_a_picture_that_is_damaged_keeps_no_other_waiting():
    whole = encoded(Image.new("1", (10_000, 6_000)))
    for _ in range(3):
        with pytest.raises(ValueError, match="is damaged or cut short"):
            inspect(whole[: len(whole) // 2], MOST)
    assert inspect(whole, MOST).width == 10_000
