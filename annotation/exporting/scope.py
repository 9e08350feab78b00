"""What is exported as tables of the transaction, which every query of an export reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.models import User
from annotation.exporting.records import Frozen, Selection, pseudonym
from annotation.models import Verdict
from taxonomy.bulk import array_literal, one_moment

CLASSES = """
    CREATE TEMPORARY TABLE dumped_class ON COMMIT DROP AS
    SELECT label.index, synset.key, synset.lemmas[1] AS name
    FROM taxonomy_labelclass label JOIN taxonomy_synset synset ON synset.id = label.synset_id
    WHERE label.taxonomy_id = %(taxonomy)s
"""
MEMBERS = """
    CREATE TEMPORARY TABLE dumped_member (dataset text, position int, image_id bigint)
    ON COMMIT DROP
"""
MEMBERS_NOW = """
    INSERT INTO dumped_member SELECT dataset.name, member.position, member.image_id
    FROM annotation_datasetimage member JOIN annotation_dataset dataset ON dataset.id = member.dataset_id
    WHERE dataset.id = ANY(%(datasets)s)
"""
MEMBERS_THEN = """
    INSERT INTO dumped_member SELECT %s, place - 1, image_id
    FROM unnest(%s::bigint[]) WITH ORDINALITY AS member (image_id, place)
"""
IMAGES = """
    CREATE TEMPORARY TABLE dumped_image ON COMMIT DROP AS
    SELECT image.id, image.key, image.target AS target_index, class.key AS target,
        image.problematic, image.problem_reason, inside.datasets
    FROM (
        SELECT image_id, json_agg(dataset ORDER BY dataset) AS datasets FROM dumped_member
        GROUP BY image_id
    ) inside JOIN annotation_image image ON image.id = inside.image_id
    JOIN dumped_class class ON class.index = image.target
"""
PEOPLE = """
    CREATE TEMPORARY TABLE dumped_person ON COMMIT DROP AS
    SELECT * FROM unnest(%(people)s::bigint[], %(names)s::text[], %(labelers)s::text[])
        AS person (id, name, labeler)
"""
FREEZE = """
    CREATE TEMPORARY TABLE frozen_image ON COMMIT DROP AS
    SELECT * FROM unnest(%(images)s::bigint[], %(problematic)s::int[]) AS image (id, problematic);
    UPDATE dumped_image image SET problematic = frozen.problematic = 1,
        problem_reason = CASE frozen.problematic WHEN 1 THEN image.problem_reason ELSE '' END
    FROM frozen_image frozen WHERE frozen.id = image.id;
    DROP TABLE frozen_image;
    CREATE TEMPORARY TABLE frozen_candidate (image_id bigint, class_index int, verdict smallint)
    ON COMMIT DROP
"""
ADD_CANDIDATES = """
    INSERT INTO frozen_candidate
    SELECT * FROM unnest(%s::bigint[], %s::int[], %s::smallint[])
"""
HELD_THEN = "SELECT image_id, class_index, verdict FROM frozen_candidate"
# The candidates of `CandidateQuerySet.active`.
HELD_NOW = """
    SELECT image_id, class_index, verdict FROM annotation_candidate
    WHERE verdict <> 0 OR added_by_id IS NULL
"""
CANDIDATES = """
    CREATE TEMPORARY VIEW dumped_candidate AS
    SELECT image.id AS image_id, image.key AS image, class.index AS class_index, class.key AS class,
        class.name AS class_name, class.index = image.target_index AS is_target,
        (%(verdicts)s)[held.verdict + 1] AS verdict
    FROM ({held}) held JOIN dumped_image image ON image.id = held.image_id
    JOIN dumped_class class ON class.index = held.class_index
"""
WORDS = """
    CREATE TEMPORARY VIEW dumped_judgment AS
    SELECT judgment.id, judgment.client_id, image.id AS image_id, image.key AS image,
        class.index AS class_index, class.key AS class,
        (%(verdicts)s)[judgment.verdict + 1] AS verdict, person.name AS reviewer,
        review_round.id AS round_id, review_round.name AS round,
        to_char(judgment.created AT TIME ZONE 'UTC', %(moment)s) AS judged_at, judgment.milliseconds
    FROM annotation_judgment judgment
    JOIN annotation_candidate candidate ON candidate.id = judgment.candidate_id
    JOIN dumped_image image ON image.id = candidate.image_id
    JOIN dumped_class class ON class.index = candidate.class_index
    JOIN dumped_person person ON person.id = judgment.reviewer_id
    JOIN annotation_reviewround review_round ON review_round.id = judgment.round_id
    WHERE judgment.created <= %(until)s::timestamptz;

    CREATE TEMPORARY VIEW dumped_adjudication AS
    SELECT final.id, image.id AS image_id, image.key AS image, class.key AS class,
        (%(verdicts)s)[final.verdict + 1] AS verdict, person.name AS reviewer, final.reason,
        to_char(final.created AT TIME ZONE 'UTC', %(moment)s) AS decided_at
    FROM annotation_adjudication final
    JOIN annotation_candidate candidate ON candidate.id = final.candidate_id
    JOIN dumped_image image ON image.id = candidate.image_id
    JOIN dumped_class class ON class.index = candidate.class_index
    JOIN dumped_person person ON person.id = final.adjudicator_id
    WHERE final.created <= %(until)s::timestamptz
