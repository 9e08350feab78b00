"""Pictures as people bring them: whether they can be read, and how they look on a screen."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from threading import Condition, Lock

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from taxonomy.colours import in_srgb

# Format -> suffix. Nothing else is tried: some of Pillow's readers start other programs.
# Pillow's reader of JPEG opens MPO too, a JPEG with further pictures behind the first.
FORMATS = {
    "JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp",
    "BMP": ".bmp", "TIFF": ".tif", "PPM": ".ppm",
}  # fmt: skip
READERS = [name for name in FORMATS if name != "MPO"]
SUFFIXES = frozenset({*FORMATS.values(), ".jpeg", ".jpe", ".tiff", ".pgm", ".pbm"})
NAMES = "JPEG, PNG, GIF, WebP, BMP, TIFF, PPM"

# EXIF's orientations that swap the sides; of a TIFF Pillow gives the size once they are swapped.
LYING = frozenset({5, 6, 7, 8})

# `opened` has a limit of its own, which refuses where Pillow would only warn.
Image.MAX_IMAGE_PIXELS = None

# Pixels are allocated in blocks of this many bytes at most. Blocks of 32 MiB and more go back to
# the system at once when they are freed; smaller ones malloc may keep, for each thread its own.
Image.core.set_block_size(64 * 2**20)

# What the threads of a process decode at once: one of the largest pictures, or some photographs.
PIXELS_AT_ONCE = 100_000_000


class Room:
    """A number of things that threads may have in hand together; they wait in turn."""

    def __init__(self, size: int) -> None:
        self.size = self._free = size
        self._turn = Lock()
        self._changed = Condition()

    @contextmanager
    def taken(self, amount: int) -> Iterator[None]:
        """Have `amount` of it; whoever wants more than there is waits until all is free."""
        amount = min(amount, self.size)
        with self._turn, self._changed:
            self._changed.wait_for(lambda: self._free >= amount)
            self._free -= amount
        try:
            yield
        finally:
            with self._changed:
                self._free += amount
                self._changed.notify_all()


_memory = Room(PIXELS_AT_ONCE)


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
    with opened(data, max_pixels) as image:
        picture = described(image)
        with _damage():
            _load(image, 8)  # all of the data are read all the same
            in_srgb(image.crop((0, 0, 1, 1)), 1)
        return picture


@contextmanager
def opened(data: bytes, max_pixels: int) -> Iterator[Image.Image]:
    """A picture whose header is read and of which nothing is decoded yet; for `upright_rgb`.

    Waits while other threads have as many pixels in hand as may be decoded at once; so keep it
    open as long as they are needed, and open no second one meanwhile. Raises PictureError.
    """
    image = _open(data, max_pixels)
    with _memory.taken(image.width * image.height), closing(image):
        yield image


def _open(data: bytes, max_pixels: int) -> Image.Image:
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


def described(image: Image.Image) -> Picture:
    """What has been opened. Raises PictureError."""
    width, height = image.size
    with _damage():
        if image.getexif().get(ExifTags.Base.Orientation) in LYING and image.format != "TIFF":
            width, height = height, width
    return Picture(FORMATS[str(image.format)], width, height)


def upright_rgb(image: Image.Image, shrink: int = 1) -> Image.Image:
    """The picture (of an animation the first frame) as 8-bit sRGB, upright, over white.

    With `shrink` its sides are divided by that, which takes less memory and time.
    Raises PictureError if its data are damaged or cut short.
    """
    with _damage():
        left = _load(image, shrink)
        ImageOps.exif_transpose(image, in_place=True)
        return in_srgb(image, left)


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # Pillow's decoders raise anything on damaged data
        raise PictureError(f"is damaged or cut short: {error}") from error


def _load(image: Image.Image, shrink: int) -> int:
    """Decode it, a JPEG no larger than needed; by which factor it is still to be shrunk."""
    width, height = image.size
    done = 1
    if shrink > 1:
        size = (max(1, width // shrink), max(1, height // shrink))
        if draft := image.draft(None, size):
            done = round(width / draft[1][2])
    image.load()
    return max(1, shrink // done)
