"""A dump of another Tusker, as `exporting.parquet` writes it, into this one: the back-up's way back."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.people import take_in
from annotation.exporting.parquet import TABLES, VERSION
from annotation.importing.alone import one_at_a_time
from annotation.models import (
    Dataset,
    Image,
    Participant,
    PredictionSet,
    ReviewRound,
    Verdict,
)
from taxonomy.bulk import analyze
from taxonomy.class_list import ClassList, Node
from taxonomy.errors import InputError
from taxonomy.groups import group_masks
from taxonomy.loading import store
from taxonomy.models import Taxonomy
from taxonomy.progress import Progress, quiet

MANIFEST = "manifest.json"
BATCH = 50_000
KEYS = {"version": int, "taxonomy": str, "datasets": list, "sha256": dict}

# Tables of the transaction, filled from the files.
INCOMING = """
    CREATE TEMPORARY TABLE dumped_image (key text, target int, problematic bool, reason text)
        ON COMMIT DROP;
    CREATE TEMPORARY TABLE dumped_member (dataset text, position int, key text) ON COMMIT DROP;
    CREATE TEMPORARY TABLE dumped_candidate (key text, class_index int, verdict smallint)
        ON COMMIT DROP;
    CREATE TEMPORARY TABLE dumped_judgment (
        client_id uuid, key text, class_index int, verdict smallint, reviewer bigint, round bigint,
        created timestamptz, milliseconds int, number bigserial) ON COMMIT DROP;
    CREATE TEMPORARY TABLE dumped_adjudication (
        key text, class_index int, verdict smallint, reviewer bigint, reason text,
        created timestamptz, number bigserial) ON COMMIT DROP;
"""

STORE_IMAGES = """
    INSERT INTO annotation_image (uid, taxonomy_id, key, target, content_hash, file, width, height,
                                  problematic, problem_reason)
    SELECT gen_random_uuid(), %(taxonomy)s, key, target, '', '', 0, 0, problematic, reason
    FROM dumped_image
"""
STORE_MEMBERS = """
    INSERT INTO annotation_datasetimage (dataset_id, image_id, position)
    SELECT dataset.id, image.id, member.position
    FROM dumped_member member JOIN annotation_dataset dataset ON dataset.name = member.dataset
    JOIN annotation_image image ON image.key = member.key AND image.taxonomy_id = %(taxonomy)s
    ORDER BY dataset.id, member.position
"""
STORE_CANDIDATES = """
    INSERT INTO annotation_candidate (image_id, class_index, verdict)
    SELECT image.id, class_index, verdict
    FROM dumped_candidate JOIN annotation_image image
        ON image.key = dumped_candidate.key AND image.taxonomy_id = %(taxonomy)s
"""
# Classes that a reviewer added and took back are no candidates, but were judged.
STORE_WITHDRAWN = """
    INSERT INTO annotation_candidate (image_id, class_index, verdict, added_by_id)
    SELECT DISTINCT ON (image.id, class_index) image.id, class_index, 0, reviewer
    FROM dumped_judgment judgment JOIN annotation_image image
        ON image.key = judgment.key AND image.taxonomy_id = %(taxonomy)s
    ORDER BY image.id, class_index, created
    ON CONFLICT (image_id, class_index) DO NOTHING
"""
STORE_JUDGMENTS = """
    INSERT INTO annotation_judgment (client_id, round_id, candidate_id, reviewer_id, verdict,
                                     milliseconds, created)
    SELECT judgment.client_id, judgment.round, candidate.id, judgment.reviewer, judgment.verdict,
        judgment.milliseconds, judgment.created
    FROM dumped_judgment judgment JOIN annotation_image image
        ON image.key = judgment.key AND image.taxonomy_id = %(taxonomy)s
    JOIN annotation_candidate candidate
        ON candidate.image_id = image.id AND candidate.class_index = judgment.class_index
    ORDER BY judgment.created, judgment.number
"""
STORE_ADJUDICATIONS = """
    INSERT INTO annotation_adjudication (candidate_id, adjudicator_id, verdict, reason, created)
    SELECT candidate.id, final.reviewer, final.verdict, final.reason, final.created
    FROM dumped_adjudication final JOIN annotation_image image
        ON image.key = final.key AND image.taxonomy_id = %(taxonomy)s
    JOIN annotation_candidate candidate
        ON candidate.image_id = image.id AND candidate.class_index = final.class_index
    ORDER BY final.created, final.number
