"""Pictures as the browser gets them: JPEGs in sRGB, upright, free of metadata."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from taxonomy import stored
from taxonomy.pictures import Picture, described, opened, upright_rgb

# A picture is shrunk by means of whole blocks of pixels while it is so many times too large.
GAP = 3


@dataclass(frozen=True)
class Rendition:
    """The longer side in pixels at most, and the JPEG quality."""

    side: int
    quality: int

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Its width and height, of a picture of this size; none is enlarged."""
        scale = min(1.0, self.side / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))


RENDITIONS = {
    "large": Rendition(1280, 88),
    "small": Rendition(320, 85),
    "original": Rendition(65_500, 95),  # as large as it is, and as a JPEG can be
}


def ready_rendition(content_hash: str, file: str, name: str) -> str:
    """The place of a rendition in the storage; it is made now if it is not there.

    Raises FileNotFoundError if the image itself has gone from the storage.
    """
    make(content_hash, file, [name])
    return path_of(content_hash, name)


def path_of(content_hash: str, name: str) -> str:
    return f"renditions/{content_hash[:2]}/{content_hash}/{name}.jpg"


def make(content_hash: str, file: str, names: Sequence[str]) -> int:
    """Make the renditions named where they are missing; how many were made."""
    paths = {name: path_of(content_hash, name) for name in names}
    missing = [name for name, path in paths.items() if not default_storage.exists(path)]
    if not missing:
        return 0
    with default_storage.open(file) as original:
        data = original.read()
    _, jpegs = render(data, [RENDITIONS[name] for name in missing])
    return sum(stored.put(paths[name], jpeg) for name, jpeg in zip(missing, jpegs, strict=True))


def render(data: bytes, renditions: Sequence[Rendition]) -> tuple[Picture, list[bytes]]:
    """What picture it is, and each rendition of it as a progressive JPEG without metadata.

    Raises PictureError if it is none, has too many pixels, or is damaged.
    """
    with opened(data, settings.IMAGE_MAX_PIXELS) as image:
        picture = described(image)
        longest = max(rendition.side for rendition in renditions)
        shrink = max(picture.width, picture.height) // (GAP * longest)
        rgb = upright_rgb(image, max(1, shrink))
        return picture, [
            _jpeg(rgb, rendition.size(picture.width, picture.height), rendition.quality)
            for rendition in renditions
        ]


def _jpeg(rgb: Pillow.Image, size: tuple[int, int], quality: int) -> bytes:
    if size != rgb.size:
        rgb = rgb.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=GAP)
    rgb.info = {}
    out = io.BytesIO()
    rgb.save(out, "JPEG", quality=quality, progressive=True, optimize=True)
    return out.getvalue()
