"""Random little worlds: described by plain Python, so that expected numbers come from it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from annotation.models import Candidate, Dataset, DatasetImage, Image, Verdict
from taxonomy.models import ClassGroup, Taxonomy
from tests.factories import make_taxonomy, predict


@dataclass
class World:
    """`candidates` are {(image key, class): verdict}; those in `taken_back` a reviewer added and
    withdrew. `predictions` are {(participant, dataset): [the classes of each image, best first]}.
    """

    classes: int
    few: set[int]  # the classes of the group `few`
    targets: dict[str, int]
    problematic: set[str]
    datasets: dict[str, list[str]]
    candidates: dict[tuple[str, int], int]
    taken_back: set[tuple[str, int]]
    predictions: dict[tuple[str, str], list[list[int]]]


def random_world(seed: int, images: int = 12, classes: int = 8, models: int = 3) -> World:
    """Two datasets that overlap; the last model answers one class only, the first left gaps."""
    draw = random.Random(seed)
    keys = [f"image-{number:03d}.jpg" for number in range(images)]
    draw.shuffle(keys)
    targets = {key: draw.randrange(classes) for key in keys}
    datasets = {"zebra": keys[: images * 2 // 3], "Antelope": keys[images // 3 :][::-1]}
    predictions: dict[tuple[str, str], list[list[int]]] = {}
    pairs = set(targets.items())
    for number in range(models):
        k = 1 if number == models - 1 else 5
        for name, members in datasets.items():
            rows = [draw.sample(range(classes), k) for _ in members]
            if number == 0:
                rows[draw.randrange(len(rows))] = [-1] * k
            predictions[f"model-{number}", name] = rows
            pairs |= {(key, row[0]) for key, row in zip(members, rows, strict=True) if row[0] >= 0}
    free = [(key, c) for key in keys for c in range(classes) if (key, c) not in pairs]
    return World(
        classes=classes,
        few=set(draw.sample(range(classes), classes // 2)),
        targets=targets,
        problematic={key for key in keys if draw.random() < 0.15},
        datasets=datasets,
        candidates={pair: draw.choice([0, 0, 1, 1, 2, 3]) for pair in sorted(pairs)},
        taken_back=set(draw.sample(free, min(3, len(free)))),
        predictions=predictions,
    )


def build(world: World, seed: int = 0) -> Taxonomy:
    """The world in the database; the seed sets in which order things get their numbers there."""
    draw = random.Random(seed)
    taxonomy = make_taxonomy(world.classes, name="tiny")
    few = ClassGroup.objects.create(taxonomy=taxonomy, name="few", position=1)
    few.members.set(taxonomy.classes.filter(index__in=world.few))
    made = Image.objects.bulk_create(
        Image(
            taxonomy=taxonomy, key=key, target=world.targets[key],
            problematic=key in world.problematic,
        )
        for key in _shuffled(draw, world.targets)
    )  # fmt: skip
    images = {image.key: image for image in made}
    datasets = {}
    for name in _shuffled(draw, world.datasets):
        members = world.datasets[name]
        datasets[name] = Dataset.objects.create(name=name, taxonomy=taxonomy, size=len(members))
        DatasetImage.objects.bulk_create(
            DatasetImage(dataset=datasets[name], image=images[key], position=position)
            for position, key in enumerate(members)
        )
    reviewer = User.objects.get_or_create(username="who adds classes")[0]
    Candidate.objects.bulk_create(
        Candidate(
            image=images[key], class_index=index, verdict=world.candidates.get((key, index), 0),
            added_by=reviewer if (key, index) in world.taken_back else None,
        )
        for key, index in _shuffled(draw, [*world.candidates, *world.taken_back])
    )  # fmt: skip
    for participant, name in _shuffled(draw, world.predictions):
        predict(participant, datasets[name], world.predictions[participant, name])
    return taxonomy


@contextmanager
def passing() -> Iterator[None]:
    """What happens to the database inside is forgotten afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def expected_counts(
    world: World, participant: str, dataset: str, group: str
) -> dict[str, tuple[int, int] | None]:
    """(correct, n) of each accuracy, counted one image at a time from the description."""
    top1, top5, multi_label = [], [], []
    rows = world.predictions[participant, dataset]
    for key, row in zip(world.datasets[dataset], rows, strict=True):
        target = world.targets[key]
        if row[0] < 0 or (group == "few" and target not in world.few):
            continue
        top1.append(row[0] == target)
        top5.append(target in row[:5])
        correct = {
            index
            for (image, index), verdict in world.candidates.items()
            if image == key and verdict == Verdict.CORRECT
        }
        if correct and key not in world.problematic:
            multi_label.append(row[0] in correct)
    return {
        "top1": (sum(top1), len(top1)),
        "top5": (sum(top5), len(top5)) if len(rows[0]) >= 5 else None,
        "multi_label": (sum(multi_label), len(multi_label)),
    }


def _shuffled(draw: random.Random, things: dict) -> list:
    things = list(things)
    draw.shuffle(things)
    return things
