"""What a task draws: so many images of each dataset, of which classes, balanced or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from annotation.labeling.drawing import TooFew, draw, ranks
from annotation.labeling.pools import Pool, pool_of
from annotation.models import Dataset
from taxonomy.errors import InputError
from taxonomy.groups import group_masks
from taxonomy.models import LabelClass, Taxonomy


@dataclass(frozen=True)
class Sample:
    """What is drawn. `datasets` maps names to numbers of images; 0 means all that there are.

    `groups` of classes and single `classes` (indices) are joined; none of either means all. With
    `trained`, only images that a training has shown already, so that none is lost for evaluations.
    """

    datasets: Mapping[str, int]
    balanced: bool = True
    groups: Sequence[str] = ()
    classes: Sequence[int] = ()
    trained: bool = False

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "groups": list(self.groups), "classes": list(self.classes)}


@dataclass(frozen=True)
class Drawn:
    """Images of a task in a random order, and what was left out of each dataset and why.

    per_class: {class index: number of images}; datasets: {name: number of images}.
    """

    image_ids: list[int]
    per_class: dict[int, int]
    datasets: dict[str, int]
    left_out: dict[str, dict[str, int]]


def read_dataset_counts(texts: Sequence[str]) -> dict[str, int]:
    """`NAME:COUNT` or `NAME` (all of it), each once. Raises InputError."""
    found: dict[str, int] = {}
    for text in texts:
        name, colon, number = text.rpartition(":")
        if not colon:
            name, number = text, "0"
        if not (number.isascii() and number.isdigit()) or (colon and int(number) == 0):
            raise InputError(f"'{text}' is not NAME:COUNT.")
        if name in found:
            raise InputError(f"'{name}' is named twice.")
        found[name] = int(number)
    return found


def datasets_of(sample: Sample) -> list[Dataset]:
    """The sample's datasets in its order. Raises InputError if one is unknown or they don't fit."""
    known = {
        dataset.name: dataset
        for dataset in Dataset.objects.filter(name__in=sample.datasets).select_related("taxonomy")
    }
    if unknown := [name for name in sample.datasets if name not in known]:
        raise InputError(f"There is no dataset '{unknown[0]}'.")
    if not known:
        raise InputError("A task needs at least one dataset.")
    if len({dataset.taxonomy_id for dataset in known.values()}) > 1:
        raise InputError("The datasets of a task must share one taxonomy.")
    return [known[name] for name in sample.datasets]


def draw_sample(sample: Sample, kind: str, seed: int) -> Drawn:
    """Draw the images of a task; nothing is stored.

    Raises InputError if a dataset, group or class is unknown, or has too few images.
    """
    datasets = datasets_of(sample)
    classes = _classes(datasets[0].taxonomy, sample)
    ids: list[int] = []
    keys: list[str] = []
    targets: list[int] = []
    hashes: set[str] = set()
    left_out, counts = {}, {}
    for dataset in datasets:
        pool = pool_of(dataset, kind, classes, (set(ids), hashes), sample.trained)
        left_out[dataset.name] = pool.left_out
        drawn = _draw(pool, dataset, sample, seed, classes)
        counts[dataset.name] = len(drawn)
        ids += pool.ids[drawn].tolist()
        keys += [pool.keys[place] for place in drawn]
        targets += pool.targets[drawn].tolist()
        hashes.update(filter(None, (pool.hashes[place] for place in drawn)))
    if not ids:
        raise InputError("Nothing is left to draw.")
    # Not by the ranks that drew them: those of a larger dataset are smaller.
    order = np.argsort(ranks([f"place of {key}" for key in keys], seed))
    found, numbers = np.unique(targets, return_counts=True)
    per_class = dict(zip(found.tolist(), numbers.tolist(), strict=True))
    return Drawn([ids[place] for place in order], per_class, counts, left_out)


def _draw(
    pool: Pool, dataset: Dataset, sample: Sample, seed: int, classes: list[int] | None
) -> np.ndarray:
    count = sample.datasets[dataset.name] or len(pool.keys)
    balanced = sample.balanced and sample.datasets[dataset.name] > 0
    try:
        if balanced and classes is not None and count >= len(classes):
            _check_all_occur(pool, classes, count)
        return draw(pool.keys, pool.targets, count, seed, balanced=balanced)
    except TooFew as error:
        raise InputError(_too_few(error, dataset, pool)) from error


def _check_all_occur(pool: Pool, classes: list[int], count: int) -> None:
    if missing := sorted(set(classes) - set(pool.targets.tolist())):
        raise TooFew(missing[0], count // len(classes), 0)


def _too_few(error: TooFew, dataset: Dataset, pool: Pool) -> str:
    which = "images"
    if error.class_index is not None:
        synset = (
            LabelClass.objects.filter(taxonomy=dataset.taxonomy_id, index=error.class_index)
            .values_list("synset__lemmas", flat=True)
            .get()
        )
        which = f"images of {synset[0]} (class {error.class_index})"
    there = "no" if error.there == 0 else f"only {error.there:,}"
    text = f"'{dataset.name}' has {there} {which} to draw, and {error.wanted:,} are wanted"
    if pool.left_out:
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in pool.left_out.items())
        text += f"; left out of it: {reasons}"
    return f"{text}."


def _classes(taxonomy: Taxonomy, sample: Sample) -> list[int] | None:
    if not sample.groups and not sample.classes:
        return None
    masks = group_masks(taxonomy, kind=None)
    if unknown := [name for name in sample.groups if name not in masks]:
        raise InputError(f"There is no group '{unknown[0]}'.")
    known = set(LabelClass.objects.filter(taxonomy=taxonomy).values_list("index", flat=True))
    if strangers := [index for index in sample.classes if index not in known]:
        raise InputError(f"The taxonomy '{taxonomy}' has no class {strangers[0]}.")
    found = set(sample.classes)
    for name in sample.groups:
        found.update(np.flatnonzero(masks[name]).tolist())
    return sorted(found)
