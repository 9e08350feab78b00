"""A reviewer's own pace."""

from __future__ import annotations

from typing import Any

from django.db import connection

from accounts.models import User
from annotation.models import ReviewRound

MINE = """
    SELECT count(*), count(*) FILTER (WHERE created >= date_trunc('day', now())),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds)
    FROM annotation_judgment WHERE round_id = %s AND reviewer_id = %s AND verdict <> 0
"""


def own_pace(review_round: ReviewRound, user: User) -> dict[str, Any]:
    """How many judgments the reviewer gave in the round and today, and their median time in ms."""
    with connection.cursor() as cursor:
        cursor.execute(MINE, [review_round.pk, user.pk])
        judged, today, median = cursor.fetchone()
    return {"judged": judged, "today": today, "median_ms": median and round(median)}
