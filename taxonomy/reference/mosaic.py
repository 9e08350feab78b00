"""Many pictures on one sheet."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from taxonomy.pictures import PictureError, opened, upright_rgb

# The quality of the WebP: the first at which the sheet has at most its `most_bytes`, or the last.
QUALITIES = (80, 70, 60, 50, 40, 30, 20)
BLANK = (128, 128, 128)


@dataclass(frozen=True)
class Layout:
    """Square tiles of `tile` pixels in rows of `columns`, numbered from the upper left."""

    tile: int
    columns: int
    most_bytes: int

    def rows(self, count: int) -> int:
        return -(-count // self.columns)


def paint(layout: Layout, files: Mapping[int, str]) -> bytes:
    """A WebP sheet with the pictures, by their places; `files` are names in the storage.

    Of each picture the square in its middle is shown. A place without a picture, or whose file
    has gone, is grey.
    """
    size = (layout.tile * layout.columns, layout.tile * layout.rows(max(files) + 1))
    sheet = Image.new("RGB", size, BLANK)
    for place, file in files.items():
        row, column = divmod(place, layout.columns)
        if (picture := _square(file, layout.tile)) is not None:
            sheet.paste(picture, (column * layout.tile, row * layout.tile))
    data = b""
    for quality in QUALITIES:
        data = _webp(sheet, quality)
        if len(data) <= layout.most_bytes:
            break
    return data


def _webp(sheet: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    sheet.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()


def _square(file: str, side: int) -> Image.Image | None:
    try:
        with default_storage.open(file) as stored:
            data = stored.read()
        with opened(data, settings.IMAGE_MAX_PIXELS) as image:
            picture = upright_rgb(image, min(image.size) // (2 * side))
            return ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)
    except (FileNotFoundError, PictureError):
        return None
