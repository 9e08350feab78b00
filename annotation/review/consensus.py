"""Verdicts of many candidates at once, from all that reviewers said of them.

`verdicts.DECIDE` does the same for the few candidates of a submit, in SQL.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.consensus import UNJUDGED, Decision, Judgments, dawid_skene, majority, unanimous
from annotation.models import Judgment, VerdictRule
from taxonomy.bulk import analyze, array_literal, copy_rows, distinct

# The words that count on many candidates; see `verdicts.WORDS`.
LAST_WORDS = """
    SELECT candidate_id, reviewer_id, verdict FROM (
        SELECT word.*, max(rank) FILTER (WHERE verdict <> 0) OVER (PARTITION BY candidate_id) AS last
        FROM (
            SELECT DISTINCT ON (candidate_id, rank, reviewer_id) candidate_id, reviewer_id, verdict,
                CASE WHEN judged.file_sha256 = '' THEN judged.id ELSE 0 END AS rank
            FROM annotation_judgment said
            JOIN annotation_reviewround judged ON judged.id = said.round_id
            WHERE candidate_id = ANY(%s::bigint[])
            ORDER BY candidate_id, rank, reviewer_id, said.id DESC
        ) word
    ) word WHERE verdict <> 0 AND rank = last
"""

FINAL = """
    SELECT candidate_id, verdict FROM (
        SELECT DISTINCT ON (candidate_id) candidate_id, verdict FROM annotation_adjudication
        WHERE candidate_id = ANY(%s::bigint[]) ORDER BY candidate_id, id DESC
    ) decided WHERE verdict <> 0
"""

APPLY = """
    WITH changed AS (
        UPDATE annotation_candidate candidate
        SET verdict = decided.verdict, disputed = decided.disputed
        FROM unnest(%s::bigint[], %s::int[], %s::bool[]) AS decided (id, verdict, disputed)
        JOIN annotation_candidate former ON former.id = decided.id
        WHERE candidate.id = decided.id
          AND (candidate.verdict <> decided.verdict OR candidate.disputed <> decided.disputed)
        RETURNING candidate.verdict <> former.verdict AS verdict
    )
    SELECT count(*) FILTER (WHERE verdict) FROM changed
"""


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What candidates are by a rule: ids int64, verdicts uint8, disputed bool, each [n]."""

    ids: NDArray[np.int64]
    verdicts: NDArray[np.uint8]
    disputed: NDArray[np.bool_]


def rule_in_force() -> VerdictRule:
    """The rule that was chosen last; the majority, if none was (it is not stored then)."""
    return VerdictRule.objects.order_by("-pk").first() or VerdictRule()


def verdicts_by(rule: VerdictRule, candidate_ids: NDArray[np.int64]) -> Verdicts:
    """The verdicts that a rule makes of all judgments on candidates, int64 [n], each once.

    Ties and what the rule leaves open are unjudged and disputed; disputed is also what is less
    sure than the rule's confidence. What an adjudicator decided stands. Three queries.
    """
    decision = decide(rule, load_judgments(candidate_ids)[0])
    judged = decision.confidence > 0
    unsure = (decision.verdicts == UNJUDGED) | (decision.confidence < rule.confidence)
    verdicts, disputed = decision.verdicts.copy(), judged & unsure
    final = copy_rows(FINAL, [array_literal(candidate_ids)], candidate=">i8", verdict=">i2")
    places = _places(candidate_ids, final["candidate"])
    verdicts[places], disputed[places] = final["verdict"], False
    return Verdicts(candidate_ids, verdicts, disputed)


def decide(rule: VerdictRule, judgments: Judgments) -> Decision:
    if rule.method == VerdictRule.Method.DAWID_SKENE:
        return dawid_skene(judgments).decide()
    return (
        unanimous(judgments) if rule.method == VerdictRule.Method.UNANIMOUS else majority(judgments)
    )


def judged_candidates() -> NDArray[np.int64]:
    """Primary keys of all candidates that somebody judged, int64, ascending."""
    found = Judgment.objects.order_by("candidate_id").values_list("candidate_id", flat=True)
    return np.fromiter(found.distinct().iterator(chunk_size=100_000), np.int64)


def apply_verdicts(decided: Verdicts) -> int:
    """Give the candidates these verdicts; how many verdicts are other than before.

    Whoever calls it holds the locks of the candidates' images, or sees to it that nobody judges
    meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            APPLY, [array_literal(one) for one in (decided.ids, decided.verdicts, decided.disputed)]
        )
        (changed,) = cursor.fetchone()
    analyze("annotation_candidate")
    return changed


def present_verdicts(candidate_ids: NDArray[np.int64]) -> Verdicts:
    """As they are now, in the order given."""
    query = (
        "SELECT id, verdict, disputed::int FROM annotation_candidate WHERE id = ANY(%s::bigint[])"
    )
    rows = copy_rows(query, [array_literal(candidate_ids)], id=">i8", verdict=">i2", disputed=">i4")
    rows = rows[np.argsort(_places(candidate_ids, rows["id"]))]
    return Verdicts(candidate_ids, rows["verdict"].astype(np.uint8), rows["disputed"] > 0)


def load_judgments(
    candidate_ids: NDArray[np.int64],
) -> tuple[Judgments, NDArray[np.int64]]:
    """(the words on the candidates that count, primary keys of the reviewers), by one query.

    Candidates are numbered as in candidate_ids, int64 [n], each once; reviewers as in the second
    array.
    """
    rows = copy_rows(
        LAST_WORDS, [array_literal(candidate_ids)], candidate=">i8", reviewer=">i8", verdict=">i2"
    )
    reviewer_ids = distinct(rows["reviewer"].astype(np.int64))
    reviewers = np.searchsorted(reviewer_ids, rows["reviewer"])
    judgments = Judgments(
        _places(candidate_ids, rows["candidate"]), reviewers, rows["verdict"].astype(np.uint8),
        len(candidate_ids), len(reviewer_ids),
    )  # fmt: skip
    return judgments, reviewer_ids


def _places(ids: NDArray[np.int64], wanted: NDArray[np.integer]) -> NDArray[np.int64]:
    """Where each wanted id stands in ids; all must be there."""
    order = np.argsort(ids)
    return order[np.searchsorted(ids, wanted, sorter=order)]
