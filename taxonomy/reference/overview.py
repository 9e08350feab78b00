"""Which classes of a taxonomy have reference images, and how many."""

from __future__ import annotations

from dataclasses import dataclass

from taxonomy.models import LabelClass, Taxonomy


@dataclass(frozen=True)
class ClassRow:
    """A class, how many images it has, and how many were wanted (0: nothing imported yet)."""

    index: int
    name: str
    others: str
    key: str
    count: int
    wanted: int

    @property
    def state(self) -> str:
        if not self.count:
            return "missing"
        return "short" if self.count < self.wanted else "full"


@dataclass(frozen=True)
class Overview:
    """Every class, those that have images first, and sums over them."""

    rows: list[ClassRow]

    @property
    def images(self) -> int:
        return sum(row.count for row in self.rows)

    @property
    def with_images(self) -> int:
        return sum(row.count > 0 for row in self.rows)

    @property
    def short(self) -> int:
        return sum(row.state == "short" for row in self.rows)

    @property
    def missing(self) -> int:
        return sum(row.state == "missing" for row in self.rows)


def overview(taxonomy: Taxonomy) -> Overview:
    """One query."""
    rows = LabelClass.objects.filter(taxonomy=taxonomy).order_by("index")
    found = rows.values_list(
        "index",
        "synset__lemmas",
        "synset__key",
        "reference_set__count",
        "reference_set__wanted",
    )
    all_rows = [
        ClassRow(index, lemmas[0], ", ".join(lemmas[1:]), key, count or 0, wanted or 0)
        for index, lemmas, key, count, wanted in found
    ]
    return Overview(sorted(all_rows, key=lambda row: row.count == 0))
