"""Importing a dataset: its images in order, their targets, and the image files if given."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection, transaction

from annotation.candidates import add_candidates
from annotation.importing.alone import one_at_a_time
from annotation.importing.images import (
    StoredImage,
    discard,
    find_files,
    store_images,
    stored_images,
)  # fmt: skip
from annotation.importing.labels import Labels, read_labels
from annotation.importing.picking import pick_taxonomy
from annotation.importing.seen import seen_among_classes
from annotation.models import Dataset, DatasetImage
from annotation.review.rounds import extend_rounds
from taxonomy.bulk import analyze
from taxonomy.errors import InputError, InputErrors
from taxonomy.lookup import class_lookup
from taxonomy.models import Taxonomy
from taxonomy.progress import Progress, quiet

RENDITION_CHUNK = 20  # a few seconds' work, for which other tasks may have to wait

INCOMING = """
    DROP TABLE IF EXISTS incoming;
    CREATE TEMPORARY TABLE incoming (
        position int PRIMARY KEY, line int, key text UNIQUE, target int,
        content_hash text, file text, width int, height int
    ) ON COMMIT DROP
"""

OTHER_TARGET = """
    SELECT incoming.line, incoming.key, there.key, given.key
    FROM incoming JOIN annotation_image image USING (key)
    JOIN taxonomy_labelclass old ON old.taxonomy_id = %(taxonomy)s AND old.index = image.target
    JOIN taxonomy_labelclass new ON new.taxonomy_id = %(taxonomy)s AND new.index = incoming.target
    JOIN taxonomy_synset there ON there.id = old.synset_id
    JOIN taxonomy_synset given ON given.id = new.synset_id
    WHERE image.taxonomy_id = %(taxonomy)s AND image.target <> incoming.target
    ORDER BY incoming.line
"""

OTHER_CONTENT = """
    SELECT incoming.line, incoming.key
    FROM incoming JOIN annotation_image image USING (key)
    WHERE image.taxonomy_id = %(taxonomy)s AND image.content_hash <> incoming.content_hash
      AND image.content_hash <> '' AND incoming.content_hash <> ''
    ORDER BY incoming.line
"""

MOVED = """
    SELECT incoming.line, image.key, incoming.key
    FROM annotation_datasetimage member
    JOIN annotation_image image ON image.id = member.image_id
    LEFT JOIN incoming ON incoming.position = member.position
    WHERE member.dataset_id = %(dataset)s AND image.key IS DISTINCT FROM incoming.key
    ORDER BY member.position LIMIT 1
"""

ADD_IMAGES = """
    INSERT INTO annotation_image (uid, taxonomy_id, key, target, content_hash, file, width, height,
                                  problematic, problem_reason)
    SELECT gen_random_uuid(), %(taxonomy)s, key, target, content_hash, file, width, height, false, ''
    FROM incoming
    WHERE NOT EXISTS (SELECT FROM annotation_image image
                      WHERE image.taxonomy_id = %(taxonomy)s AND image.key = incoming.key)
    ORDER BY position
"""

ADD_FILES = """
    UPDATE annotation_image image
    SET content_hash = incoming.content_hash, file = incoming.file,
        width = incoming.width, height = incoming.height
    FROM incoming
    WHERE image.taxonomy_id = %(taxonomy)s AND image.key = incoming.key
      AND image.content_hash = '' AND incoming.content_hash <> ''
"""

ADD_MEMBERS = """
    WITH added AS (
        INSERT INTO annotation_datasetimage (dataset_id, image_id, position)
        SELECT %(dataset)s, image.id, incoming.position
        FROM incoming JOIN annotation_image image USING (key)
        WHERE image.taxonomy_id = %(taxonomy)s AND incoming.position >= %(size)s
        ORDER BY incoming.position
        RETURNING image_id
    )
    SELECT image.id, incoming.target
    FROM added JOIN annotation_image image ON image.id = added.image_id
    JOIN incoming USING (key)
"""


def import_dataset(
    name: str,
    labels: Path,
    images: Path | None = None,
    taxonomy: str | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Import the images that a label file lists, with the files of a folder if one is given.

    An image key is one image throughout a taxonomy: datasets may share images. Importing a file
    again changes nothing; rows appended to it are appended to the dataset; files may be given
    later. Every target becomes a candidate.

    Returns {"dataset", "taxonomy", "images": all of the dataset, "images_new": new in it,
    "files": those that have a file, "files_new": files that were not stored before,
    "candidates_new"} and what `seen_among_classes` tells. For what is in a label file, see
    `read_labels`.

    Raises InputError, with nothing changed, for what `read_labels`, `find_files` and
    `store_images` refuse, another target or content of an image that is there, an image of the
    dataset that is missing or has moved, and an unknown taxonomy.
    """
    if not 0 < len(name.strip()) <= 100:
        raise InputError("a dataset's name has 1 to 100 characters")
    if not name.isprintable():
        raise InputError("a dataset's name is text that can be shown")
    with one_at_a_time():
        found = _taxonomy(name, taxonomy)
        progress("reading labels", 0, 0)
        table = read_labels(Path(labels), class_lookup(found))
        files = _files(table, images, found.pk, progress)
        try:
            return _store(name, found.pk, table, files, progress)
        except BaseException:
            discard(files)
            raise


