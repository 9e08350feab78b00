"""Pictures as people bring them: whether they can be read, and how they look on a screen."""

from __future__ import annotations

import io
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError

# Format -> suffix. Nothing else is tried: some of Pillow's readers start other programs.
# Pillow's reader of JPEG opens MPO too, a JPEG with further pictures behind the first.
FORMATS = {
    "JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp",
    "BMP": ".bmp", "TIFF": ".tif", "PPM": ".ppm",
}  # fmt: skip
READERS = [name for name in FORMATS if name != "MPO"]
SUFFIXES = frozenset({*FORMATS.values(), ".jpeg", ".jpe", ".tiff", ".pgm", ".pbm"})
NAMES = "JPEG, PNG, GIF, WebP, BMP, TIFF, PPM"

# `open_picture` has a limit of its own, which refuses where Pillow would only warn.
Image.MAX_IMAGE_PIXELS = None


class PictureError(ValueError):
    """A file that can't be shown as a picture; the message is the reason."""


@dataclass(frozen=True)
class Picture:
    """suffix by format; width and height in pixels, upright."""

    suffix: str
    width: int
    height: int


def without_suffix(name: str) -> str:
    """`a/b.JPEG` -> `a/b`; other dots are part of the name."""
    suffix = PurePosixPath(name).suffix
    return name[: -len(suffix)] if suffix.casefold() in SUFFIXES else name


def read_file(path: Path, limit: int) -> bytes:
    """The bytes of a file. Raises PictureError if it can't be read or has more than `limit`."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise PictureError("is no file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise PictureError(f"can't be read: {error.strerror}") from error
    if len(data) > limit:
        raise PictureError(f"is larger than {limit:,} bytes")
    return data


def inspect(data: bytes, max_pixels: int) -> Picture:
    """Decode a picture in full. Raises PictureError if it is none, is too large, or is damaged."""
    image = open_picture(data, max_pixels)
    suffix = FORMATS[str(image.format)]
    rgb = upright_rgb(image)
    return Picture(suffix, *rgb.size)


def open_picture(data: bytes, max_pixels: int) -> Image.Image:
    """The picture, its header read and nothing decoded yet. Raises PictureError."""
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=READERS)
    except UnidentifiedImageError as error:
        raise PictureError(f"is not a picture ({NAMES})") from error
    except Exception as error:  # Pillow's readers raise anything on damaged headers
        raise PictureError(f"is damaged: {error}") from error
    width, height = image.size
    if width * height > max_pixels:
        reason = f"is {width:,} × {height:,} pixels; at most {max_pixels:,} in all are read"
        raise PictureError(reason)
    return image


def upright_rgb(image: Image.Image) -> Image.Image:
    """The picture (of an animation the first frame) as 8-bit sRGB, upright, over white.

    Raises PictureError if its data are damaged or cut short.
    """
    try:
        image.load()
        return _in_srgb(_plain(ImageOps.exif_transpose(_straight_cmyk(image))))
    except Exception as error:  # Pillow's decoders raise anything on damaged data
        raise PictureError(f"is damaged or cut short: {error}") from error


def _straight_cmyk(image: Image.Image) -> Image.Image:
    """Pillow takes every CMYK JPEG for one of Adobe's, whose values are inverted."""
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        straight = ImageChops.invert(image)
        straight.info = image.info
        return straight
    return image


def _plain(image: Image.Image) -> Image.Image:
    """As L, RGB or CMYK of 8 bits, without transparency; the colour profile is kept."""
    profile = image.info.get("icc_profile")
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        image = Image.fromarray(eight_bits(np.asarray(image)))
    elif image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    image.info = {"icc_profile": profile} if profile else {}
    return image


def eight_bits(values: np.ndarray) -> np.ndarray:
    """Grey values of a wider type [h, w] as uint8.

    Integers are taken for 16 bits, floats for 0 to 1 or 0 to 255; what lies outside is stretched
    from its smallest value to its largest.
    """
    tops = (65535.0,) if values.dtype.kind in "iu" else (1.0, 255.0)
    values = np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0)
    low, high = values.min(), values.max()
    for top in tops:
        if low >= 0 and high <= top:
            return (values * (255 / top)).round().astype(np.uint8)
    return ((values - low) * (255 / (high - low))).round().astype(np.uint8)


def _in_srgb(image: Image.Image) -> Image.Image:
    """RGB; through the embedded colour profile if it has a usable one."""
    if profile := image.info.get("icc_profile"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(source):
                target = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
                assert converted is not None
                return converted
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile, or one for another colour space
    return image.convert("RGB")
