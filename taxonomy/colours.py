"""Pixels of any mode as 8-bit sRGB over white, piece by piece: whole pictures may be large."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np
from PIL import Image, ImageChops, ImageCms

# Of a picture that is converted, so many pixels at a time have more than one copy.
PIECE_PIXELS = 2**20

Convert = Callable[[Image.Image], Image.Image]


def in_srgb(image: Image.Image, factor: int) -> Image.Image:
    """A loaded picture of any mode as RGB in sRGB, over white, 1/factor as wide and high (rounded
    up, each pixel the mean of those that it stands for). May be the picture itself.

    Raises whatever Pillow raises for a mode that it can't convert.
    """
    convert = converter(image)
    if convert is None:
        return image.reduce(factor) if factor > 1 else image
    shown = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    for top, piece in _pieces(image, factor):
        shown.paste(convert(piece).reduce(factor), (0, top // factor))
    return shown


def converter(image: Image.Image) -> Convert | None:
    """What makes RGB of pieces cut from this loaded picture; None if it needs nothing."""
    plain = _plain(image)
    corner = image.crop((0, 0, 1, 1))
    finish = _through_profile(image, (plain(corner) if plain else corner).mode)
    if plain is None and finish is None:
        return None if image.mode == "RGB" else _rgb
    first, second = plain or _same, finish or _rgb
    return lambda piece: second(first(piece))


def _pieces(image: Image.Image, factor: int = 1) -> Iterator[tuple[int, Image.Image]]:
    """The picture cut across: (row of its upper edge, piece), rows in multiples of `factor`."""
    rows = max(1, PIECE_PIXELS // (image.width * factor)) * factor
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _same(piece: Image.Image) -> Image.Image:
    return piece


def _rgb(piece: Image.Image) -> Image.Image:
    return piece.convert("RGB")


def _plain(image: Image.Image) -> Convert | None:
    """To L, RGB or CMYK of 8 bits without transparency; None if it is so."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _eight_bits(image)
    if image.has_transparency_data:
        return _over_white
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        # Pillow takes every CMYK JPEG for one of Adobe's, whose values are inverted.
        return ImageChops.invert
    if image.mode in ("L", "RGB", "CMYK"):
        return None
    return (lambda piece: piece.convert("L")) if image.mode == "1" else _rgb


def _over_white(piece: Image.Image) -> Image.Image:
    white = Image.new("RGBA", piece.size, "white")
    return Image.alpha_composite(white, piece.convert("RGBA")).convert("RGB")


def _eight_bits(image: Image.Image) -> Convert:
    """Wider grey values to L.

    Integers are taken for 16 bits, floats for 0 to 1 or 0 to 255; what lies outside is stretched
    from its smallest value to its largest.
    """
    black, white = _black_and_white(image)
    scale = 255 / (white - black) if white > black else 0.0

    def convert(piece: Image.Image) -> Image.Image:
        values = (_finite(piece).astype(np.float64) - black) * scale
        return Image.fromarray(values.round().astype(np.uint8))

    return convert


def _black_and_white(image: Image.Image) -> tuple[float, float]:
    if image.mode.startswith("I;"):
        return 0.0, 65535.0
    ends = np.array([(values.min(), values.max()) for values in map(_finite, _only(image))])
    low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
    for top in (1.0, 255.0) if image.mode == "F" else (65535.0,):
        if low >= 0 and high <= top:
            return 0.0, top
    return low, high


def _only(image: Image.Image) -> Iterator[Image.Image]:
    return (piece for _, piece in _pieces(image))


def _finite(piece: Image.Image) -> np.ndarray:
    """Its values [h, w], 0 where they are NaN or infinite."""
    return np.nan_to_num(np.asarray(piece), posinf=0, neginf=0)


def _through_profile(image: Image.Image, mode: str) -> Convert | None:
    """From `mode` to RGB through the embedded colour profile, if it has a usable one."""
    # What fails is a broken profile, or one for another colour space.
    with suppress(ImageCms.PyCMSError, OSError):
        if profile := image.info.get("icc_profile"):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(source):
                target = ImageCms.createProfile("sRGB")
                return ImageCms.buildTransform(source, target, mode, "RGB").apply
    return None
