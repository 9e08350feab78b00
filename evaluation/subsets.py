"""Subsets of a dataset's images, which reports have next to the groups of classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from annotation.models import Dataset, Participant, PredictionSet
from evaluation.metrics import EvaluationData
from evaluation.metrics.data import image_labels
from evaluation.metrics.subsets import agreement, median_seconds
from evaluation.models import Subset
from taxonomy.errors import InputError
from taxonomy.groups import group_masks
from taxonomy.models import ClassGroup

# Images for which people need at most a minute: group `fast` of the study's Table 2.
FAST, FAST_SECONDS = "fast", 60

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ImageSubset:
    """images bool [n_images]; with `problematic`, problematic images count among them."""

    images: Mask
    problematic: bool = False

    def of(self, data: EvaluationData) -> EvaluationData:
        """The data of these images alone, in one group."""
        return self.judged(data).of_images(self.images).in_one_group()

    def judged(self, data: EvaluationData) -> EvaluationData:
        """All images, of which none is left out for being problematic if the subset keeps them."""
        if not self.problematic:
            return data
        return replace(data, problematic=np.zeros_like(data.problematic))

    def packed(self) -> dict[str, Any]:
        """As JSON: the images as bits in hexadecimal."""
        return {"images": pack_bits(self.images), "problematic": self.problematic}

    @classmethod
    def unpack(cls, packed: dict[str, Any], n_images: int) -> ImageSubset:
        return cls(unpack_bits(packed["images"], n_images), packed["problematic"])


def subset_names(dataset_names: Sequence[str]) -> list[str]:
    """`fast` if people have labeled one of the datasets, then the saved ones by name; without those
    whose name a group of classes was given since."""
    timed = _timed_sets().filter(dataset__name__in=dataset_names).exists()
    saved = Subset.objects.exclude(name__in=ClassGroup.objects.values("name"))
    return [*([FAST] if timed else []), *saved.values_list("name", flat=True)]


def image_subsets(
    dataset: str, names: Sequence[str], data: Callable[[], EvaluationData]
) -> dict[str, ImageSubset]:
    """The named subsets of a dataset, in that order, without those that it can't have.

    `data`, which is only asked if a saved subset is among them, gives its labels and everybody's
    predictions.
    """
    found: dict[str, ImageSubset] = {}
    seconds = human_seconds(dataset)
    if FAST in names and len(seconds):
        found[FAST] = ImageSubset(median_seconds(seconds) <= FAST_SECONDS)
    saved = list(Subset.objects.filter(name__in=names))
    if not saved:
        return found
    taxonomy = Dataset.objects.select_related("taxonomy").get(name=dataset).taxonomy
    masks = group_masks(taxonomy, kind=None)
    values = _Values(data(), seconds)
    for subset in saved:
        if {subset.within, subset.without} - {""} <= set(masks):
            found[subset.name] = ImageSubset(values.fulfil(subset, masks), subset.problematic)
    return {name: found[name] for name in names if name in found}


class _Values:
    """What subsets are chosen by, each [n_images]; computed once for all of them."""

    def __init__(self, data: EvaluationData, seconds: NDArray[np.float32]) -> None:
        self.targets = data.targets
        self.labels = image_labels(data)[0]
        self.agreement = 100 * agreement(data.top_k[..., 0])
        self.seconds = median_seconds(seconds)

    def fulfil(self, subset: Subset, masks: dict[str, Mask]) -> Mask:
        chosen = np.ones(len(self.targets), bool)
        if subset.within:
            chosen &= masks[subset.within][self.targets]
        if subset.without:
            chosen &= ~masks[subset.without][self.targets]
        bounds: tuple[tuple[NDArray[Any], int | None, int | None], ...] = (
            (self.labels, subset.least_labels, subset.most_labels),
            (self.agreement, subset.least_agreement, subset.most_agreement),
            (self.seconds, None, subset.most_seconds),
        )
        for values, least, most in bounds:
            if least is not None:
                chosen &= values >= least
            if most is not None:
                chosen &= values <= most
        return chosen


def check_name(name: str) -> None:
    """Raises InputError if a class group, a family or `fast` has the name of a subset."""
    if name == FAST or ClassGroup.objects.filter(name=name).exists():
        raise InputError(f"There is a group of classes '{name}': reports would have it twice.")


def human_seconds(dataset: str) -> NDArray[np.float32]:
    """How long each person took for each image of a dataset, float32 [n_people, n_images], nan where
    nobody knows; [0, n_images] if no times are known."""
    size = Dataset.objects.values_list("size", flat=True).get(name=dataset)
    sets = _timed_sets().filter(dataset__name=dataset).order_by("participant__name")
    rows = [bytes(content or b"") for content in sets.values_list("seconds", flat=True)]
    seconds = np.full((len(rows), size), np.nan, np.float32)
    for row, content in zip(seconds, rows, strict=True):
        times = np.frombuffer(content, "<f4")[:size]
        row[: len(times)] = times
    return seconds


def _timed_sets() -> QuerySet[PredictionSet]:
    """The current predictions of people whose times are known."""
    people = PredictionSet.objects.current().filter(participant__kind=Participant.Kind.HUMAN)
    return people.filter(seconds__isnull=False)


def pack_bits(flags: Mask) -> str:
    return np.packbits(flags).tobytes().hex()


def unpack_bits(bits: str, count: int) -> Mask:
    """Flags, bool [count], from bits in hexadecimal."""
    packed = np.frombuffer(bytes.fromhex(bits), np.uint8)
    return np.unpackbits(packed, count=count).astype(bool)


def sizes(parameters: dict[str, Any]) -> dict[str, dict[str, int]]:
    """{subset: {dataset: how many images it has there}} in a report."""
    found: dict[str, dict[str, int]] = {}
    for dataset, packed in parameters["subsets"].items():
        for name, one in packed.items():
            found.setdefault(name, {})[dataset] = int.from_bytes(
                bytes.fromhex(one["images"])
            ).bit_count()
    return found


def describe(subset: Subset) -> str:
    """What a saved subset holds, in words."""
    words = []
    if subset.within:
        words.append(f"labels of {subset.within}")
    if subset.without:
        words.append(f"labels not of {subset.without}")
    words += _bounds(" correct label(s)", subset.least_labels, subset.most_labels)
    words += _bounds("\N{NO-BREAK SPACE}% agreement", subset.least_agreement, subset.most_agreement)
    words += _bounds("\N{NO-BREAK SPACE}s median human time", None, subset.most_seconds)
    words.append("problematic images kept" if subset.problematic else "without problematic images")
    return ", ".join(words)


def _bounds(what: str, least: int | None, most: int | None) -> list[str]:
    if least is not None and least == most:
        return [f"exactly {least}{what}"]
    found = [f"at least {least}{what}"] if least is not None else []
    return found + ([f"at most {most}{what}"] if most is not None else [])
