"""Pictures in the guide: what is uploaded is kept, what is shown is made of it anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.models import User
from taxonomy import stored
from taxonomy.errors import InputError
from taxonomy.kept_out import kept_out
from taxonomy.models import GuideEntry, GuideImage, Taxonomy
from taxonomy.pictures import PictureError
from taxonomy.renditions import Rendition, render

# On a page, and where the whole guide is one file.
SIZES = {"page": Rendition(1400, 85), "file": Rendition(800, 85)}


def add_image(taxonomy: Taxonomy, data: bytes, author: User, name: str = "picture") -> GuideImage:
    """Store a picture for the guide; the same picture again is the same row.

    What a page shows is a JPEG in sRGB, upright and free of metadata, so that nothing but its
    pixels reaches a reader. `name` is the file's, for messages. Raises InputError for a file
    that is no picture, has too many pixels, or is damaged, and for one that is kept out.
    """
    content_hash = hashlib.sha256(data).hexdigest()
    if kept_out([content_hash]):
        raise InputError("is in a dataset that people are evaluated on", file=name)
    if found := GuideImage.objects.filter(taxonomy=taxonomy, content_hash=content_hash).first():
        return found
    try:
        picture, jpegs = render(data, list(SIZES.values()))
    except PictureError as error:
        raise InputError(str(error), file=name) from error
    stored.put(f"{_folder(content_hash)}/original{picture.suffix}", data)
    for size, jpeg in zip(SIZES, jpegs, strict=True):
        stored.put(path_of(content_hash, size), jpeg)
    width, height = SIZES["page"].size(picture.width, picture.height)
    image, _ = GuideImage.objects.get_or_create(
        taxonomy=taxonomy,
        content_hash=content_hash,
        defaults={"author": author, "width": width, "height": height},
    )
    return image


def entries_showing(images: Iterable[GuideImage]) -> QuerySet[GuideEntry]:
    """The entries whose text shows one of the pictures."""
    wanted = Q(pk__in=[])
    for image in images:
        wanted |= Q(taxonomy=image.taxonomy_id, current__text__contains=str(image.uid))
    return GuideEntry.objects.filter(wanted).order_by("title", "pk")


def markdown_of(picture: GuideImage) -> str:
    """What shows the picture in an entry."""
    return f"![describe the picture](guide:{picture.uid})"


def check_size(size: int, name: str) -> None:
    """Raises InputError for a file (size in bytes) that is too large to be read."""
    if size > settings.IMAGE_MAX_BYTES:
        most = settings.IMAGE_MAX_BYTES // 2**20
        raise InputError(f"is larger than {most} MiB", file=name)


def path_of(content_hash: str, size: str) -> str:
    """Where the storage has a picture in one of SIZES."""
    return f"{_folder(content_hash)}/{size}.jpg"


def _folder(content_hash: str) -> str:
    return f"guide/images/{content_hash[:2]}/{content_hash}"
