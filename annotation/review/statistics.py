"""How fast a round goes, and how each of its reviewers and classes does. All by set-based SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import connection
from django.utils import timezone

from accounts.models import User
from annotation.models import ReviewRound
from annotation.review.rounds import Progress

MINE = """
    SELECT count(*), count(*) FILTER (WHERE created >= date_trunc('day', now())),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds)
    FROM annotation_judgment WHERE round_id = %s AND reviewer_id = %s AND verdict <> 0
"""

# How many hours ago, and earlier than is shown in one.
GIVEN = """
    SELECT least(floor(extract(epoch FROM %(now)s - created) / 3600), %(hours)s)::int,
           count(*), min(created)
    FROM annotation_judgment WHERE round_id = %(round)s AND verdict <> 0 AND created <= %(now)s
    GROUP BY 1
"""

# A reviewer's last word on a candidate counts, unless it takes the former ones back.
LAST_WORDS = """
    last_word AS (
        SELECT * FROM (
            SELECT DISTINCT ON (candidate_id, reviewer_id)
                candidate_id, reviewer_id, verdict, milliseconds
            FROM annotation_judgment
            WHERE round_id = %(round)s
              AND (%(reviewer)s::bigint IS NULL OR reviewer_id = %(reviewer)s)
            ORDER BY candidate_id, reviewer_id, id DESC
        ) word WHERE verdict <> 0
    )
"""

# A judgment is held against what most of the others said of the candidate: with its own among them
# it would agree with itself. Where they tie, or nobody else judged, it does not count; nor does it
# count against a verdict that follows from it alone.
BY_REVIEWER = f"""
    WITH {LAST_WORDS}, beside AS (
        SELECT *,
            count(*) FILTER (WHERE verdict = 1) OVER others - (verdict = 1)::int AS correct,
            count(*) FILTER (WHERE verdict = 2) OVER others - (verdict = 2)::int AS incorrect,
            count(*) FILTER (WHERE verdict = 3) OVER others - (verdict = 3)::int AS unclear
        FROM last_word WINDOW others AS (PARTITION BY candidate_id)
    ), compared AS (
        SELECT *, count(*) OVER others > 1 AS shared,
            CASE verdict WHEN 1 THEN correct WHEN 2 THEN incorrect ELSE unclear END
                  = greatest(correct, incorrect, unclear) AS agrees,
            1 = (correct = greatest(correct, incorrect, unclear))::int
              + (incorrect = greatest(correct, incorrect, unclear))::int
              + (unclear = greatest(correct, incorrect, unclear))::int AS comparable
        FROM beside WINDOW others AS (PARTITION BY candidate_id)
    ), answer AS (
        SELECT DISTINCT ON (known.candidate_id) known.candidate_id, known.gold, final.verdict
        FROM annotation_roundcandidate known
        JOIN annotation_adjudication final ON final.candidate_id = known.candidate_id
        WHERE known.round_id = %(round)s
        ORDER BY known.candidate_id, final.id DESC
    ), settled AS (
        SELECT compared.*,
            CASE WHEN answer.gold THEN nullif(answer.verdict, 0) END AS known,
            CASE WHEN NOT coalesce(answer.gold, false) AND (shared OR answer.verdict <> 0)
                 THEN nullif(candidate.verdict, 0) END AS outcome
        FROM compared JOIN annotation_candidate candidate ON candidate.id = candidate_id
        LEFT JOIN answer USING (candidate_id)
    )
    SELECT reviewer.id, reviewer.username, count(*),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds) / 1000,
        count(*) FILTER (WHERE comparable), count(*) FILTER (WHERE comparable AND agrees),
        count(outcome), count(*) FILTER (WHERE verdict = outcome),
        count(known), count(*) FILTER (WHERE verdict = known)
    FROM settled JOIN accounts_user reviewer ON reviewer.id = reviewer_id
    GROUP BY reviewer.id
"""  # noqa: S608

BY_CLASS = f"""
    WITH {LAST_WORDS}, votes AS (
        SELECT candidate_id, count(*) AS words, count(*) FILTER (WHERE verdict = 1) AS correct
        FROM last_word GROUP BY candidate_id
    )
    SELECT class.index, synset.lemmas[1], asked.candidates, asked.given, asked.words, asked.correct
    FROM (
        SELECT candidate.class_index, count(*) AS candidates,
               sum(least(coalesce(votes.words, 0), %(wanted)s))::int AS given,
               sum(votes.words)::int AS words, sum(votes.correct)::int AS correct
        FROM annotation_roundcandidate known
        JOIN annotation_candidate candidate ON candidate.id = known.candidate_id
        LEFT JOIN votes ON votes.candidate_id = known.candidate_id
        WHERE known.round_id = %(round)s GROUP BY candidate.class_index
    ) asked
    JOIN taxonomy_labelclass class
        ON class.taxonomy_id = %(taxonomy)s AND class.index = asked.class_index
    JOIN taxonomy_synset synset ON synset.id = class.synset_id
    ORDER BY class.index
