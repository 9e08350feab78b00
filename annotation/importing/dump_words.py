"""Images, datasets, candidates, judgments and final verdicts, out of a dump by set-based SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import connection
from django.db.backends.utils import CursorWrapper

from annotation.importing.dump_files import Dump
from annotation.importing.dump_rounds import make_rounds, store_items, store_round_candidates
from annotation.models import Dataset, Verdict
from taxonomy.bulk import analyze
from taxonomy.errors import InputError
from taxonomy.models import Taxonomy
from taxonomy.progress import Progress

# Tables of the transaction, filled from the files; columns as in `exporting.tables`.
INCOMING = """
    CREATE TEMPORARY TABLE incoming_images
        (image_id text, target text, problematic bool, problem_reason text) ON COMMIT DROP;
    CREATE TEMPORARY TABLE incoming_members (dataset text, position int, image_id text)
        ON COMMIT DROP;
    CREATE TEMPORARY TABLE incoming_candidates (image_id text, class text, verdict text)
        ON COMMIT DROP;
    CREATE TEMPORARY TABLE incoming_judgments (
        judgment_id uuid, image_id text, class text, verdict text, reviewer text, round text,
        judged_at timestamptz, milliseconds int, number bigserial) ON COMMIT DROP;
    CREATE TEMPORARY TABLE incoming_adjudications (
        image_id text, class text, verdict text, reviewer text, reason text,
        decided_at timestamptz, number bigserial) ON COMMIT DROP;
    CREATE TEMPORARY TABLE incoming_people ON COMMIT DROP AS
        SELECT * FROM unnest(%(names)s::text[], %(people)s::bigint[]) AS person (name, id);
    CREATE TEMPORARY TABLE incoming_classes ON COMMIT DROP AS
        SELECT synset.key, label.index FROM taxonomy_labelclass label
        JOIN taxonomy_synset synset ON synset.id = label.synset_id
        WHERE label.taxonomy_id = %(taxonomy)s;
    ANALYZE incoming_people, incoming_classes
"""
COLUMNS = {
    "images": ["image_id", "target", "problematic", "problem_reason"],
    "members": ["dataset", "position", "image_id"],
    "candidates": ["image_id", "class", "verdict"],
    "judgments": ["judgment_id", "image_id", "class", "verdict", "reviewer", "round", "judged_at",
                  "milliseconds"],
    "adjudications": ["image_id", "class", "verdict", "reviewer", "reason", "decided_at"],
}  # fmt: skip

STORE_IMAGES = """
    INSERT INTO annotation_image (uid, taxonomy_id, key, target, content_hash, file, width, height,
                                  problematic, problem_reason)
    SELECT gen_random_uuid(), %(taxonomy)s, image.image_id, class.index, '', '', 0, 0,
        image.problematic, image.problem_reason
    FROM incoming_images image JOIN incoming_classes class ON class.key = image.target
"""
STORE_MEMBERS = """
    INSERT INTO annotation_datasetimage (dataset_id, image_id, position)
    SELECT dataset.id, image.id, member.position
    FROM incoming_members member JOIN annotation_dataset dataset ON dataset.name = member.dataset
    JOIN annotation_image image
        ON image.key = member.image_id AND image.taxonomy_id = %(taxonomy)s
    ORDER BY dataset.id, member.position
"""
STORE_CANDIDATES = """
    INSERT INTO annotation_candidate (image_id, class_index, verdict)
    SELECT image.id, class.index, array_position(%(verdicts)s, held.verdict) - 1
    FROM incoming_candidates held JOIN incoming_classes class ON class.key = held.class
    JOIN annotation_image image ON image.key = held.image_id AND image.taxonomy_id = %(taxonomy)s
    ORDER BY image.id, class.index
"""
# Classes that a reviewer added and took back are no candidates, but were judged.
STORE_WITHDRAWN = """
    INSERT INTO annotation_candidate (image_id, class_index, verdict, added_by_id)
    SELECT DISTINCT ON (image.id, class.index) image.id, class.index, 0, person.id
    FROM incoming_judgments judgment JOIN incoming_classes class ON class.key = judgment.class
    JOIN incoming_people person ON person.name = judgment.reviewer
    JOIN annotation_image image
        ON image.key = judgment.image_id AND image.taxonomy_id = %(taxonomy)s
    ORDER BY image.id, class.index, judgment.number
    ON CONFLICT (image_id, class_index) DO NOTHING
"""
# In the order of the dump: the last word of a reviewer holds, whatever their clock said.
STORE_JUDGMENTS = """
    INSERT INTO annotation_judgment (client_id, round_id, item_id, candidate_id, reviewer_id, verdict,
                                     milliseconds, created)
    SELECT judgment.judgment_id, review_round.id, item.id, candidate.id, person.id,
        array_position(%(verdicts)s, judgment.verdict) - 1, judgment.milliseconds,
        judgment.judged_at
    FROM incoming_judgments judgment JOIN incoming_classes class ON class.key = judgment.class
    JOIN incoming_people person ON person.name = judgment.reviewer
    JOIN annotation_reviewround review_round ON review_round.name = judgment.round
    JOIN annotation_image image
        ON image.key = judgment.image_id AND image.taxonomy_id = %(taxonomy)s
    JOIN annotation_candidate candidate
        ON candidate.image_id = image.id AND candidate.class_index = class.index
    LEFT JOIN annotation_rounditem item
        ON item.round_id = review_round.id AND item.image_id = image.id AND item.holder_id = person.id
    ORDER BY judgment.number
