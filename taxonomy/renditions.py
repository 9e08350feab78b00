"""Pictures as the browser gets them: JPEGs in sRGB, upright, free of metadata."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from taxonomy import stored
from taxonomy.pictures import open_picture, upright_rgb


@dataclass(frozen=True)
class Rendition:
    """The longer side in pixels at most, and the JPEG quality."""

    side: int
    quality: int


RENDITIONS = {
    "large": Rendition(1280, 88),
    "small": Rendition(320, 85),
    "original": Rendition(65_500, 95),  # as large as it is, and as a JPEG can be
}


def open_rendition(content_hash: str, file: str, name: str) -> File:
    """The file of a rendition, which is made now if it is not there.

    Raises FileNotFoundError if the image itself has gone from the storage.
    """
    try:
        return default_storage.open(path_of(content_hash, name))
    except FileNotFoundError:
        make(content_hash, file, [name])
        return default_storage.open(path_of(content_hash, name))


def path_of(content_hash: str, name: str) -> str:
    return f"renditions/{content_hash[:2]}/{content_hash}/{name}.jpg"


def make(content_hash: str, file: str, names: Sequence[str]) -> int:
    """Make the renditions named where they are missing; how many were made."""
    paths = {name: path_of(content_hash, name) for name in names}
    missing = [name for name, path in paths.items() if not default_storage.exists(path)]
    if not missing:
        return 0
    with default_storage.open(file) as original:
        picture = upright_rgb(open_picture(original.read(), settings.IMAGE_MAX_PIXELS))
    return sum(stored.put(paths[name], render(picture, RENDITIONS[name])) for name in missing)


def render(picture: Pillow.Image, rendition: Rendition) -> bytes:
    """A progressive JPEG; smaller pictures are not enlarged. `picture` is RGB."""
    scale = min(1.0, rendition.side / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    shown = (
        picture.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=3) if scale < 1 else picture
    )
    shown.info = {}
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=rendition.quality, progressive=True, optimize=True)
    return out.getvalue()
