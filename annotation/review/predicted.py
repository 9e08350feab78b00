"""What participants predicted of a round's images: all of it, or some of it, drawn by lot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from annotation.models import Dataset, DatasetImage, Participant, PredictionSet
from taxonomy.errors import InputError

Pairs = tuple[NDArray[np.int64], NDArray[np.int32]]
NO_PAIRS: Pairs = (np.empty(0, np.int64), np.empty(0, np.int32))


def wanted_pairs(
    datasets: Sequence[Dataset], participants: Sequence[str], drawn: int, seed: int
) -> Pairs:
    """(image ids [m], class indices [m]) of the participants' top answers, and of `drawn` answers
    per image of other models.

    Without participants answers are drawn for every image, else for those that they predicted; an
    image that several datasets have is drawn for once, in the first. What is drawn depends on the
    seed and on names, never on numbers that the database gave out.

    Raises InputError for an unknown participant.
    """
    known = set(Participant.objects.values_list("name", flat=True))
    if unknown := [name for name in participants if name not in known]:
        raise InputError(f"There is no participant '{unknown[0]}'.")
    sets = PredictionSet.objects.current()
    models = sets.filter(participant__kind=Participant.Kind.MODEL)
    found: list[Pairs] = [NO_PAIRS]
    drawn_for = np.empty(0, np.int64)
    for dataset in datasets:
        ids = image_ids(dataset)
        rows = np.full(len(ids), not participants)
        for _, top1 in top_answers(dataset, sets.filter(participant__name__in=participants)):
            rows |= top1 >= 0
            found.append((ids[top1 >= 0], top1[top1 >= 0]))
        rows &= ~np.isin(ids, drawn_for)
        drawn_for = np.union1d(drawn_for, ids[rows])
        if drawn and rows.any():
            others = models.exclude(participant__name__in=participants)
            classes = _draw(dataset, others, drawn, seed)
            taken = rows[:, None] & (classes >= 0)
            found.append((np.broadcast_to(ids[:, None], classes.shape)[taken], classes[taken]))
    images, classes = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return images, classes


def _draw(
    dataset: Dataset, sets: QuerySet[PredictionSet], drawn: int, seed: int
) -> NDArray[np.int32]:
    """Of each image so many of the sets' answers; int32 [size, at most drawn], -1 where there are
    fewer."""
    answers = dict(top_answers(dataset, sets))
    if not answers:
        return np.empty((dataset.size, 0), np.int32)
    top1 = np.stack([answers[name] for name in sorted(answers)], axis=1)
    lots = np.random.default_rng([seed % 2**64, *dataset.name.encode()]).random(top1.shape)
    lots[top1 < 0] = np.inf
    return np.take_along_axis(top1, np.argsort(lots, axis=1)[:, :drawn], axis=1)


def image_ids(dataset: Dataset) -> NDArray[np.int64]:
    """Primary keys of a dataset's images, in its order; int64 [size]."""
    members = DatasetImage.objects.filter(dataset=dataset).order_by("position")
    return np.fromiter(members.values_list("image_id", flat=True), np.int64)


def top_answers(
    dataset: Dataset, sets: QuerySet[PredictionSet]
) -> Iterator[tuple[str, NDArray[np.int32]]]:
    """(participant, top-1 class of each image int32 [size], -1 where there is none)."""
    chosen = sets.filter(dataset=dataset).select_related("participant").order_by("pk")
    for predictions in chosen.iterator(chunk_size=8):
        top_k = np.frombuffer(predictions.top_k, "<i4").reshape(-1, predictions.k)
        top1 = np.full(dataset.size, -1, np.int32)
        top1[: len(top_k)] = top_k[:, 0]
        yield predictions.participant.name, top1
