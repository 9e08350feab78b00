from __future__ import annotations

import io
from collections.abc import Callable
from uuid import UUID

import pytest
from django.core.cache import cache
from PIL import Image

from taxonomy.guide.class_names import class_names
from taxonomy.guide.rendering import Guide, Shown, render
from taxonomy.guide.writing import Draft, create_entry
from taxonomy.loading import load_csv
from taxonomy.models import GuideEntry, Taxonomy
from tests.worlds import CLASSES


@pytest.fixture
def six(db, write) -> Taxonomy:
    """Six classes, two of them called crane."""
    cache.clear()
    load_csv(write("six.csv", CLASSES))
    return Taxonomy.objects.get(name="six")


@pytest.fixture
def entry(six, labeler) -> GuideEntry:
    return create_entry(six, Draft("Cranes", "The *bird* has feathers.", [0, 1]), labeler)


class Somewhere:
    """A place whose pictures are the ones given, and where every class but the last has a page."""

    def __init__(self, pictures=()):
        self.pictures = dict(pictures)

    def picture(self, uid: UUID) -> Shown | None:
        return self.pictures.get(uid)

    def sheet(self, index: int) -> str:
        return ""

    def class_address(self, index: int) -> str | None:
        return f"/classes/1/{index}/" if index < 5 else None


@pytest.fixture
def html(six) -> Callable[..., str]:
    """html(Markdown, near=class indices, heading=rank, pictures={uid: Shown})"""

    def make(text: str, near=(), heading=2, pictures=()) -> str:
        return str(render(text, near, Guide(class_names(six), Somewhere(pictures), heading)))

    return make


def shown(src: str = "/picture.jpg") -> Shown:
    return Shown(src, 40, 30)


def jpeg(colour: str = "teal", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()
