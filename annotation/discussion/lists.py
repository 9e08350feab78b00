"""What a group of reviewers has to work through together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from annotation.discussion.closed import OPEN_TO_READER, reader
from annotation.models import Verdict
from annotation.review.verdicts import VOTES

# In the order in which they are worked through: `reason`, then class, then image.
CANDIDATES = f"""
    SELECT candidate.id AS candidate, image.id AS image, candidate.class_index, '' AS reason
    FROM annotation_candidate candidate JOIN annotation_image image ON image.id = candidate.image_id
    WHERE {{which}} AND {OPEN_TO_READER}
"""  # noqa: S608

PROBLEMATIC = f"""
    SELECT NULL::bigint AS candidate, image.id AS image, image.target AS class_index,
        image.problem_reason AS reason
    FROM annotation_image image WHERE image.problematic AND {OPEN_TO_READER}
"""  # noqa: S608

# Of each kind of case.
CASES = {
    "disputed": CANDIDATES.format(which="candidate.disputed"),
    "unclear": CANDIDATES.format(
        which=f"candidate.verdict = {Verdict.UNCLEAR:d} AND NOT image.problematic"
    ),
    "missing": CANDIDATES.format(
        which=f"candidate.added_by_id IS NOT NULL AND candidate.verdict = {Verdict.CORRECT:d}"
    ),
    "wrong": CANDIDATES.format(
        which=f"candidate.class_index = image.target AND candidate.verdict = {Verdict.INCORRECT:d}"
        " AND NOT image.problematic"
    ),
    "problematic": PROBLEMATIC,
}

PAGE_OF = f"""
    WITH cases AS (
        SELECT * FROM ({{cases}}) found
        WHERE %(class)s::int IS NULL OR class_index = %(class)s
        ORDER BY reason, class_index, image LIMIT %(most)s OFFSET %(start)s
    )
    SELECT image.uid, image.file <> '', class.index, synset.lemmas[1],
        votes.correct, votes.incorrect, votes.unclear,
        (SELECT count(*) FROM annotation_comment comment
         WHERE comment.image_id = cases.image
           AND (cases.candidate IS NULL OR comment.candidate_id = cases.candidate)), cases.reason
    FROM cases JOIN annotation_image image ON image.id = cases.image
    JOIN taxonomy_labelclass class
        ON class.taxonomy_id = image.taxonomy_id AND class.index = cases.class_index
    JOIN taxonomy_synset synset ON synset.id = class.synset_id
    CROSS JOIN LATERAL ({VOTES.format(candidate="cases.candidate")}) votes
    ORDER BY cases.reason, cases.class_index, cases.image
"""  # noqa: S608

COUNT = """
    SELECT count(*) FROM ({cases}) found WHERE %(class)s::int IS NULL OR class_index = %(class)s
"""

NEXT = """
    SELECT image.uid, found.class_index
    FROM ({cases}) found JOIN annotation_image image ON image.id = found.image,
        (SELECT id, target, problem_reason FROM annotation_image WHERE uid = %(uid)s) here
    WHERE (found.reason, found.class_index, found.image) > (
        CASE WHEN found.candidate IS NULL THEN here.problem_reason ELSE '' END,
        CASE WHEN found.candidate IS NULL THEN here.target ELSE %(index)s END, here.id)
    ORDER BY found.reason, found.class_index, found.image LIMIT 1
"""

PAGE = 60


@dataclass(frozen=True)
class Case:
    """A candidate, or an image, that somebody should look at, and the judgments that count."""

    uid: UUID
    has_file: bool
    class_index: int
    class_name: str
    correct: int
    incorrect: int
    unclear: int
    comments: int
    reason: str


def cases(kind: str, user: User, class_index: int | None = None, page: int = 1) -> list[Case]:
    """A page of the list, as far as it is open to the user; one query.

    kind: disputed, unclear, missing (classes that nobody predicted and a reviewer added), wrong
    (original labels that are incorrect) or problematic (images). Raises KeyError for another.
    """
    parameters = {"class": class_index, "most": PAGE, "start": PAGE * (page - 1)}
    return [Case(*row) for row in _fetch(PAGE_OF.format(cases=CASES[kind]), user, parameters)]


def counts(user: User, class_index: int | None = None) -> dict[str, int]:
    """{kind: how many of them are open to the user}; one query."""
    query = " UNION ALL ".join(COUNT.format(cases=one) for one in CASES.values())
    rows = _fetch(query, user, {"class": class_index})
    return {kind: count for kind, (count,) in zip(CASES, rows, strict=True)}


def next_case(kind: str, user: User, uid: UUID, class_index: int) -> tuple[UUID, int] | None:
    """(image, class) of the case after this one, which may be settled by now; one query."""
    rows = _fetch(NEXT.format(cases=CASES[kind]), user, {"uid": uid, "index": class_index})
    return rows[0] if rows else None


def _fetch(query: str, user: User, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, {**reader(user), **parameters})
        return cursor.fetchall()
