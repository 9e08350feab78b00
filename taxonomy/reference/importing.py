"""Drawing reference images at random and storing them, a class at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from taxonomy import renditions, stored
from taxonomy.errors import InputError, writable
from taxonomy.kept_out import kept_out
from taxonomy.lookup import class_lookup
from taxonomy.models import LabelClass, ReferenceImage, ReferenceSet, Taxonomy
from taxonomy.pictures import PictureError, inspect
from taxonomy.progress import Progress, quiet
from taxonomy.reference.sheets import discard_sheets, order_sheet, refresh_thumbs, sheet_version
from taxonomy.reference.sources import ClassFiles, read_source

PER_CLASS = 100
MOST_PER_CLASS = 100  # what a contact sheet holds
THREADS = 4
BATCH = 25  # files in memory at a time
SHOWN = 10


class File(NamedTuple):
    """A drawn file: its bytes, or why there are none."""

    name: str
    data: bytes = b""
    content_hash: str = ""
    reason: str = ""


class Picture(NamedTuple):
    """What is stored of a drawn file."""

    content_hash: str
    file: str
    width: int
    height: int


@dataclass
class Drawn:
    """What came out for a class: its images in the order drawn, and what was passed over."""

    pictures: list[Picture] = field(default_factory=list)
    excluded: int = 0
    damaged: list[tuple[str, str]] = field(default_factory=list)


def import_reference_images(
    taxonomy: Taxonomy,
    source: Path,
    per_class: int = PER_CLASS,
    seed: int = 0,
    replace: bool = False,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Draw `per_class` images of every class that `source` has (see `read_source`); store them.

    A file that is no readable picture, one that is `kept_out`, and a second copy of the same content
    are passed over, and another one is drawn instead, as long as there are any.
    Which are drawn depends only on the seed, the class's key and the names of its files.

    Each class is committed by itself: after a kill, the same call goes on where it was. Calling
    again changes nothing, unless an image is kept out by now: its class is drawn anew.

    Returns ::

        {"taxonomy", "classes", "images": of these classes, "new": images stored by this call,
         "excluded": how many, "excluded_classes": [key],
         "damaged": [{"class": key, "file", "reason"}],
         "short": [{"class": key, "images"}] with fewer images than `per_class`}

    Raises InputError, with nothing changed, for a bad source, a folder of no class or without
    pictures, and, unless `replace`, a class that has images from another draw.
    """
    if not 1 <= per_class <= MOST_PER_CLASS:
        raise InputError(f"the number of images per class is between 1 and {MOST_PER_CLASS}")
    progress("reading the source", 0, 0)
    found = _classes(taxonomy, source)
    draws = {pk: _fingerprint(files, per_class, seed) for pk, (_, files) in found.items()}
    settled = _settled(draws, source, replace)
    new = 0
    for done, (pk, (key, files)) in enumerate(found.items()):
        progress("drawing reference images", done, len(found))
        if pk not in settled:
            drawn = _draw(files, key, per_class, seed)
            new += _store(pk, draws[pk], per_class, drawn)
    progress("drawing reference images", len(found), len(found))
    refresh_thumbs(taxonomy)
    return _result(taxonomy, found, new)


def _classes(taxonomy: Taxonomy, source: Path) -> dict[int, tuple[str, ClassFiles]]:
    """{primary key of a class: (its key, its files)}, by class index."""
    lookup = class_lookup(taxonomy)
    found: dict[int, ClassFiles] = {}
    unknown, empty = [], []
    for files in read_source(source, lambda label: label in lookup.keys):
        try:
            index = lookup.by_any(files.label)
        except ValueError as error:
            unknown.append(str(error))
            continue
        if index in found:
            labels = f"'{found[index].label}' and '{files.label}'"
            raise InputError(f"{labels} are the same class", file=source)
        found[index] = files
        if not files.spans:
            empty.append(f"'{files.label}'")
    if unknown and not found:
        reason = f"no folder is named after a class of '{taxonomy}': {_listed(unknown)}"
        raise InputError(reason, file=source)
    if unknown:
        reason = f"folders that are no class of '{taxonomy}': {_listed(unknown)}"
        raise InputError(reason, file=source)
    if empty:
        raise InputError(f"folders without a picture: {_listed(empty)}", file=source)
    rows = LabelClass.objects.filter(taxonomy=taxonomy, index__in=found).order_by("index")
    return {
        pk: (key, found[index]) for pk, index, key in rows.values_list("pk", "index", "synset__key")
    }


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more


def _fingerprint(files: ClassFiles, per_class: int, seed: int) -> str:
    text = json.dumps([seed, per_class, files.names])
    return hashlib.sha256(text.encode()).hexdigest()


def _settled(draws: dict[int, str], source: Path, replace: bool) -> set[int]:
    """The classes that have this very draw already, none of it kept out since.

    Raises InputError for classes with another draw, unless they are to be replaced.
    """
    there = dict(
        ReferenceSet.objects.filter(label_class__in=draws).values_list("label_class", "draw")
    )
    other = [pk for pk, draw in there.items() if draw != draws[pk]]
    if other and not replace:
        keys = LabelClass.objects.filter(pk__in=other).order_by("index")
        listed = _listed([f"'{key}'" for key in keys.values_list("synset__key", flat=True)])
        reason = f"have images from other files, seed or number (--replace draws anew): {listed}"
        raise InputError(reason, file=source)
    rows = ReferenceImage.objects.filter(label_class__in=draws)
    refused = kept_out(set(rows.values_list("content_hash", flat=True)))
    spoilt = set(rows.filter(content_hash__in=refused).values_list("label_class", flat=True))
    return set(there) - set(other) - spoilt


