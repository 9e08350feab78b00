"""What an import is about: the taxonomy or dataset that somebody named, and its images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.db.models import Exists, OuterRef

from annotation.models import Dataset, DatasetImage, Image
from taxonomy.errors import InputError
from taxonomy.loading import IMAGENET1K
from taxonomy.models import Taxonomy
from taxonomy.pictures import without_suffix


def pick_taxonomy(name: str | None) -> Taxonomy:
    """The taxonomy of that name; without a name the only one, or imagenet1k.

    Raises InputError, saying what to do, if there is none.
    """
    known = {taxonomy.name: taxonomy for taxonomy in Taxonomy.objects.all()}
    if not known:
        raise InputError("there is no taxonomy yet; run: manage.py load_taxonomy imagenet1k")
    if name is None:
        name = next(iter(known)) if len(known) == 1 else IMAGENET1K
    if name not in known:
        raise InputError(
            f"there is no taxonomy '{name}' (there is: {', '.join(sorted(known))});"
            f" load it with: manage.py load_taxonomy"
        )
    return known[name]


def pick_dataset(name: str) -> Dataset:
    """Raises InputError if there is none of that name."""
    dataset = Dataset.objects.select_related("taxonomy").filter(name=name).first()
    if dataset is None:
        known = ", ".join(Dataset.objects.values_list("name", flat=True)) or "none yet"
        raise InputError(f"there is no dataset '{name}' (there is: {known})")
    return dataset


def pick_datasets(names: Sequence[str]) -> tuple[Taxonomy, list[Dataset]]:
    """The datasets of these names and their taxonomy; of no names `pick_taxonomy`'s, and none.

    Raises InputError if there is no dataset of a name, or they differ in taxonomy.
    """
    datasets = [pick_dataset(name) for name in dict.fromkeys(names)]
    if not datasets:
        return pick_taxonomy(None), []
    if len({dataset.taxonomy_id for dataset in datasets}) > 1:
        raise InputError("the datasets have different taxonomies")
    return datasets[0].taxonomy, datasets


@dataclass(frozen=True)
class Members:
    """Images by position, those of a dataset in its order: primary keys int64 [n], and keys."""

    ids: np.ndarray
    keys: list[str]

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def positions(self) -> dict[str, int]:
        return {key: position for position, key in enumerate(self.keys)}

    @cached_property
    def positions_by_stem(self) -> dict[str, int]:
        """Only of images that share their name with no other once the suffix is off."""
        stems: dict[str, int] = {}
        for position, key in enumerate(self.keys):
            stem = without_suffix(key)
            stems[stem] = -1 if stem in stems else position
        return stems

    def find(self, text: str) -> int | None:
        """The position of an image by its key, with or without a suffix such as .JPEG."""
        if (position := self.positions.get(text)) is not None:
            return position
        position = self.positions_by_stem.get(without_suffix(text), -1)
        return None if position < 0 else position

    @cached_property
    def _paths(self) -> list[list[str]]:
        return [_parts(key) for key in self.keys]

    @cached_property
    def _deepest(self) -> int:
        return max(map(len, self._paths), default=0)

    @cached_property
    def _positions_by_path(self) -> dict[str, list[int]]:
        return _first_two(enumerate(map("/".join, self._paths)))

    @cached_property
    def _positions_by_end(self) -> dict[int, dict[str, list[int]]]:
        """By how many parts the ends have; made when somebody asks."""
        return {}

    def _ending_in(self, parts: list[str]) -> list[int]:
        """The first two positions whose keys end in these parts."""
        size = len(parts)
        if size not in self._positions_by_end:
            long = ((at, path) for at, path in enumerate(self._paths) if len(path) >= size)
            ends = ((at, "/".join(path[-size:])) for at, path in long)
            self._positions_by_end[size] = _first_two(ends)
        return self._positions_by_end[size].get("/".join(parts), [])

    def find_file(self, text: str) -> int | None:
        """The position of an image by a path that ends in its key, or by the end of its key: of
        `train/crane/7.jpg` by `/data/train/crane/7.jpg`, `crane/7` or `7.png`.

        Raises ValueError if that fits several images.
        """
        if (position := self.find(text)) is not None:
            return position
        parts = _parts(text)
        longest = min(len(parts) - 1, self._deepest)
        ends = ["/".join(parts[-size:]) for size in range(1, longest + 1)]
        fitting = [at for end in ends for at in self._positions_by_path.get(end, [])]
        if len(parts) <= self._deepest:
            fitting += self._ending_in(parts)
        if len(fitting) > 1:
            first, second = (self.keys[position] for position in sorted(fitting)[:2])
            raise ValueError(f"image '{text[:60]}' could be {first} or {second}")
        return fitting[0] if fitting else None


def _parts(path: str) -> list[str]:
    """Folders and name, without the name's suffix."""
    return without_suffix(path.replace("\\", "/")).lstrip("./").split("/")


def _first_two(named: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
    """{name: its first positions}; two are enough to tell that it is not the only one."""
    found: dict[str, list[int]] = {}
    for position, name in named:
        known = found.setdefault(name, [])
        if len(known) < 2:
            known.append(position)
    return found


def members(dataset: Dataset) -> Members:
    """One query."""
    rows = DatasetImage.objects.filter(dataset=dataset).order_by("position")
    return _members(rows.values_list("image_id", "image__key"))


def images_of(taxonomy: Taxonomy, datasets: Sequence[Dataset]) -> Members:
    """The images of these datasets, each once, or without any all of the taxonomy; one query."""
    images = Image.objects.filter(taxonomy=taxonomy)
    if datasets:
        links = DatasetImage.objects.filter(dataset__in=datasets, image=OuterRef("pk"))
        images = images.filter(Exists(links))
    return _members(images.order_by("pk").values_list("pk", "key"))


def _members(rows: Iterable[tuple[int, str]]) -> Members:
    pairs = list(rows)
    return Members(np.array([pk for pk, _ in pairs], np.int64), [key for _, key in pairs])
