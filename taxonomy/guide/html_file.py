"""The whole guide as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from taxonomy.guide.book import WholeGuide
from taxonomy.guide.entries import Rendered
from taxonomy.guide.images import SIZES, path_of
from taxonomy.guide.rendering import Guide, Shown, render
from taxonomy.models import GuideImage
from taxonomy.progress import Progress, quiet

STYLES = ("shared/base.css", "taxonomy/guide.css", "taxonomy/guide-file.css")


@dataclass(frozen=True)
class InFile:
    """A `rendering.Place`: pictures are in the file, classes in its index."""

    indexed: frozenset[int]
    pictures: Mapping[UUID, Shown]

    def class_address(self, index: int) -> str | None:
        return f"#class-{index}" if index in self.indexed else None

    def sheet_address(self, index: int) -> None:
        return None


def make_html(guide: WholeGuide, progress: Progress = quiet) -> bytes:
    """UTF-8, with contents, an index of classes, and pictures and styles inside.

    A picture that has gone from the storage is named in its place.
    """
    pictures = {}
    for number, image in enumerate(guide.pictures):
        progress("collecting pictures", number, len(guide.pictures))
        if shown := _data_uri(image):
            pictures[image.uid] = shown
    place = InFile(frozenset(one.index for one, _ in guide.index), pictures)
    rendering = Guide(guide.names, place, heading=4)
    sections = []
    done = 0
    for section in guide.sections:
        shown_entries = []
        for entry in section.entries:
            assert entry.current is not None
            progress("writing entries", done, len(guide.entries))
            html = render(entry.current.text, entry.current.class_indices, rendering)
            shown_entries.append(Rendered(entry, html))
            done += 1
        sections.append((section.title, shown_entries))
    context = {
        "guide": guide, "sections": sections, "styles": _styles(), "now": timezone.now(),
    }  # fmt: skip
    return render_to_string("taxonomy/guide_file.html", context).encode()


def _data_uri(image: GuideImage) -> Shown | None:
    try:
        with default_storage.open(path_of(image.content_hash, "file")) as file:
            data = base64.b64encode(file.read()).decode()
    except FileNotFoundError:
        return None
    return Shown(f"data:image/jpeg;base64,{data}", *SIZES["file"].size(image.width, image.height))


def _styles() -> SafeString:
    paths = [finders.find(name) for name in STYLES]
    return mark_safe("\n".join(Path(str(path)).read_text() for path in paths))  # noqa: S308