"""
TOTAL = """
    SELECT (SELECT count(*) FROM dumped_image)
        + (SELECT count(*) FROM annotation_candidate
           JOIN dumped_image ON dumped_image.id = annotation_candidate.image_id)
        + (SELECT count(*) FROM annotation_judgment)
        + (SELECT count(*) FROM dumped_member)
"""
# Named cursors are planned for their first rows otherwise.
SETTINGS = "SET LOCAL work_mem = '64MB'; SET LOCAL cursor_tuple_fraction = 1"
AT_ONCE = 100_000
CHUNK = 2000
END_OF_TIME = "infinity"
# ISO 8601 in UTC, as `to_char` writes it.
MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


@dataclass(frozen=True)
class Scope:
    """An export while it runs: its queries take `parameters`."""

    selection: Selection
    parameters: dict[str, Any]

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, a few at a time."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(query, self.parameters)
            while rows := cursor.fetchmany(CHUNK):
                yield from rows

    def copy(self, query: str, write: Callable[[bytes], Any], **more: Any) -> None:
        """Give the rows of a query, which may take `more` parameters, to `write` as CSV, one by one: none
        of their values becomes an object of Python's."""
        with connection.cursor() as cursor:
            sql = cursor.mogrify(query, self.parameters | more).decode()
            cursor.copy_expert(f"COPY ({sql}) TO STDOUT (FORMAT csv)", Sink(write))

    def images(self) -> int:
        ((count,),) = self.rows("SELECT count(*) FROM dumped_image")
        return count

    def total(self) -> int:
        """At most so many rows the large tables have together."""
        ((total,),) = self.rows(TOTAL)
        return total


@dataclass(frozen=True)
class Sink:
    """What psycopg takes for a file."""

    write: Callable[[bytes], Any]


@contextmanager
def prepared(selection: Selection) -> Iterator[Scope]:
    """The scope of an export, for the time of a transaction that sees one moment.

    Its tables and views: dumped_class (index, key, name), dumped_person (id, name, labeler: their
    pseudonym as one), dumped_member (dataset, position, image_id), dumped_image (id, key,
    target_index, target, problematic, problem_reason, datasets: a JSON list); dumped_candidate,
    dumped_judgment and dumped_adjudication, of these images, with keys, names and words for all
    that is a number in the database.
    """
    people = list(User.objects.order_by("pk").values_list("pk", "username"))
    names = [name if selection.with_names else pseudonym(pk) for pk, name in people]
    frozen = selection.frozen
    parameters: dict[str, Any] = {
        "taxonomy": selection.taxonomy.pk,
        "datasets": [dataset.pk for dataset in selection.datasets],
        "verdicts": [verdict.label for verdict in Verdict],
        "until": frozen.until if frozen else END_OF_TIME,
        "moment": MOMENT,
        "named": selection.with_names,
        "hidden": selection.hidden_tasks(),
    }
    with one_moment():
        with connection.cursor() as cursor:
            cursor.execute(SETTINGS)
            cursor.execute(CLASSES, parameters)
            _find_members(cursor, selection, parameters)
            cursor.execute(IMAGES, parameters)
            keys = [pk for pk, _ in people]
            labelers = [pseudonym(pk, "labeler") for pk in keys]
            cursor.execute(PEOPLE, {"people": keys, "names": names, "labelers": labelers})
            if frozen:
                _freeze(cursor, frozen)
            cursor.execute("ANALYZE dumped_class, dumped_image, dumped_person, dumped_member")
            cursor.execute(CANDIDATES.format(held=HELD_THEN if frozen else HELD_NOW), parameters)
            cursor.execute(WORDS, parameters)
        yield Scope(selection, parameters)
        with connection.cursor() as cursor:
            cursor.execute(
                "DROP TABLE dumped_class, dumped_image, dumped_person, dumped_member CASCADE"
            )
            cursor.execute("DROP TABLE IF EXISTS frozen_candidate")


def _find_members(cursor: CursorWrapper, selection: Selection, parameters: dict[str, Any]) -> None:
    """Fill dumped_member with what is in the datasets, or was in them when it was frozen."""
    cursor.execute(MEMBERS)
    if selection.frozen is None:
        cursor.execute(MEMBERS_NOW, parameters)
        return
    for dataset in selection.datasets:
        images = selection.frozen.image_ids[selection.frozen.members[dataset.name]]
        cursor.execute(MEMBERS_THEN, [dataset.name, array_literal(images)])


def _freeze(cursor: CursorWrapper, frozen: Frozen) -> None:
    """Change dumped_image to what was held then, and make frozen_candidate."""
    flags = frozen.problematic.astype(np.int8)
    cursor.execute(
        FREEZE, {"images": array_literal(frozen.image_ids), "problematic": array_literal(flags)}
    )
    for start in range(0, len(frozen.verdicts), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        columns = (
            frozen.image_ids[frozen.candidate_images[part]],
            frozen.candidate_classes[part],
            frozen.verdicts[part],
        )
        cursor.execute(ADD_CANDIDATES, [array_literal(column) for column in columns])
    cursor.execute("ANALYZE frozen_candidate")
