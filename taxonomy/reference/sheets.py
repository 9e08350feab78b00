"""Contact sheets of classes, and sheets with a thumbnail of every class.

Both are named by what is on them, so that they never change under their name, and are made by a
worker or, if that hasn't happened yet, when they are first asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import CharField, Count, Func, Q
from django.urls import reverse

from taxonomy import stored
from taxonomy.classes import refresh_content_hash
from taxonomy.models import (
    LabelClass,
    ReferenceImage,
    ReferenceSet,
    Taxonomy,
    ThumbnailSheets,
)
from taxonomy.reference.mosaic import QUALITIES, Layout, paint
from taxonomy.reference.strips import discard_strip

SHEET = Layout(tile=160, columns=10, most_bytes=950_000)
THUMBS = Layout(tile=64, columns=20, most_bytes=600_000)
THUMBS_PER_SHEET = 400


def _version(layout: Layout, content: Sequence[Any]) -> str:
    text = json.dumps([layout.tile, layout.columns, layout.most_bytes, QUALITIES, content])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# Contact sheets


@dataclass(frozen=True)
class Sheet:
    """What a page needs to show a contact sheet; `images` holds (primary key, width, height).

    Image n is on the sheet in row n // columns and column n % columns. `image_url` is to be
    completed by a primary key and one of "large" and "original".
    """

    name: str
    url: str
    tile: int
    columns: int
    image_url: str
    images: list[tuple[int, int, int]]
    wanted: int

    @property
    def rows(self) -> int:
        return SHEET.rows(len(self.images))

    @property
    def json(self) -> str:
        return json.dumps(self.images, separators=(",", ":"))


def sheet_version(content_hashes: Sequence[str]) -> str:
    """The name of the contact sheet with these contents in this order; "" without any."""
    return _version(SHEET, list(content_hashes)) if content_hashes else ""


def sheet_of(label_class: LabelClass) -> Sheet | None:
    """The contact sheet of a class, for `taxonomy/_reference_sheet.html`; None without images."""
    return sheets_of([label_class]).get(label_class.pk)


def sheets_of(classes: Sequence[LabelClass]) -> dict[int, Sheet]:
    """{primary key: contact sheet} of the classes that have images; two queries."""
    pks = [label_class.pk for label_class in classes]
    images: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    rows = ReferenceImage.objects.filter(label_class__in=pks).order_by("position")
    for label_class, *image in rows.values_list("label_class", "pk", "width", "height"):
        images[label_class].append((image[0], image[1], image[2]))
    sets = ReferenceSet.objects.filter(label_class__in=pks).exclude(sheet="")
    return {
        row.label_class_id: _sheet(row, images[row.label_class_id])
        for row in sets.select_related("label_class__synset")
    }


def _sheet(row: ReferenceSet, images: list[tuple[int, int, int]]) -> Sheet:
    taxonomy = row.label_class.taxonomy_id
    image = reverse("reference_image", args=[taxonomy, 0, "large"])
    return Sheet(
        name=row.label_class.synset.name,
        url=reverse("reference_sheet", args=[taxonomy, row.sheet]),
        tile=SHEET.tile,
        columns=SHEET.columns,
        image_url=image.replace("/0/large.", "/{image}/{rendition}."),
        images=images,
        wanted=row.wanted,
    )


def order_sheet(label_class: int) -> None:
    """Let a worker make the sheet of a class."""
    from taxonomy.tasks import make_sheet  # the tasks import this module

    make_sheet.apply_async([label_class], retry=False)


def sheet_counts(taxonomy: Taxonomy) -> tuple[int, int]:
    """How many contact sheets of a taxonomy are made, and how many are wanted; one query."""
    sets = ReferenceSet.objects.filter(label_class__taxonomy=taxonomy).exclude(sheet="")
    counts = sets.aggregate(made=Count("pk", filter=Q(sheet_bytes__gt=0)), wanted=Count("pk"))
    return counts["made"], counts["wanted"]


def waiting_sheets() -> list[int]:
    """Classes whose sheet nobody has made yet."""
    sets = ReferenceSet.objects.filter(sheet_bytes=0).exclude(sheet="")
    return list(sets.order_by("label_class__index").values_list("label_class", flat=True))


def make_sheet(label_class: int) -> int:
    """Make the sheet of a class unless it is there; its size in bytes, 0 without images."""
    row = ReferenceSet.objects.filter(label_class=label_class).exclude(sheet="").first()
    if row is None:
        return 0
    name = _sheet_name(row.sheet)
    if not default_storage.exists(name):
        images = ReferenceImage.objects.filter(label_class=label_class)
        files = dict(images.values_list("position", "file"))
        stored.put(name, paint(SHEET, files))
    size = default_storage.size(name)
    # The images may have been replaced meanwhile.
    ReferenceSet.objects.filter(pk=row.pk, sheet=row.sheet).update(sheet_bytes=size)
    return size


def ready_sheet(taxonomy: int, version: str) -> str:
    """The place of a contact sheet's WebP file in the storage, made now if nobody has. Raises
    FileNotFoundError."""
    row = ReferenceSet.objects.filter(label_class__taxonomy=taxonomy, sheet=version).first()
    if row is None:
        raise FileNotFoundError(version)
    if not row.sheet_bytes or not default_storage.exists(_sheet_name(version)):
        make_sheet(row.label_class_id)
    return _sheet_name(version)


def _sheet_name(version: str) -> str:
    return f"sheets/{version[:2]}/{version}.webp"


def discard_sheets(versions: Sequence[str]) -> None:
    """Delete the sheets that are no class's any more, and their strips."""
    used = set(ReferenceSet.objects.filter(sheet__in=versions).values_list("sheet", flat=True))
    for version in set(versions) - used - {""}:
        default_storage.delete(_sheet_name(version))
        discard_strip(version)


