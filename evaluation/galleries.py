"""Images with what participants answered on them, for pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounts.models import User
from annotation.discussion.closed import open_images
from annotation.labeling.examinations import secret_participants
from annotation.models import Image, Participant
from evaluation.arrays import Arrays, arrays_of
from evaluation.metrics import Verdict
from evaluation.models import MetricReport
from taxonomy.errors import InputError
from taxonomy.models import LabelClass


@dataclass(frozen=True)
class Answered:
    """An image, its correct classes, the one it came with, and answers: [(class, who, right)], the
    most frequent first."""

    image: Image
    target: LabelClass
    correct: list[LabelClass]
    answers: list[tuple[LabelClass, list[str], bool]]


def answered(
    arrays: Arrays, places: NDArray[np.int64], names: Sequence[str], reader: User
) -> list[Answered]:
    """The images at places of the dataset that are not closed to the reader, with the top-1 answers of
    the named participants, but of those whose answers the reader must not know.

    Some six queries, however many images.
    """
    visible = open_images(arrays.image_ids[places].tolist(), reader)
    places = places[np.isin(arrays.image_ids[places], list(visible))]
    secret = Participant.objects.filter(pk__in=secret_participants([reader]))
    hidden = set(secret.values_list("name", flat=True))
    names = [name for name in names if name not in hidden]
    rows = [arrays.names.index(name) for name in names]
    images = Image.objects.in_bulk(arrays.image_ids[places].tolist())
    correct = _correct(arrays, places)
    top1 = arrays.data.top_k[rows][:, places, 0].T
    wanted = {*np.unique(top1).tolist(), *arrays.data.targets[places].tolist()}
    wanted.update(index for found in correct for index in found)
    taxonomy = next(iter(images.values())).taxonomy_id if images else None
    found = LabelClass.objects.filter(taxonomy=taxonomy, index__in=wanted)
    classes = {one.index: one for one in found.select_related("synset")}
    shown = []
    for place, labels, answers in zip(places.tolist(), correct, top1.tolist(), strict=True):
        who: dict[int, list[str]] = {}
        for name, index in zip(names, answers, strict=True):
            if index >= 0:
                who.setdefault(index, []).append(name)
        order = [index for index, _ in Counter(answers).most_common() if index >= 0]
        shown.append(
            Answered(
                images[int(arrays.image_ids[place])], classes[int(arrays.data.targets[place])],
                [classes[index] for index in labels],
                [(classes[index], who[index], index in labels) for index in order],
            )
        )  # fmt: skip
    return shown


def _correct(arrays: Arrays, places: NDArray[np.int64]) -> list[list[int]]:
    """The correct classes of each of the images."""
    data = arrays.data
    chosen = np.isin(data.candidate_images, places) & (data.verdicts == Verdict.CORRECT)
    found: dict[int, list[int]] = {place: [] for place in places.tolist()}
    for image, index in zip(
        data.candidate_images[chosen].tolist(), data.candidate_classes[chosen].tolist(), strict=True
    ):
        found[image].append(index)
    return [sorted(found[place]) for place in places.tolist()]


def answers_on(
    report: MetricReport | None, image: Image, reader: User
) -> list[tuple[str, Answered]]:
    """[(dataset, everybody's answers by the report)] of each dataset that the image is in."""
    found = []
    for name in image.datasets.order_by("name").values_list("name", flat=True):
        if report is None or name not in report.parameters["datasets"]:
            continue
        try:
            arrays = arrays_of(report, name)
        except InputError:  # predictions were deleted: a new report is on its way
            continue
        places = np.flatnonzero(arrays.image_ids == image.pk)
        found += [(name, one) for one in answered(arrays, places, arrays.names, reader)]
    return found
