"""A dump of another Tusker into this one: the back-up's way back."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from django.db import DataError, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.people import take_in
from annotation.importing.alone import one_at_a_time
from annotation.importing.dump_files import Dump, opened
from annotation.importing.dump_guide import store_guide, store_relations
from annotation.importing.dump_tasks import store_tasks
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

BATCH = 50_000
# Tables and columns that name people.
PEOPLE = {"judgments": "reviewer", "adjudications": "reviewer", "answers": "labeler",
          "relations": "decided_by", "guide": "author"}  # fmt: skip

# Tables of the transaction, filled from the files.
INCOMING = """
    CREATE TEMPORARY TABLE incoming_image (key text, target int, problematic bool, reason text)
        ON COMMIT DROP;
    CREATE TEMPORARY TABLE incoming_member (dataset text, position int, key text) ON COMMIT DROP;
    CREATE TEMPORARY TABLE incoming_candidate (key text, class_index int, verdict smallint)
        ON COMMIT DROP;
    CREATE TEMPORARY TABLE incoming_judgment (
        client_id uuid, key text, class_index int, verdict smallint, reviewer bigint, round bigint,
        created timestamptz, milliseconds int, number bigserial) ON COMMIT DROP;
    CREATE TEMPORARY TABLE incoming_adjudication (
        key text, class_index int, verdict smallint, reviewer bigint, reason text,
        created timestamptz, number bigserial) ON COMMIT DROP;
"""

STORE_IMAGES = """
    INSERT INTO annotation_image (uid, taxonomy_id, key, target, content_hash, file, width, height,
                                  problematic, problem_reason)
    SELECT gen_random_uuid(), %(taxonomy)s, key, target, '', '', 0, 0, problematic, reason
    FROM incoming_image
"""
STORE_MEMBERS = """
    INSERT INTO annotation_datasetimage (dataset_id, image_id, position)
    SELECT dataset.id, image.id, member.position
    FROM incoming_member member JOIN annotation_dataset dataset ON dataset.name = member.dataset
    JOIN annotation_image image ON image.key = member.key AND image.taxonomy_id = %(taxonomy)s
    ORDER BY dataset.id, member.position
"""
STORE_CANDIDATES = """
    INSERT INTO annotation_candidate (image_id, class_index, verdict)
    SELECT image.id, class_index, verdict
    FROM incoming_candidate JOIN annotation_image image
        ON image.key = incoming_candidate.key AND image.taxonomy_id = %(taxonomy)s
"""
# Classes that a reviewer added and took back are no candidates, but were judged.
STORE_WITHDRAWN = """
    INSERT INTO annotation_candidate (image_id, class_index, verdict, added_by_id)
    SELECT DISTINCT ON (image.id, class_index) image.id, class_index, 0, reviewer
    FROM incoming_judgment judgment JOIN annotation_image image
        ON image.key = judgment.key AND image.taxonomy_id = %(taxonomy)s
    ORDER BY image.id, class_index, created
    ON CONFLICT (image_id, class_index) DO NOTHING
"""
STORE_JUDGMENTS = """
    INSERT INTO annotation_judgment (client_id, round_id, candidate_id, reviewer_id, verdict,
                                     milliseconds, created)
    SELECT judgment.client_id, judgment.round, candidate.id, judgment.reviewer, judgment.verdict,
        judgment.milliseconds, judgment.created
    FROM incoming_judgment judgment JOIN annotation_image image
        ON image.key = judgment.key AND image.taxonomy_id = %(taxonomy)s
    JOIN annotation_candidate candidate
        ON candidate.image_id = image.id AND candidate.class_index = judgment.class_index
    ORDER BY judgment.created, judgment.number
"""
STORE_ADJUDICATIONS = """
    INSERT INTO annotation_adjudication (candidate_id, adjudicator_id, verdict, reason, created)
    SELECT candidate.id, final.reviewer, final.verdict, final.reason, final.created
    FROM incoming_adjudication final JOIN annotation_image image
        ON image.key = final.key AND image.taxonomy_id = %(taxonomy)s
    JOIN annotation_candidate candidate
        ON candidate.image_id = image.id AND candidate.class_index = final.class_index
    ORDER BY final.created, final.number