"""
STORE_ADJUDICATIONS = """
    INSERT INTO annotation_adjudication (candidate_id, adjudicator_id, verdict, reason, created)
    SELECT candidate.id, person.id, array_position(%(verdicts)s, final.verdict) - 1, final.reason,
        final.decided_at
    FROM incoming_adjudications final JOIN incoming_classes class ON class.key = final.class
    JOIN incoming_people person ON person.name = final.reviewer
    JOIN annotation_image image ON image.key = final.image_id AND image.taxonomy_id = %(taxonomy)s
    JOIN annotation_candidate candidate
        ON candidate.image_id = image.id AND candidate.class_index = class.index
    ORDER BY final.number
"""
# A dataset whose positions are not 0, 1, 2, …, and an image that is in none.
GAP = """
    SELECT dataset FROM incoming_members GROUP BY dataset
    HAVING min(position) <> 0 OR max(position) <> count(*) - 1 OR count(DISTINCT position) < count(*)
    LIMIT 1
"""
OUTSIDE = """
    SELECT image_id FROM incoming_images
    WHERE image_id NOT IN (SELECT image_id FROM incoming_members WHERE image_id IS NOT NULL) LIMIT 1
"""
# Each with the tables whose rows change much by it.
STATEMENTS = {
    "images": (STORE_IMAGES, "annotation_image"),
    "members": (STORE_MEMBERS, "annotation_datasetimage"),
    "candidates": (STORE_CANDIDATES, "annotation_candidate"),
    "judgments": (STORE_JUDGMENTS, "annotation_judgment"),
    "adjudications": (STORE_ADJUDICATIONS, "annotation_adjudication"),
}


def store_words(
    dump: Dump, taxonomy: Taxonomy, people: Mapping[str, int], progress: Progress
) -> dict[str, int]:
    """Store what is held and what was said; {"images", "candidates", "judgments"}: how many.

    people: {name: primary key}. Raises InputError for a row about an image, a class, a dataset or a
    person that the dump does not have.
    """
    parameters: dict[str, Any] = {
        "taxonomy": taxonomy.pk, "verdicts": [verdict.label for verdict in Verdict],
        "names": list(people), "people": list(people.values()),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(INCOMING, parameters)
        counts = {}
        for number, (name, columns) in enumerate(COLUMNS.items()):
            progress("reading", number, len(COLUMNS))
            counts[name] = _copy(cursor, dump, name, columns)
        analyze(*(f"incoming_{name}" for name in COLUMNS))
        _make_datasets(cursor, dump, taxonomy)
        make_rounds(dump, taxonomy)
        for number, (name, (statement, table)) in enumerate(STATEMENTS.items()):
            progress("storing", number, len(STATEMENTS))
            if name == "judgments":
                cursor.execute(STORE_WITHDRAWN, parameters)
                store_items(cursor, parameters)
            cursor.execute(statement, parameters)
            if cursor.rowcount != counts[name]:
                raise InputError(f"has {name} of something that is not in it")
            analyze(table)
        store_round_candidates(cursor, parameters)
    return {name: counts[name] for name in ("images", "candidates", "judgments")}


def _copy(cursor: CursorWrapper, dump: Dump, table: str, columns: Sequence[str]) -> int:
    """Send rows to a table of the transaction; how many. None becomes an object of Python's."""
    sql = f"COPY incoming_{table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)"
    # What is null is not quoted, everything else is.
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    count = 0
    for part in dump.parts(table, columns):
        plain = [
            column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
            for column in part.columns
        ]
        text = pa.BufferOutputStream()
        pyarrow.csv.write_csv(pa.RecordBatch.from_arrays(plain, list(columns)), text, options)
        cursor.copy_expert(sql, pa.BufferReader(text.getvalue()))
        count += len(part)
    return count


def _make_datasets(cursor: CursorWrapper, dump: Dump, taxonomy: Taxonomy) -> None:
    cursor.execute(GAP)
    if (row := cursor.fetchone()) is not None:
        raise InputError(f"the positions of '{row[0]}' are not 0, 1, 2, …")
    cursor.execute(OUTSIDE)
    if (row := cursor.fetchone()) is not None:
        raise InputError(f"the image '{row[0]}' is in none of its datasets")
    cursor.execute("SELECT dataset, count(*) FROM incoming_members GROUP BY dataset")
    sizes = dict(cursor.fetchall())
    Dataset.objects.bulk_create(
        Dataset(name=name, taxonomy=taxonomy, size=sizes.get(name, 0)) for name in dump.datasets
    )
