"""What a group of reviewers has to work through together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from annotation.models import Verdict

# The reader may not see what a running blind round asks, unless they are an admin.
OPEN_TO_READER = """
    (%(admin)s OR NOT EXISTS (
        SELECT FROM annotation_roundcandidate known
        JOIN annotation_reviewround running ON running.id = known.round_id
        JOIN annotation_candidate asked ON asked.id = known.candidate_id
        WHERE asked.image_id = image.id AND running.blind AND running.state IN ('open', 'paused')))
"""

CANDIDATES = """
    SELECT image.uid, image.file <> '', class.index, synset.lemmas[1], candidate.verdict,
        votes.correct, votes.incorrect, votes.unclear,
        (SELECT count(*) FROM annotation_comment comment
         WHERE comment.candidate_id = candidate.id), '' AS reason, count(*) OVER () AS total
    FROM annotation_candidate candidate
    JOIN annotation_image image ON image.id = candidate.image_id
    JOIN taxonomy_labelclass class
        ON class.taxonomy_id = image.taxonomy_id AND class.index = candidate.class_index
    JOIN taxonomy_synset synset ON synset.id = class.synset_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE verdict = 1) AS correct,
               count(*) FILTER (WHERE verdict = 2) AS incorrect,
               count(*) FILTER (WHERE verdict = 3) AS unclear
        FROM (SELECT DISTINCT ON (reviewer_id) verdict FROM annotation_judgment
              WHERE candidate_id = candidate.id ORDER BY reviewer_id, id DESC) word
    ) votes
    WHERE {which} AND {visible}
      AND (%(class)s::int IS NULL OR candidate.class_index = %(class)s)
    ORDER BY candidate.class_index, image.id LIMIT %(most)s OFFSET %(start)s
"""

PROBLEMATIC = """
    SELECT image.uid, image.file <> '', class.index, synset.lemmas[1], 0, 0, 0, 0,
        (SELECT count(*) FROM annotation_comment comment WHERE comment.image_id = image.id),
        image.problem_reason, count(*) OVER () AS total
    FROM annotation_image image
    JOIN taxonomy_labelclass class
        ON class.taxonomy_id = image.taxonomy_id AND class.index = image.target
    JOIN taxonomy_synset synset ON synset.id = class.synset_id
    WHERE image.problematic AND {visible}
      AND (%(class)s::int IS NULL OR image.target = %(class)s)
    ORDER BY image.problem_reason, image.id LIMIT %(most)s OFFSET %(start)s
"""

KINDS = {
    "disputed": CANDIDATES.format(which="candidate.disputed", visible=OPEN_TO_READER),
    "unclear": CANDIDATES.format(
        which=f"candidate.verdict = {Verdict.UNCLEAR:d} AND NOT image.problematic",
        visible=OPEN_TO_READER,
    ),
    "missing": CANDIDATES.format(
        which=f"candidate.added_by_id IS NOT NULL AND candidate.verdict = {Verdict.CORRECT:d}",
        visible=OPEN_TO_READER,
    ),
    "problematic": PROBLEMATIC.format(visible=OPEN_TO_READER),
}
PAGE = 60


@dataclass(frozen=True)
class Case:
    """A candidate, or an image, that somebody should look at."""

    uid: UUID
    has_file: bool
    class_index: int
    class_name: str
    verdict: Verdict
    correct: int
    incorrect: int
    unclear: int
    comments: int
    reason: str


def cases(
    kind: str, admin: bool, class_index: int | None = None, page: int = 1
) -> tuple[list[Case], int]:
    """(a page of the list, how many there are in all); one query.

    kind: disputed, unclear, missing (classes that nobody predicted and a reviewer added) or
    problematic (images). Raises KeyError for another.
    """
    parameters: dict[str, Any] = {
        "admin": admin, "class": class_index, "most": PAGE, "start": PAGE * (page - 1),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(KINDS[kind], parameters)
        rows = cursor.fetchall()
    found = [
        Case(uid, has_file, index, name, Verdict(verdict), yes, no, unclear, comments, reason)
        for uid, has_file, index, name, verdict, yes, no, unclear, comments, reason, _ in rows
    ]
    return found, rows[0][10] if rows else 0


def counts(admin: bool) -> dict[str, int]:
    """{kind: how many there are}."""
    return {kind: cases(kind, admin)[1] for kind in KINDS}
