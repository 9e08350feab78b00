"""How much a judgment would tell about which model is better."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.models import Dataset, DatasetImage, PredictionSet
from annotation.review.predicted import top_answers
from taxonomy.bulk import array_literal

INFORM = """
    UPDATE chosen SET information = known.information
    FROM unnest(%s::bigint[], %s::bigint[]) AS known (id, information) WHERE known.id = chosen.id
"""
WIDEST = 1 << 31  # more than any class index
# Whole numbers, whose sums are the same in any order: what tells equally much stays equal.
UNITS = 10**9

AT_ONCE = 1 << 15  # candidates; 55 models' votes on so many take 14 MB


def information(
    predicted: NDArray[np.bool_], accuracies: NDArray[np.float64], n_images: int
) -> NDArray[np.float64]:
    """What judging each candidate would move in the comparison of models.

    A verdict on a candidate changes the difference between two models by one image exactly if one
    of them predicted it and the other did not. Each such pair counts by how close the two are:
    with w(a, b) = 1 / (|accuracy_a - accuracy_b| + 1 / n_images), a candidate has the sum of
    w(a, b) over the pairs that differ on it, as a share of the sum over all pairs.

    predicted: bool [n_models, n_candidates]; accuracies: fractions [n_models]; returns float64
    [n_candidates] between 0 and 1 (0 with fewer than two models).

    >>> predicted = np.array([[True, True, False], [True, False, False]])
    >>> information(predicted, np.array([0.7, 0.8]), n_images=10)
    array([0., 1., 0.])
    """
    gaps = np.abs(accuracies[:, None] - accuracies[None, :])
    closeness = 1 / (gaps + 1 / max(n_images, 1))
    np.fill_diagonal(closeness, 0)
    total = closeness.sum() / 2
    told = np.zeros(predicted.shape[1])
    if total == 0:
        return told
    for start in range(0, len(told), AT_ONCE):
        votes = predicted[:, start : start + AT_ONCE].astype(np.float64)
        # sum over a predicted, b not, of w(a, b): every pair that differs is counted once.
        differing = ((closeness @ votes) * (1 - votes)).sum(axis=0)
        told[start : start + AT_ONCE] = differing / total
    return np.minimum(told, 1)


def inform(datasets: Sequence[Dataset]) -> None:
    """Set the `information` of each candidate in the table `chosen`, in units of 1 / UNITS.

    What a candidate tells about each of the datasets is added up.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, image_id * %s + class_index FROM chosen ORDER BY image_id, class_index",
            [WIDEST],
        )
        rows = np.array(cursor.fetchall(), np.int64).reshape(-1, 2)
        told = np.zeros(len(rows))
        for dataset in datasets:
            told += _informed(dataset, rows[:, 1])
        units = np.rint(told * UNITS).astype(np.int64)
        cursor.execute(INFORM, [array_literal(rows[:, 0]), array_literal(units)])


def _informed(dataset: Dataset, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """`information` of candidates in one dataset, 0 for those of other images.

    codes: image id * WIDEST + class index, int64 [n], ascending; returns float64 [n].
    """
    members = DatasetImage.objects.filter(dataset=dataset).order_by("position")
    rows = np.array(members.values_list("image_id", "image__target"), np.int64).reshape(-1, 2)
    ids, targets = rows.T
    here = np.isin(codes // WIDEST, ids)
    predicted, accuracies = [], []
    for _, top1 in top_answers(dataset, PredictionSet.objects.current()):
        given = top1 >= 0
        if given.any() and here.any():
            predicted.append(_is_among(codes[here], ids[given] * WIDEST + top1[given]))
            accuracies.append(np.mean(top1[given] == targets[given]))
    told = np.zeros(len(codes))
    if predicted:
        told[here] = information(np.array(predicted), np.array(accuracies), dataset.size)
    return told


def _is_among(codes: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of codes, int64 [n], ascending, are wanted; bool [n]. np.isin would sort them anew."""
    places = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    found = np.zeros(len(codes), bool)
    found[places[codes[places] == wanted]] = True
    return found
