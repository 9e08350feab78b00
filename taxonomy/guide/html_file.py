"""The whole guide as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import io
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from PIL import Image

from taxonomy.downloads import inline_styles
from taxonomy.guide.book import WholeGuide
from taxonomy.guide.images import SIZES, path_of
from taxonomy.guide.rendering import Guide, Shown, render
from taxonomy.models import GuideImage
from taxonomy.progress import Progress, quiet
from taxonomy.reference.strips import strips_of

STYLES = ("shared/base.css", "taxonomy/guide.css", "taxonomy/guide-file.css")


@dataclass(frozen=True)
class InFile:
    """A `rendering.Place`: pictures are in the file, classes in its index."""

    indexed: frozenset[int]
    pictures: Mapping[UUID, GuideImage]
    strips: Mapping[int, SafeString]

    def class_address(self, index: int) -> str | None:
        return f"#class-{index}" if index in self.indexed else None

    def sheet(self, index: int) -> SafeString:
        return self.strips.get(index, SafeString())

    def picture(self, uid: UUID) -> Shown | None:
        image = self.pictures.get(uid)
        return _data_uri(image) if image else None


def make_html(guide: WholeGuide, progress: Progress = quiet) -> Iterator[bytes]:
    """UTF-8 in parts, with contents, an index of classes, and pictures and styles inside.

    Where classes are compared, the first reference images of each are one small picture. A picture
    that has gone from the storage is named in its place. Only the pictures of one entry at a time
    are in memory, and those strips.
    """
    place = InFile(
        frozenset(one.index for one, _ in guide.index),
        {image.uid: image for image in guide.pictures},
        _strips(guide, progress),
    )
    rendering = Guide(guide.names, place, heading=4)
    mark = secrets.token_hex()
    context = {"guide": guide, "mark": mark, "styles": inline_styles(STYLES), "now": timezone.now()}
    head, *between = render_to_string("taxonomy/guide_file.html", context).split(mark)
    yield head.encode()
    for done, (entry, after) in enumerate(zip(guide.entries, between, strict=True)):
        progress("writing entries", done, len(between))
        assert entry.current is not None
        yield render(entry.current.text, entry.current.class_indices, rendering).encode()
        yield after.encode()


def _strips(guide: WholeGuide, progress: Progress) -> dict[int, SafeString]:
    made = {}
    for number, (index, data) in enumerate(strips_of(guide.taxonomy, guide.compared)):
        progress("collecting reference images", number, len(guide.compared))
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
        made[index] = format_html(
            '<img class="guide-strip" src="data:image/webp;base64,{}" alt="{}" width="{}" height="{}">',
            base64.b64encode(data).decode(),
            f"Reference images of {guide.names.classes[index].name}",
            width,
            height,
        )
    return made


def _data_uri(image: GuideImage) -> Shown | None:
    try:
        with default_storage.open(path_of(image.content_hash, "file")) as file:
            data = base64.b64encode(file.read()).decode()
    except FileNotFoundError:
        return None
    return Shown(f"data:image/jpeg;base64,{data}", *SIZES["file"].size(image.width, image.height))