def sheets_version(taxonomy: Taxonomy) -> str:
    """Changes with the reference images of any class; one query."""
    sets = ReferenceSet.objects.filter(label_class__taxonomy=taxonomy)
    names = StringAgg("sheet", delimiter=",", order_by="label_class")
    found = sets.aggregate(version=Func(names, function="md5", output_field=CharField()))
    return found["version"] or ""


# Thumbnails


def thumbs_of(taxonomy: Taxonomy) -> dict[str, Any] | None:
    """Where the thumbnails of classes are, or None if no class has one; one query.

    ::

        {"url": "/classes/1/thumbs/VERSION/{sheet}.webp", "tile": 64, "columns": 20,
         "per_sheet": 400, "has": [0, 1, 5, …]}   class indices, ascending

    The thumbnail of class i is on sheet i // per_sheet; with p = i % per_sheet, in row
    p // columns and column p % columns; a tile is so many pixels wide and high.
    """
    sheets = ThumbnailSheets.objects.filter(taxonomy=taxonomy).first()
    if sheets is None or not sheets.classes:
        return None
    return {
        "url": thumbs_url(taxonomy.pk, sheets.version),
        "tile": THUMBS.tile,
        "columns": THUMBS.columns,
        "per_sheet": THUMBS_PER_SHEET,
        "has": sheets.classes,
    }


def thumbs_url(taxonomy: int, version: str) -> str:
    return reverse("class_thumbs", args=[taxonomy, version, 0]).replace("/0.webp", "/{sheet}.webp")


@transaction.atomic
def refresh_thumbs(taxonomy: Taxonomy) -> None:
    """To be called when reference images have changed: a class's thumbnail is its first image."""
    first = _first_images(taxonomy.pk)
    rows = list(first.values_list("label_class__index", "content_hash"))
    version = _version(THUMBS, rows)
    old = ThumbnailSheets.objects.filter(taxonomy=taxonomy).first()
    if old is not None and old.version == version:
        return
    ThumbnailSheets.objects.update_or_create(
        taxonomy=taxonomy,
        defaults={"version": version, "classes": [index for index, _ in rows]},
    )
    refresh_content_hash(taxonomy)
    if old is not None:
        transaction.on_commit(lambda: _discard_thumbs(old), robust=True)
    transaction.on_commit(lambda: _order_thumbs(taxonomy.pk), robust=True)


def _first_images(taxonomy: int) -> Any:
    images = ReferenceImage.objects.filter(label_class__taxonomy=taxonomy, position=0)
    return images.order_by("label_class__index")


def _order_thumbs(taxonomy: int) -> None:
    from taxonomy.tasks import make_thumbs  # the tasks import this module

    make_thumbs.apply_async([taxonomy], retry=False)


def make_thumbs(current: ThumbnailSheets) -> int:
    """Make the thumbnail sheets that are missing; how many were."""
    numbers = {index // THUMBS_PER_SHEET for index in current.classes}
    return sum(_make_thumbs(current, number) for number in sorted(numbers))


def _make_thumbs(current: ThumbnailSheets, number: int) -> bool:
    name = _thumbs_name(current.version, number)
    if default_storage.exists(name):
        return False
    start = number * THUMBS_PER_SHEET
    images = _first_images(current.taxonomy_id).filter(
        label_class__index__gte=start, label_class__index__lt=start + THUMBS_PER_SHEET
    )
    rows = images.values_list("label_class__index", "file")
    files = {index - start: file for index, file in rows}
    return bool(files) and stored.put(name, paint(THUMBS, files))


def ready_thumbs(current: ThumbnailSheets, number: int) -> str:
    """The place of a sheet of thumbnails, a WebP file, in the storage, made now if nobody has. Raises
    FileNotFoundError."""
    name = _thumbs_name(current.version, number)
    if not _make_thumbs(current, number) and not default_storage.exists(name):
        raise FileNotFoundError(name)
    return name


def _thumbs_name(version: str, number: int) -> str:
    return f"thumbs/{version[:2]}/{version}-{number}.webp"


def _discard_thumbs(old: ThumbnailSheets) -> None:
    for number in {index // THUMBS_PER_SHEET for index in old.classes}:
        default_storage.delete(_thumbs_name(old.version, number))