"""


def import_dump(path: Path, progress: Progress = quiet) -> dict[str, Any]:
    """Everything that a dump holds: classes, groups, relations, guide, datasets, verdicts, judgments,
    predictions, labeling tasks with their answers.

    path: a folder of Parquet files, a JSON file, or a zip of either. Files of pictures are not in a
    dump: import the dataset again with `--images` to add them. People come back under their
    pseudonyms, as accounts to which nobody can log in.

    Returns {"taxonomy", "datasets", "images", "candidates", "judgments", "predictions", "answers",
    "relations", "guide"} and the dump's "snapshot", a hash or None. Raises InputError, with nothing
    changed, for what is no dump, one of a newer Tusker, a file that is missing or differs from what
    it should be, and datasets, rounds, tasks, groups or a guide that are here already.
    """
    progress("opening", 0, 0)
    with opened(path) as dump:
        try:
            with one_at_a_time(), transaction.atomic():
                return _store(dump, progress)
        except (KeyError, TypeError, ValueError, DataError, IntegrityError) as error:
            if isinstance(error, InputError):
                raise
            reason = str(error).partition("\n")[0]
            raise InputError(f"holds what can't be stored: {reason}", file=path) from error


def _store(dump: Dump, progress: Progress) -> dict[str, Any]:
    taxonomy = _taxonomy(dump, progress)
    _groups(dump, taxonomy)
    _refuse_known(dump, taxonomy)
    people = _people(dump)
    with connection.cursor() as cursor:
        cursor.execute(INCOMING)
        counts = _store_words(cursor, dump, taxonomy, people, progress)
    analyze("annotation_image", "annotation_datasetimage", "annotation_candidate")
    counts["predictions"] = _predictions(dump, progress)
    counts["answers"] = store_tasks(dump, taxonomy, people)
    counts["relations"] = store_relations(dump, taxonomy, people)
    counts["guide"] = store_guide(dump, taxonomy, people)
    return {
        "taxonomy": taxonomy.name, "datasets": dump.datasets, **counts, "snapshot": dump.snapshot,
    }  # fmt: skip


def _taxonomy(dump: Dump, progress: Progress) -> Taxonomy:
    nodes = {
        row["key"]: Node(
            number, row["key"], tuple(row["lemmas"]), row["definition"], tuple(row["parents"]),
            row["class_index"],
        )
        for number, row in enumerate(dump.rows("synsets"), start=1)
    }  # fmt: skip
    store(dump.taxonomy, ClassList("synsets", nodes), progress)
    return Taxonomy.objects.get(name=dump.taxonomy)


def _groups(dump: Dump, taxonomy: Taxonomy) -> None:
    """Make those that are not there; those that are must be of the same classes."""
    masks = group_masks(taxonomy, kind=None)
    for position, row in enumerate(dump.rows("groups")):
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


def _refuse_known(dump: Dump, taxonomy: Taxonomy) -> None:
    if known := Dataset.objects.filter(name__in=dump.datasets).first():
        raise InputError(f"there is a dataset '{known}' already")
    if Image.objects.filter(taxonomy=taxonomy).exists():
        raise InputError(
            f"there are images of '{taxonomy}' already; a dump needs a place of its own"
        )
    rounds = dump.distinct("judgments", "round")
    if there := ReviewRound.objects.filter(name__in=rounds).first():
        raise InputError(f"there is a round '{there}' already")


def _people(dump: Dump) -> dict[str, int]:
    """Accounts of everybody who is named: {name: primary key}."""
    names = {name for place in PEOPLE.items() for name in dump.distinct(*place)}
    names.discard(None)
    found = take_in(names)
    if taken := sorted(names - set(found)):
        raise InputError(f"'{taken[0]}' is the name of a person here")
    return found


def _store_words(
    cursor: CursorWrapper,
    dump: Dump,
    taxonomy: Taxonomy,
    people: Mapping[str, int],
    progress: Progress,
) -> dict[str, int]:
    """Images, datasets, candidates, judgments and final verdicts; how many of each."""
    place = dict(taxonomy.classes.values_list("synset__key", "index"))
    verdicts = {verdict.label: int(verdict) for verdict in Verdict}
    rounds = _make_rounds(dump, taxonomy)
    steps = {
        "image": lambda r: (r["image_id"], place[r["target"]], r["problematic"], r["problem_reason"]),
        "member": lambda r: (r["dataset"], r["position"], r["image_id"]),
        "candidate": lambda r: (r["image_id"], r["class_index"], verdicts[r["verdict"]]),
        "judgment": lambda r: (
            r["judgment_id"], r["image_id"], place[r["class"]], verdicts[r["verdict"]],
            people[r["reviewer"]], rounds[r["round"]], r["judged_at"], r["milliseconds"],
        ),
        "adjudication": lambda r: (
            r["image_id"], place[r["class"]], verdicts[r["verdict"]], people[r["reviewer"]],
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
        rows = map(made, dump.rows(f"{name}s"))
        counts[f"{name}s"] = _copy(cursor, f"incoming_{name} {columns.get(name, '')}", rows)
    for name in dump.datasets:
        size = _count(cursor, name)
        Dataset.objects.create(name=name, taxonomy=taxonomy, size=size)
    statements = [STORE_IMAGES, STORE_MEMBERS, STORE_CANDIDATES, STORE_WITHDRAWN, STORE_JUDGMENTS,
                  STORE_ADJUDICATIONS]  # fmt: skip
    cursor.execute("ANALYZE incoming_image, incoming_member, incoming_candidate, incoming_judgment")
    for number, statement in enumerate(statements):
        progress("storing", number, len(statements))
        cursor.execute(statement, {"taxonomy": taxonomy.pk})
        if statement is STORE_IMAGES:
            cursor.execute("ANALYZE annotation_image")
    return {name: counts[name] for name in ("images", "candidates", "judgments")}


def _count(cursor: CursorWrapper, dataset: str) -> int:
    cursor.execute("SELECT count(*) FROM incoming_member WHERE dataset = %s", [dataset])
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


def _make_rounds(dump: Dump, taxonomy: Taxonomy) -> dict[str, int]:
    made = ReviewRound.objects.bulk_create(
        ReviewRound(name=name, taxonomy=taxonomy, seed=0, state=ReviewRound.State.CLOSED)
        for name in dump.distinct("judgments", "round")
    )
    return {one.name: one.pk for one in made}


def _predictions(dump: Dump, progress: Progress) -> int:
    """Store everybody's predictions; how many sets."""
    datasets = {one.name: one for one in Dataset.objects.all()}
    count = 0
    for row in dump.rows("predictions", 4):
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