"""


def import_dump(folder: Path, progress: Progress = quiet) -> dict[str, Any]:
    """Everything that a dump holds: classes, groups, datasets, verdicts, judgments, predictions.

    Image files are not in a dump: import the dataset again with `--images` to add them. Reviewers
    come back under their pseudonyms, as accounts to which nobody can log in.

    Returns {"taxonomy", "datasets", "images", "candidates", "judgments", "predictions"} and the
    dump's "snapshot", a hash or None. Raises InputError, with nothing changed, for a folder that is
    no dump, one of a newer Tusker, a file that is missing or differs from what the manifest says,
    and datasets, rounds or groups that are here already.
    """
    manifest = read_manifest(folder)
    with one_at_a_time(), transaction.atomic():
        taxonomy = _taxonomy(folder, manifest["taxonomy"], progress)
        _groups(folder, taxonomy)
        _refuse_known(folder, manifest["datasets"], taxonomy)
        with connection.cursor() as cursor:
            cursor.execute(INCOMING)
            counts = _store_words(cursor, folder, taxonomy, manifest["datasets"], progress)
        analyze("annotation_image", "annotation_datasetimage", "annotation_candidate")
        counts["predictions"] = _predictions(folder, progress)
    return {
        "taxonomy": taxonomy.name, "datasets": manifest["datasets"], **counts,
        "snapshot": manifest.get("snapshot"),
    }  # fmt: skip


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest, once every file is as it says. Raises InputError if not."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", file=path) from error
    is_dump = isinstance(manifest, dict) and manifest.get("format") == "tusker-parquet"
    if not is_dump or not all(isinstance(manifest.get(key), kind) for key, kind in KEYS.items()):
        raise InputError("is not the manifest of a dump", file=path)
    if manifest["version"] > VERSION:
        raise InputError(
            f"is of version {manifest['version']}; this Tusker reads up to {VERSION}", file=path
        )
    if manifest["version"] < VERSION:
        raise InputError(
            f"is of version {manifest['version']}, which holds too little to be imported", file=path
        )
    for name in [f"{table}.parquet" for table in TABLES]:
        _check(folder / name, manifest["sha256"].get(name))
    return manifest


def _check(path: Path, expected: str | None) -> None:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    if digest != expected:
        raise InputError("is not the file that the manifest names: its content differs", file=path)


def _rows(folder: Path, table: str, batch: int = BATCH) -> Iterator[dict[str, Any]]:
    path = folder / f"{table}.parquet"
    try:
        with pq.ParquetFile(path) as file:
            for part in file.iter_batches(batch):
                yield from part.to_pylist()
    except pa.ArrowException as error:
        raise InputError(f"can't be read: {error}", file=path) from error


def _taxonomy(folder: Path, name: str, progress: Progress) -> Taxonomy:
    nodes = {
        row["key"]: Node(
            number, row["key"], tuple(row["lemmas"]), row["definition"], tuple(row["parents"]),
            row["class_index"],
        )
        for number, row in enumerate(_rows(folder, "synsets"), start=1)
    }  # fmt: skip
    store(name, ClassList("synsets.parquet", nodes), progress)
    return Taxonomy.objects.get(name=name)


def _groups(folder: Path, taxonomy: Taxonomy) -> None:
    """Make those that are not there; those that are must be of the same classes."""
    masks = group_masks(taxonomy, kind=None)
    for position, row in enumerate(_rows(folder, "groups")):
        wanted = np.zeros(taxonomy.classes.count(), bool)
        wanted[row["classes"]] = True
        there = masks.get(row["name"])
        if there is not None and not np.array_equal(there, wanted):
            raise InputError(f"the group '{row['name']}' is here, of other classes")
        if there is None:
            group = taxonomy.groups.create(
                name=row["name"], kind=row["kind"], description=row["description"],
                position=position,
            )  # fmt: skip
            group.members.set(taxonomy.classes.filter(index__in=row["classes"]))


def _refuse_known(folder: Path, datasets: Sequence[str], taxonomy: Taxonomy) -> None:
    if known := Dataset.objects.filter(name__in=datasets).first():
        raise InputError(f"there is a dataset '{known}' already")
    if Image.objects.filter(taxonomy=taxonomy).exists():
        raise InputError(
            f"there are images of '{taxonomy}' already; a dump needs a place of its own"
        )
    rounds = {row["round"] for row in _rows(folder, "judgments")}
    if there := ReviewRound.objects.filter(name__in=rounds).first():
        raise InputError(f"there is a round '{there}' already")


def _store_words(
    cursor: CursorWrapper,
    folder: Path,
    taxonomy: Taxonomy,
    datasets: Sequence[str],
    progress: Progress,
) -> dict[str, int]:
    """Images, datasets, candidates, judgments and final verdicts; how many of each."""
    place = dict(taxonomy.classes.values_list("synset__key", "index"))
    verdicts = {verdict.label: int(verdict) for verdict in Verdict}
    reviewers = _reviewers(folder)
    rounds = _make_rounds(folder, taxonomy)
    steps = {
        "image": lambda r: (r["image_id"], place[r["target"]], r["problematic"], r["problem_reason"]),
        "member": lambda r: (r["dataset"], r["position"], r["image_id"]),
        "candidate": lambda r: (r["image_id"], r["class_index"], verdicts[r["verdict"]]),
        "judgment": lambda r: (
            r["judgment_id"], r["image_id"], place[r["class"]], verdicts[r["verdict"]],
            reviewers[r["reviewer"]], rounds[r["round"]], r["judged_at"], r["milliseconds"],
        ),
        "adjudication": lambda r: (
            r["image_id"], place[r["class"]], verdicts[r["verdict"]], reviewers[r["reviewer"]],
            r["reason"], r["decided_at"],
        ),
    }  # fmt: skip
    columns = {
        "judgment": "(client_id, key, class_index, verdict, reviewer, round, created, milliseconds)",
        "adjudication": "(key, class_index, verdict, reviewer, reason, created)",
    }
    counts = {}
    for number, (name, made) in enumerate(steps.items()):
        progress("reading", number, len(steps))
        rows = map(made, _rows(folder, f"{name}s"))
        counts[f"{name}s"] = _copy(cursor, f"dumped_{name} {columns.get(name, '')}", rows)
    for name in datasets:
        size = _count(cursor, name)
        Dataset.objects.create(name=name, taxonomy=taxonomy, size=size)
    statements = [STORE_IMAGES, STORE_MEMBERS, STORE_CANDIDATES, STORE_WITHDRAWN, STORE_JUDGMENTS,
                  STORE_ADJUDICATIONS]  # fmt: skip
    cursor.execute("ANALYZE dumped_image, dumped_member, dumped_candidate, dumped_judgment")
    for number, statement in enumerate(statements):
        progress("storing", number, len(statements))
        cursor.execute(statement, {"taxonomy": taxonomy.pk})
        if statement is STORE_IMAGES:
            cursor.execute("ANALYZE annotation_image")
    return {name: counts[name] for name in ("images", "candidates", "judgments")}


def _count(cursor: CursorWrapper, dataset: str) -> int:
    cursor.execute("SELECT count(*) FROM dumped_member WHERE dataset = %s", [dataset])
    return cursor.fetchone()[0]


def _copy(cursor: CursorWrapper, table: str, rows: Iterator[tuple[Any, ...]]) -> int:
    """Send rows to a table; how many."""
    count, text = 0, io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(["\\N" if value is None else value for value in row])
        count += 1
        if count % BATCH == 0:
            text = _send(cursor, table, text)
            writer = csv.writer(text, lineterminator="\n")
    _send(cursor, table, text)
    return count


def _send(cursor: CursorWrapper, table: str, text: io.StringIO) -> io.StringIO:
    text.seek(0)
    cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT csv, NULL '\\N')", text)
    return io.StringIO()


def _reviewers(folder: Path) -> dict[str, int]:
    names = {row["reviewer"] for row in _rows(folder, "judgments")}
    names |= {row["reviewer"] for row in _rows(folder, "adjudications")}
    found = take_in(names)
    if taken := sorted(names - set(found)):
        raise InputError(f"reviewer '{taken[0]}' has the name of a person here")
    return found


def _make_rounds(folder: Path, taxonomy: Taxonomy) -> dict[str, int]:
    names = dict.fromkeys(row["round"] for row in _rows(folder, "judgments"))
    made = ReviewRound.objects.bulk_create(
        ReviewRound(name=name, taxonomy=taxonomy, seed=0, state=ReviewRound.State.CLOSED)
        for name in names
    )
    return {one.name: one.pk for one in made}


def _predictions(folder: Path, progress: Progress) -> int:
    """Store everybody's predictions; how many sets."""
    datasets = {one.name: one for one in Dataset.objects.all()}
    count = 0
    for row in _rows(folder, "predictions", 4):
        progress("storing predictions", count, 0)
        owner, _ = Participant.objects.get_or_create(
            name=row["participant"], defaults={"kind": row["kind"]}
        )
        if owner.kind != row["kind"]:
            raise InputError(f"'{owner}' is a {owner.kind} here, and a {row['kind']} in the dump")
        content = np.array(row["top_k"], "<i4").tobytes()
        if hashlib.sha256(content).hexdigest() != row["sha256"]:
            raise InputError(f"the predictions of '{owner}' are not those that were dumped")
        seconds = row["seconds"]
        PredictionSet.objects.create(
            participant=owner, dataset=datasets[row["dataset"]], k=row["k"],
            size=len(row["top_k"]) // row["k"], top_k=content, sha256=row["sha256"],
            seconds=None if seconds is None else np.array(seconds, "<f4").tobytes(),
        )  # fmt: skip
        count += 1
    return count
