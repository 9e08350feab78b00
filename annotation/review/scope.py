"""What a round is about: which candidates, and how much a judgment on each would tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from django.db import connection

from annotation.models import Dataset, LabelingTask, ReviewRound
from annotation.review.gold import add_gold
from annotation.review.information import inform
from annotation.review.predicted import wanted_pairs
from taxonomy.bulk import array_literal
from taxonomy.errors import InputError
from taxonomy.groups import group_masks

# Candidates in the scope that the round does not have yet.
CHOOSE = """
    CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS
    SELECT candidate.id, candidate.image_id, candidate.class_index, image.key,
           0::bigint AS information, false AS gold,
           (SELECT min(member.position) FROM annotation_datasetimage member
            WHERE member.image_id = image.id AND member.dataset_id = ANY(%(datasets)s)) AS position
    FROM annotation_candidate candidate
    JOIN annotation_image image ON image.id = candidate.image_id
    WHERE EXISTS (SELECT FROM annotation_datasetimage member
                  WHERE member.image_id = image.id AND member.dataset_id = ANY(%(datasets)s))
      AND (candidate.verdict <> 0 OR candidate.added_by_id IS NULL)
      AND (%(classes)s::int[] IS NULL OR candidate.class_index = ANY(%(classes)s::int[]))
      AND (%(tasks)s::text[] IS NULL OR EXISTS (
          SELECT FROM annotation_taskimage asked
          JOIN annotation_labelingtask task ON task.id = asked.task_id
          WHERE asked.image_id = image.id AND task.name = ANY(%(tasks)s::text[])))
      AND CASE %(which)s WHEN 'unjudged' THEN candidate.verdict = 0
                         WHEN 'disputed' THEN candidate.disputed ELSE true END
      AND NOT EXISTS (SELECT FROM annotation_roundcandidate known
                      WHERE known.round_id = %(round)s AND known.candidate_id = candidate.id)
"""

ONLY_PAIRS = """
    DELETE FROM chosen WHERE NOT EXISTS (
        SELECT FROM unnest(%s::bigint[], %s::int[]) AS pair (image_id, class_index)
        WHERE pair.image_id = chosen.image_id AND pair.class_index = chosen.class_index)
"""

Which = Literal["all", "unjudged", "disputed"]
MOST_GOLD = 0.5


@dataclass(frozen=True)
class Scope:
    """Which candidates of the round's datasets are judged.

    `groups` of classes and single `classes` (indices) are joined; none of either means all.
    With `participants`, only what they predicted; with `drawn`, also so many predictions per image
    of other models, drawn with the round's seed, on the images that the participants predicted.
    With `tasks`, only images of these labeling tasks.
    `gold` is the share of the round whose answer is known: see `annotation.review.gold`.
    """

    which: Which = "unjudged"
    groups: Sequence[str] = ()
    classes: Sequence[int] = ()
    participants: Sequence[str] = ()
    drawn: int = 0
    tasks: Sequence[str] = ()
    gold: float = 0

    @property
    def grows(self) -> bool:
        """Whether candidates that come later join the round."""
        return self.which != "disputed" and not self.participants and not self.drawn

    @property
    def pair(self) -> tuple[int, int] | None:
        """The scope's classes if they are exactly two: by class, they are reviewed together."""
        classes = sorted(set(self.classes))
        return (classes[0], classes[1]) if len(classes) == 2 and not self.groups else None

    def as_json(self) -> dict[str, Any]:
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }


def scope_of(review_round: ReviewRound) -> Scope:
    return Scope(**review_round.scope)


def pair_of(review_round: ReviewRound) -> tuple[int, int] | None:
    """The two classes that a round by class reviews together, if it does."""
    by_class = review_round.unit == ReviewRound.Unit.CLASS
    return scope_of(review_round).pair if by_class else None


def choose(review_round: ReviewRound, datasets: Sequence[Dataset], with_gold: bool) -> int:
    """Fill the temporary table `chosen` with the candidates that join the round; how many.

    The round may be one that is not stored: then it has none yet. To be called in a transaction,
    with whose end the table is gone. `chosen` has the columns id, image_id, class_index, key (of
    the image), position (in the datasets), information and gold.

    Raises InputError for an unknown group, participant or labeling task.
    """
    scope = scope_of(review_round)
    parameters: dict[str, Any] = {
        "round": review_round.pk,
        "datasets": [dataset.pk for dataset in datasets],
        "classes": _classes(review_round, scope),
        "which": scope.which,
        "tasks": _tasks(scope),
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS chosen")
        cursor.execute(CHOOSE, parameters)
        if scope.participants or scope.drawn:
            pairs = wanted_pairs(datasets, scope.participants, scope.drawn, review_round.seed)
            cursor.execute(ONLY_PAIRS, [array_literal(part) for part in pairs])
        cursor.execute("ANALYZE chosen")
        if with_gold and scope.gold:
            add_gold(review_round, scope.gold, parameters)
        cursor.execute("SELECT count(*) FROM chosen")
        (count,) = cursor.fetchone()
    if count and review_round.order == ReviewRound.Order.INFORMATIVE:
        inform(datasets)
    return count


def _classes(review_round: ReviewRound, scope: Scope) -> list[int] | None:
    if not scope.groups and not scope.classes:
        return None
    masks = group_masks(review_round.taxonomy, kind=None)
    if unknown := [name for name in scope.groups if name not in masks]:
        raise InputError(f"There is no group '{unknown[0]}'.")
    found = set(scope.classes)
    for name in scope.groups:
        found.update(np.flatnonzero(masks[name]).tolist())
    return sorted(found)


def _tasks(scope: Scope) -> list[str] | None:
    known = set(LabelingTask.objects.filter(name__in=scope.tasks).values_list("name", flat=True))
    if unknown := [name for name in scope.tasks if name not in known]:
        raise InputError(f"There is no labeling task '{unknown[0]}'.")
    return list(scope.tasks) or None
