"""What a round is about: which candidates, and how much a judgment on each would tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from django.db import connection
from django.db.models import QuerySet
from numpy.typing import NDArray

from annotation.models import Dataset, DatasetImage, Participant, PredictionSet, ReviewRound
from annotation.review.information import information
from taxonomy.bulk import array_literal
from taxonomy.errors import InputError
from taxonomy.groups import group_masks

# Candidates in the scope that the round does not have yet.
CHOOSE = """
    CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS
    SELECT candidate.id, candidate.image_id, candidate.class_index, image.key,
           0::float8 AS information,
           (SELECT min(member.position) FROM annotation_datasetimage member
            WHERE member.image_id = image.id AND member.dataset_id = ANY(%(datasets)s)) AS position
    FROM annotation_candidate candidate
    JOIN annotation_image image ON image.id = candidate.image_id
    WHERE EXISTS (SELECT FROM annotation_datasetimage member
                  WHERE member.image_id = image.id AND member.dataset_id = ANY(%(datasets)s))
      AND (candidate.verdict <> 0 OR candidate.added_by_id IS NULL)
      AND (%(classes)s::int[] IS NULL OR candidate.class_index = ANY(%(classes)s::int[]))
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

INFORM = """
    UPDATE chosen SET information = known.information
    FROM unnest(%s::bigint[], %s::float8[]) AS known (id, information) WHERE known.id = chosen.id
"""

Which = Literal["all", "unjudged", "disputed"]
Pairs = tuple[NDArray[np.int64], NDArray[np.int32]]


@dataclass(frozen=True)
class Scope:
    """Which candidates of the round's datasets are judged.

    `groups` of classes and single `classes` (indices) are joined; none of either means all.
    With `participants`, only what they predicted; with `drawn`, also so many predictions per image
    of other models, drawn with the round's seed, on the images that the participants predicted.
    """

    which: Which = "unjudged"
    groups: Sequence[str] = ()
    classes: Sequence[int] = ()
    participants: Sequence[str] = ()
    drawn: int = 0

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


def choose(review_round: ReviewRound) -> int:
    """Fill the temporary table `chosen` with the candidates that join the round; how many.

    Raises InputError for an unknown group, class or participant.
    """
    scope = scope_of(review_round)
    datasets = list(review_round.datasets.order_by("name"))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS chosen")
        cursor.execute(
            CHOOSE,
            {
                "round": review_round.pk,
                "datasets": [dataset.pk for dataset in datasets],
                "classes": _classes(review_round, scope),
                "which": scope.which,
            },
        )
        if scope.participants or scope.drawn:
            images, classes = wanted_pairs(datasets, scope, review_round.seed)
            cursor.execute(ONLY_PAIRS, [array_literal(images), array_literal(classes)])
        cursor.execute("ANALYZE chosen")
        cursor.execute("SELECT count(*) FROM chosen")
        (count,) = cursor.fetchone()
    if count and review_round.order == ReviewRound.Order.INFORMATIVE:
        _inform(datasets)
    return count


def wanted_pairs(datasets: Sequence[Dataset], scope: Scope, seed: int) -> Pairs:
    """(image ids [m], class indices [m]) that the scope's participants and drawn models predicted."""
    known = set(Participant.objects.values_list("name", flat=True))
    if unknown := [name for name in scope.participants if name not in known]:
        raise InputError(f"There is no participant '{unknown[0]}'.")
    found: list[Pairs] = [(np.empty(0, np.int64), np.empty(0, np.int32))]
    for dataset in datasets:
        ids = image_ids(dataset)
        asked = np.zeros(len(ids), bool)
        for _, top1 in top_answers(
            dataset,
            PredictionSet.objects.current().filter(participant__name__in=scope.participants),
        ):
            asked[top1 >= 0] = True
            found.append((ids[top1 >= 0], top1[top1 >= 0]))
        if scope.drawn:
            rows = asked if scope.participants else np.ones(len(ids), bool)
            found.append(_drawn(dataset, ids, rows, scope, seed))
    images, classes = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return images, classes


def _drawn(
    dataset: Dataset, ids: NDArray[np.int64], rows: NDArray[np.bool_], scope: Scope, seed: int
) -> Pairs:
    """The answers of `scope.drawn` models on each of the rows, drawn for each image by itself."""
    models = PredictionSet.objects.current().filter(participant__kind=Participant.Kind.MODEL)
    answers = [
        top1
        for _, top1 in top_answers(
            dataset, models.exclude(participant__name__in=scope.participants)
        )
    ]
    if not answers:
        return np.empty(0, np.int64), np.empty(0, np.int32)
    top1 = np.stack(answers, axis=1)
    lots = np.random.default_rng([seed, dataset.pk]).random(top1.shape)
    lots[top1 < 0] = np.inf
    drawn = np.argsort(lots, axis=1)[:, : scope.drawn]
    classes = np.take_along_axis(top1, drawn, axis=1)
    taken = rows[:, None] & (classes >= 0)
    return np.broadcast_to(ids[:, None], classes.shape)[taken], classes[taken]


def image_ids(dataset: Dataset) -> NDArray[np.int64]:
    """Primary keys of a dataset's images, in its order; int64 [size]."""
    members = DatasetImage.objects.filter(dataset=dataset).order_by("position")
    return np.fromiter(members.values_list("image_id", flat=True), np.int64)


def top_answers(
    dataset: Dataset, sets: QuerySet[PredictionSet]
) -> Iterator[tuple[str, NDArray[np.int32]]]:
    """(participant, top-1 class of each image int32 [size], -1 where there is none), by name."""
    chosen = (
        sets.filter(dataset=dataset).select_related("participant").order_by("participant__name")
    )
    for predictions in chosen.iterator(chunk_size=8):
        top_k = np.frombuffer(predictions.top_k, "<i4").reshape(-1, predictions.k)
        top1 = np.full(dataset.size, -1, np.int32)
        top1[: len(top_k)] = top_k[:, 0]
        yield predictions.participant.name, top1


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


def _inform(datasets: Sequence[Dataset]) -> None:
    """Set what a judgment on each chosen candidate would tell."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, image_id, class_index FROM chosen ORDER BY image_id, class_index"
        )
        rows = np.array(cursor.fetchall(), np.int64)
        codes = rows[:, 1] * WIDEST + rows[:, 2]
        told = np.zeros(len(rows))
        for dataset in datasets:
            ids = image_ids(dataset)
            answers = list(top_answers(dataset, PredictionSet.objects.current()))
            if not answers:
                continue
            targets = np.fromiter(
                dataset.images.order_by("datasetimage__position").values_list("target", flat=True),
                np.int32,
            )
            predicted = np.zeros((len(answers), len(rows)), bool)
            accuracies = np.zeros(len(answers))
            for i, (_, top1) in enumerate(answers):
                given = top1 >= 0
                places = np.searchsorted(codes, ids[given] * WIDEST + top1[given])
                places = np.minimum(places, len(codes) - 1)
                hit = codes[places] == ids[given] * WIDEST + top1[given]
                predicted[i, places[hit]] = True
                accuracies[i] = np.mean(top1[given] == targets[given]) if given.any() else 0
            told += information(predicted, accuracies, dataset.size)
        cursor.execute(INFORM, [array_literal(rows[:, 0]), array_literal(told)])


WIDEST = 1 << 31  # more than any class index
