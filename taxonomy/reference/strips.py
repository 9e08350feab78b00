"""The first reference images of a class as one small picture, for files that are read elsewhere.

Named after the contact sheet, made when it is first asked for, and kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from django.core.files.storage import default_storage

from taxonomy import stored
from taxonomy.models import ReferenceImage, ReferenceSet, Taxonomy
from taxonomy.reference.mosaic import Layout, paint

TILE = 80  # pixels
COLUMNS = 4
MOST_IMAGES = 12
MOST_BYTES = 20_000


def strips_of(taxonomy: Taxonomy, indices: Collection[int]) -> Iterator[tuple[int, bytes]]:
    """(class index, a WebP file) of those of the classes that have reference images, by index.

    MOST_IMAGES in rows of COLUMNS, or as many full rows as there are; of a class that has fewer
    than a row, one row. One query if all are made, else two.
    """
    sets = ReferenceSet.objects.filter(
        label_class__taxonomy=taxonomy, label_class__index__in=indices
    ).exclude(sheet="")
    rows = list(sets.order_by("label_class__index").select_related("label_class"))
    missing = [row for row in rows if not default_storage.exists(_name(row.sheet))]
    files = _first_files([row.label_class_id for row in missing]) if missing else {}
    for row in rows:
        if row.label_class_id in files:
            stored.put(_name(row.sheet), _strip(files[row.label_class_id]))
        with default_storage.open(_name(row.sheet)) as file:
            yield row.label_class.index, file.read()


def discard_strip(sheet: str) -> None:
    """Delete the strip that belongs to a contact sheet."""
    default_storage.delete(_name(sheet))


def _name(sheet: str) -> str:
    return f"strips/{sheet[:2]}/{sheet}-{TILE}-{COLUMNS}-{MOST_IMAGES}.webp"


def _first_files(classes: Collection[int]) -> dict[int, list[str]]:
    """{class: its first images' names in the storage}"""
    images = ReferenceImage.objects.filter(label_class__in=classes, position__lt=MOST_IMAGES)
    files: dict[int, list[str]] = defaultdict(list)
    for label_class, file in images.order_by("position").values_list("label_class", "file"):
        files[label_class].append(file)
    return dict(files)


def _strip(files: list[str]) -> bytes:
    shown = files[: len(files) - len(files) % COLUMNS] or files
    layout = Layout(TILE, min(COLUMNS, len(shown)), MOST_BYTES)
    return paint(layout, dict(enumerate(shown)))
