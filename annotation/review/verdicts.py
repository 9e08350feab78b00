"""From judgments to verdicts."""

from __future__ import annotations

from config.prepared import Statement

# The words that count on a candidate: of several rounds those of the latest that judged it (imported
# ones are one, older than all that were held here), of each reviewer there the last one, unless it
# takes the former ones back.
WORDS = """
    SELECT verdict FROM (
        SELECT verdict, rank, max(rank) FILTER (WHERE verdict <> 0) OVER () AS last
        FROM (
            SELECT DISTINCT ON (rank, reviewer_id) verdict,
                CASE WHEN judged.file_sha256 = '' THEN judged.id ELSE 0 END AS rank
            FROM annotation_judgment said
            JOIN annotation_reviewround judged ON judged.id = said.round_id
            WHERE candidate_id = {candidate} ORDER BY rank, reviewer_id, said.id DESC
        ) word
    ) word WHERE verdict <> 0 AND rank = last
"""

# How many of these words say correct, incorrect, unclear.
VOTES = f"""
    SELECT count(*) FILTER (WHERE verdict = 1) AS correct,
           count(*) FILTER (WHERE verdict = 2) AS incorrect,
           count(*) FILTER (WHERE verdict = 3) AS unclear
    FROM ({WORDS}) word
"""  # noqa: S608

# What an adjudicator has decided stands. Dawid-Skene needs all judgments at once: until it is computed
# the majority stands. `consensus.verdicts_by` does the same for many candidates.
DECIDE = Statement(
    "decide",
    "bigint[]",
    f"""
    WITH rule AS MATERIALIZED (
        SELECT method, confidence FROM (
            (SELECT 1 AS first, method, confidence FROM annotation_verdictrule
             ORDER BY id DESC LIMIT 1)
            UNION ALL SELECT 2, 'majority', 0.5
        ) known ORDER BY first LIMIT 1
    ), counted AS (
        SELECT touched.id, votes.*, greatest(correct, incorrect, unclear) AS most,
            correct + incorrect + unclear AS words,
            (SELECT verdict FROM annotation_adjudication
             WHERE candidate_id = touched.id ORDER BY id DESC LIMIT 1) AS final
        FROM unnest($1) AS touched (id), LATERAL ({VOTES.format(candidate="touched.id")}) votes
    ), voted AS (
        SELECT id, final,
            CASE WHEN words = 0 OR (method = 'unanimous' AND most < words) THEN 0
                 WHEN correct = most AND incorrect < most AND unclear < most THEN 1
                 WHEN incorrect = most AND correct < most AND unclear < most THEN 2
                 WHEN unclear = most AND correct < most AND incorrect < most THEN 3
                 ELSE 0 END AS vote,
            words > 0 AND (most < confidence * words) AS unsure, words
        FROM counted, rule
    ), decided AS (
        SELECT id, CASE WHEN final <> 0 THEN final ELSE vote END AS verdict,
            coalesce(final, 0) = 0 AND words > 0 AND (vote = 0 OR unsure) AS disputed
        FROM voted
    )
    UPDATE annotation_candidate candidate
    SET verdict = decided.verdict, disputed = decided.disputed
    FROM decided WHERE candidate.id = decided.id
      AND (candidate.verdict <> decided.verdict OR candidate.disputed <> decided.disputed)
    """,  # noqa: S608
)
