"""Verdicts of candidates from all that reviewers said of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.consensus import Decision, Judgments, majority
from taxonomy.bulk import array_literal, copy_rows, distinct

Rule = Callable[[Judgments], Decision]

# A reviewer's last word on a candidate holds, unless it takes the earlier ones back.
LAST_WORDS = """
    SELECT candidate_id, reviewer_id, verdict FROM (
        SELECT DISTINCT ON (candidate_id, reviewer_id) candidate_id, reviewer_id, verdict
        FROM annotation_judgment WHERE candidate_id = ANY(%s::bigint[])
        ORDER BY candidate_id, reviewer_id, id DESC
    ) word WHERE verdict <> 0
"""

APPLY = """
    UPDATE annotation_candidate candidate SET verdict = decided.verdict
    FROM unnest(%s::bigint[], %s::int[]) AS decided (id, verdict)
    WHERE candidate.id = decided.id AND candidate.verdict <> decided.verdict
"""


def apply_consensus(candidate_ids: NDArray[np.int64], rule: Rule = majority) -> int:
    """Give candidates the verdict that the rule makes of all judgments on them.

    candidate_ids: primary keys, int64 [n], each once. Where the rule decides nothing a candidate
    becomes unjudged. Returns how many verdicts are other than before. Whoever calls it holds the
    locks of the candidates' images, or sees to it that nobody judges meanwhile.
    """
    decision = rule(load_judgments(candidate_ids)[0])
    with connection.cursor() as cursor:
        cursor.execute(APPLY, [array_literal(candidate_ids), array_literal(decision.verdicts)])
        return cursor.rowcount


def load_judgments(
    candidate_ids: NDArray[np.int64],
) -> tuple[Judgments, NDArray[np.int64]]:
    """(every reviewer's last word on the candidates, primary keys of the reviewers), by one query.

    Candidates are numbered as in candidate_ids, int64 [n], each once; reviewers as in the second
    array. A word that was taken back is none.
    """
    rows = copy_rows(
        LAST_WORDS, [array_literal(candidate_ids)], candidate=">i8", reviewer=">i8", verdict=">i2"
    )
    order = np.argsort(candidate_ids)
    candidates = order[np.searchsorted(candidate_ids, rows["candidate"], sorter=order)]
    reviewer_ids = distinct(rows["reviewer"].astype(np.int64))
    reviewers = np.searchsorted(reviewer_ids, rows["reviewer"])
    judgments = Judgments(
        candidates, reviewers, rows["verdict"].astype(np.uint8),
        len(candidate_ids), len(reviewer_ids),
    )  # fmt: skip
    return judgments, reviewer_ids