def drawing_order(names: Collection[str], key: str, seed: int) -> list[str]:
    """The names in random order: by the SHA-256 of seed, class key and name.

    No generator of random numbers is at work, so that every machine draws the same.
    """

    def place(name: str) -> bytes:
        return hashlib.sha256(f"{seed}\0{key}\0{name}".encode(errors="surrogatepass")).digest()

    return sorted(names, key=place)


def _draw(files: ClassFiles, key: str, wanted: int, seed: int) -> Drawn:
    """Take files in drawing order until there are enough images; those are stored."""
    drawn = Drawn()
    waiting = drawing_order(files.names, key, seed)
    while waiting and (lacking := wanted - len(drawn.pictures)):
        size = min(lacking, BATCH)
        batch, waiting = waiting[:size], waiting[size:]
        _take(files, batch, drawn)
    return drawn


def _take(files: ClassFiles, names: Sequence[str], drawn: Drawn) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        read = list(pool.map(partial(_read, files), names))
        fresh: dict[str, File] = {}
        have = {picture.content_hash for picture in drawn.pictures}
        refused = kept_out({file.content_hash for file in read if not file.reason})
        for file in read:
            if file.content_hash in refused:
                drawn.excluded += 1
            elif file.reason:
                drawn.damaged.append((file.name, file.reason))
            elif file.content_hash not in have:
                fresh.setdefault(file.content_hash, file)
        keep = partial(_keep, known=_stored(fresh))
        for file, kept in zip(fresh.values(), pool.map(keep, fresh.values()), strict=True):
            if isinstance(kept, Picture):
                drawn.pictures.append(kept)
            else:
                drawn.damaged.append((file.name, str(kept)))


def _read(files: ClassFiles, name: str) -> File:
    try:
        data = files.read(name, settings.IMAGE_MAX_BYTES)
    except PictureError as error:
        return File(name, reason=str(error))
    return File(name, data, hashlib.sha256(data).hexdigest())


def _stored(hashes: Collection[str]) -> dict[str, Picture]:
    """What is in the storage already, for this class or another."""
    rows = ReferenceImage.objects.filter(content_hash__in=hashes)
    found = rows.values_list("content_hash", "file", "width", "height").distinct()
    return {row[0]: Picture(*row) for row in found}


def _keep(file: File, known: dict[str, Picture]) -> Picture | PictureError:
    """Verify a picture and store it."""
    there = known.get(file.content_hash)
    if there and default_storage.exists(there.file):
        return there
    try:
        picture = inspect(file.data, settings.IMAGE_MAX_PIXELS)
    except PictureError as error:
        return error
    name = f"references/{file.content_hash[:2]}/{file.content_hash}{picture.suffix}"
    stored.put(name, file.data)
    return Picture(file.content_hash, name, picture.width, picture.height)


@transaction.atomic
def _store(label_class: int, draw: str, wanted: int, drawn: Drawn) -> int:
    """Make these the images of a class; how many it did not have before."""
    old = {image.content_hash: image for image in _images(label_class)}
    sets = ReferenceSet.objects.filter(label_class=label_class)
    old_sheet = list(sets.values_list("sheet", flat=True))
    _images(label_class).delete()
    ReferenceImage.objects.bulk_create(
        ReferenceImage(label_class_id=label_class, position=position, **picture._asdict())
        for position, picture in enumerate(drawn.pictures)
    )
    hashes = [picture.content_hash for picture in drawn.pictures]
    ReferenceSet.objects.update_or_create(
        label_class_id=label_class,
        defaults={
            "draw": draw,
            "wanted": wanted,
            "count": len(hashes),
            "excluded": drawn.excluded,
            "damaged": [[writable(name), writable(why)] for name, why in drawn.damaged],
            "sheet": sheet_version(hashes),
            "sheet_bytes": 0,
        },
    )
    gone = [image for content_hash, image in old.items() if content_hash not in hashes]
    transaction.on_commit(lambda: _discard(gone), robust=True)
    transaction.on_commit(lambda: discard_sheets(old_sheet), robust=True)
    transaction.on_commit(lambda: order_sheet(label_class), robust=True)
    return len(set(hashes) - set(old))


def _images(label_class: int) -> Any:
    return ReferenceImage.objects.filter(label_class=label_class)


def _discard(images: Sequence[ReferenceImage]) -> None:
    """Delete files that no class shows any more."""
    hashes = [image.content_hash for image in images]
    used = set(
        ReferenceImage.objects.filter(content_hash__in=hashes).values_list(
            "content_hash", flat=True
        )
    )
    for image in images:
        if image.content_hash not in used:
            default_storage.delete(image.file)
            for name in renditions.RENDITIONS:
                default_storage.delete(renditions.path_of(image.content_hash, name))


def _result(
    taxonomy: Taxonomy, found: dict[int, tuple[str, ClassFiles]], new: int
) -> dict[str, Any]:
    sets = ReferenceSet.objects.filter(label_class__in=found).order_by("label_class__index")
    rows = [(found[row.label_class_id][0], row) for row in sets]
    return {
        "taxonomy": taxonomy.name,
        "classes": len(rows),
        "images": sum(row.count for _, row in rows),
        "new": new,
        "excluded": sum(row.excluded for _, row in rows),
        "excluded_classes": [key for key, row in rows if row.excluded],
        "damaged": [
            {"class": key, "file": file, "reason": reason}
            for key, row in rows
            for file, reason in row.damaged
        ],
        "short": [
            {"class": key, "images": row.count} for key, row in rows if row.count < row.wanted
        ],
    }