"""  # noqa: S608

DAY, WEEK, SHOWN = 24, 7 * 24, 14 * 24  # in hours
SHORTEST = 1 / 6


@dataclass(frozen=True)
class Pace:
    """Judgments per hour (`unit` "hour") or day, the latest last, and what follows from them.

    per_hour: over the last week, nights included, or since the first judgment if that is shorter;
    end: when all is judged at that pace, None if none was given in that week or all is.
    """

    unit: Literal["hour", "day"]
    counts: list[int]
    last_hour: int
    last_day: int
    per_hour: float
    end: datetime | None


def own_pace(review_round: ReviewRound, user: User) -> dict[str, Any]:
    """How many judgments the reviewer gave in the round and today, and their median time in ms."""
    with connection.cursor() as cursor:
        cursor.execute(MINE, [review_round.pk, user.pk])
        judged, today, median = cursor.fetchone()
    return {"judged": judged, "today": today, "median_ms": median and round(median)}


def pace_of(review_round: ReviewRound, progress: Progress, now: datetime | None = None) -> Pace:
    """By hours while the round's first judgment is less than two days old, else by days; one query."""
    now = now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(GIVEN, {"round": review_round.pk, "now": now, "hours": SHOWN})
        rows = cursor.fetchall()
    given = [0] * (SHOWN + 1)  # by how many hours ago
    for ago, count, _ in rows:
        given[ago] = count
    first = min((earliest for _, _, earliest in rows), default=now)
    age = (now - first) / timedelta(hours=1)
    per_hour = sum(given[:WEEK]) / min(max(age, SHORTEST), WEEK)
    left = progress.judgments_total - progress.judgments_done
    # What is asked of problematic images is never given.
    is_done = progress.turns_done == progress.turns_total
    end = now + timedelta(hours=left / per_hour) if per_hour and left > 0 and not is_done else None
    days = [sum(given[start : start + DAY]) for start in range(0, SHOWN, DAY)]
    young = age < 2 * DAY
    return Pace(
        unit="hour" if young else "day",
        counts=given[:DAY][::-1] if young else days[::-1],
        last_hour=given[0], last_day=days[0], per_hour=per_hour, end=end,
    )  # fmt: skip


def reviewer_rows(review_round: ReviewRound) -> list[dict[str, Any]]:
    """Per reviewer {reviewer, name, judged, seconds (median of a judgment), compared, agreement,
    settled, verdict_agreement, gold, gold_agreement}.

    agreement: the share of the `compared` judgments that say what most of the other reviewers say;
    verdict_agreement: of the `settled` ones, that say what the verdict is, by the rule or by an
    adjudicator; gold_agreement: of those on `gold` candidates, that say what an adjudicator has
    decided. Each is None of nothing. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(BY_REVIEWER, {"round": review_round.pk, "reviewer": None})
        rows = cursor.fetchall()
    return [
        {
            "reviewer": reviewer, "name": name, "judged": judged, "seconds": seconds,
            "compared": compared, "agreement": _share(agreed, compared),
            "settled": settled, "verdict_agreement": _share(upheld, settled),
            "gold": gold, "gold_agreement": _share(right, gold),
        }
        for reviewer, name, judged, seconds, compared, agreed, settled, upheld, gold, right in rows
    ]  # fmt: skip


def class_rows(review_round: ReviewRound, reviewer: User | None = None) -> list[dict[str, Any]]:
    """Per class of the round {index, name, candidates, judgments, share, correct}.

    share: how many of the wanted judgments are given; correct: the share of the judgments that say
    so, None of none. With a reviewer only what they said counts, one judgment of each candidate.
    One query.
    """
    parameters = {
        "round": review_round.pk, "taxonomy": review_round.taxonomy_id,
        "reviewer": reviewer.pk if reviewer else None,
        "wanted": 1 if reviewer else review_round.overlap,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(BY_CLASS, parameters)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return [
        {
            "index": index, "name": name, "candidates": candidates, "judgments": words or 0,
            "share": given / (candidates * parameters["wanted"]),
            "correct": _share(correct or 0, words or 0),
        }
        for index, name, candidates, given, words, correct in rows
    ]  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
