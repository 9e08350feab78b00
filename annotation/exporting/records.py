"""What is exported, and under which names people stand in it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from django.conf import settings
from django.db.models import QuerySet
from numpy.typing import NDArray

from accounts.models import User
from annotation.labeling.examinations import secret_participants, unrevealed_of
from annotation.models import Dataset, PredictionSet
from taxonomy.errors import InputError
from taxonomy.models import LabelClass, Taxonomy


@dataclass(frozen=True, eq=False)
class Frozen:
    """What was held at a moment, instead of what is held now.

    image_ids int64 [n_images], primary keys of those that count, and problematic bool [n_images];
    of the candidates, each [n_candidates]: candidate_images int32 (rows of image_ids),
    candidate_classes int32, verdicts uint8; members: {dataset: rows of its images in its order,
    int32}; until: the moment in ISO 8601, after which nothing was
    said yet.
    """

    image_ids: NDArray[np.int64]
    problematic: NDArray[np.bool_]
    candidate_images: NDArray[np.int32]
    candidate_classes: NDArray[np.int32]
    verdicts: NDArray[np.uint8]
    members: Mapping[str, NDArray[np.int32]]
    until: str


@dataclass(frozen=True, eq=False)
class Selection:
    """What a dump is of.

    datasets: of one taxonomy; frozen: what was held then, with the hash of its snapshot. People are
    under pseudonyms unless `with_names`. Evaluations that are not revealed stay out if one of the
    readers takes part in them.
    """

    datasets: Sequence[Dataset]
    frozen: Frozen | None = None
    snapshot: str | None = None
    with_names: bool = False
    readers: Collection[User] = ()

    @property
    def taxonomy(self) -> Taxonomy:
        return self.datasets[0].taxonomy

    @property
    def is_part(self) -> bool:
        """Whether the snapshot has datasets that are not exported: the hash is not that of this."""
        names = {dataset.name for dataset in self.datasets}
        return self.frozen is not None and names != set(self.frozen.members)

    @property
    def held(self) -> str | None:
        """The name of what was held then; None: now."""
        if not self.snapshot:
            return None
        return f"part of snapshot {self.snapshot}" if self.is_part else f"snapshot {self.snapshot}"

    def of_snapshot(self) -> dict[str, str | None]:
        """What a dump says of its snapshot: null if it has none or is of a part of one."""
        if self.is_part:
            return {"snapshot": None, "part_of": self.snapshot}
        return {"snapshot": self.snapshot}

    def hidden_tasks(self) -> list[int]:
        """Primary keys of the evaluations whose answers the readers must not know."""
        return list(unrevealed_of(self.readers).values_list("pk", flat=True))

    def predictions(self) -> QuerySet[PredictionSet]:
        """The current ones, but of people whose answers the readers must not know."""
        current = PredictionSet.objects.current().filter(dataset__in=self.datasets)
        return current.exclude(participant__in=secret_participants(self.readers))


def pseudonym(user_id: int, role: Literal["reviewer", "labeler"] = "reviewer") -> str:
    """A person's name in exports: always the same here, and not to be guessed elsewhere; that of a
    labeler tells nothing of the same person's as a reviewer."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"{role} {user_id}".encode(), hashlib.sha256)
    return f"{role}-{digest.hexdigest()[:8]}"


def pick_datasets(names: Sequence[str] = ()) -> list[Dataset]:
    """The named datasets, or all of one taxonomy.

    Raises InputError for an unknown name, no dataset at all, or datasets of several taxonomies.
    """
    datasets = list(Dataset.objects.select_related("taxonomy"))
    if names:
        known = {dataset.name: dataset for dataset in datasets}
        if unknown := [name for name in names if name not in known]:
            raise InputError(f"There is no dataset '{unknown[0]}'.")
        datasets = [known[name] for name in dict.fromkeys(names)]
    if not datasets:
        raise InputError("There is no dataset to export yet.")
    if len({dataset.taxonomy_id for dataset in datasets}) > 1:
        raise InputError("The datasets have different taxonomies; export them one by one.")
    return datasets


def class_names(taxonomy: Taxonomy) -> dict[int, tuple[str, str]]:
    """Class index to synset key and first lemma."""
    rows = LabelClass.objects.filter(taxonomy=taxonomy).values_list(
        "index", "synset__key", "synset__lemmas"
    )
    return {index: (key, lemmas[0]) for index, key, lemmas in rows}