def _taxonomy(dataset: str, name: str | None) -> Taxonomy:
    """The taxonomy that a dataset has, or will have; InputError if it has another one."""
    existing = Dataset.objects.select_related("taxonomy").filter(name=dataset).first()
    if existing is None:
        return pick_taxonomy(name)
    if name not in (None, existing.taxonomy.name):
        raise InputError(f"'{dataset}' has the taxonomy '{existing.taxonomy}', not '{name}'")
    return existing.taxonomy


def _files(
    table: Labels, folder: Path | None, taxonomy: int, progress: Progress
) -> list[StoredImage]:
    """The stored file of each image, or an empty list."""
    if folder is None:
        return []
    progress("looking for images", 0, 0)
    paths = find_files(table, Path(folder))
    return store_images(table, paths, stored_images(taxonomy), progress)


@transaction.atomic
def _store(
    name: str, taxonomy: int, table: Labels, files: Sequence[StoredImage], progress: Progress
) -> dict[str, Any]:
    progress("storing", 0, 3)
    dataset, _ = Dataset.objects.get_or_create(name=name, defaults={"taxonomy_id": taxonomy})
    with connection.cursor() as cursor:
        _send(cursor, table, files)
        where = {"taxonomy": taxonomy, "dataset": dataset.pk, "size": dataset.size}
        _check(cursor, where, table)
        cursor.execute(ADD_IMAGES, where)
        cursor.execute(ADD_FILES, where)
        progress("storing", 1, 3)
        cursor.execute(ADD_MEMBERS, where)
        added = cursor.fetchall()
    new = len(table.keys) - dataset.size
    dataset.size = len(table.keys)
    dataset.save(update_fields=["size"])
    if added:
        analyze("annotation_image", "annotation_datasetimage")
    progress("storing", 2, 3)
    pairs = np.array(added, np.int64).reshape(-1, 2)
    candidates = add_candidates(pairs[:, 0], pairs[:, 1].astype(np.int32))
    extend_rounds()
    fresh = [file.content_hash for file in files if file.fresh]
    transaction.on_commit(lambda: _order_renditions(fresh), robust=True)
    progress("storing", 3, 3)
    return {
        "dataset": name,
        "taxonomy": dataset.taxonomy.name,
        "images": dataset.size,
        "images_new": new,
        "files": DatasetImage.objects.filter(dataset=dataset).exclude(image__file="").count(),
        "files_new": len(fresh),
        "candidates_new": candidates,
        **seen_among_classes(dataset),
    }


def _send(cursor: Any, table: Labels, files: Sequence[StoredImage]) -> None:
    """Fill the temporary table `incoming`."""
    text = io.StringIO()
    write = csv.writer(text).writerow
    nothing = StoredImage("", "", 0, 0)
    for position, (line, key) in enumerate(zip(table.lines, table.keys, strict=True)):
        file = files[position] if files else nothing
        write(
            [position, line, key, int(table.targets[position]),
             file.content_hash, file.file, file.width, file.height]
        )  # fmt: skip
    text.seek(0)
    cursor.execute(INCOMING)
    cursor.copy_expert(
        "COPY incoming FROM STDIN (FORMAT csv, FORCE_NOT_NULL (content_hash, file))", text
    )
    cursor.execute("ANALYZE incoming")


def _check(cursor: Any, where: dict[str, int], table: Labels) -> None:
    """Raise InputError if the file contradicts what is there."""
    cursor.execute(MOVED, where)
    for line, there, given in cursor.fetchall():
        if given is None:
            reason = f"image '{there}' of the dataset is missing: it has {where['size']} images"
        else:
            reason = (
                f"image '{given}' stands where '{there}' was: images keep their place, new ones"
                " go to the end"
            )
        raise InputError(reason, file=table.file, row=line)
    cursor.execute(OTHER_TARGET, where)
    if rows := cursor.fetchall():
        problems = [
            (line, f"image '{key}' has the target {there} already, not {given}")
            for line, key, there, given in rows
        ]
        raise InputErrors(table.file, problems)
    cursor.execute(OTHER_CONTENT, where)
    if rows := cursor.fetchall():
        problems = [(line, f"image '{key}' is there with other content") for line, key in rows]
        raise InputErrors(table.file, problems)


def _order_renditions(hashes: Sequence[str]) -> None:
    """Without a broker the import stands all the same: renditions are made when first shown."""
    from annotation.tasks import make_renditions

    for start in range(0, len(hashes), RENDITION_CHUNK):
        make_renditions.apply_async([hashes[start : start + RENDITION_CHUNK]], retry=False)
