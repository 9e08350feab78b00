"""What a round would ask, before it is opened."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from annotation.models import Dataset, ReviewRound
from annotation.review.rounds import PAGE
from annotation.review.scope import Scope, choose, pair_of

COUNT = """
    SELECT count(*), count(*) FILTER (WHERE gold), count(DISTINCT image_id),
           (SELECT coalesce(sum(ceil(asked / %(page)s::numeric)), 0)::int
            FROM (SELECT count(*) AS asked FROM chosen GROUP BY class_index) class)
    FROM chosen
"""

# Of the latest so many judgments in rounds of the same kind.
USUAL = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds) / 1000 FROM (
        SELECT milliseconds FROM annotation_judgment word
        JOIN annotation_reviewround past ON past.id = word.round_id AND past.unit = %(unit)s
        WHERE word.verdict <> 0
          AND (%(reviewers)s::bigint[] IS NULL OR word.reviewer_id = ANY(%(reviewers)s::bigint[]))
        ORDER BY word.id DESC LIMIT 2000) latest
"""


@dataclass(frozen=True)
class Outlook:
    """What a round would be.

    turns: images, or pages of a class, as often as the overlap wants; seconds: of one judgment, by
    the median of what its reviewers gave last in such rounds, None if they gave none; reviewers: how
    many are named, 0 for all.
    """

    candidates: int
    gold: int
    images: int
    turns: int
    judgments: int
    seconds: float | None
    reviewers: int

    @property
    def hours(self) -> float | None:
        """Of judging, of all reviewers together."""
        return None if self.seconds is None else self.judgments * self.seconds / 3600

    @property
    def hours_each(self) -> float | None:
        """Of judging, of each of the reviewers, if they are named."""
        return self.hours / self.reviewers if self.hours and self.reviewers else None


@transaction.atomic
def foresee(
    datasets: Iterable[Dataset],
    seed: int,
    *,
    scope: Scope,
    reviewers: Iterable[User] = (),
    unit: str = ReviewRound.Unit.IMAGE,
    overlap: int = 1,
    **settings: Any,
) -> Outlook:
    """What `rounds.open_round` with these arguments would open; nothing is stored.

    Raises InputError if the scope names what is unknown.
    """
    datasets, reviewers = list(datasets), list(reviewers)
    # In any order: that saves computing what judgments tell.
    draft = ReviewRound(
        taxonomy=datasets[0].taxonomy, seed=seed, unit=unit, scope=scope.as_json(),
        order=ReviewRound.Order.RANDOM,
    )  # fmt: skip
    choose(draft, datasets, with_gold=True)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"page": PAGE})
        candidates, gold, images, pages = cursor.fetchone()
    if pair_of(draft):
        pages = math.ceil(images / PAGE)
    places = pages if unit == ReviewRound.Unit.CLASS else images
    return Outlook(
        candidates, gold, images, places * overlap, candidates * overlap,
        usual_seconds(unit, reviewers), len(reviewers),
    )  # fmt: skip


def usual_seconds(unit: str, reviewers: Iterable[User] = ()) -> float | None:
    """The median time of a judgment in rounds of that unit, by these reviewers or by all."""
    chosen = [user.pk for user in reviewers] or None
    with connection.cursor() as cursor:
        cursor.execute(USUAL, {"unit": unit, "reviewers": chosen})
        (seconds,) = cursor.fetchone()
    return seconds
